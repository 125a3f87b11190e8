"""Counts, the times of batches, and the report made of both."""

from collections import Counter

from app.backfill.counts import BatchTimes, Counts, make_report
from app.backfill.rows import Recovered, Refused, Window

WINDOW = Window(
    recovered=[Recovered((1,), "row-1", "id")],
    skips=[Refused("row-2", "not_finished"), Refused("row-3", "no_operations")],
    failures=[Refused("row-4", "invalid_json")],
)


def counted() -> Counts:
    """Return the counts of a sweep with two batches and two windows."""
    counts = Counts()
    counts.add_batch(5, 2)
    counts.add_batch(4, 1)
    counts.add_window(WINDOW)
    counts.add_window(WINDOW)
    return counts


def test_windows_and_batches_add_up() -> None:
    """What is filled by batches, what is not by windows; each window has found four rows."""
    counts = counted()

    assert (counts.synced, counts.lost, counts.batches, counts.skipped, counts.failed) == (9, 3, 2, 4, 2)
    assert counts.reasons == {"not_finished": 2, "no_operations": 2, "invalid_json": 2}
    assert WINDOW.found == 4


def test_a_copy_counts_by_itself() -> None:
    """What is added to it does not count before its transaction is committed."""
    counts = counted()
    copy = counts.copy()

    copy.add_batch(1, 1)
    copy.add_window(WINDOW)

    assert (counts, copy == counts) == (counted(), False)


def test_a_new_sweep_counts_anew_what_was_not_filled() -> None:
    """Rows that were filled add up over all sweeps, and so do the batches."""
    counts = counted()

    counts.start_sweep()

    assert counts == Counts(synced=9, batches=2)


def test_failures_of_the_ledger_take_the_place_of_those_that_a_run_has_seen() -> None:
    """Those of earlier runs come in; reasons of skipped rows stay."""
    counts = counted()

    counts.recall_failures({"invalid_json": 5, "update_failed": 1})

    assert counts.failed == 6
    assert counts.reasons == {"not_finished": 2, "no_operations": 2, "invalid_json": 5, "update_failed": 1}


def test_the_report_of_a_run_that_goes_on_and_of_its_end() -> None:
    """Found is what has an outcome, and what somebody else changed meanwhile; reasons stand in the alphabet's order."""
    times = BatchTimes()
    for seconds in (0.5, 0.25):
        times.add(seconds)

    on, end = (make_report(counted(), times, state=state, walk="key", seconds=3.0) for state in (None, "done"))

    assert (on.state, end.state, end.found, end.total, end.walk) == ("partial", "done", 18, 15, "key")
    assert (end.synced, end.skipped, end.failed, end.batches) == (9, 4, 2, 2)
    assert list(end.reasons.items()) == [("invalid_json", 2), ("no_operations", 2), ("not_finished", 2)]
    assert (end.seconds, end.rows_per_second, end.max_batch_seconds, end.p99_batch_seconds) == (3.0, 5.0, 0.5, 0.5)


def test_a_report_before_any_time_has_passed_has_no_rate() -> None:
    """Nothing is divided by zero, and numbers are rounded."""
    times = BatchTimes()
    times.add(0.12345678)

    report = make_report(Counts(reasons=Counter()), times, state="done", walk="", seconds=0.0)
    third = make_report(counted(), times, state="done", walk="", seconds=1 / 3)

    assert (report.rows_per_second, report.total, report.max_batch_seconds) == (0.0, 0, 0.123457)
    assert (third.seconds, third.rows_per_second, third.p99_batch_seconds) == (0.333, 45.0, 0.123457)


def test_of_a_hundred_batches_one_may_take_longer() -> None:
    """While the run goes on it is measured anew after each tenth of the batches; in the end always."""
    times = BatchTimes()
    assert (times.last, times.p99()) == (0.0, 0.0)
    for number in range(200, 0, -1):
        times.add(float(number))
    early = times.p99(exactly=False)
    for _ in range(10):
        times.add(900.0)

    assert (early, times.p99(exactly=False), times.p99()) == (199.0, 199.0, 900.0)
    assert (times.last, times.longest) == (900.0, 900.0)
    times.add(1.0)
    assert (times.last, times.longest) == (1.0, 900.0)


def test_a_few_batches_have_the_longest_as_their_measure() -> None:
    """While a run goes on, each tenth more counts."""
    times = BatchTimes()
    measured = []
    for seconds in (3.0, 4.0, 1.0):
        times.add(seconds)
        measured.append(times.p99(exactly=False))

    assert measured == [3.0, 4.0, 4.0]
