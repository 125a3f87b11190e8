"""Heaps: the relations of PostgreSQL in which a table's rows really stand, block by block.

An ordinary table is its own heap. A partitioned one has a heap for each leaf, however many levels down, which is read
and filled directly: a tuple id names a row of one heap alone.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase

from app.backfill import statements
from app.backfill.plan import Recovered
from app.backfill.reading import Row
from app.backfill.statements import Key, KeyColumn, Place
from app.errors import TableChangedError


@dataclass(frozen=True, kw_only=True)
class Heap:
    """A relation that holds rows: its schema and name, and how many blocks it has."""

    schema: str
    name: str
    blocks: int

    @property
    def label(self) -> str:
        """What a cursor calls it."""
        return f"{self.schema}.{self.name}"


KEY: Final = """
SELECT a.attname, format_type(a.atttypid, a.atttypmod)
FROM pg_index i CROSS JOIN LATERAL unnest(CAST(i.indkey AS int2[])) WITH ORDINALITY AS k (attnum, place)
JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
WHERE i.indrelid = CAST(:table AS regclass) AND i.indisprimary
ORDER BY k.place
"""

LEAVES: Final = """
SELECT n.nspname, c.relname, pg_relation_size(c.oid) / CAST(current_setting('block_size') AS int),
    c.relkind = 'r' AND am.amname = 'heap'
    AND NOT c.relhassubclass
    AND has_table_privilege(c.oid, 'SELECT') AND has_table_privilege(c.oid, 'UPDATE')
    AND EXISTS (
        SELECT FROM pg_index i JOIN pg_attribute k ON k.attrelid = c.oid AND k.attnum = i.indkey[0]
        WHERE i.indrelid = c.oid AND i.indisvalid AND i.indpred IS NULL AND k.attname = :first_of_key
    )
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_am am ON am.oid = c.relam
WHERE c.oid IN (
    SELECT relid FROM pg_partition_tree(CAST(:table AS regclass)) WHERE isleaf
    UNION ALL SELECT p.oid FROM pg_class p WHERE p.oid = CAST(:table AS regclass) AND p.relkind <> 'p'
)
ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"
"""

MOVING_ROWS: Final = """
SELECT count(*) FROM pg_partition_tree(CAST(:table AS regclass)) t
JOIN pg_partitioned_table p ON p.partrelid = t.relid
WHERE EXISTS (
    SELECT FROM unnest(CAST(p.partattrs AS int2[])) AS k (attnum)
    LEFT JOIN pg_attribute a ON a.attrelid = p.partrelid AND a.attnum = k.attnum
    WHERE k.attnum = 0 OR a.attname IN ('media_generation_id', 'updated_at')
)
"""
"""Partitioned tables whose rows an UPDATE of ours may move to another partition; an expression may depend on it."""

TUPLE_ID_RANGES: Final = 140_000
"""The server version from which on a range of tuple ids is scanned without reading the rest of the table."""


class Heaps(Protocol):
    """The heaps of one table, and how their rows are read and filled."""

    walk: str
    """What the report calls a walk over them."""
    settings: Mapping[str, str]
    """Settings of the database for a transaction that fills rows."""

    def list(self, connection: sa.Connection) -> Sequence[Heap]:
        """Return the heaps as they are now, in an order that stays. Raises TableChangedError."""

    def read(
        self, connection: sa.Connection, heap: Heap, start: Place, end: Place, rows: int
    ) -> Sequence[Sequence[Any]]:
        """Return what statements.select_plain selects, of at most `rows` rows in physical order."""

    def read_bodies(self, connection: sa.Connection, heap: Heap, places: Sequence[str]) -> Iterable[Row]:
        """Return what statements.select_bodies selects, with the heap's label between the writer and the key."""

    def fill(
        self, connection: sa.Connection, heap: Heap, rows: Sequence[Recovered], moment: datetime
    ) -> Sequence[Recovered]:
        """Fill rows of a heap that are still the version that was read, and return them."""


class LocalHeaps:
    """Heaps of the database that the connection is to: an ordinary table, or the leaves of a partitioned one."""

    settings: Mapping[str, str] = statements.PLAN_BY_INDEX

    def __init__(self, model: type[DeclarativeBase], key: Key, *, partitioned: bool) -> None:
        """Take the mapped class of the table, its key, and whether the table has partitions."""
        self.walk = "partition" if partitioned else "block"
        self._model = model
        self._key = key

    def list(self, connection: sa.Connection) -> Sequence[Heap]:
        """Ask the catalogue. Raises TableChangedError for a partition that cannot be walked by blocks."""
        heaps = find_heaps(connection, self._model.__tablename__, self._key)
        if heaps is None:
            raise TableChangedError(self._model.__tablename__)
        return heaps

    def read(
        self, connection: sa.Connection, heap: Heap, start: Place, end: Place, rows: int
    ) -> Sequence[Sequence[Any]]:
        """Let PostgreSQL extract the ids of the plain cases.

        One body that it cannot cast fails the whole statement: then every body of this window is looked at here
        instead.
        """
        table = self._table(heap)
        try:
            with connection.begin_nested():
                return connection.execute(statements.select_plain(table, self._key, start, end, rows)).all()
        except DBAPIError as error:
            if not _is_about_a_value(error):
                raise
            return connection.execute(statements.select_unparsed(table, self._key, start, end, rows)).all()

    def read_bodies(self, connection: sa.Connection, heap: Heap, places: Sequence[str]) -> Iterable[Row]:
        """Fetch the bodies."""
        rows = connection.execute(statements.select_bodies(self._table(heap), self._key, places))
        return ((*row[:6], heap.label, *row[6:]) for row in rows)

    def fill(
        self, connection: sa.Connection, heap: Heap, rows: Sequence[Recovered], moment: datetime
    ) -> Sequence[Recovered]:
        """Fill rows that are still the version that was read."""
        table = self._table(heap)
        if connection.execute(statements.fill_at(table, self._key, rows, moment)).rowcount == len(rows):
            return rows
        written = connection.execute(statements.select_written(table, self._key, rows, moment)).scalars()
        return [rows[number] for number in sorted(written)]

    def _table(self, heap: Heap) -> sa.TableClause:
        return statements.heap_of(self._model, self._key, heap.schema, heap.name)


def find_key(connection: sa.Connection, table: str) -> Key:
    """Return the columns of the primary key; where there is none, `id`."""
    key = tuple(KeyColumn(*row) for row in connection.execute(sa.text(KEY), {"table": table}))
    return key or (KeyColumn("id", "text"),)


def find_heaps(connection: sa.Connection, table: str, key: Key) -> Sequence[Heap] | None:
    """Return the heaps of a table, in the order of their names; None if one of them cannot be walked by blocks.

    Every heap must be of PostgreSQL's own kind (no foreign table), be ours to read and fill, and have an index that
    starts as the key does.
    """
    rows = connection.execute(sa.text(LEAVES), {"table": table, "first_of_key": key[0].name}).all()
    if _version(connection) < TUPLE_ID_RANGES or not all(walkable for *_, walkable in rows):
        return None
    if connection.execute(sa.text(MOVING_ROWS), {"table": table}).scalar_one():
        return None
    return [Heap(schema=schema, name=name, blocks=blocks) for schema, name, blocks, _ in rows]


def _version(connection: sa.Connection) -> int:
    return int(connection.execute(sa.text("SELECT current_setting('server_version_num')")).scalar_one())


def _is_about_a_value(error: DBAPIError) -> bool:
    """Tell whether a body could not be cast: invalid text (class 22), or nested or sized beyond a limit (54)."""
    return str(getattr(error.orig, "sqlstate", "") or "")[:2] in {"22", "54"}
