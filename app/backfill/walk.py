"""Walk: which way through the table is the right one, by asking the database what kind of table it is."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase

from app.backfill import statements
from app.backfill.block_walk import BlockWalk
from app.backfill.key_walk import KeyWalk
from app.backfill.reading import Walk


def choose_walk(connection: sa.Connection, model: type[DeclarativeBase]) -> Walk:
    """Ask the database what kind of table it is, and return the walk for it."""
    if connection.dialect.name == "sqlite" and _has_rowid(connection, model.__tablename__):
        table = statements.generations(model)
        rowid = sa.column("rowid", sa.Integer)
        return KeyWalk(table, [rowid], name="rowid", as_bytes=reads_utf8_bytes(connection))
    if connection.dialect.name == "postgresql" and _is_ordinary_heap(connection, model.__tablename__):
        return BlockWalk(statements.heap_of(model))
    table = statements.generations(model)
    as_bytes = reads_utf8_bytes(connection)
    return KeyWalk(table, _primary_key(connection, table), name="key", as_bytes=as_bytes)


def _has_rowid(connection: sa.Connection, table: str) -> bool:
    listed = connection.execute(sa.text("SELECT wr FROM pragma_table_list WHERE name = :name"), {"name": table})
    return not listed.scalar()


def reads_utf8_bytes(connection: sa.Connection) -> bool:
    """Tell whether a body's bytes can be read as they are stored: SQLite stores UTF-8, unless it was told otherwise."""
    if connection.dialect.name != "sqlite":
        return False
    return bool(connection.exec_driver_sql("PRAGMA encoding").scalar() == "UTF-8")


def _is_ordinary_heap(connection: sa.Connection, table: str) -> bool:
    """Tell whether a table has blocks that a tuple-id range can scan (PostgreSQL 14 and later), and an index on id."""
    kind = (
        "SELECT c.relkind = 'r' AND a.amname = 'heap' AND CAST(current_setting('server_version_num') AS int) >= 140000"
        " AND EXISTS (SELECT FROM pg_index i JOIN pg_attribute k ON k.attrelid = c.oid AND k.attnum = i.indkey[0]"
        "  WHERE i.indrelid = c.oid AND i.indisvalid AND i.indpred IS NULL AND k.attname = 'id')"
        " FROM pg_class c JOIN pg_am a ON a.oid = c.relam WHERE c.oid = CAST(:name AS regclass)"
    )
    return bool(connection.execute(sa.text(kind), {"name": table}).scalar()) and not _is_distributed(connection, table)


def _is_distributed(connection: sa.Connection, table: str) -> bool:
    """Tell whether the table is one of Citus's, whose rows are on other servers."""
    if connection.execute(sa.text("SELECT to_regclass('pg_dist_partition') IS NULL")).scalar_one():
        return False
    listed = "SELECT count(*) FROM pg_dist_partition WHERE logicalrelid = CAST(:name AS regclass)"
    return bool(connection.execute(sa.text(listed), {"name": table}).scalar_one())


def _primary_key(connection: sa.Connection, table: sa.TableClause) -> list[sa.ColumnElement[Any]]:
    names = sa.inspect(connection).get_pk_constraint(table.name)["constrained_columns"] or ["id"]
    return [sa.column(name, sa.Text) for name in names]
