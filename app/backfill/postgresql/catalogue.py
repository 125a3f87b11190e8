"""Catalogue: what PostgreSQL knows about a table: the key that names a row, the heaps with its rows, its triggers."""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import sqlalchemy as sa

from app.backfill.postgresql.target import Key, KeyColumn
from app.backfill.recipe import Recipe

KEY: Final = """
SELECT a.attname, format_type(a.atttypid, a.atttypmod)
FROM (
    SELECT i.indrelid, i.indkey, i.indnkeyatts FROM pg_index i
    WHERE i.indrelid = CAST(:table AS regclass)
        AND i.indisunique AND i.indimmediate AND i.indisvalid AND i.indisready AND i.indislive
        AND NOT i.indisexclusion AND i.indpred IS NULL
        AND NOT EXISTS (
            SELECT FROM generate_series(0, i.indnkeyatts - 1) AS n
            LEFT JOIN pg_attribute k ON k.attrelid = i.indrelid AND k.attnum = i.indkey[n]
            LEFT JOIN pg_collation l ON l.oid = k.attcollation
            WHERE k.attnotnull IS NOT TRUE OR (NOT l.collisdeterministic AND i.indcollation[n] <> k.attcollation)
            OR EXISTS (
                SELECT FROM pg_constraint c
                WHERE c.conrelid = k.attrelid AND c.contype = 'n' AND NOT c.convalidated AND k.attnum = ANY (c.conkey)
            )
        )
    ORDER BY i.indisprimary DESC, i.indnkeyatts, i.indexrelid LIMIT 1
) i
CROSS JOIN LATERAL generate_series(0, i.indnkeyatts - 1) AS n
JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[n]
ORDER BY n
"""
"""The key columns of an index that names a row: unique at any time, valid, of the whole table, and none may be NULL.
Columns that the index INCLUDEs are no part of the key, an expression is no column, and where a column's collation calls
different texts equal, the index must use the same collation."""
LEAVES: Final = """
SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS label, n.nspname AS schema, c.relname AS name,
    pg_relation_size(c.oid) / CAST(current_setting('block_size') AS int) AS blocks,
    EXISTS (SELECT FROM row_triggers t WHERE t.tgrelid = c.oid) AS has_triggers,
    EXISTS (SELECT FROM row_triggers t WHERE t.tgrelid = c.oid AND t.tgtype & 2 = 0) AS has_late_triggers,
    c.relkind = 'r' AND am.amname = 'heap' AND NOT c.relhassubclass
    AND has_table_privilege(c.oid, 'SELECT') AND has_table_privilege(c.oid, 'UPDATE')
    AND (CAST(:first_of_key AS text) IS NULL OR EXISTS (
        SELECT FROM pg_index i JOIN pg_attribute k ON k.attrelid = c.oid AND k.attnum = i.indkey[0]
        WHERE i.indrelid = c.oid AND i.indisvalid AND i.indpred IS NULL AND k.attname = :first_of_key
    )) AS is_walkable
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_am am ON am.oid = c.relam
WHERE c.oid IN (
    SELECT relid FROM pg_partition_tree(CAST(:table AS regclass)) WHERE isleaf
    UNION ALL SELECT p.oid FROM pg_class p WHERE p.oid = CAST(:table AS regclass) AND p.relkind <> 'p'
)
ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"
"""
ROW_TRIGGERS: Final = """
WITH RECURSIVE row_triggers AS (
    SELECT tgrelid, tgtype FROM pg_trigger
    WHERE tgtype & 16 <> 0 AND tgenabled <> 'D' AND NOT (tgisinternal AND tgconstraint <> 0)
)
"""
"""Triggers of UPDATE, without the server's own checks of foreign keys. Bits of tgtype: 2 BEFORE, 16 UPDATE."""
MOVING_ROWS: Final = """
SELECT count(*) FROM pg_partition_tree(CAST(:table AS regclass)) t
JOIN pg_partitioned_table p ON p.partrelid = t.relid
WHERE EXISTS (
    SELECT FROM unnest(CAST(p.partattrs AS int2[])) AS k (attnum)
    LEFT JOIN pg_attribute a ON a.attrelid = p.partrelid AND a.attnum = k.attnum
    WHERE k.attnum = 0 OR a.attname = ANY (:written)
)
"""
"""Partitioned tables whose rows an UPDATE of ours may move to another partition; an expression may depend on it."""
TUPLE_ID_RANGES: Final = 140_000
"""The first server version (14) that scans a range of tuple ids without reading the rest of the table."""
HEIRS: Final = """
WITH RECURSIVE heirs AS (
    SELECT inhrelid FROM pg_inherits JOIN pg_class p ON p.oid = inhparent
    WHERE inhparent = CAST(:table AS regclass) AND p.relkind <> 'p'
    UNION SELECT i.inhrelid FROM pg_inherits i JOIN heirs h ON i.inhparent = h.inhrelid
)
SELECT CAST(CAST(inhrelid AS regclass) AS text) FROM heirs ORDER BY 1
"""
"""The tables that inherit from an ordinary one (INHERITS): a query of it sees their rows, its indexes do not."""


COUNT_TRIGGERS: Final = """
, parts AS (
    SELECT CAST(:table AS regclass) AS part
    UNION SELECT i.inhrelid FROM pg_inherits i JOIN parts p ON i.inhparent = p.part
)
SELECT count(*) FROM row_triggers WHERE tgrelid IN (SELECT part FROM parts)
"""


class Leaf(NamedTuple):
    """A relation that holds rows: an ordinary table, or a partition that has none of its own."""

    label: str
    schema: str
    name: str
    blocks: int
    has_triggers: bool
    """A trigger may change a row during the UPDATE, or leave it out."""
    has_late_triggers: bool
    """A trigger may change a row after its UPDATE."""


def find_key(connection: sa.Connection, table: str) -> Key:
    """Return the columns that name a row of a table, the primary key's if it has one; empty where nothing names one."""
    return tuple(KeyColumn(*row) for row in connection.execute(sa.text(KEY), {"table": table}))


def find_key_of_tree(connection: sa.Connection, table: str, key: Key) -> Key:
    """Return the columns that name a row in a table and in all that inherit from it; empty where none do."""
    heirs = connection.execute(sa.text(HEIRS), {"table": table}).scalars().all()
    if not heirs:
        return key
    if any(find_key(connection, heir) != key for heir in heirs):
        return ()
    return (*key, KeyColumn("tableoid", "oid")) if key else ()


def find_leaves(connection: sa.Connection, recipe: Recipe, key: Key) -> Sequence[Leaf] | None:
    """Return the heaps of a table, in the order of their names.

    None if one of them cannot be walked by blocks: every heap must be of PostgreSQL's own kind (no foreign table), be
    ours to read and fill, and have an index that starts as the key does, if there is a key.
    """
    table = recipe.table
    values = {"table": table, "first_of_key": key[0].name if key else None}
    rows: Sequence[Any] = connection.execute(sa.text(ROW_TRIGGERS + LEAVES), values).all()
    version = connection.execute(sa.text("SELECT CAST(current_setting('server_version_num') AS int)")).scalar_one()
    if version < TUPLE_ID_RANGES or not all(row.is_walkable for row in rows):
        return None
    if connection.execute(sa.text(MOVING_ROWS), {"table": table, "written": list(recipe.written)}).scalar_one():
        return None
    return [Leaf(*row[:-1]) for row in rows]


def has_row_triggers(connection: sa.Connection, table: str) -> bool:
    """Tell whether a table or one of its partitions has a trigger of UPDATE. Reads only."""
    return bool(connection.execute(sa.text(ROW_TRIGGERS + COUNT_TRIGGERS), {"table": table}).scalar_one())


def heap_label(table: str) -> sa.ColumnElement[str]:
    """Return an expression for the label, as in LEAVES, of the heap that has the row."""
    relation = sa.table("pg_class", sa.column("oid"), sa.column("relname"), sa.column("relnamespace"))
    schema = sa.table("pg_namespace", sa.column("oid"), sa.column("nspname"))
    of_the_row: sa.ColumnElement[int] = sa.literal_column(f"{table}.tableoid")  # of the statement around this one
    named_schema, name = (sa.func.quote_ident(part, type_=sa.Text) for part in (schema.c.nspname, relation.c.relname))
    label = named_schema.concat(".").concat(name)
    found = relation.c.oid == of_the_row, schema.c.oid == relation.c.relnamespace
    return sa.select(label).where(*found).scalar_subquery()


def is_partitioned(connection: sa.Connection, table: str) -> bool:
    """Tell whether a table has partitions. Reads only."""
    kind = sa.text("SELECT relkind = 'p' FROM pg_class WHERE oid = CAST(:table AS regclass)")
    return bool(connection.execute(kind, {"table": table}).scalar_one())
