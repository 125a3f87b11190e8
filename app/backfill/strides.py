"""Strides: the order in which the rows of a window are filled, so that PostgreSQL keeps them on their pages."""

from collections.abc import Sequence
from typing import Final

from app.backfill.plan import Recovered

STRIDES: Final = 8
"""A window is filled in up to this many transactions, each taking every eighth pending row of a page.

A new version of a row stays on its page, and no index is touched, if there is room for it. A full page has none; the
first stride moves its longest row away, and what that leaves is free for the next stride, and so on. The longest
first, since a shorter row always fits into its room. `benchmarks/` shows what it saves.
"""


def cut_into_strides(rows: Sequence[Recovered], size: int) -> list[Sequence[Recovered]]:
    """Cut rows into strides, each taking every eighth row of a page, the longest first, and those to `size` rows.

    The rows are those of one heap, in physical order but for a few at the end.
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
