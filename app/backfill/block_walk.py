"""Block walk: windows of blocks in physical order, heap by heap. PostgreSQL."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import accumulate
from typing import Final, NamedTuple

import sqlalchemy as sa

from app.backfill.heaps import Heap, Heaps, Part
from app.backfill.plan import InPlace, Locator, Recovered, Span, Window
from app.backfill.quiet import Quiet
from app.backfill.reading import Row, judge
from app.backfill.statements import Place

FIRST_BLOCKS: Final = 8
MAX_BLOCKS: Final = 16_384  # 128 MB
BLOCK_GROWTH: Final = 4
DETOUR_BLOCKS: Final = 8
"""One body that the database cannot cast fails a whole statement. Its neighbourhood is closed in on to so many blocks,
whose bodies are then all looked at here; to more, each time the next blocks hold such a body too."""
MOST_DISCOURAGED: Final = 63
"""Where most parts of a window hold a body that cannot be cast, so many windows at most are read row by row."""
BODY_CHUNK_BYTES: Final = 4_000_000
"""Bodies are fetched in chunks of about this size: memory must not grow with them."""


class Planned(NamedTuple):
    """Up to which block the database was to fill plain cases by itself, and its parts."""

    end: int
    in_place: Sequence[InPlace] = ()


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
        self._quiet: Quiet | None = None
        self._heaps: list[Heap] = []
        self._numbers: dict[str, int] = {}
        self._blocks_before: list[int] = [0]
        self._blocks = FIRST_BLOCKS
        self._castable = MAX_BLOCKS
        """Try no more blocks at once: the last time, so many could nearly be cast."""
        self._detour = DETOUR_BLOCKS
        self._planned: dict[str | None, Planned] = {}
        """What the database was to fill from a cursor on, before the rest is read from there."""
        self._discouraged = self._windows_by_row = 0

    def start_sweep(self, connection: sa.Connection) -> None:
        """Look how long the heaps are now; blocks that come later hold new versions and are the next sweep's."""
        self._quiet = Quiet(connection) if self._access.on_one_server else None  # before anything is looked at
        self._heaps = [heap for heap in self._access.list(connection) if heap.blocks]
        self._numbers = {heap.label: number for number, heap in enumerate(self._heaps)}
        self._planned.clear()
        self._blocks_before = list(accumulate((heap.blocks for heap in self._heaps), initial=0))

    def untouched(self, connection: sa.Connection, commits: int) -> bool:
        """Ask the server, where there is but one."""
        return self._quiet is not None and self._quiet.lasts(connection, commits)

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
        if not self._heaps:
            return Window()
        number, start = self._find(span.start)
        part = Part(self._heaps[number], start, self._end(span, number))
        if rows < self._access.fewest_in_place or limit is not None or self._is_discouraged():
            window = self._read_rows(connection, part, rows, limit)
            most = self._access.window_rows(rows)
            self._adapt(max(window.found / most, self._access.fullness(window.batches, rows)))
            return window
        planned = self._planned.pop(span.start, None)
        if planned is None:
            return self._plan(connection, part, rows)
        self._learn(planned.in_place)
        window = self._read_rows(connection, part._replace(end=min(planned.end, part.end)), rows, limit)
        if window.cursor is not None:
            self._planned[window.cursor] = Planned(planned.end)
        elif planned.end < part.end:
            window.cursor = write_cursor(part.heap, Place(planned.end))
        return window

    def _plan(self, connection: sa.Connection, part: Part, rows: int) -> Window:
        """Return what the database is to fill by itself. The next window starts at the same place, and reads the rest.

        A run that ends in between has lost nothing: the next one fills, or reads, what it finds there.
        """
        in_place, fullness = self._access.in_place(connection, part, rows)
        while fullness > BLOCK_GROWTH and part.end - part.start.block > 1:
            blocks = max(1, int((part.end - part.start.block) / fullness))
            part = part._replace(end=part.start.block + blocks)
            in_place, fullness = self._access.in_place(connection, part, rows)
        self._adapt(fullness)
        cursor = write_cursor(part.heap, part.start)
        self._planned[cursor] = Planned(part.end, in_place)
        return Window(cursor=cursor, in_place=in_place)

    def _learn(self, in_place: Sequence[InPlace]) -> None:
        """Read the next windows row by row where the database could not do most of this one by itself."""
        if not in_place:
            return
        failed = sum(part.has_failed for part in in_place) > len(in_place) / 2
        self._discouraged = min(MOST_DISCOURAGED, 2 * self._discouraged + 1) if failed else 0
        self._windows_by_row = self._discouraged

    def _is_discouraged(self) -> bool:
        if not self._windows_by_row:
            return False
        self._windows_by_row -= 1
        return True

    def _read_rows(self, connection: sa.Connection, part: Part, rows: int, limit: int | None) -> Window:
        """Read the pending rows of some blocks, or of the first of them where there are too many."""
        start = part.start
        end = min(part.end, start.block + self._castable)
        most = self._access.window_rows(rows)
        wanted = min(most, limit or most)
        parse = True
        while (read := self._access.read(connection, part._replace(end=end), wanted, parse=parse)) is None:
            self._castable = 1
            parse = end - start.block > self._detour
            blocks = max(self._detour, (end - start.block) // BLOCK_GROWTH) if parse else self._detour
            end = min(part.end, start.block + blocks)
        self._detour = DETOUR_BLOCKS if parse else min(MAX_BLOCKS, self._detour * BLOCK_GROWTH)
        self._castable = min(MAX_BLOCKS, max(BLOCK_GROWTH * (end - start.block), self._castable))
        found, stopped_at = read
        blocks_before = self._blocks_before[self._numbers[part.heap.label]]
        window = Window(fraction=(blocks_before + end) / self._blocks_before[-1])
        if stopped_at is not None or end < part.end:
            window.cursor = write_cursor(part.heap, stopped_at or Place(end))
        self._sort_out(connection, part.heap, found, window)
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
