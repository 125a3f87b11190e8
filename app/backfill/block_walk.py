"""Block walk: windows of blocks in physical order, heap by heap. PostgreSQL."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import accumulate
from typing import Final

import sqlalchemy as sa

from app.backfill.heaps import Heap, Heaps, Part
from app.backfill.plan import Locator, Recovered, Span, Window
from app.backfill.reading import Row, judge
from app.backfill.statements import Place

FIRST_BLOCKS: Final = 8
MAX_BLOCKS: Final = 16_384  # 128 MB
BLOCK_GROWTH: Final = 4
DETOUR_BLOCKS: Final = 8
"""One body that the database cannot cast fails a whole statement. Its neighbourhood is closed in on to so many blocks,
whose bodies are then all looked at here."""
BODY_CHUNK_BYTES: Final = 4_000_000
"""Bodies are fetched in chunks of about this size: memory must not grow with them."""


class BlockWalk:
    """Windows of blocks in physical order, heap by heap.

    The database looks into the bodies. Plain cases it fills by itself, or hands out the ids where batches are small;
    what is left is fetched for extract(). Rows are filled only if they are still the version that was read, so nothing
    is locked between reading and filling. A cursor is the label of a
    heap and a place in it, `public.veo3_video_generations (12,0)`.
    """

    def __init__(self, heaps: Heaps) -> None:
        """Take the access to the heaps of a table."""
        self.name = heaps.walk
        self.reading: Mapping[str, str] = heaps.reading
        self.filling: Mapping[str, str] = heaps.filling
        self._access = heaps
        self._heaps: list[Heap] = []
        self._numbers: dict[str, int] = {}
        self._blocks_before: list[int] = [0]
        self._blocks = FIRST_BLOCKS
        self._filled: set[str | None] = set()
        """Cursors from which on the plain cases of a window have been filled, and the rest is to be read."""

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
        number, place = self._find(cursor)
        heap = self._heaps[number]
        if place.block + self._blocks < heap.blocks:
            return Span(cursor, write_cursor(heap, Place(place.block + self._blocks)))
        return Span(cursor, write_cursor(self._heaps[number + 1], Place()) if number + 1 < len(self._heaps) else None)

    def read(self, connection: sa.Connection, span: Span, rows: int, limit: int | None) -> Window:
        """Read the first window of the span; where batches are not small, let the database fill what is plain first."""
        if rows < self._access.fewest_in_place or limit is not None or not self._heaps:
            window = self._read_rows(connection, span, rows, limit)
            most = self._access.window_rows(rows)
            self._adapt(max(window.found / most, self._access.fullness(window.batches, rows)))
            return window
        if span.start in self._filled:
            self._filled.discard(span.start)
            return self._read_rows(connection, span, rows, limit)
        return self._plan(connection, span, rows)

    def _plan(self, connection: sa.Connection, span: Span, rows: int) -> Window:
        """Return what the database is to fill by itself. The next window starts at the same place, and reads the rest.

        A run that ends in between has lost nothing: the next one fills, or reads, what it finds there.
        """
        number, start = self._find(span.start)
        heap = self._heaps[number]
        in_place, fullness = self._access.in_place(connection, Part(heap, start, self._end(span, number)), rows)
        self._adapt(fullness)
        cursor = write_cursor(heap, start)
        self._filled.add(cursor)
        return Window(cursor=cursor, in_place=in_place)

    def _read_rows(self, connection: sa.Connection, span: Span, rows: int, limit: int | None) -> Window:
        if not self._heaps:
            return Window()
        number, start = self._find(span.start)
        heap = self._heaps[number]
        end = span_end = self._end(span, number)
        most = self._access.window_rows(rows)
        wanted = min(most, limit or most)
        parse = True
        while (read := self._access.read(connection, Part(heap, start, end), wanted, parse=parse)) is None:
            parse = end - start.block > DETOUR_BLOCKS
            end = start.block + max(DETOUR_BLOCKS, (end - start.block) // BLOCK_GROWTH) if parse else end
        found, stopped_at = read
        window = Window(fraction=(self._blocks_before[number] + end) / self._blocks_before[-1])
        if stopped_at is not None or end < span_end:
            window.cursor = write_cursor(heap, stopped_at or Place(end))
        self._sort_out(connection, heap, found, window)
        window.batches = self._access.batches(window.recovered, rows)
        return window

    def fill(self, connection: sa.Connection, rows: Sequence[Recovered], moment: datetime) -> Sequence[Recovered]:
        """Fill rows that are still the version that was read; all are of one window."""
        return self._access.fill(connection, rows, moment)

    def _find(self, cursor: str | None) -> tuple[int, Place]:
        """Return the number of a cursor's heap and the place in it; the start of all where the heap is gone."""
        label, _, place = (cursor or "").rpartition(" (")
        number = self._numbers.get(label)
        return (0, Place()) if number is None else (number, _read_place(place))

    def _end(self, span: Span, number: int) -> int:
        """Return the block at which a span ends in a heap."""
        ends_in, place = self._find(span.end)
        return place.block if span.end is not None and ends_in == number else self._heaps[number].blocks

    def _sort_out(self, connection: sa.Connection, heap: Heap, rows: Sequence[Row], window: Window) -> None:
        """Take the ids that the database found; fetch the bodies of the other rows in chunks and judge them."""
        short: list[Row] = []
        long: list[Locator] = []
        size = 0
        for place, writer, relation, generation_id, row_bytes, found, operation, scene, body, body_bytes, *key in rows:
            locator = (place, writer, relation, *key)
            if found is not None:
                window.recovered.append(Recovered(locator, generation_id, found, row_bytes))
            elif body is not None:
                short.append((generation_id, operation, scene, body, *locator))
            else:
                long.append(locator)
                size += body_bytes
                if size >= BODY_CHUNK_BYTES:
                    judge(self._access.read_bodies(connection, heap, long), window)
                    long, size = [], 0
        judge(short, window)
        if long:
            judge(self._access.read_bodies(connection, heap, long), window)

    def _adapt(self, fullness: float) -> None:
        """Aim at a window that is just full."""
        factor = min(BLOCK_GROWTH, 1 / fullness) if fullness else BLOCK_GROWTH
        self._blocks = max(1, min(MAX_BLOCKS, int(self._blocks * factor)))


def write_cursor(heap: Heap, place: Place) -> str:
    """Return the cursor of a place in a heap."""
    return f"{heap.label} {place.tuple_id}{place.relation}"


def _read_place(text: str) -> Place:
    """Read `12,0)` or `12,0)relation`."""
    numbers, _, relation = text.partition(")")
    block, _, number = numbers.partition(",")
    return Place(int(block), int(number), relation)
