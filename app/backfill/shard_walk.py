"""Shard walk: the block walk of a table that Citus has distributed; large batches are filled by all shards at once."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final

import sqlalchemy as sa

from app.backfill.block_walk import BlockWalk, write_cursor
from app.backfill.heaps import Part
from app.backfill.plan import InPlace, Recovered, Span, TooManyRowsError, Window
from app.backfill.shards import Shards
from app.backfill.statements import Place

FEWEST_ROWS: Final = 4_000
"""A batch of fewer rows is filled shard by shard: one statement for all of them costs more than that saves."""
WINDOW_BATCHES: Final = 4


class ShardWalk(BlockWalk):
    """Windows of blocks in physical order, of every shard at once.

    With large batches each window is done twice: the shards fill its plain cases by themselves, then what they left is
    read and judged as everywhere.
    """

    def __init__(self, shards: Shards) -> None:
        """Take the access to the shards of a table."""
        super().__init__(shards)
        self._shards = shards
        self._filled: set[str] = set()
        """Cursors of windows whose plain cases are filled."""

    def read(self, connection: sa.Connection, span: Span, rows: int, limit: int | None) -> Window:
        """Read the pending rows of the span's blocks or, where batches are large, count them first."""
        if rows < FEWEST_ROWS or limit is not None or not self._heaps:
            return super().read(connection, span, rows, limit)
        if span.start in self._filled:
            self._filled.discard(span.start)
            return self._read_rows(connection, span, rows, limit)
        return self._count(connection, span, rows)

    def _count(self, connection: sa.Connection, span: Span, rows: int) -> Window:
        number, start = self._find(span.start)
        heap = self._heaps[number]
        whole = Part(heap, start, self._end(span, number))
        counted = self._shards.count(connection, whole)
        self._adapt(sum(count for _, count in counted) / (rows * WINDOW_BATCHES))
        cursor = write_cursor(heap, start)
        self._filled.add(cursor)
        in_place = [FilledByShards(self._shards, part, rows) for part in cut_blocks(whole, counted, rows)]
        return Window(cursor=cursor, in_place=in_place)


class FilledByShards(InPlace):
    """Blocks of all shards whose plain cases the shards fill by themselves."""

    settings: Mapping[str, str] = {**Shards.reading} | {"enable_hashjoin": "off", "enable_mergejoin": "off"}

    def __init__(self, shards: Shards, part: Part, most_rows: int) -> None:
        """Take the blocks, and how many rows one transaction may fill."""
        self._shards = shards
        self._part = part
        self._most_rows = most_rows

    def fill(self, connection: sa.Connection, moment: datetime) -> Sequence[Recovered]:
        """Fill the plain cases and return them. Raises TooManyRowsError if more came in since they were counted."""
        filled = self._shards.fill_in_place(connection, self._part, moment)
        if len(filled) > self._most_rows:
            raise TooManyRowsError
        return filled


def cut_blocks(whole: Part, counted: Sequence[tuple[int, int]], most_rows: int) -> Iterator[Part]:
    """Cut blocks into parts of at most `most_rows` rows; a block that alone has more is left out."""
    start, rows = whole.start, 0
    for block, count in counted:
        if rows + count > most_rows:
            if rows:
                yield Part(whole.heap, start, block)
            start, rows = Place(block), 0
        if count > most_rows:
            start = Place(block + 1)
        else:
            rows += count
    if rows:
        yield Part(whole.heap, start, whole.end)
