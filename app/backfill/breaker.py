"""Breaker: ends a run if the database refuses most rows, which is a fault of the table and not of single rows."""

from collections import deque
from typing import Final

REFUSED_AND_NONE_FILLED: Final = 100
LAST_ROWS: Final = 1_000
"""A run also ends if more than half of its last so many rows were refused."""


class Breaker:
    """Counts what the database took and what it refused. Whoever calls it holds the lock that workers share."""

    def __init__(self) -> None:
        """Start without a row."""
        self._filled = 0
        self._refused = 0
        self._last: deque[tuple[bool, int]] = deque()
        self._last_filled = 0
        self._last_refused = 0

    def add(self, filled: int, refused: int) -> None:
        """Count the rows of a transaction that is committed."""
        self._filled += filled
        self._refused += refused
        self._append(is_filled=True, rows=filled)
        self._append(is_filled=False, rows=refused)

    @property
    def problem(self) -> str:
        """Why the run must end; empty while it may go on."""
        if not self._filled and self._refused >= REFUSED_AND_NONE_FILLED:
            return f"the database refused all of the first {self._refused} rows that were to be filled"
        if self._last_filled + self._last_refused >= LAST_ROWS and self._last_refused > LAST_ROWS / 2:
            return f"the database refused {self._last_refused} of the last {LAST_ROWS} rows that were to be filled"
        return ""

    def _append(self, *, is_filled: bool, rows: int) -> None:
        if not rows:
            return
        self._last.append((is_filled, rows))
        self._count(rows, is_filled=is_filled)
        while (surplus := self._last_filled + self._last_refused - LAST_ROWS) > 0:
            self._drop(surplus)

    def _drop(self, surplus: int) -> None:
        """Forget the oldest `surplus` rows."""
        was_filled, rows = self._last.popleft()
        dropped = min(rows, surplus)
        self._count(-dropped, is_filled=was_filled)
        if dropped < rows:
            self._last.appendleft((was_filled, rows - dropped))

    def _count(self, rows: int, *, is_filled: bool) -> None:
        if is_filled:
            self._last_filled += rows
        else:
            self._last_refused += rows
