"""Walk: which way through the table is the right one, by asking the database what kind of table it is."""

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase

from app.backfill import statements
from app.backfill.block_walk import BlockWalk
from app.backfill.heaps import LocalHeaps, find_key, find_leaves
from app.backfill.key_walk import KeyAccess, KeyWalk
from app.backfill.reading import Walk
from app.backfill.shards import Shards, find_route


def choose_walk(connection: sa.Connection, model: type[DeclarativeBase]) -> Walk:
    """Ask the database what kind of table it is, and return the walk for it."""
    if connection.dialect.name == "postgresql":
        walk = _walk_by_blocks(connection, model)
        if walk is not None:
            return walk
    table = statements.generations(model)
    if connection.dialect.name == "sqlite" and _has_rowid(connection, table.name):
        rowid = sa.column("rowid", sa.Integer)
        return KeyWalk(table, KeyAccess([rowid], as_bytes=_stores_utf8(connection)), name="rowid")
    return KeyWalk(table, choose_access(connection, model), name="key")


def choose_access(connection: sa.Connection, model: type[DeclarativeBase]) -> KeyAccess:
    """Ask the database how the rows of a table are found by their primary key."""
    table = model.__tablename__
    if connection.dialect.name == "postgresql":
        columns = [sa.column(name, statements.SqlType(kind)) for name, kind in find_key(connection, table)]
        return KeyAccess(columns, singly=find_route(connection, table) is not None)
    names = sa.inspect(connection).get_pk_constraint(table)["constrained_columns"] or ["id"]
    return KeyAccess([sa.column(name, sa.Text) for name in names], as_bytes=_stores_utf8(connection))


def _walk_by_blocks(connection: sa.Connection, model: type[DeclarativeBase]) -> Walk | None:
    """Return the walk over the blocks of a PostgreSQL table; None if it cannot be walked by them."""
    table = model.__tablename__
    key = find_key(connection, table)
    route = find_route(connection, table)
    if route is not None:
        return BlockWalk(Shards(model, key, route))
    if find_leaves(connection, table, key) is None:
        return None
    return BlockWalk(LocalHeaps(model, key, partitioned=_is_partitioned(connection, table)))


def _stores_utf8(connection: sa.Connection) -> bool:
    """Tell whether a body's bytes can be read as they are stored: SQLite stores UTF-8, unless it was told otherwise."""
    if connection.dialect.name != "sqlite":
        return False
    return bool(connection.exec_driver_sql("PRAGMA encoding").scalar() == "UTF-8")


def _has_rowid(connection: sa.Connection, table: str) -> bool:
    listed = connection.execute(sa.text("SELECT wr FROM pragma_table_list WHERE name = :name"), {"name": table})
    return not listed.scalar()


def _is_partitioned(connection: sa.Connection, table: str) -> bool:
    kind = sa.text("SELECT relkind = 'p' FROM pg_class WHERE oid = CAST(:name AS regclass)")
    return bool(connection.execute(kind, {"name": table}).scalar_one())
