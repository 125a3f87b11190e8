"""Medians of rounds, and of the rounds' ratios: within a round, both met the machine in about the same state."""

from collections.abc import Iterable
from statistics import median


def middle(values: Iterable[float | None]) -> float | None:
    """Return the median of the values that are there; None where there are none."""
    found = [value for value in values if value is not None]
    return median(found) if found else None


def middle_ratio(ones: Iterable[float | None], others: Iterable[float | None]) -> float | None:
    """Return the median of the ratios, round by round; None where no round has both."""
    pairs = zip(ones, others, strict=False)
    return middle(one / other for one, other in pairs if one is not None and other)
