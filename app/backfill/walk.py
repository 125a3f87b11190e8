"""Walk: which way through the table is the right one, by asking the database what kind of table it is."""

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase

from app.backfill import statements
from app.backfill.block_walk import BlockWalk
from app.backfill.heaps import LocalHeaps, find_key, find_leaves
from app.backfill.key_walk import KeyWalk
from app.backfill.reading import Walk
from app.backfill.shards import Shards, find_route


def choose_walk(connection: sa.Connection, model: type[DeclarativeBase]) -> Walk:
    """Ask the database what kind of table it is, and return the walk for it."""
    if connection.dialect.name == "postgresql":
        return _walk_of_postgresql(connection, model)
    if connection.dialect.name == "sqlite" and _has_rowid(connection, model.__tablename__):
        table = statements.generations(model)
        rowid = sa.column("rowid", sa.Integer)
        return KeyWalk(table, [rowid], name="rowid", as_bytes=reads_utf8_bytes(connection))
    return _walk_by_key(connection, model)


def reads_utf8_bytes(connection: sa.Connection) -> bool:
    """Tell whether a body's bytes can be read as they are stored: SQLite stores UTF-8, unless it was told otherwise."""
    if connection.dialect.name != "sqlite":
        return False
    return bool(connection.exec_driver_sql("PRAGMA encoding").scalar() == "UTF-8")


def _walk_of_postgresql(connection: sa.Connection, model: type[DeclarativeBase]) -> Walk:
    table = model.__tablename__
    key = find_key(connection, table)
    route = find_route(connection, table)
    if route is not None:
        return BlockWalk(Shards(model, key, route))
    if find_leaves(connection, table, key) is None:
        return _walk_by_key(connection, model)
    return BlockWalk(LocalHeaps(model, key, partitioned=_is_partitioned(connection, table)))


def _walk_by_key(connection: sa.Connection, model: type[DeclarativeBase]) -> Walk:
    table = statements.generations(model)
    if connection.dialect.name == "postgresql":
        key = [sa.column(name, statements.SqlType(kind)) for name, kind in find_key(connection, table.name)]
    else:
        names = sa.inspect(connection).get_pk_constraint(table.name)["constrained_columns"] or ["id"]
        key = [sa.column(name, sa.Text) for name in names]
    return KeyWalk(table, key, name="key", as_bytes=reads_utf8_bytes(connection))


def _has_rowid(connection: sa.Connection, table: str) -> bool:
    listed = connection.execute(sa.text("SELECT wr FROM pragma_table_list WHERE name = :name"), {"name": table})
    return not listed.scalar()


def _is_partitioned(connection: sa.Connection, table: str) -> bool:
    kind = sa.text("SELECT relkind = 'p' FROM pg_class WHERE oid = CAST(:name AS regclass)")
    return bool(connection.execute(kind, {"name": table}).scalar_one())
