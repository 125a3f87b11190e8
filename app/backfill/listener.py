"""Listener: what a run tells while it goes on. The engine reports facts; a listener words them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app.backfill.report import Origin, Report
from app.backfill.rows import Recovered, Refused


@dataclass(frozen=True, kw_only=True)
class Progress:
    """Where a run stands. `fraction` is the part of the table behind the cursor, 0 to 1, where it can be told."""

    report: Report
    sweep: int
    fraction: float | None
    batch_size: int


class Listener:
    """Ignores every event; a subclass overrides the methods that it needs."""

    @property
    def wants_rows(self) -> bool:
        """Whether `filled` is overridden; if not, the database counts the rows that it fills and hands out none."""
        return type(self).filled is not Listener.filled

    def filled(self, rows: Sequence[Recovered]) -> None:
        """Rows have been filled and committed."""

    def skipped(self, rows: Sequence[Refused]) -> None:
        """Rows of the first sweep have nothing to recover."""

    def failed(self, rows: Sequence[Refused]) -> None:
        """Rows of the first sweep that a person must look at."""

    def progress(self, progress: Progress) -> None:
        """A window is finished."""

    def waiting(self, reason: str) -> None:
        """The run waits, and why."""

    def started(self, run: int, origin: Origin, walk: str) -> None:
        """A run has its row in the ledger."""

    def ended(self, report: Report) -> None:
        """The run, or a dry one, has come to its end, whichever that is; after an error it is not told."""

    def paused(self, by: str, since: datetime) -> None:
        """Somebody has paused the run; told once."""
