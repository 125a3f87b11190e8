"""A crash of the server after the last window of a sweep: it is noticed before the sweep counts as done."""

from app.backfill.engine import backfill
from app.backfill.ledger.runs import RUNS
from app.backfill.listener import Listener, Progress
from app.backfill.options import Options
from app.database.engines import make_engine
from app.videos.recipe import MEDIA_IDS
from tests.conftest import Databases
from tests.support.plain_rows import expected_ids, filled_ids, insert_plain
from tests.support.tables import TABLE, execute

ROWS = 50
FORGET = "cursor = NULL, sweep_filled = 0, found = 0, synced = 0, skipped = 0, failed = 0, reasons = '{}', batches = 0"
OTHERS = "datname = current_database() AND pid <> pg_backend_pid()"
UNDO = (
    f"UPDATE {TABLE} SET media_generation_id = NULL",
    f"UPDATE {RUNS.name} SET {FORGET} WHERE state = 'running'",
    f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {OTHERS}",
)


class Crash(Listener):
    """Does once what a crash does, when all that can be filled is: undoes the commits and ends the sessions."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.has_come = False

    def progress(self, progress: Progress) -> None:
        """Do it."""
        if progress.report.synced == len(expected_ids(ROWS)) and not self.has_come:
            self.has_come = True
            execute(self._url, *UNDO)


def test_what_a_crash_after_the_last_window_has_undone_is_done_again(
    databases_of_kind: dict[str, Databases],
) -> None:
    """And counts once: the run ends as any other."""
    url = databases_of_kind["postgresql-18"].upgraded()
    insert_plain(url, ROWS)
    crash = Crash(url)

    with make_engine(url).connect() as connection:
        report = backfill(connection, MEDIA_IDS, Options(), origin="sync", listener=crash)

    assert (crash.has_come, report.state, report.total) == (True, "done", ROWS)
    assert filled_ids(url) == expected_ids(ROWS)
