"""Counts: what a run did so far, and the report made of it."""

from array import array
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from app.backfill.report import Report, State
from app.backfill.rows import Refused, Window

PERCENTILE: Final = 0.99


@dataclass(kw_only=True)
class Counts:
    """Rows by outcome. Rows that are filled add up; what is not filled is counted anew in each sweep.

    So the skipped and failed rows are those of the last sweep, which saw every pending row, and no row counts twice.
    """

    synced: int = 0
    lost: int = 0
    """Rows that were to be filled, but that somebody else changed, removed or held locked."""
    skipped: int = 0
    failed: int = 0
    accepted: int = 0
    """Of the failed rows. Only a dry run counts them here: a run asks the ledger at its end."""
    reasons: Counter[str] = field(default_factory=Counter)
    batches: int = 0

    @property
    def done(self) -> int:
        """Rows that have an outcome."""
        return self.synced + self.skipped + self.failed

    def copy(self) -> "Counts":
        """Return a copy, to be kept only if the transaction that it goes with is committed."""
        return Counts(**{**vars(self), "reasons": Counter(self.reasons)})

    def add_batch(self, filled: int, lost: int) -> None:
        """Count a batch that filled some rows, and lost others to somebody who changed them."""
        self.synced += filled
        self.lost += lost
        self.batches += 1

    def add_window(self, window: Window) -> None:
        """Count the rows of a window that are not to be filled."""
        self.skipped += len(window.skips)
        self.reasons.update(skip.reason for skip in window.skips)
        self.add_failures(window.failures)

    def add_failures(self, failures: Sequence[Refused]) -> None:
        """Count rows that a person must look at."""
        self.failed += len(failures)
        self.reasons.update(failure.reason for failure in failures)

    def recall_failures(self, recorded: Mapping[str, int]) -> None:
        """Replace this run's own counts of failures with the ledger's counts by reason."""
        self.failed = sum(recorded.values())
        self.reasons.update({reason: rows - self.reasons[reason] for reason, rows in recorded.items()})

    def start_sweep(self) -> None:
        """Forget what the last sweep counted, except the rows that it filled."""
        self.skipped = self.failed = self.accepted = self.lost = 0
        self.reasons.clear()


class BatchTimes:
    """How long each batch took, in seconds."""

    def __init__(self) -> None:
        """Start empty; eight bytes a batch."""
        self._seconds = array("d")
        self.longest = 0.0
        self._p99 = 0.0
        self._p99_of = 0

    def add(self, seconds: float) -> None:
        """Add one batch."""
        self._seconds.append(seconds)
        self.longest = max(self.longest, seconds)

    @property
    def last(self) -> float:
        """The last batch's time; 0 before the first."""
        return self._seconds[-1] if self._seconds else 0.0

    def p99(self, *, exactly: bool = True) -> float:
        """Return the seconds that 99 in 100 batches do not exceed; unless `exactly`, renewed after 10 % more."""
        count = len(self._seconds)
        if count and (exactly or count > self._p99_of * 1.1):
            self._p99 = sorted(self._seconds)[min(count - 1, int(count * PERCENTILE))]
            self._p99_of = count
        return self._p99


def make_report(counts: Counts, times: BatchTimes, *, state: State | None, walk: str, seconds: float) -> Report:
    """Return the report of a run that has lasted `seconds`; `state` is None while the run goes on."""
    return Report(
        state=state or "partial",
        found=counts.done + counts.lost,
        synced=counts.synced,
        skipped=counts.skipped,
        failed=counts.failed,
        total=counts.done,
        reasons=dict(sorted(counts.reasons.items())),
        batches=counts.batches,
        seconds=round(seconds, 3),
        rows_per_second=round(counts.done / seconds, 1) if seconds > 0 else 0.0,
        max_batch_seconds=round(times.longest, 6),
        p99_batch_seconds=round(times.p99(exactly=state is not None), 6),
        walk=walk,
        accepted=counts.accepted,
    )
