"""Pace: how large the next batch may be, from how long the last ones took."""

import math
from typing import Final

FIRST_BATCH_ROWS: Final = 100
GROWTH: Final = 1.5
"""A batch is at most this many times the one before."""
FAR_OVER: Final = 5.0
"""A batch that takes this many times the target means trouble: the next is a tenth."""
SHRINK: Final = 10


class Pace:
    """The size of the next batch in rows: a bound of `batch_size`, aimed at `target_seconds` a batch."""

    def __init__(self, batch_size: int, target_seconds: float) -> None:
        """Start small, whatever the bound is: nothing is known about the database yet."""
        self.bound = batch_size
        self._target = target_seconds
        self.size = min(FIRST_BATCH_ROWS, batch_size)

    def retune(self, batch_size: int, target_seconds: float) -> None:
        """Heed another bound and another aim from now on."""
        self.bound, self._target = batch_size, target_seconds
        self._set(self.size)

    def took(self, rows: int, seconds: float) -> None:
        """Learn from a batch of `rows` rows that took `seconds`.

        A batch that was far from full may let the next one grow; it cannot shrink it, since most of its time was the
        transaction's and not the rows'.
        """
        if seconds > FAR_OVER * self._target:
            self._set(self.size / SHRINK)
        elif rows:
            size = min(self.size * GROWTH, rows * self._target / max(seconds, 1e-6))
            self._set(size if rows >= self.size / 2 else max(self.size, size))

    def halve(self) -> None:
        """Go on more carefully after trouble."""
        self._set(self.size / 2)

    def _set(self, size: float) -> None:
        self.size = max(1, min(self.bound, math.ceil(size)))
