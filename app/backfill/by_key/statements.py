"""Statements by key: reading and filling pending rows of any database, in the order of a key."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from app.backfill.blank import is_empty
from app.backfill.light_tables import names_of, new_values, pending, text_array
from app.backfill.recipe import FILLED, TOUCHED
from app.backfill.rows import Recovered
from app.backfill.undecodable import UNDECODABLE, is_text
from app.database.column_types import SqlType, key_as_text
from app.database.timestamps import format_timestamp


def after(key: Sequence[sa.ColumnElement[Any]], cursor: Sequence[object]) -> sa.ColumnElement[bool]:
    """Return the condition of rows whose key comes after the cursor, in the database's own order."""
    if len(key) == 1:
        return key[0] > _typed(cursor[0], key[0])
    return sa.tuple_(*key) > sa.tuple_(*(_typed(value, column) for column, value in zip(key, cursor, strict=True)))


def _typed(value: object, column: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """Return a value of a cursor, which is text or a number, as one of the column's type."""
    if isinstance(column.type, SqlType):
        return sa.cast(sa.literal(str(value), sa.Text), column.type)
    if isinstance(value, str) and not is_text(value):
        return sa.cast(sa.literal(value.encode("utf-8", UNDECODABLE), sa.LargeBinary), column.type)
    return sa.literal(value, column.type)


def key_as_selected(column: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """Return a column of a key as it is read: on PostgreSQL as text, in which every type can be compared again."""
    return key_as_text(column).label(f"{column.key}_text") if isinstance(column.type, SqlType) else column


def window_of(
    pending_rows: sa.Select[Any], key: Sequence[sa.ColumnElement[Any]], cursor: Sequence[object] | None, rows: int
) -> sa.Select[Any]:
    """Return a query for the first `rows` of `pending_rows` after the cursor (None: from the start), in key order."""
    following = pending_rows if cursor is None else pending_rows.where(after(key, cursor))
    return following.order_by(*key).limit(rows)


def select_again(
    table: sa.Table,
    key: Sequence[sa.ColumnElement[Any]],
    body: sa.ColumnElement[Any],
    rows: Sequence[Recovered],
    named: Sequence[sa.ColumnElement[Any]] = (),
) -> sa.Select[Any]:
    """Select rows again before they are filled, to see if they have changed; locks them where the database can."""
    columns = (*names_of(table), body, *map(key_as_selected, key), *named)
    return sa.select(*columns).where(named_by(key, rows), pending(table)).with_for_update()


def select_pending(
    table: sa.Table,
    key: Sequence[sa.ColumnElement[Any]],
    body: sa.ColumnElement[Any],
    chosen: sa.ColumnElement[bool],
    named: Sequence[sa.ColumnElement[Any]],
) -> sa.Select[Any]:
    """Select the pending ones of some rows: what `names_of` returns, body, key, and `named`. Locks nothing."""
    columns = (*names_of(table), body, *map(key_as_selected, key), *named)
    return sa.select(*columns).where(chosen, pending(table))


def select_filled(
    table: sa.Table, key: Sequence[sa.ColumnElement[Any]], keys: Sequence[Sequence[object]]
) -> sa.Select[Any]:
    """Select the key of the rows with these keys, and the value that they have now."""
    return sa.select(*map(key_as_selected, key), table.c[FILLED]).where(among(key, keys))


def named_by(key: Sequence[sa.ColumnElement[Any]], rows: Sequence[Recovered]) -> sa.ColumnElement[bool]:
    """Return the condition of the rows with these keys."""
    return among(key, [row.locator[: len(key)] for row in rows])


def among(key: Sequence[sa.ColumnElement[Any]], values: Sequence[Sequence[object]]) -> sa.ColumnElement[bool]:
    """Return the condition of the rows whose key is one of these."""
    if len(key) == 1 and len(values) > 1:
        return _in(key[0], [value for (value,) in values])
    typed = [[_typed(value, column) for value, column in zip(row, key, strict=True)] for row in values]
    if len(typed) == 1:  # Citus finds the shard of a row by equality, and of a pair of columns by nothing else
        return sa.and_(*(column == value for column, value in zip(key, typed[0], strict=True)))
    return sa.tuple_(*key).in_([sa.tuple_(*row) for row in typed])


def _in(column: sa.ColumnElement[Any], values: Sequence[object]) -> sa.ColumnElement[bool]:
    if isinstance(column.type, SqlType):
        return column == sa.any_(sa.cast(text_array("keys", list(map(str, values))), ARRAY(column.type)))
    if all(not isinstance(value, str) or is_text(value) for value in values):
        return column.in_(values)
    return column.in_([_typed(value, column) for value in values])


def fill_parameters(table: sa.Table) -> tuple[str, ...]:
    """Return the names of the parameters that an UPDATE sets."""
    return ("found_id", "moment") if TOUCHED in table.c else ("found_id",)


def fill_by_key(table: sa.Table, key: Sequence[sa.ColumnElement[Any]]) -> sa.Update:
    """Return the UPDATE of one row by its key, for executemany; `fill_values` are the values for it."""
    named = [column == _key_parameter(f"key_{number}", column) for number, column in enumerate(key)]
    values = new_values(table, sa.bindparam("found_id"), sa.bindparam("moment", type_=sa.Text))
    return sa.update(table).where(*named, is_empty(table.c[FILLED])).values(values)


def _key_parameter(name: str, column: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    if isinstance(column.type, SqlType):
        return sa.cast(sa.bindparam(name, type_=sa.Text), column.type)
    return sa.bindparam(name, type_=column.type)


def fill_values(
    table: sa.Table, rows: Sequence[Recovered], moment: datetime, key_columns: int
) -> list[tuple[object, ...]]:
    """Return the values for `fill_by_key`, in the order of its parameters and the key: one timestamp for all rows."""
    touched = (format_timestamp(moment),) if TOUCHED in table.c else ()
    return [(row.value, *touched, *row.locator[:key_columns]) for row in rows]
