"""Block walk: windows of blocks in physical order, heap by heap. PostgreSQL."""

import threading
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import accumulate
from typing import Final

import sqlalchemy as sa

from app.backfill.judge import Row, judge
from app.backfill.postgresql.detours import BLOCK_GROWTH, MAX_BLOCKS, Detours, Trust
from app.backfill.postgresql.heaps import Heap, Heaps, Part
from app.backfill.postgresql.other_writers import Quiet
from app.backfill.postgresql.pruning import Pruning
from app.backfill.postgresql.target import KEY_IN_LOCATOR, Place
from app.backfill.recipe import Recipe
from app.backfill.row_names import name_by_key, name_by_place
from app.backfill.rows import Filling, Locator, Plan, Recovered, Span, Window

FIRST_BLOCKS: Final = 8
BODY_CHUNK_BYTES: Final = 4_000_000
"""Bodies are fetched in chunks of about this size: memory must not grow with them."""


FIRST_READ: Final = 6
"""Index of the first column read besides the body: before it stand place, writer, relation, shown, length and value."""


class BlockWalk:
    """Windows of blocks in physical order, heap by heap.

    The database looks into the bodies. Plain cases it fills by itself, or hands out the values where batches are small;
    what is left is fetched to be derived from. Rows are filled only if they are still the version that was read, so
    nothing is locked between reading and filling. A cursor is the label of a heap and a place in it,
    `public.name_of_the_table (12,0)`.
    """

    is_whole = True

    def __init__(self, recipe: Recipe, heaps: Heaps) -> None:
        """Take what is filled, and the access to the heaps of its table."""
        self._recipe = recipe
        self.name = heaps.walk
        self.looks_ahead = heaps.on_one_server
        self.reading: Mapping[str, str] = heaps.reading
        self.filling: Mapping[str, str] = heaps.filling
        self._access = heaps
        self._quiet: Quiet | None = None
        self._heaps: list[Heap] = []
        self._numbers: dict[str, int] = {}
        self._blocks_before: list[int] = [0]
        self._blocks = FIRST_BLOCKS
        self._detours = Detours()
        self._trust = Trust()
        self._pruning = Pruning()
        self._lock = threading.Lock()

    def start_sweep(self, connection: sa.Connection) -> None:
        """Find the present length of the heaps; blocks added later hold new versions, and belong to the next sweep."""
        self._quiet = Quiet(connection) if self._access.on_one_server else None  # before anything is looked at
        self._heaps = [heap for heap in self._access.list(connection) if heap.blocks]
        self._numbers = {heap.label: number for number, heap in enumerate(self._heaps)}
        self._blocks_before = list(accumulate((heap.blocks for heap in self._heaps), initial=0))

    def untouched(self, connection: sa.Connection, commits: int) -> bool:
        """Ask the server whether others have written; False where several servers hold the rows."""
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

    def can_plan(self, span: Span, rows: int) -> bool:
        """Tell whether batches are large enough, no trigger stands in the way, and the database was able to lately."""
        if not self._heaps or rows < self._access.fewest_in_place:
            return False
        heap = self._heaps[self._find(span.start)[0]]
        return self._access.can_fill_in_place(heap) and self._trust.is_given()

    def plan(self, connection: sa.Connection, span: Span, rows: int) -> Plan:
        """Return as many blocks as a window should have, and the batches of rows that the database is to look into."""
        if self._access.on_one_server:
            self._pruning.look(connection)
        part = self._part(span)
        in_place, fullness = self._access.in_place(connection, part, rows)
        while fullness > BLOCK_GROWTH and part.end - part.start.block > 1:
            blocks = max(1, int((part.end - part.start.block) / fullness))
            part = part._replace(end=part.start.block + blocks)
            in_place, fullness = self._access.in_place(connection, part, rows)
        self._adapt(fullness)
        if part.end == self._part(span).end:
            return Plan(span, in_place)
        return Plan(Span(span.start, write_cursor(part.heap, Place(part.end))), in_place)

    def learn(self, plan: Plan, filled: Sequence[bool]) -> None:  # noqa: ARG002  # wherever it was
        """Note which batches the database could fill by itself."""
        if filled:
            self._trust.learn(filled)

    def read(
        self, connection: sa.Connection, span: Span, rows: int, limit: int | None, *, is_rest: bool = False
    ) -> Window:
        """Read the first window of the span, and learn from it how many blocks the next should have."""
        if not self._heaps:
            return Window()
        window = self._read_rows(connection, self._part(span), rows, limit)
        if not is_rest:
            most = self._access.window_rows(rows)
            self._adapt(max(window.found / most, self._access.fullness(window.batches, rows)))
        return window

    def _part(self, span: Span) -> Part:
        number, start = self._find(span.start)
        return Part(self._heaps[number], start, self._end(span, number))

    def _read_rows(self, connection: sa.Connection, part: Part, rows: int, limit: int | None) -> Window:
        """Read the pending rows of some blocks, or of the first of them where there are too many."""
        most = self._access.window_rows(rows)
        wanted = min(most, limit or most)
        start = part.start.block
        detours = self._detours.begin()
        parse = self._access.knows_plain_cases
        end = min(part.end, start + detours.castable) if parse else part.end
        while (read := self._access.read(connection, part._replace(end=end), wanted, parse=parse)) is None:
            blocks, parse = detours.closer(end - start)
            end = min(part.end, start + blocks)
        if self._access.knows_plain_cases:
            self._detours.learn(end - start, is_detour=not parse, was_refused=detours.was_refused)
        found, stopped_at = read
        blocks_before = self._blocks_before[self._numbers[part.heap.label]]
        window = Window(fraction=(blocks_before + end) / self._blocks_before[-1])
        if stopped_at is not None or end < part.end:
            window.cursor = write_cursor(part.heap, stopped_at or Place(end))
        self._sort_out(connection, part.heap, found, window)
        window.batches = self._access.batches(window.recovered, rows)
        return window

    def fill(self, connection: sa.Connection, rows: Sequence[Recovered], moment: datetime) -> Filling:
        """Fill rows that are still the version that was read; all are of one window."""
        return self._access.fill(connection, rows, moment)

    def name_of(self, row_id: object, locator: Locator) -> str:  # noqa: ARG002
        """Return what the ledger calls a row."""
        key = locator[KEY_IN_LOCATOR:]
        return name_by_key(key) if key else name_by_place(heap=locator[2], place=locator[0])

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
        body_at = FIRST_READ + len(self._recipe.reads) - 1
        for row in rows:
            row_id, length, found = row[3:FIRST_READ]
            body, body_bytes, *names = row[body_at:]
            locator = (*row[:3], *names)
            if found is not None:
                window.recovered.append(Recovered(locator, row_id, found, length))
            elif body is not None:
                short.append((row_id, *row[FIRST_READ:body_at], body, *locator))
            else:
                long.append(locator)
                size += body_bytes
                if size >= BODY_CHUNK_BYTES:
                    judge(self._access.read_bodies(connection, heap, long), window, self.name_of, self._recipe)
                    long, size = [], 0
        judge(short, window, self.name_of, self._recipe)
        if long:
            judge(self._access.read_bodies(connection, heap, long), window, self.name_of, self._recipe)

    def _adapt(self, fullness: float) -> None:
        """Change the number of blocks so that the next window is just full."""
        factor = min(BLOCK_GROWTH, 1 / fullness) if fullness else BLOCK_GROWTH
        with self._lock:
            self._blocks = max(1, min(MAX_BLOCKS, int(self._blocks * factor)))


def write_cursor(heap: Heap, place: Place) -> str:
    """Return the cursor of a place in a heap."""
    return f"{heap.label} {place.tuple_id}{place.relation}"


def _read_place(text: str) -> Place:
    """Read `12,0)` or `12,0)relation`."""
    numbers, _, relation = text.partition(")")
    block, _, number = numbers.partition(",")
    return Place(int(block), int(number), relation)
