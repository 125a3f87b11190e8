"""Strides: the order in which the rows of a window are filled, so that PostgreSQL keeps them on their pages."""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from app.backfill.rows import Recovered

STRIDES: Final = 8
"""A window is filled in up to this many transactions, each taking every eighth pending row of a page.

A new version of a row stays on its page, and no index is touched, if there is room for it. A full page has none; the
first stride moves its longest row away, and what that leaves is free for the next stride, and so on. The longest
first, since a shorter row always fits into its room. `benchmarks/` shows what it saves.
"""


class Stride(NamedTuple):
    """The rows of one stride, where the database has chosen them: how many, and their places, `{"(0,1)","(0,7)"}`."""

    rows: int
    places: str


def batches_of_strides(strides: Sequence[Stride], size: int) -> list[str]:
    """Cut strides into batches of at most `size` rows, and return the places of each; small ones are put together."""
    left = list(strides)
    while len(left) > 1 and left[-1].rows + left[-2].rows <= size / 2:
        last = left.pop()
        left[-1] = Stride(left[-1].rows + last.rows, f"{left[-1].places[:-1]},{last.places[1:]}")
    return [places for stride in left for places in _cut(stride, size)]


def _cut(stride: Stride, size: int) -> Iterator[str]:
    if stride.rows <= size:
        yield stride.places
        return
    places = stride.places[2:-2].split('","')
    for first in range(0, len(places), size):
        yield '{"' + '","'.join(places[first : first + size]) + '"}'


def cut_into_strides(rows: Sequence[Recovered], size: int) -> list[Sequence[Recovered]]:
    """Cut rows into strides (every eighth row of a page, the longest first), and strides into batches of `size` rows.

    The rows are of one heap, in physical order except for a few at the end.
    """
    pages: dict[str, list[Recovered]] = {}
    for row in rows:
        pages.setdefault(str(row.locator[0]).partition(",")[0], []).append(row)
    strides: list[list[Recovered]] = [[] for _ in range(STRIDES)]
    for page in pages.values():
        page.sort(key=_length, reverse=True)
        for stride, row in enumerate(page):
            strides[stride % STRIDES].append(row)
    while len(strides) > 1 and len(strides[-1]) + len(strides[-2]) <= size / 2:
        strides[-2].extend(strides.pop())  # a transaction for a few rows costs as much as one for many
    return [stride[first : first + size] for stride in strides for first in range(0, len(stride), size)]


def _length(row: Recovered) -> int:
    return row.row_bytes
