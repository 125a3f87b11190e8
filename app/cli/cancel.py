"""`media-gen-ids cancel`: let the run that is going on end early."""

from app.backfill.control.orders import CANCELLED
from app.cli.common_options import Database, Desktop, load_settings
from app.cli.exit_codes import DONE
from app.cli.ordering import called, order
from app.console.printing import print_lines


def cancel(*, database: Database = None, desktop: Desktop = False) -> int:
    """End the run that is going on after its batch, wherever it was started; what is filled stays.

    It ends as `stopped`, with exit code 3 (`alembic`: 255); an upgrade's revision is not stamped. The next upgrade or
    sync goes on where it stopped. Exit codes: 0 told; 2 no run is active, wrong usage or database.
    """
    run = order(load_settings(database=database, desktop=desktop), {CANCELLED: True})
    print_lines(f"{called(run)} stops after its batch and keeps its place: the next one goes on there.")
    return DONE
