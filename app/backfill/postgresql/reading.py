"""Reading: the statements that select pending rows between two places of a heap."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, aggregate_order_by

from app.backfill.light_tables import READS, names_of, pending, read_besides, text_array
from app.backfill.postgresql.target import (
    KEPT_STATEMENTS,
    Target,
    TupleId,
    block_of,
    bytes_on_page,
    fingerprint_of,
    key_labels,
    keys_as_text,
    lies_between,
    plain_of,
    recordset,
    rows_named,
    version_of,
)
from app.backfill.recipe import BODY, SHOWN
from app.backfill.rows import Locator
from app.database.column_types import as_read_once, as_text

SHORT_BODY_BYTES: Final = 2_048
"""A body of at most so many bytes is selected with its row; longer bodies are fetched separately, in chunks."""


@lru_cache(maxsize=KEPT_STATEMENTS)
def select_plain(target: Target, *, limited: bool) -> sa.Select[Any]:
    """Select pending rows between two places, as the walk by blocks takes them.

    `between` gives the values for it; one that is limited wants `rows` too, the most that it may select.
    The value is NULL unless the case is plain. What is not is for the recipe to derive. Raises, as a statement, for a
    body that cannot be cast (malformed, or with an escaped NUL or a lone surrogate): looking for those first costs more
    than the cast.
    """
    table, look_into = target.table, plain_of(target)
    bodies = (
        sa.select(
            *version_of(target),
            as_text(table.c[SHOWN]),
            bytes_on_page(target).label("row_bytes"),
            *keys_as_text(target),
            *read_besides(table),
            as_read_once(table.c[BODY]).label("text"),
        )
        .where(lies_between(table), pending(table))
        .limit(_most_rows(limited=limited))
        .subquery("bodies")
    )
    read = look_into(bodies)
    is_left = read.value.is_(None)
    others = [bodies.c[name] for name in table.info[READS]]
    fingerprint = fingerprint_of(others, read.body)
    version = (bodies.c.place, bodies.c.writer, bodies.c.relation)
    left = (sa.case((is_left, column)) for column in others)
    body = sa.case((sa.and_(is_left, _is_short(read.body)), read.body))
    keys = (bodies.c[label] for label in key_labels(target.key))
    body_bytes = sa.func.octet_length(read.body)
    columns = (*version, bodies.c[SHOWN], bodies.c.row_bytes, read.value, *left, body, body_bytes, fingerprint, *keys)
    return sa.select(*columns).select_from(read.rows)


@lru_cache(maxsize=KEPT_STATEMENTS)
def select_unparsed(target: Target, *, limited: bool) -> sa.Select[Any]:
    """Select what `select_plain` does without reading any body: every row is left to the recipe."""
    table = target.table
    row_id, *names = names_of(table)
    body = as_text(table.c[BODY])
    left = *names, sa.case((_is_short(body), body)), sa.func.octet_length(body)
    columns: list[sa.ColumnElement[Any]] = [*version_of(target), row_id, bytes_on_page(target), sa.null(), *left]
    selected = sa.select(*columns, fingerprint_of(names, body), *keys_as_text(target)).where(
        lies_between(table), pending(table)
    )
    return selected.limit(_most_rows(limited=limited))


def _is_short(body: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
    return sa.func.octet_length(body) <= SHORT_BODY_BYTES


def select_bodies(target: Target, rows: Sequence[Locator]) -> sa.Select[Any]:
    """Select rows that are still pending: what `names_of` returns, body, then what names them."""
    table = target.table
    body = as_text(table.c[BODY])
    columns = (*names_of(table), body)
    version = (*version_of(target), fingerprint_of(read_besides(table), body))
    statement = sa.select(*columns, *version, *keys_as_text(target)).where(pending(table))
    if target.route is None:
        places = sa.cast(text_array("places", [row[0] for row in rows]), ARRAY(TupleId()))
        return statement.where(table.c.ctid == sa.any_(places))
    found = recordset(target.key, [(row, "") for row in rows])  # there a place names a row in each shard
    return statement.where(*rows_named(target, found, rows))


@lru_cache(maxsize=KEPT_STATEMENTS)
def count_by_block(target: Target) -> sa.Select[int, int]:
    """Select the blocks between two places that hold pending rows, in their order, and how many; looks into no body."""
    block = block_of(target.table).label("block")
    condition = lies_between(target.table), pending(target.table)
    return sa.select(block, sa.func.count()).where(*condition).group_by(block).order_by(block)


@lru_cache(maxsize=KEPT_STATEMENTS)
def select_strides(target: Target, strides: int) -> sa.Select[int, str]:
    """Select how many pending rows between two places each stride has, and an array of where they stand, as text.

    A stride takes every so many-th row of each page, the longest first. Looks into no body.
    """
    table = target.table
    block = block_of(table)
    rank = sa.func.row_number().over(partition_by=block, order_by=bytes_on_page(target).desc()) - 1
    ranked = (
        sa.select(table.c.ctid.label("place"), (rank % strides).label("stride"))
        .where(lies_between(table), pending(table))
        .subquery("ranked")
    )
    places = sa.cast(sa.func.array_agg(aggregate_order_by(ranked.c.place, ranked.c.place)), sa.Text)
    return sa.select(sa.func.count(), places).group_by(ranked.c.stride).order_by(ranked.c.stride)


def _most_rows(*, limited: bool) -> sa.BindParameter[int] | None:
    return sa.bindparam("rows", type_=sa.Integer) if limited else None
