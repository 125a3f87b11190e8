"""Filling: the statements that fill rows at given places of a heap, and that find out which rows were filled."""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.sql.dml import ReturningUpdate

from app.backfill.blank import is_empty
from app.backfill.light_tables import column_named, new_values, pending, read_besides
from app.backfill.postgresql.target import (
    KEPT_STATEMENTS,
    Target,
    TransactionId,
    TupleId,
    fingerprint_of,
    found_in,
    key_labels,
    lies_between,
    plain_of,
    recordset,
    rows_named,
)
from app.backfill.recipe import BODY, FILLED, SHOWN, TOUCHED
from app.backfill.rows import Recovered
from app.database.column_types import as_read_once, as_text, as_written, key_as_text, same_text
from app.database.timestamps import IsoTimestamp


def fill_at(target: Target, rows: Sequence[Recovered], moment: datetime) -> sa.Update | ReturningUpdate[int, str]:
    """Return the UPDATE of rows that were read by place; in a local heap it returns their numbers and new places.

    A row is filled only if it is still the version that was read: its writer is the same, and so is all that the
    value was derived from. Where the row has a key it is found through that and not through its place, since PostgreSQL
    prunes a page that it comes to through an index, but not one that it comes to through a tuple id: without pruning no
    new version would find room on its page.
    """
    table = target.table
    found = recordset(target.key, [(row.locator, row.value) for row in rows])
    update = (
        sa.update(table)
        .where(
            *rows_named(target, found, [row.locator for row in rows]),
            table.c.xmin == found.c.writer,
            fingerprint_of(read_besides(table), as_text(table.c[BODY])) == found.c.fingerprint,
            is_empty(table.c[FILLED]),
        )
        .values(new_values(table, found.c.found_id, moment))
    )
    if target.route is not None:
        return update
    return update.returning(found.c.number, sa.cast(table.c.ctid, sa.Text))


@lru_cache(maxsize=KEPT_STATEMENTS)
def fill_in_place(target: Target, *, is_prepared: bool = False) -> ReturningUpdate[str, str, bool]:
    """Return the UPDATE that looks into the bodies of rows at some places and fills the plain ones.

    Its parameters are `places`, an array as text, and `moment`. It returns the rows that it filled. A row that changes
    meanwhile is not filled, since its writer (xmin) has changed. If it `is_prepared`, the parameter `prepared` is what
    `select_prepared` has returned, in place of `places`: rows that have a key are written then without being read.
    """
    update, is_kept = _update(target, _found_in_place(target, is_prepared=is_prepared))
    return _returning(update, target, is_kept)


@lru_cache(maxsize=KEPT_STATEMENTS)
def fill_in_place_and_count(target: Target, *, is_prepared: bool = False) -> sa.Select[int]:
    """Return the UPDATE of `fill_in_place` in a query that counts the rows that were filled and kept their id."""
    update, is_kept = _update(target, _found_in_place(target, is_prepared=is_prepared))
    filled = update.returning(is_kept).cte("filled")
    return sa.select(sa.func.count()).select_from(filled).where(filled.c.is_kept)


@lru_cache(maxsize=KEPT_STATEMENTS)
def fill_between(target: Target) -> ReturningUpdate[str, str, bool]:
    """Return the UPDATE of `fill_in_place` for all rows between two places in all shards; see `between`."""
    source = target.table.alias("source")
    update, is_kept = _update(target, _plain_values(target, source, lies_between(source)))
    return _returning(update, target, is_kept)


@lru_cache(maxsize=KEPT_STATEMENTS)
def select_prepared(target: Target) -> sa.Select[str]:
    """Select key, writer and value of the plain rows at some `places`, all in one JSON text.

    Key and writer name a version of a row for good, unless a crash of the server takes back the writer's commit, and
    gives its number out again. So only rows of writers with numbers before `before` are selected: their commits have
    had time to come to the disk.
    """
    source = target.table.alias("source")
    before = sa.cast(sa.bindparam("before", type_=sa.Text), TransactionId())
    is_durable = sa.func.age(source.c.xmin) > sa.func.age(before)
    found = _plain_values(target, source, sa.and_(_stands_at_places(source), is_durable), as_text_alone=True)
    names = [*key_labels(target.key), "writer", "found_id"]
    pairs = [part for name in names for part in (sa.literal_column(f"'{name}'"), found.c[name])]
    rows = sa.func.json_agg(sa.func.json_build_object(*pairs))
    return sa.select(sa.func.coalesce(sa.cast(rows, sa.Text), "[]"))


def _found_in_place(target: Target, *, is_prepared: bool) -> sa.FromClause:
    """Return version and value of the rows: those that are prepared, or the plain ones at some places."""
    if not is_prepared:
        source = target.table.alias("source")
        return _plain_values(target, source, _stands_at_places(source))
    others = [sa.column("writer", TransactionId()), sa.column("found_id", sa.Text)]
    return found_in(sa.bindparam("prepared", type_=sa.Text), target.key, others)


def _stands_at_places(source: sa.FromClause) -> sa.ColumnElement[bool]:
    return source.c.ctid == sa.any_(sa.cast(sa.bindparam("places", type_=sa.Text), ARRAY(TupleId())))


def _update(target: Target, found: sa.FromClause) -> tuple[sa.Update, sa.ColumnElement[bool]]:
    """Return the UPDATE, and whether a row that it has written kept the value: a trigger may undo it."""
    table = target.table
    named = [
        column_named(table, column.name) == found.c[label]
        for column, label in zip(target.key, key_labels(target.key), strict=True)
    ]
    named = named or [table.c.ctid == found.c.ctid]
    unchanged = table.c.xmin == found.c.writer, is_empty(table.c[FILLED])
    moment = sa.bindparam("moment", type_=IsoTimestamp())
    update = sa.update(table).where(*named, *unchanged).values(new_values(table, found.c.found_id, moment))
    return update, same_text(table.c[FILLED], found.c.found_id).label("is_kept")


def _returning(update: sa.Update, target: Target, is_kept: sa.ColumnElement[bool]) -> ReturningUpdate[str, str, bool]:
    return update.returning(as_text(target.table.c[SHOWN]), target.table.c[FILLED], is_kept)


def _plain_values(
    target: Target, source: sa.FromClause, chosen: sa.ColumnElement[bool], *, as_text_alone: bool = False
) -> sa.Subquery:
    """Return key or place, writer and value of the chosen rows that are pending and whose case is plain.

    With `as_text_alone` the key and the writer are text.
    """
    key = [column_named(source, column.name) for column in target.key]
    writer: sa.ColumnElement[str] = source.c.xmin
    if as_text_alone:
        key, writer = [key_as_text(column) for column in key], sa.cast(writer, sa.Text)
    labels = key_labels(target.key)
    keys = [column.label(label) for column, label in zip(key, labels, strict=True)]
    body = as_read_once(source.c[BODY]).label("text")
    others = [as_text(source.c[name]) for name in target.recipe.reads[1:]]
    bodies = (
        sa.select(*keys, source.c.ctid, writer.label("writer"), *others, body)
        .where(chosen, pending(source))
        .subquery("bodies")
    )
    read = plain_of(target)(bodies)
    found = (
        sa.select(*(bodies.c[label] for label in labels or ["ctid"]), bodies.c.writer, read.value.label("found_id"))
        .select_from(read.rows)
        .where(read.value.is_not(None))
    )
    if target.route is None:
        # PostgreSQL does not prune a page that is being read, so all is read before the first row is written
        found = found.order_by(bodies.c.ctid).offset(0)
    return found.subquery("found")


def select_written(target: Target, rows: Sequence[Recovered], moment: datetime) -> sa.Select[int]:
    """Select the numbers, in their sequence, of those rows that were written with this timestamp. For shards."""
    table = target.table
    found = recordset(target.key, [(row.locator, row.value) for row in rows])
    touched = [table.c[TOUCHED] == as_written(table.c[TOUCHED], moment)] if TOUCHED in table.c else []
    return sa.select(found.c.number).where(
        *rows_named(target, found, [row.locator for row in rows], are_written=True),
        same_text(table.c[FILLED], found.c.found_id),
        *touched,
    )


def select_kept(target: Target, rows: Sequence[Recovered]) -> sa.Select[int]:
    """Select the numbers, in their sequence, of those rows that have the id that was found for them."""
    found = recordset(target.key, [(row.locator, row.value) for row in rows])
    named = rows_named(target, found, [row.locator for row in rows], are_written=True)
    return sa.select(found.c.number).where(*named, same_text(target.table.c[FILLED], found.c.found_id))


def select_unchanged(target: Target, rows: Sequence[Recovered]) -> sa.Select[int]:
    """Select the numbers, in their sequence, of those rows that are still the version that was read."""
    table = target.table
    found = recordset(target.key, [(row.locator, row.value) for row in rows])
    named = rows_named(target, found, [row.locator for row in rows])
    unchanged = (
        table.c.xmin == found.c.writer,
        fingerprint_of(read_besides(table), as_text(table.c[BODY])) == found.c.fingerprint,
    )
    return sa.select(found.c.number).where(*named, *unchanged, pending(table))
