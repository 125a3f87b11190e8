"""Limits: what ends a run before the end of the table: a signal, its time budget, its row limit, a failing worker."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from app.backfill.options import Options
from app.backfill.report import State
from app.signals import StopRequest


class Stopped(Exception):  # noqa: N818  # not an error: the run was asked to end early
    """The run ends here; what is committed stays."""

    def __init__(self, state: State) -> None:
        """Take the state that the report will have."""
        super().__init__(state)
        self.state = state


class Limits:
    """How long a run may go on, and over how many rows. All of its workers ask the same object."""

    def __init__(self, options: Options, stop: StopRequest) -> None:
        """Take what was asked for; the time budget runs from now on."""
        self.stop = stop
        self.most_rows = options.limit
        self._time_budget = options.time_budget
        self._rows = 0
        self._reading = threading.Lock()
        self._is_abandoned = False
        self._started = time.monotonic()

    @property
    def end_early(self) -> bool:
        """Whether the run may end before it has seen the whole table."""
        return self.most_rows is not None or self._time_budget is not None

    def abandon(self) -> None:
        """Make every worker stop after its batch: one of them cannot go on."""
        self._is_abandoned = True

    @contextmanager
    def rows_left(self) -> Iterator[int | None]:
        """Yield the number of rows that may still be read; None without a limit. With one, one worker reads at a time.

        Raises Stopped if there are none left. Whoever has read says how many in `count`, before the block ends.
        """
        if self.most_rows is None:
            yield None
            return
        with self._reading:
            if self._rows >= self.most_rows:
                raise Stopped("partial")
            yield self.most_rows - self._rows

    def count(self, rows: int) -> None:
        """Count rows that were read."""
        self._rows += rows

    def check(self) -> None:
        """Raise Stopped if somebody asked to stop, or the time budget is used up."""
        if self.stop.is_asked or self._is_abandoned:
            raise Stopped("stopped")
        if self._time_budget is not None and time.monotonic() - self._started >= self._time_budget:
            raise Stopped("partial")

    def check_rows(self) -> None:
        """Raise Stopped if the run has read as many rows as it may."""
        if self.most_rows is not None and self._rows >= self.most_rows:
            raise Stopped("partial")
