"""Outlook: estimates the rows and the time that are left, from the progress so far."""

import time
from collections.abc import Callable
from typing import Final

from app.backfill.listener import Progress

WARM_UP_SECONDS: Final = 3.0
"""Until so much was done, no time is estimated."""
WARM_UP_FRACTION: Final = 0.01


class Outlook:
    """Estimates what is left, from where the run stood in the table when it was first heard of."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Start with the first progress."""
        self._clock = clock
        self._sweep = 0
        self._first: tuple[float, float, int] = (0.0, 0.0, 0)

    def estimate(self, progress: Progress) -> tuple[int, float] | None:
        """Return about how many rows and seconds this sweep has left; None while that would be a guess."""
        if progress.fraction is None:
            return None
        moment, rows = self._clock(), progress.report.total
        if progress.sweep != self._sweep:
            self._sweep, self._first = progress.sweep, (moment, progress.fraction, rows)
        began, fraction, rows_before = self._first
        passed = progress.fraction - fraction
        if moment - began < WARM_UP_SECONDS or passed < WARM_UP_FRACTION:
            return None
        ratio = (1 - progress.fraction) / passed
        return round((rows - rows_before) * ratio), (moment - began) * ratio
