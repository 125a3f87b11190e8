"""Local heaps: those of the database that the connection is to, read and filled by place."""

import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

import sqlalchemy as sa

from app.backfill.errors import TableChangedError
from app.backfill.judge import Row
from app.backfill.postgresql.catalogue import Leaf, find_leaves
from app.backfill.postgresql.filling import (
    fill_at,
    fill_in_place,
    fill_in_place_and_count,
    select_kept,
    select_prepared,
    select_unchanged,
)
from app.backfill.postgresql.heaps import READING, Heap, Part, filled_rows, place_of, read_rows
from app.backfill.postgresql.other_writers import oldest_unfinished
from app.backfill.postgresql.reading import select_bodies, select_plain, select_strides, select_unparsed
from app.backfill.postgresql.strides import STRIDES, Stride, batches_of_strides, cut_into_strides
from app.backfill.postgresql.target import Key, Place, Target, between, heap_of
from app.backfill.recipe import Recipe
from app.backfill.rows import Filling, InPlace, Locator, Recovered
from app.database.column_types import ColumnTypes

PLAN_BY_INDEX: Final = {"enable_hashjoin": "off", "enable_mergejoin": "off", "enable_seqscan": "off"}
"""Settings that make PostgreSQL find each row through the index: for a large batch it would else scan the table."""
NO_WAIT_FOR_DISK: Final = {"synchronous_commit": "off"}
"""A crash of the server may undo the last batches, with what the ledger says of them, and a rerun does them again. The
last transaction of a run waits for the disk, and so for all before it; so does the version stamp."""
MAX_WINDOW_ROWS: Final = 8_000
"""The most rows of a window, unless a single batch may have more. Smaller windows take longer, but write a little less
WAL where checkpoints are frequent: after a checkpoint in the middle of a window, its pages are written again."""
PREPARED_SECONDS: Final = 10.0
"""What was prepared longer ago is not written: somebody may have given another column the name of the body."""


class FilledByPlace(InPlace):
    """Rows of a heap, by their places, whose plain cases PostgreSQL fills by itself."""

    settings: Mapping[str, str] = READING | PLAN_BY_INDEX | NO_WAIT_FOR_DISK

    def __init__(self, target: Target, places: str, before: str) -> None:
        """Take the heap, the array of places as text, and the number before which rows may be prepared."""
        self.most_rows = places.count('"') // 2
        self._target = target
        self._places = places
        self._before = before
        self._prepared: str | None = None
        self._prepared_at = 0.0

    def prepare(self, connection: sa.Connection) -> None:
        """Read the rows and the values in their bodies; not where only its place names a row: another may come there.

        Raises DBAPIError for a body that cannot be cast.
        """
        if not self._target.key:
            return
        values = {"places": self._places, "before": self._before}
        self._prepared_at = time.monotonic()
        self._prepared = connection.execute(select_prepared(self._target), values).scalar_one()

    def forget(self) -> None:
        """Forget what was prepared."""
        self._prepared = None

    def fill(self, connection: sa.Connection, moment: datetime, *, listed: bool) -> Filling:
        """Fill the plain cases. What was prepared serves for one try: after a lost connection it may be of no worth."""
        is_fresh = time.monotonic() - self._prepared_at < PREPARED_SECONDS
        prepared, self._prepared = self._prepared if is_fresh else None, None
        is_prepared = prepared is not None
        rows = {"places": self._places} if prepared is None else {"prepared": prepared}
        values = {**rows, "moment": moment}
        if listed:
            return Filling(filled_rows(connection, fill_in_place(self._target, is_prepared=is_prepared), values))
        counted = connection.execute(fill_in_place_and_count(self._target, is_prepared=is_prepared), values)
        return Filling(counted=counted.scalar_one())


class LocalHeaps:
    """Heaps of the database that the connection is to: an ordinary table, or the leaves of a partitioned one."""

    on_one_server = True
    fewest_in_place = 128
    reading: Mapping[str, str] = READING
    filling: Mapping[str, str] = PLAN_BY_INDEX | NO_WAIT_FOR_DISK

    def __init__(self, recipe: Recipe, key: Key, types: ColumnTypes, *, partitioned: bool) -> None:
        """Take what is filled, the key of its table, the types of its columns, and whether it has partitions."""
        self.walk = "partition" if partitioned else "block"
        self._recipe = recipe
        self._key = key
        self._types = types
        self.knows_plain_cases = recipe.plain_in_postgresql is not None
        self._targets: dict[str, Target] = {}
        self._before = "0"
        self._with_triggers: set[str] = set()
        self._with_late_triggers: set[str] = set()

    def window_rows(self, batch_rows: int) -> int:
        """Return a batch for each stride, within limits."""
        return min(batch_rows * STRIDES, max(batch_rows, MAX_WINDOW_ROWS))

    def fullness(self, batches: Sequence[Sequence[Recovered]], size: int) -> float:
        """Return 1 where the first rows of each page make a batch."""
        return len(batches[0]) / size if batches else 0.0

    def list(self, connection: sa.Connection) -> Sequence[Heap]:
        """Ask the catalogue. Raises TableChangedError for a partition that cannot be walked by blocks."""
        leaves = find_leaves(connection, self._recipe, self._key)
        if leaves is None:
            raise TableChangedError(self._recipe.table)
        self._before = oldest_unfinished(connection)
        self._targets = {leaf.label: self._target(leaf) for leaf in leaves}
        self._with_triggers = {leaf.label for leaf in leaves if leaf.has_triggers}
        self._with_late_triggers = {leaf.label for leaf in leaves if leaf.has_late_triggers}
        return [Heap(label=leaf.label, blocks=leaf.blocks) for leaf in leaves]

    def can_fill_in_place(self, heap: Heap) -> bool:
        """Tell whether plain cases are known, and no trigger can undo an UPDATE after it has said what it filled."""
        return self.knows_plain_cases and heap.label not in self._with_late_triggers

    def in_place(self, connection: sa.Connection, part: Part, rows: int) -> tuple[Sequence[InPlace], float]:
        """Return the strides of some blocks, cut into batches."""
        target = self._targets[part.heap.label]
        values = between(part.start, Place(part.end))
        found = connection.execute(select_strides(target, STRIDES), values)
        strides = [Stride(number, places) for number, places in found]
        first = strides[0].rows if strides else 0
        fullness = max(sum(stride.rows for stride in strides) / self.window_rows(rows), first / rows)
        return [FilledByPlace(target, places, self._before) for places in batches_of_strides(strides, rows)], fullness

    def read(
        self, connection: sa.Connection, part: Part, rows: int, *, parse: bool
    ) -> tuple[Sequence[Row], Place | None] | None:
        """Let PostgreSQL extract the ids of the plain cases."""
        select = select_plain if parse else select_unparsed
        values = between(part.start, Place(part.end)) | {"rows": rows}
        found = read_rows(connection, select(self._targets[part.heap.label], limited=True), values, parse=parse)
        if found is None:
            return None
        return found, place_of(found[-1]) if len(found) == rows else None

    def read_bodies(self, connection: sa.Connection, heap: Heap, rows: Sequence[Locator]) -> Iterable[Row]:
        """Fetch the bodies."""
        return connection.execute(select_bodies(self._targets[heap.label], rows))

    def batches(self, rows: Sequence[Recovered], size: int) -> Sequence[Sequence[Recovered]]:
        """Cut the rows of a window into strides, and those into batches of at most `size` rows."""
        return cut_into_strides(rows, size)

    def fill(self, connection: sa.Connection, rows: Sequence[Recovered], moment: datetime) -> Filling:
        """Fill rows of one heap that are still the version that was read."""
        label = str(rows[0].locator[2])
        target = self._targets[label]
        if label in self._with_triggers and not self._key:
            return _fill_and_move_no_other(connection, target, rows, moment)
        written: dict[int, str] = dict(connection.execute(fill_at(target, rows, moment)).all())
        if label in self._with_triggers:
            return _after_triggers(connection, target, rows, written)
        return Filling(rows if len(written) == len(rows) else [rows[number] for number in sorted(written)])

    def _target(self, leaf: Leaf) -> Target:
        table = heap_of(self._recipe, self._key, leaf.schema, leaf.name, self._types)
        return Target(self._recipe, table, self._key, sa.literal(leaf.label, sa.Text))


def _fill_and_move_no_other(
    connection: sa.Connection, target: Target, rows: Sequence[Recovered], moment: datetime
) -> Filling:
    """Fill rows that only their places name, and say which a trigger has left without their id.

    An UPDATE that is undone would move such a row, and the walk would meet it again at the new place: so all are rolled
    back, and the others filled without it.
    """
    with connection.begin_nested() as savepoint:
        written: dict[int, str] = dict(connection.execute(fill_at(target, rows, moment)).all())
        filling = _after_triggers(connection, target, rows, written)
        if not filling.refused:
            return filling
        savepoint.rollback()
    if not filling.filled:
        return filling
    others = _fill_and_move_no_other(connection, target, filling.filled, moment)
    return Filling(others.filled, [*filling.refused, *others.refused])


def _after_triggers(
    connection: sa.Connection, target: Target, rows: Sequence[Recovered], written: Mapping[int, str]
) -> Filling:
    """Find the rows that kept their id, since triggers may leave rows out of an UPDATE, or undo it.

    The rows that were written are locked, so nobody else has changed them since.
    """
    moved = [
        row._replace(locator=(written.get(number, row.locator[0]), *row.locator[1:])) for number, row in enumerate(rows)
    ]
    kept = set(connection.execute(select_kept(target, moved)).scalars()) & set(written)
    unchanged = set(connection.execute(select_unchanged(target, rows)).scalars())
    refused = (set(written) - kept) | (unchanged - kept)
    return Filling([rows[number] for number in sorted(kept)], [rows[number] for number in sorted(refused)])
