"""`media-gen-ids pause`: let the run that is going on rest."""

from app.backfill.control.orders import PAUSED
from app.cli.common_options import Database, Desktop, load_settings
from app.cli.exit_codes import DONE
from app.cli.ordering import called, order
from app.console.printing import print_lines


def pause(*, database: Database = None, desktop: Desktop = False) -> int:
    """Pause the run that is going on, wherever it was started: an upgrade or a sync.

    It rests once its batch is committed: it locks no row then and has no transaction open but that of the upgrade's
    lock. Its time budget goes on. Exit codes: 0 told; 2 no run is active, wrong usage or database.
    """
    run = order(load_settings(database=database, desktop=desktop), {PAUSED: True})
    print_lines(f"{called(run)} pauses after its batch. `media-gen-ids resume` lets it go on.")
    return DONE
