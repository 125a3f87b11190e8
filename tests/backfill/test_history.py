"""What a run's row keeps of its batches: their times by bucket, and few points of how it came along."""

import json
from itertools import pairwise

from app.backfill.ledger.history import BUCKETS, MOST_POINTS, History
from tests.support.control import Hand, last_run, run_with
from tests.support.responses import make_rows, named
from tests.support.tables import insert

UNFINISHED = named("04_")


def test_a_batch_falls_into_the_first_bucket_that_it_does_not_exceed() -> None:
    """A bound belongs to its own bucket; a transaction whose time nobody knows to none."""
    history = History()
    for seconds in (0.0, 0.001, 0.005, 0.0051, 30.0, 30.1):
        history.add(10, seconds)

    kept = json.loads(history.columns(0.5)["batch_seconds"])

    assert kept == {"counts": {"0.005": 2, "0.01": 1, "30": 1, "+Inf": 1}, "sum": 60.1111}
    assert BUCKETS[-2:] == ("30", "+Inf")


def test_a_row_that_has_no_new_point_says_nothing_of_them() -> None:
    """A point a second at first, and one at the end, however soon that is."""
    history = History()
    columns = []
    for number, seconds in enumerate((0.4, 1.0, 1.9, 2.1), start=1):
        history.add(number, 0.1)
        columns.append(history.columns(seconds))
    end = history.columns(2.2, ends=True)

    assert [column.get("points") for column in columns] == [
        None,
        "[[0.0,0],[1.0,3]]",
        None,
        "[[0.0,0],[1.0,3],[2.1,10]]",
    ]
    assert json.loads(end["points"])[-1] == [2.2, 10]


def test_a_long_run_keeps_few_points_over_all_of_its_time() -> None:
    """Evenly spread, with the first and the last; rows are never lost between them."""
    history = History()
    for seconds in range(1, 20_001):
        history.add(7, 0.4)
        history.columns(seconds)
    points = json.loads(history.columns(20_001, ends=True)["points"])
    steps = {later[0] - earlier[0] for earlier, later in pairwise(points[:-1])}

    assert (points[0], points[-1], steps) == ([0, 0], [20_001, 140_000], {256})
    assert MOST_POINTS // 2 < len(points) <= MOST_POINTS


def test_a_run_leaves_its_batches_and_its_rows_in_the_ledger(database: str) -> None:
    """As many as there were batches, and all rows: those of a second sweep once more: it looks at them again."""
    insert(database, [*make_rows(60), *make_rows(40, (UNFINISHED,), seed=2)])

    report = run_with(database, Hand(), batch_size=10)
    batch_seconds, points, sweeps = last_run(database, "batch_seconds", "points", "sweep")
    kept = json.loads(batch_seconds)

    assert sum(kept["counts"].values()) == report.batches
    assert 0 < kept["sum"] <= report.seconds
    assert json.loads(points)[-1][1] == report.total + (sweeps - 1) * (report.skipped + report.failed)
