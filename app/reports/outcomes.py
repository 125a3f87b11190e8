"""Outcomes: how many rows the runs of a ledger have filled, skipped or left to a person, no row twice. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple

from app.backfill.ledger.runs import DONE, RETRY_WALK, RUNNING

STATES_AT_THE_END: Final = frozenset({DONE, "incomplete"})
"""The states of runs that came to the end of the table."""


class RunCounts(NamedTuple):
    """What is to be known of a run: columns of its row."""

    state: str
    sweep: int = 1
    cursor: str | None = None
    synced: int = 0
    skipped: int = 0
    failed: int = 0
    walk: str = ""


@dataclass
class Outcomes:
    """Rows by outcome, which never become fewer when runs are added.

    A row that is filled counts once for good. One that is skipped, or has failed, counts once for each pass over the
    table that met it: when a run of the pass has ended, since a sweep that goes on counts anew; and not in a retry of
    the failures, for the pass has counted it.
    """

    synced: int = 0
    skipped: int = 0
    failed: int = 0


def count_outcomes(runs: Iterable[RunCounts]) -> Outcomes:
    """Return the rows by outcome of runs that are told oldest first."""
    total, current = Outcomes(), _Pass()
    for run in runs:
        total.synced += run.synced
        if run.walk == RETRY_WALK or run.state == RUNNING:
            continue
        if not current.goes_on_with(run):
            current.add_to(total)
            current = _Pass()
        current.add(run)
    current.add_to(total)
    return total


class _Pass:
    """A pass as far as its runs are known."""

    def __init__(self) -> None:
        self._last: RunCounts | None = None
        self._sweep = Outcomes()
        """Of the newest sweep."""
        self._most = Outcomes()

    def goes_on_with(self, run: RunCounts) -> bool:
        """Tell whether a run belongs to it: it takes the place of one that has not come to the end."""
        return self._last is None or (self._last.state != DONE and self._last.walk == run.walk)

    def add(self, run: RunCounts) -> None:
        """Add a run: to what the one before has counted where both share a sweep, else in its place."""
        shares = self._last is not None and self._last.sweep == run.sweep and self._last.cursor is not None
        before = self._sweep if shares else Outcomes()
        has_all_failures = run.state in STATES_AT_THE_END  # also those that earlier runs of its sweep have recorded
        failed = run.failed if has_all_failures else before.failed + run.failed
        self._sweep = Outcomes(skipped=before.skipped + run.skipped, failed=failed)
        self._most.skipped = max(self._most.skipped, self._sweep.skipped)
        self._most.failed = max(self._most.failed, self._sweep.failed)
        self._last = run

    def add_to(self, total: Outcomes) -> None:
        """Add the most that it has counted at any time."""
        total.skipped += self._most.skipped
        total.failed += self._most.failed
