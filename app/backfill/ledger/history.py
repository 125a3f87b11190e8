"""History: the batch times and the progress of a run, in a summary small enough for the run's row in the ledger."""

import json
from bisect import bisect_left
from collections import Counter
from typing import Final

BOUNDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Upper bounds of the buckets in seconds; a batch belongs to the first bound that it does not exceed."""
OVER: Final = "+Inf"
"""Name of the bucket of batches that exceed every bound."""
BUCKETS: Final = (*(f"{bound:g}" for bound in BOUNDS), OVER)
NO_BATCHES: Final = '{"counts": {}, "sum": 0}'
"""The history in a run's row before the first batch."""
NO_POINTS: Final = "[]"
MOST_POINTS: Final = 120
FIRST_STEP: Final = 1.0
"""Seconds between two points at first; twice as many each time that the points become too many."""


class History:
    """Batch times by bucket, and points of (seconds since the run began, rows that it has done). Pure.

    Rows are done when they are filled, skipped or have failed; in each sweep anew, since each looks at them again.
    """

    def __init__(self) -> None:
        """Start with nothing done."""
        self._counts: Counter[str] = Counter()
        self._sum = 0.0
        self._rows = 0
        self._points: list[tuple[float, int]] = [(0.0, 0)]
        self._step = FIRST_STEP

    def add(self, rows: int, seconds: float) -> None:
        """Add what a transaction did; `seconds` is 0 if it was no batch, or if its time is unknown."""
        self._rows += rows
        if seconds > 0:
            self._counts[BUCKETS[bisect_left(BOUNDS, seconds)]] += 1
            self._sum += seconds

    def columns(self, seconds: float, *, ends: bool = False) -> dict[str, str]:
        """Return what the run's row has to say of it, `seconds` after the run began; nothing of what has not changed.

        A point is added where the last one is a step ago, or if the run `ends`.
        """
        values = {"batch_seconds": json.dumps({"counts": dict(self._counts), "sum": round(self._sum, 6)})}
        before, _ = self._points[-1]
        if seconds - before < self._step and not (ends and seconds > before):
            return values
        self._points.append((round(seconds, 2), self._rows))
        self._thin_out()
        return values | {"points": json.dumps(self._points, separators=(",", ":"))}

    def _thin_out(self) -> None:
        """Leave out every second point, but for the first and the last, where there are too many."""
        if len(self._points) > MOST_POINTS:
            *earlier, last = self._points
            self._points = [*earlier[::2], last]
            self._step *= 2
