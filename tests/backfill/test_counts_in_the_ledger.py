"""The row of a run in the ledger: each number of the report in the column of its name."""

from app.backfill.ledger.runs import last_runs, open_ledger
from app.backfill.options import Options
from app.backfill.report import Report
from app.database.engines import make_engine
from app.videos.recipe import MEDIA_IDS

REPORT = Report(
    found=21,
    synced=1,
    skipped=2,
    failed=3,
    batches=4,
    seconds=5.5,
    max_batch_seconds=2.5,
    p99_batch_seconds=1.5,
    reasons={"not_finished": 2},
)
NUMBERS = (
    *("found", "synced", "skipped", "failed", "batches"),
    *("seconds", "max_batch_seconds", "p99_batch_seconds"),
)


def test_every_number_of_a_report_has_its_column(database: str) -> None:
    """No two of them are the same."""
    with make_engine(database).begin() as connection:
        ledger, place = open_ledger(connection, MEDIA_IDS, "sync", "a walk", Options())
        ledger.finish(connection, place, REPORT, "done")
        newest, *_ = last_runs(connection, MEDIA_IDS.name, 1)

    assert [newest[name] for name in NUMBERS] == [getattr(REPORT, name) for name in NUMBERS]
    assert (newest["id"], newest["state"], newest["reasons"]) == (ledger.run_id, "done", '{"not_finished": 2}')
    assert (newest["batch_seconds"], newest["points"]) == ('{"counts": {}, "sum": 0.0}', "[[0.0,0],[5.5,0]]")
