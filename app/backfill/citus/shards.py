"""Shards: a table that Citus has distributed, read and filled through its coordinator.

A range of tuple ids is read in every shard at once, and the shards look into the bodies: none crosses the network but
those that they leave to extract(). Rows are filled by key, a statement for each shard. The ledger is a table of the
coordinator alone; if it dies within a commit, the ledger can lag behind the shards, but never lead: the next run then
meets rows that are filled already.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import REGCLASS

from app.backfill.errors import TableChangedError
from app.backfill.judge import Row
from app.backfill.postgresql.filling import fill_at, fill_between, select_written
from app.backfill.postgresql.heaps import READING, Heap, Part, filled_rows, place_of, read_rows
from app.backfill.postgresql.reading import count_by_block, select_bodies, select_plain, select_unparsed
from app.backfill.postgresql.target import Key, Place, Target, between, heap_of
from app.backfill.recipe import Recipe
from app.backfill.rows import Filling, InPlace, Locator, Recovered, TooManyRowsError
from app.database.column_types import ColumnTypes
from app.errors import UnsupportedTableError

PASSED_ON: Final = {"citus.propagate_set_commands": "local"}
"""Must be the first setting: it makes Citus send the following settings to the shards."""
ONE_CONNECTION: Final = {"citus.max_adaptive_executor_pool_size": "1"}
"""A statement for all shards has one connection to each server: opening more for every transaction costs more time than
they save, and a backfill leaves the other processors to the application. Several workers have one each."""
FILLING: Final = {**PASSED_ON, **ONE_CONNECTION, "enable_nestloop": "off", "enable_seqscan": "off"}
"""Through the index; and no loop over the recordset, whose rows the planner always takes for a hundred."""

READ_BY_SHARDS: Final = {**PASSED_ON, **ONE_CONNECTION, **READING}
WINDOW_ROWS: Final = 16_000
WINDOW_BATCHES: Final = 4
"""The number of batches whose rows are counted at a time, where the shards fill by themselves."""

DISTRIBUTION: Final = """
SELECT column_to_column_name(logicalrelid, partkey), repmodel = 'c' AND EXISTS (
    SELECT FROM pg_dist_placement p JOIN pg_dist_shard s USING (shardid) WHERE s.logicalrelid = d.logicalrelid
    GROUP BY shardid HAVING count(*) > 1
)
FROM pg_dist_partition d
WHERE logicalrelid = CAST(:table AS regclass) AND partmethod <> 'n'
"""
BLOCKS: Final = """
SELECT coalesce(max(CAST(CASE WHEN success THEN result END AS bigint)), 0), coalesce(bool_and(success), true)
FROM (
    SELECT relid FROM pg_partition_tree(CAST(:table AS regclass)) WHERE isleaf
    UNION SELECT CAST(:table AS regclass)
) r
CROSS JOIN LATERAL run_command_on_shards(
    r.relid, 'SELECT pg_relation_size(''%s'') / current_setting(''block_size'')::bigint'
)
"""


class FilledByShards(InPlace):
    """Blocks of all shards whose plain cases the shards fill by themselves."""

    settings: Mapping[str, str] = READ_BY_SHARDS | {"enable_hashjoin": "off", "enable_mergejoin": "off"}

    def __init__(self, target: Target, part: Part, most_rows: int) -> None:
        """Take the table, the blocks, and how many rows one transaction may fill."""
        self._target = target
        self._part = part
        self.most_rows = most_rows

    def fill(self, connection: sa.Connection, moment: datetime, *, listed: bool) -> Filling:  # noqa: ARG002  # always
        """Fill the plain cases. Raises TooManyRowsError if more came in since they were counted."""
        values = between(self._part.start, Place(self._part.end)) | {"moment": moment}
        filled = filled_rows(connection, fill_between(self._target), values)
        if len(filled) > self.most_rows:
            raise TooManyRowsError
        return Filling(filled)


class Shards:
    """All shards of a distributed table as one heap: block n stands for block n of every shard."""

    walk = "shard"
    on_one_server = False
    fewest_in_place = 4_000  # one statement for all shards costs more than it saves for a smaller batch
    reading: Mapping[str, str] = READ_BY_SHARDS
    filling: Mapping[str, str] = FILLING

    def __init__(self, recipe: Recipe, key: Key, route: str, types: ColumnTypes) -> None:
        """Take what is filled, its table's key, the column of it that tells the shard, and the columns' types."""
        self.knows_plain_cases = recipe.plain_in_postgresql is not None
        self._label = recipe.table
        table = heap_of(recipe, key, types=types)
        shard = sa.cast(sa.cast(table.c.tableoid, REGCLASS), sa.Text)
        self._target = Target(recipe, table, key, shard, route)

    def window_rows(self, batch_rows: int) -> int:  # noqa: ARG002
        """Return as many rows as memory allows: with more rows, a batch has more rows of one shard."""
        return WINDOW_ROWS

    def fullness(self, batches: Sequence[Sequence[Recovered]], size: int) -> float:  # noqa: ARG002
        """Return 0: the number of rows decides."""
        return 0.0

    def list(self, connection: sa.Connection) -> Sequence[Heap]:
        """Ask the shards how long the longest of them is. Raises TableChangedError if one does not answer."""
        blocks, all_answered = connection.execute(sa.text(BLOCKS), {"table": self._label}).one()
        if not all_answered:
            raise TableChangedError(self._label)
        return [Heap(label=self._label, blocks=blocks)]

    def can_fill_in_place(self, heap: Heap) -> bool:  # noqa: ARG002
        """Tell whether plain cases are known: the shards of a distributed table have no triggers."""
        return self.knows_plain_cases

    def in_place(self, connection: sa.Connection, part: Part, rows: int) -> tuple[Sequence[InPlace], float]:
        """Return blocks of all shards with as many rows as a batch may have."""
        values = between(part.start, Place(part.end))
        blocks = connection.execute(count_by_block(self._target), values)
        counted = [(block, count) for block, count in blocks]
        fullness = sum(count for _, count in counted) / (rows * WINDOW_BATCHES)
        return [FilledByShards(self._target, some, rows) for some in cut_blocks(part, counted, rows)], fullness

    def read(
        self, connection: sa.Connection, part: Part, rows: int, *, parse: bool
    ) -> tuple[Sequence[Row], Place | None] | None:
        """Let the shards extract the ids of the plain cases.

        Rows of all shards stand at the same places: where there are too many, they are cut off between two shards.
        """
        start, end = part.start, Place(part.end)
        after = start._replace(number=start.number - 1) if start.relation else start
        select = select_plain if parse else select_unparsed
        found = read_rows(connection, select(self._target, limited=False), between(after, end), parse=parse)
        if found is None:
            return None
        if not start.relation and len(found) <= rows:
            return found, None
        found = sorted((row for row in found if _stands(row) > start), key=_stands)
        return found[:rows], _stands(found[rows - 1]) if len(found) > rows else None

    def read_bodies(self, connection: sa.Connection, heap: Heap, rows: Sequence[Locator]) -> Iterable[Row]:  # noqa: ARG002
        """Fetch the bodies."""
        return connection.execute(select_bodies(self._target, rows))

    def batches(self, rows: Sequence[Recovered], size: int) -> Sequence[Sequence[Recovered]]:
        """Cut rows into batches, shard after shard: the fewer shards a batch has rows of, the fewer statements."""
        ordered = sorted(rows, key=_shard)
        return [ordered[first : first + size] for first in range(0, len(ordered), size)]

    def fill(self, connection: sa.Connection, rows: Sequence[Recovered], moment: datetime) -> Filling:
        """Fill rows that are still the version that was read, a statement for each shard."""
        by_shard: dict[str, list[Recovered]] = {}
        for row in rows:
            by_shard.setdefault(_shard(row), []).append(row)
        groups = by_shard.values()
        return Filling([row for group in groups for row in self._fill_shard(connection, group, moment)])

    def _fill_shard(
        self, connection: sa.Connection, rows: Sequence[Recovered], moment: datetime
    ) -> Sequence[Recovered]:
        if connection.execute(fill_at(self._target, rows, moment)).rowcount == len(rows):
            return rows
        written = connection.execute(select_written(self._target, rows, moment)).scalars()
        return [rows[number] for number in sorted(written)]


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


def find_route(connection: sa.Connection, table: str) -> str | None:
    """Return the column by which Citus has distributed a table; None if it has not, or keeps it whole.

    Raises UnsupportedTableError for shards that are kept in several copies by repeating statements: each copy has
    writers of its own, so nobody could tell there whether a row is still the version that was read.
    """
    if connection.execute(sa.text("SELECT to_regclass('pg_dist_partition') IS NULL")).scalar_one():
        return None
    found = connection.execute(sa.text(DISTRIBUTION), {"table": table}).first()
    if found is None:
        return None
    route, is_copied = found
    if is_copied:
        raise UnsupportedTableError(table, "Citus keeps its shards in several copies (shard_replication_factor > 1)")
    return str(route)


def _shard(row: Recovered) -> str:
    return str(row.locator[2])


def _stands(row: Row) -> Place:
    return place_of(row)._replace(relation=row[2])
