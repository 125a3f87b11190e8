"""The estimate of a dry run: which run tells the speed, and what is assumed where none does."""

from app.backfill.ledger.runs import RETRY_WALK
from app.backfill.report import Report
from app.database.engines import make_engine
from app.reports.estimate import Estimate, estimate_run
from tests.support.runs import record_run


def test_the_newest_run_that_filled_a_thousand_rows_of_this_table_tells_the_speed(database: str) -> None:
    """No older one, and none of the failures alone, of another backfill, of no time, or of fewer rows."""
    record_run(database, 2, synced=5_000)
    record_run(database, 3, synced=1_000, skipped=600, failed=400, seconds=20.0)
    record_run(database, 4, synced=5_000, walk=RETRY_WALK)
    record_run(database, 5, synced=5_000, backfill="users.domain")
    record_run(database, 6, synced=5_000, seconds=0.0)
    record_run(database, 7, synced=999)

    with make_engine(database).connect() as connection:
        estimate = estimate_run(connection, Report(found=300, synced=100), nice=9.0)

    assert estimate == Estimate(seconds=3.0, basis="the last long run did 100 rows/s")


def test_where_no_run_tells_the_speed_reading_was_measured_and_writing_is_assumed(sqlite_database: str) -> None:
    """20,000 ids are 4 seconds, and half as much again are pauses."""
    dry_run = Report(found=30_000, synced=20_000, seconds=3.0)

    with make_engine(sqlite_database).connect() as connection:
        estimate = estimate_run(connection, dry_run, nice=0.5)

    assert estimate == Estimate(seconds=9.0, basis="reading took 3.0 s, writing is assumed at 5,000 rows/s")
