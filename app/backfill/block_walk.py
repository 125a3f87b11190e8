"""Block walk: windows of blocks in physical order, each filled in strides. PostgreSQL."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import accumulate
from typing import Any, Final

import sqlalchemy as sa

from app.backfill.heaps import Heap, Heaps
from app.backfill.plan import Recovered, Span, Window
from app.backfill.reading import judge
from app.backfill.statements import Place

STRIDES: Final = 8
"""A window is filled in up to this many transactions, each taking every eighth pending row of a page.

A new version of a row stays on its page, and no index is touched, if there is room for it. A full page has none; the
first stride moves its longest row away, and what that leaves is free for the next stride, and so on. The longest
first, since a shorter row always fits into its room. `benchmarks/` shows what it saves.
"""
MAX_WINDOW_ROWS: Final = 8_000
FIRST_BLOCKS: Final = 8
MAX_BLOCKS: Final = 16_384  # 128 MB
BLOCK_GROWTH: Final = 4
BODY_CHUNK_BYTES: Final = 4_000_000
"""Bodies are fetched in chunks of about this size: memory must not grow with them."""
FIRST_PLACE: Final = (0, 0)


class BlockWalk:
    """Windows of blocks in physical order, heap by heap, each filled in strides.

    The database extracts the plain cases itself; what is left is fetched for extract(). Rows are filled only if they
    are still the version that was read, so nothing is locked between reading and filling. A cursor is the label of a
    heap and a tuple id of it, `public.veo3_video_generations (12,0)`.
    """

    def __init__(self, heaps: Heaps) -> None:
        """Take the access to the heaps of a table."""
        self.name = heaps.walk
        self.settings: Mapping[str, str] = heaps.settings
        self._access = heaps
        self._heaps: list[Heap] = []
        self._numbers: dict[str, int] = {}
        self._blocks_before: list[int] = [0]
        self._blocks = FIRST_BLOCKS

    def start_sweep(self, connection: sa.Connection) -> None:
        """Look how long the heaps are now; blocks that come later hold new versions and are the next sweep's."""
        self._heaps = [heap for heap in self._access.list(connection) if heap.blocks]
        self._numbers = {heap.label: number for number, heap in enumerate(self._heaps)}
        self._blocks_before = list(accumulate((heap.blocks for heap in self._heaps), initial=0))

    def untouched(self, connection: sa.Connection) -> bool:  # noqa: ARG002
        """Nobody can tell."""
        return False

    def cut(self, cursor: str | None) -> Span:
        """Return the next blocks of one heap, about as many as fill a batch for each stride."""
        if not self._heaps:
            return Span()
        number, (block, _) = self._find(cursor)
        heap = self._heaps[number]
        if block + self._blocks < heap.blocks:
            return Span(cursor, _write(heap, (block + self._blocks, 0)))
        return Span(cursor, _write(self._heaps[number + 1], FIRST_PLACE) if number + 1 < len(self._heaps) else None)

    def read(self, connection: sa.Connection, span: Span, rows: int, limit: int | None) -> Window:
        """Read the pending rows of the span's blocks, no more than fill a batch of `rows` for each stride."""
        if not self._heaps:
            return Window()
        number, start = self._find(span.start)
        heap = self._heaps[number]
        end = self._end(span, number)
        wanted = min(rows * STRIDES, max(rows, MAX_WINDOW_ROWS), limit or MAX_WINDOW_ROWS)
        versions = self._access.read(connection, heap, start, (end, 0), wanted)
        window = Window(fraction=(self._blocks_before[number] + end) / self._blocks_before[-1])
        if len(versions) == wanted:
            window.cursor = _write(heap, _place(versions[-1][0]))
        self._sort_out(connection, heap, versions, window)
        window.batches = cut(window.recovered, rows)
        self._adapt(max(len(versions) / wanted, len(window.batches[0]) / rows if window.batches else 0))
        return window

    def fill(self, connection: sa.Connection, rows: Sequence[Recovered], moment: datetime) -> Sequence[Recovered]:
        """Fill rows that are still the version that was read; all are of one heap, as those of a window are."""
        heap = self._heaps[self._numbers[str(rows[0].locator[2])]]
        return self._access.fill(connection, heap, rows, moment)

    def _find(self, cursor: str | None) -> tuple[int, Place]:
        """Return the number of a cursor's heap and the place in it; the start of all where the heap is gone."""
        label, _, place = (cursor or "").rpartition(" ")
        number = self._numbers.get(label)
        return (0, FIRST_PLACE) if number is None else (number, _place(place))

    def _end(self, span: Span, number: int) -> int:
        """Return the block at which a span ends in a heap."""
        ends_in, (block, _) = self._find(span.end)
        return block if span.end is not None and ends_in == number else self._heaps[number].blocks

    def _sort_out(
        self, connection: sa.Connection, heap: Heap, versions: Sequence[Sequence[Any]], window: Window
    ) -> None:
        """Take the ids that the database found; fetch the bodies of the other rows in chunks and judge them."""
        left: list[str] = []
        size = 0
        label = heap.label
        for place, writer, generation_id, row_bytes, body_bytes, found, *key in versions:
            if found is not None:
                window.recovered.append(Recovered((place, writer, label, *key), generation_id, found, row_bytes))
                continue
            left.append(place)
            size += body_bytes
            if size >= BODY_CHUNK_BYTES:
                judge(self._access.read_bodies(connection, heap, left), window)
                left, size = [], 0
        if left:
            judge(self._access.read_bodies(connection, heap, left), window)

    def _adapt(self, fullness: float) -> None:
        """Aim at a window that is just full: of rows, or of pages whose first rows make a batch."""
        factor = min(BLOCK_GROWTH, 1 / fullness) if fullness else BLOCK_GROWTH
        self._blocks = max(1, min(MAX_BLOCKS, int(self._blocks * factor)))


def cut(rows: Sequence[Recovered], size: int) -> list[Sequence[Recovered]]:
    """Cut rows into strides, each taking every eighth row of a page, the longest first, and those to `size` rows."""
    pages: dict[int, list[Recovered]] = {}
    for row in rows:
        pages.setdefault(_place(str(row.locator[0]))[0], []).append(row)
    strides: list[list[Recovered]] = [[] for _ in range(STRIDES)]
    for _, page in sorted(pages.items()):
        page.sort(key=lambda row: -row.row_bytes)
        for rank, row in enumerate(page):
            strides[rank % STRIDES].append(row)
    while len(strides) > 1 and len(strides[-1]) + len(strides[-2]) <= size / 2:
        strides[-2].extend(strides.pop())  # a transaction for a few rows costs as much as one for many
    return [stride[first : first + size] for stride in strides for first in range(0, len(stride), size)]


def _place(tuple_id: str) -> Place:
    block, _, offset = tuple_id[1:-1].partition(",")
    return int(block), int(offset)


def _write(heap: Heap, place: Place) -> str:
    return f"{heap.label} ({place[0]},{place[1]})"
