"""Pace: how large the next batch may be, from how long the last ones took."""

import math
from typing import Final

FIRST_BATCH_ROWS: Final = 100
GROWTH: Final = 1.5
"""A batch is at most this many times the one before."""
FAR_OVER: Final = 5.0
"""After a batch that takes more than this many times the target, the next has a tenth of the rows."""
SHRINK: Final = 10


class Pace:
    """The size of the next batch in rows: a bound of `batch_size`, aimed at `target_seconds` a batch."""

    def __init__(self, batch_size: int, target_seconds: float) -> None:
        """Start small, whatever the bound is: nothing is known about the database yet."""
        self.bound = batch_size
        self._target = target_seconds
        self.size = min(FIRST_BATCH_ROWS, batch_size)

    def retune(self, batch_size: int, target_seconds: float) -> None:
        """Use another bound (rows) and another target (seconds) from now on."""
        self.bound, self._target = batch_size, target_seconds
        self._set(self.size)

    def took(self, rows: int, seconds: float) -> None:
        """Choose the next size after a batch of `rows` rows that took `seconds`.

        A batch less than half full can make the next batch larger but not smaller, since the transaction and not the
        rows took most of its time.
        """
        if seconds > FAR_OVER * self._target:
            self._set(self.size / SHRINK)
        elif rows:
            size = min(self.size * GROWTH, rows * self._target / max(seconds, 1e-6))
            self._set(size if rows >= self.size / 2 else max(self.size, size))

    def halve(self) -> None:
        """Halve the size of the next batch."""
        self._set(self.size / 2)

    def _set(self, size: float) -> None:
        self.size = max(1, min(self.bound, math.ceil(size)))
