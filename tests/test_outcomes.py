"""Rows by outcome over the runs of a ledger: none twice in a pass, and never fewer when a run is added."""

import pytest

from app.backfill.ledger.runs import RETRY_WALK
from app.reports.outcomes import Outcomes, RunCounts, count_outcomes

KILLED = RunCounts("superseded", cursor="x", synced=50, skipped=500, failed=3)
DONE = RunCounts("done", sweep=2, synced=1, skipped=1_000, failed=8)
INCOMPLETE = RunCounts("incomplete", sweep=2, skipped=10, failed=100)
CASES = {
    "a sweep that looks at all again takes the place of one that was killed": (
        [KILLED, DONE],
        Outcomes(synced=51, skipped=1_000, failed=8),
    ),
    "of a sweep that two runs share the last one has all failures on record": (
        [KILLED, RunCounts("done", skipped=700, failed=5)],
        Outcomes(synced=50, skipped=1_200, failed=5),
    ),
    "two runs that were stopped in one sweep add up": (
        [KILLED, KILLED],
        Outcomes(synced=100, skipped=1_000, failed=6),
    ),
    "what the first sweep has counted stays while a second one is stopped": (
        [KILLED, RunCounts("partial", sweep=2, cursor="x", skipped=100)],
        Outcomes(synced=50, skipped=500, failed=3),
    ),
    "a run that goes on counts what it has filled": (
        [DONE, RunCounts("running", synced=7, skipped=9, failed=9)],
        Outcomes(synced=8, skipped=1_000, failed=8),
    ),
    "a retry of the failures meets no new row": (
        [DONE, RunCounts("done", synced=3, failed=5, walk=RETRY_WALK)],
        Outcomes(synced=4, skipped=1_000, failed=8),
    ),
    "a pass that came to its end and did not work begins anew": (
        [INCOMPLETE, RunCounts("done", sweep=2, synced=100, skipped=10)],
        Outcomes(synced=100, skipped=10, failed=100),
    ),
    "each pass counts its rows": ([DONE, DONE, KILLED], Outcomes(synced=52, skipped=2_500, failed=19)),
    "another walk is another pass": (
        [KILLED, RunCounts("partial", skipped=4, walk="key")],
        Outcomes(synced=50, skipped=504, failed=3),
    ),
}


@pytest.mark.parametrize(("runs", "expected"), CASES.values(), ids=CASES.keys())
def test_rows_of_several_runs(runs: list[RunCounts], expected: Outcomes) -> None:
    """What counts of each."""
    assert count_outcomes(runs) == expected


@pytest.mark.parametrize("runs", [case[0] for case in CASES.values()], ids=CASES.keys())
def test_a_counter_never_goes_back(runs: list[RunCounts]) -> None:
    """Run by run, by any outcome."""
    steps = [vars(count_outcomes(runs[:count])) for count in range(len(runs) + 1)]

    for name in ("synced", "skipped", "failed"):
        assert [step[name] for step in steps] == sorted(step[name] for step in steps)
