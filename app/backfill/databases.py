"""Databases: chooses the walk for a table, and how its rows are found, from the database's catalogue."""

from typing import Any, Final

import sqlalchemy as sa

from app.backfill.by_key.walk import KeyAccess, KeyWalk
from app.backfill.citus.shards import Shards, find_route
from app.backfill.driver import Driver
from app.backfill.light_tables import table_of
from app.backfill.postgresql.catalogue import (
    find_key,
    find_key_of_tree,
    find_leaves,
    has_row_triggers,
    heap_label,
    is_partitioned,
)
from app.backfill.postgresql.local_heaps import LocalHeaps
from app.backfill.postgresql.walk import BlockWalk
from app.backfill.recipe import Recipe
from app.backfill.row_names import NamedByKey, NamedByPlace, NamedByRowid
from app.backfill.sqlite.catalogue import SqliteTable, look_at
from app.backfill.sqlite.driver import SqliteDriver
from app.backfill.walk import Walk
from app.database.column_types import SqlType, find_types
from app.errors import UnsupportedTableError

NO_NAME: Final = "nothing names its rows: add a primary key, or a UNIQUE index of NOT NULL columns"


def choose_driver(connection: sa.Connection) -> Driver:
    """Return how rows are read and written on this kind of database."""
    return SqliteDriver() if connection.dialect.name == "sqlite" else Driver()


def choose_walk(connection: sa.Connection, recipe: Recipe) -> Walk:
    """Ask the database what kind of table it is, and return the walk for it.

    Reads the catalogue only. Raises UnsupportedTableError where nothing names a row.
    """
    if connection.dialect.name == "postgresql":
        walk = _walk_by_blocks(connection, recipe)
        if walk is not None:
            return walk
    access = choose_access(connection, recipe, by_place=False)
    name = "rowid" if isinstance(access.names, NamedByRowid) else "key"
    return KeyWalk(recipe, table_of(recipe, find_types(connection, recipe.table)), access, name=name)


def choose_access(connection: sa.Connection, recipe: Recipe, *, by_place: bool = True) -> KeyAccess:
    """Ask the database how single rows of a table are found, whatever walk goes over it.

    Without `by_place`, raises UnsupportedTableError for a PostgreSQL table in which no index names every row.
    """
    table = recipe.table
    if connection.dialect.name == "sqlite":
        return _access_of_sqlite(look_at(connection, table), recipe)
    key = find_key_of_tree(connection, table, find_key(connection, table))
    triggers = has_row_triggers(connection, table)
    if key:
        columns = [sa.column(name, SqlType(kind)) for name, kind in key]
        singly = find_route(connection, table) is not None
        return KeyAccess(columns, NamedByKey(columns), singly=singly, has_triggers=triggers)
    if not by_place:
        raise UnsupportedTableError(table, NO_NAME)
    columns = [sa.column("tableoid", SqlType("oid")), sa.column("ctid", SqlType("tid"))]
    return KeyAccess(columns, NamedByPlace(heap_label(table), columns[1]), has_triggers=triggers)


def _access_of_sqlite(found: SqliteTable, recipe: Recipe) -> KeyAccess:
    key = [sa.column(name, sa.Text) for name in found.primary_key]
    body = _as_bytes if found.stores_utf8 else _as_text
    if found.rowid is not None:
        rowid = sa.column(found.rowid, sa.Integer)
        return KeyAccess(
            [rowid],
            NamedByRowid(rowid, key, shown=recipe.shows),
            SqliteDriver(),
            body=body,
            has_triggers=found.has_triggers,
        )
    if not found.without_rowid:
        raise UnsupportedTableError(
            recipe.table, "three of its columns hide SQLite's rowid, oid and _rowid_: rename one"
        )
    return KeyAccess(key, NamedByKey(key), SqliteDriver(), body=body, has_triggers=found.has_triggers)


def _as_bytes(column: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    return sa.cast(column, sa.LargeBinary)


def _as_text(column: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """Return a body in a UTF-16 file: a BLOB as bytes, any other value (also a number) as text."""
    is_blob = sa.func.typeof(column) == "blob"
    return sa.case((is_blob, column), else_=sa.cast(column, sa.Text))


def _walk_by_blocks(connection: sa.Connection, recipe: Recipe) -> Walk | None:
    """Return the walk over the blocks of a PostgreSQL table; None if it cannot be walked by them."""
    table = recipe.table
    key = find_key(connection, table)
    types = find_types(connection, table)
    route = find_route(connection, table)
    if route is not None:
        if route not in [column.name for column in key]:
            raise UnsupportedTableError(table, NO_NAME)
        return BlockWalk(recipe, Shards(recipe, key, route, types))
    if find_leaves(connection, recipe, key) is None:
        return None
    return BlockWalk(recipe, LocalHeaps(recipe, key, types, partitioned=is_partitioned(connection, table)))
