"""`media-gen-ids resume`: let a paused run go on."""

from app.backfill.control.orders import PAUSED, in_force
from app.cli.common_options import Database, Desktop, load_settings
from app.cli.exit_codes import DONE
from app.cli.ordering import called, order
from app.console.printing import print_lines


def resume(*, database: Database = None, desktop: Desktop = False) -> int:
    """Let a paused run go on, within a second.

    Exit codes: 0 told, or it was not paused; 2 no run is active, wrong usage or database.
    """
    run = order(load_settings(database=database, desktop=desktop), {PAUSED: False})
    was_paused = in_force(run.orders, PAUSED) is not None
    print_lines(f"{called(run)} goes on." if was_paused else f"{called(run)} was not paused.")
    return DONE
