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
    TupleId,
    fingerprint_of,
    key_labels,
    lies_between,
    plain_of,
    recordset,
    rows_named,
)
from app.backfill.recipe import BODY, FILLED, SHOWN, TOUCHED
from app.backfill.rows import Recovered
from app.database.column_types import as_read_once, as_text, as_written, same_text
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
def fill_places(target: Target) -> ReturningUpdate[str, str, bool]:
    """Return the UPDATE that looks into the bodies of rows at some places and fills the plain ones.

    Its parameters are `places`, an array as text, and `moment`. It returns the rows that it filled. A row that changes
    meanwhile is not filled, since its writer (xmin) has changed.
    """
    wanted = sa.cast(sa.bindparam("places", type_=sa.Text), ARRAY(TupleId()))
    source = target.table.alias("source")
    return _fill_in_place(target, source, source.c.ctid == sa.any_(wanted))


@lru_cache(maxsize=KEPT_STATEMENTS)
def fill_places_and_count(target: Target) -> sa.Select[int]:
    """Return the UPDATE of `fill_places` in a query that counts the rows that were filled and kept their id."""
    filled = fill_places(target).cte("filled")
    return sa.select(sa.func.count()).select_from(filled).where(filled.c.is_kept)


@lru_cache(maxsize=KEPT_STATEMENTS)
def fill_between(target: Target) -> ReturningUpdate[str, str, bool]:
    """Return the UPDATE of `fill_places` for all rows between two places in all shards; see `between`."""
    source = target.table.alias("source")
    return _fill_in_place(target, source, lies_between(source))


def _fill_in_place(
    target: Target, source: sa.FromClause, chosen: sa.ColumnElement[bool]
) -> ReturningUpdate[str, str, bool]:
    table, found = target.table, _plain_values(target, source, chosen)
    named = [
        column_named(table, column.name) == found.c[label]
        for column, label in zip(target.key, key_labels(target.key), strict=True)
    ]
    named = named or [table.c.ctid == found.c.ctid]
    unchanged = table.c.xmin == found.c.writer, is_empty(table.c[FILLED])
    moment = sa.bindparam("moment", type_=IsoTimestamp())
    update = sa.update(table).where(*named, *unchanged).values(new_values(table, found.c.found_id, moment))
    stored = table.c[FILLED]
    kept = same_text(stored, found.c.found_id).label("is_kept")
    return update.returning(as_text(table.c[SHOWN]), stored, kept)


def _plain_values(target: Target, source: sa.FromClause, chosen: sa.ColumnElement[bool]) -> sa.Subquery:
    """Return key or place, writer and value of the chosen rows that are pending and whose case is plain."""
    labels = key_labels(target.key)
    keys = [column_named(source, column.name).label(label) for column, label in zip(target.key, labels, strict=True)]
    body = as_read_once(source.c[BODY]).label("text")
    others = [as_text(source.c[name]) for name in target.recipe.reads[1:]]
    bodies = (
        sa.select(*keys, source.c.ctid, source.c.xmin.label("writer"), *others, body)
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
