"""Statements by place: reading and filling pending rows of PostgreSQL's heaps."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import lru_cache, reduce
from typing import Any, Final, NamedTuple, TypeAlias

import orjson
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSON, OID, aggregate_order_by
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.sql.dml import ReturningUpdate
from sqlalchemy.types import UserDefinedType

from app.backfill.blank import is_empty
from app.backfill.light_tables import NEEDED, _names, columns_of, pending, text_array
from app.backfill.postgresql.plain_ids import BY_CHARACTER, same_text, with_plain_ids
from app.backfill.rows import Locator, Recovered
from app.database.column_types import TEXT_ALONE, ColumnTypes, SqlType, as_read_once, as_text, as_written, key_as_text
from app.database.timestamps import IsoTimestamp

BULKY: Final = ("raw_response", "prompt", "video_url")
LONGEST_BULK_BYTES: Final = 1_690
"""PostgreSQL keeps rows to 2,032 bytes; the other columns of the table take about 340 of them."""
KEPT_STATEMENTS: Final = 16
"""Statements that are built once for a heap: few, since heaps are walked one after another, and runs may be many."""
SHORT_BODY_BYTES: Final = 2_048
"""A body that is left to extract() comes along with its row if it is no longer; others are fetched apart, in chunks."""
KEY_IN_LOCATOR: Final = 4
"""A row that was read by place is named by (ctid, xmin, relation, fingerprint, key…)."""


class TupleId(UserDefinedType[str]):
    """PostgreSQL's `tid`: where a row's version stands, `(block,offset)`."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        """Return the type's name."""
        return "tid"


class TransactionId(UserDefinedType[str]):
    """PostgreSQL's `xid`: the transaction that wrote a row's version."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        """Return the type's name."""
        return "xid"


# --- by block: PostgreSQL heap tables -----------------------------------------------------------------------------


class KeyColumn(NamedTuple):
    """A column of the key by which a row is found, and its type as PostgreSQL writes it."""

    name: str
    type: str


Key: TypeAlias = Sequence[KeyColumn]


class Place(NamedTuple):
    """Where a row's version stands in a heap; where several relations are read at once, also in which of them."""

    block: int = 0
    number: int = 0
    relation: str = ""

    @property
    def tuple_id(self) -> str:
        """What PostgreSQL calls it."""
        return f"({self.block},{self.number})"


class Target(NamedTuple):
    """What a walk by blocks reads and fills: an ordinary table, a partition, or all shards of a distributed table."""

    table: sa.TableClause
    """With the place and the writer of each row version; see `heap_of`."""
    key: Key
    """Empty where no index names a row: then it is its place and its version that do, in the statement that writes."""
    relation: sa.ColumnElement[str]
    """What the relation of a row is called. Rows of one name are filled by one statement."""
    route: str | None = None
    """The column of the key that tells Citus the shard; None: there are no shards."""


def heap_of(
    model: type[DeclarativeBase],
    key: Key = (),
    schema: str | None = None,
    name: str | None = None,
    types: ColumnTypes = TEXT_ALONE,
) -> sa.TableClause:
    """Return the table that is filled, or one of its heaps, with PostgreSQL's system columns."""
    table = columns_of(model, *NEEDED, *(name for name in BULKY if name not in NEEDED), types=types)
    columns = [sa.column(column.name, column.type) for column in table.c]
    columns += [sa.column(column.name, SqlType(column.type)) for column in key if column.name not in table.c]
    system = sa.column("ctid", TupleId()), sa.column("xmin", TransactionId()), sa.column("tableoid", OID())
    return sa.table(name or table.name, *columns, *system, schema=schema)


@lru_cache(maxsize=KEPT_STATEMENTS)
def select_plain(target: Target, *, limited: bool) -> sa.Select[Any]:
    """Select pending rows between two places, as app.backfill.postgresql.heaps.Version describes them.

    `between` gives the values for it; one that is limited wants `rows` too, the most that it may select.
    The id in the body is NULL unless the case is plain: one operation, its name the row's, not failed, ids that agree
    and look like ids. What is not plain is for extract() to judge. Raises, as a statement, for a body that cannot be
    cast (malformed, or with an escaped NUL or a lone surrogate): looking for those first costs more than the cast.
    """
    table = target.table
    bodies = (
        sa.select(
            *_version(target),
            as_text(table.c.id),
            _bytes_on_page(table).label("row_bytes"),
            *_key_as_text(target),
            as_text(table.c.operation_name),
            as_text(table.c.scene_id),
            as_read_once(table.c.raw_response).label("text"),
        )
        .where(_between(table), pending(table))
        .limit(_most_rows(limited=limited))
        .subquery("bodies")
    )
    read = with_plain_ids(bodies)
    is_left = read.plain_id.is_(None)
    fingerprint = _fingerprint(bodies, read.body)
    version = (bodies.c.place, bodies.c.writer, bodies.c.relation)
    left = (sa.case((is_left, column)) for column in (bodies.c.operation_name, bodies.c.scene_id))
    body = sa.case((sa.and_(is_left, _is_short(read.body)), read.body))
    keys = (bodies.c[label] for label in key_labels(target.key))
    body_bytes = sa.func.octet_length(read.body)
    columns = (*version, bodies.c.id, bodies.c.row_bytes, read.plain_id, *left, body, body_bytes, fingerprint, *keys)
    return sa.select(*columns).select_from(read.rows)


@lru_cache(maxsize=KEPT_STATEMENTS)
def select_unparsed(target: Target, *, limited: bool) -> sa.Select[Any]:
    """Select the same without looking into any body: every row is left to extract()."""
    table = target.table
    generation_id, *names = _names(table)
    body = as_text(table.c.raw_response)
    left = *names, sa.case((_is_short(body), body)), sa.func.octet_length(body)
    columns: list[sa.ColumnElement[Any]] = [*_version(target), generation_id, _bytes_on_page(table), sa.null(), *left]
    selected = sa.select(*columns, _fingerprint(table, body), *_key_as_text(target)).where(
        _between(table), pending(table)
    )
    return selected.limit(_most_rows(limited=limited))


def _is_short(body: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
    return sa.func.octet_length(body) <= SHORT_BODY_BYTES


def select_bodies(target: Target, rows: Sequence[Locator]) -> sa.Select[Any]:
    """Select rows that are still pending: id, operation, scene, body, then what names them."""
    table = target.table
    body = as_text(table.c.raw_response)
    columns = (*_names(table), body)
    version = (*_version(target), _fingerprint(table, body))
    statement = sa.select(*columns, *version, *_key_as_text(target)).where(pending(table))
    if target.route is None:
        places = sa.cast(text_array("places", [row[0] for row in rows]), ARRAY(TupleId()))
        return statement.where(table.c.ctid == sa.any_(places))
    found = _recordset(target.key, [(row, "") for row in rows])  # there a place names a row in each shard
    return statement.where(*_named(target, found, rows))


def fill_at(target: Target, rows: Sequence[Recovered], moment: datetime) -> sa.Update | ReturningUpdate[int, str]:
    """Return the UPDATE of rows that were read by place; in a local heap it returns their numbers and new places.

    A row is filled only if it is still the version that was read: its writer is the same, and so is all that the id
    was derived from. Where the row has a key it is found through its
    key and not through its place, since PostgreSQL prunes a page that it comes to through an index, but not one that
    it comes to through a tuple id: without pruning no new version would find room on its page.
    """
    table = target.table
    found = _recordset(target.key, [(row.locator, row.media_generation_id) for row in rows])
    values = {"media_generation_id": found.c.found_id, "updated_at": as_written(table.c.updated_at, moment)}
    update = (
        sa.update(table)
        .where(
            *_named(target, found, [row.locator for row in rows]),
            table.c.xmin == found.c.writer,
            _fingerprint(table, as_text(table.c.raw_response)) == found.c.fingerprint,
            is_empty(table.c.media_generation_id),
        )
        .values(values)
    )
    if target.route is not None:
        return update
    return update.returning(found.c.number, sa.cast(table.c.ctid, sa.Text))


@lru_cache(maxsize=KEPT_STATEMENTS)
def count_by_block(target: Target) -> sa.Select[int, int]:
    """Select the blocks between two places that hold pending rows, in their order, and how many; looks into no body."""
    block = _block(target.table).label("block")
    condition = _between(target.table), pending(target.table)
    return sa.select(block, sa.func.count()).where(*condition).group_by(block).order_by(block)


@lru_cache(maxsize=KEPT_STATEMENTS)
def select_strides(target: Target, strides: int) -> sa.Select[int, str]:
    """Select how many pending rows between two places each stride has, and an array of where they stand, as text.

    A stride takes every so many-th row of each page, the longest first. Looks into no body.
    """
    table = target.table
    block = _block(table)
    rank = sa.func.row_number().over(partition_by=block, order_by=_bytes_on_page(table).desc()) - 1
    ranked = (
        sa.select(table.c.ctid.label("place"), (rank % strides).label("stride"))
        .where(_between(table), pending(table))
        .subquery("ranked")
    )
    places = sa.cast(sa.func.array_agg(aggregate_order_by(ranked.c.place, ranked.c.place)), sa.Text)
    return sa.select(sa.func.count(), places).group_by(ranked.c.stride).order_by(ranked.c.stride)


@lru_cache(maxsize=KEPT_STATEMENTS)
def fill_places(target: Target) -> ReturningUpdate[str, str, bool]:
    """Return the UPDATE that looks into the bodies of rows at some places and fills the plain ones.

    Its parameters are `places`, an array as text, and `moment`. It returns the rows that it filled. One that changes
    meanwhile is left alone: its writer is another one then.
    """
    wanted = sa.cast(sa.bindparam("places", type_=sa.Text), ARRAY(TupleId()))
    source = target.table.alias("source")
    return _fill_in_place(target, source, source.c.ctid == sa.any_(wanted))


@lru_cache(maxsize=KEPT_STATEMENTS)
def fill_places_and_count(target: Target) -> sa.Select[int]:
    """Return the same UPDATE, of which only the number of rows comes back that it filled and that kept their id."""
    filled = fill_places(target).cte("filled")
    return sa.select(sa.func.count()).select_from(filled).where(filled.c.is_kept)


@lru_cache(maxsize=KEPT_STATEMENTS)
def fill_between(target: Target) -> ReturningUpdate[str, str, bool]:
    """Return the same UPDATE for all rows between two places, of all shards; `between` gives the values for it."""
    source = target.table.alias("source")
    return _fill_in_place(target, source, _between(source))


def _fill_in_place(
    target: Target, source: sa.FromClause, chosen: sa.ColumnElement[bool]
) -> ReturningUpdate[str, str, bool]:
    labels = key_labels(target.key)
    keys = [source.c[column.name].label(label) for column, label in zip(target.key, labels, strict=True)]
    body = as_read_once(source.c.raw_response).label("text")
    bodies = (
        sa.select(*keys, source.c.ctid, source.c.xmin.label("writer"), as_text(source.c.operation_name), body)
        .where(chosen, pending(source))
        .subquery("bodies")
    )
    read = with_plain_ids(bodies)
    found = (
        sa.select(*(bodies.c[label] for label in labels or ["ctid"]), bodies.c.writer, read.plain_id.label("found_id"))
        .select_from(read.rows)
        .where(read.plain_id.is_not(None))
    )
    if target.route is None:
        # a page that is still being read is not pruned: all is read before the first row is written
        found = found.order_by(bodies.c.ctid).offset(0)
    found_rows = found.subquery("found")
    table = target.table
    named = [table.c[column.name] == found_rows.c[label] for column, label in zip(target.key, labels, strict=True)]
    named = named or [table.c.ctid == found_rows.c.ctid]
    unchanged = table.c.xmin == found_rows.c.writer, is_empty(table.c.media_generation_id)
    moment = sa.bindparam("moment", type_=IsoTimestamp())
    values = {"media_generation_id": found_rows.c.found_id, "updated_at": as_written(table.c.updated_at, moment)}
    update = sa.update(table).where(*named, *unchanged).values(values)
    stored = table.c.media_generation_id
    kept = same_text(stored, found_rows.c.found_id).label("is_kept")
    return update.returning(as_text(table.c.id), stored, kept)


def _block(table: sa.FromClause) -> sa.ColumnElement[int]:
    place = sa.cast(table.c.ctid, sa.Text)
    return sa.cast(sa.func.split_part(sa.func.substr(place, 2), ",", 1), sa.Integer)


def select_written(target: Target, rows: Sequence[Recovered], moment: datetime) -> sa.Select[int]:
    """Select the numbers, in their sequence, of those rows that were written with this timestamp. For shards."""
    table = target.table
    found = _recordset(target.key, [(row.locator, row.media_generation_id) for row in rows])
    return sa.select(found.c.number).where(
        *_named(target, found, [row.locator for row in rows]),
        same_text(table.c.media_generation_id, found.c.found_id),
        table.c.updated_at == as_written(table.c.updated_at, moment),
    )


def select_kept(target: Target, rows: Sequence[Recovered]) -> sa.Select[int]:
    """Select the numbers, in their sequence, of those rows that have the id that was found for them."""
    found = _recordset(target.key, [(row.locator, row.media_generation_id) for row in rows])
    named = _named(target, found, [row.locator for row in rows])
    return sa.select(found.c.number).where(*named, same_text(target.table.c.media_generation_id, found.c.found_id))


def select_unchanged(target: Target, rows: Sequence[Recovered]) -> sa.Select[int]:
    """Select the numbers, in their sequence, of those rows that are still the version that was read."""
    table = target.table
    found = _recordset(target.key, [(row.locator, row.media_generation_id) for row in rows])
    named = _named(target, found, [row.locator for row in rows])
    unchanged = (
        table.c.xmin == found.c.writer,
        _fingerprint(table, as_text(table.c.raw_response)) == found.c.fingerprint,
    )
    return sa.select(found.c.number).where(*named, *unchanged, pending(table))


def key_labels(key: Key) -> list[str]:
    """Return what the key's columns are called in a result: their own names may be taken."""
    return [f"key_{number}" for number in range(len(key))]


def _key_as_text(target: Target) -> list[sa.ColumnElement[str]]:
    labels = zip(target.key, key_labels(target.key), strict=True)
    return [key_as_text(target.table.c[column.name]).label(label) for column, label in labels]


def _named(target: Target, found: sa.TableValuedAlias, rows: Sequence[Locator]) -> Iterator[sa.ColumnElement[bool]]:
    """Yield the conditions of the rows with these keys; one of them by itself, since Citus looks into no recordset."""
    table, key, route = target.table, target.key, target.route
    if not key:
        yield table.c.ctid == sa.cast(found.c.place, TupleId())
    for number, (column, label) in enumerate(zip(key, key_labels(key), strict=True)):
        yield table.c[column.name] == found.c[label]
        if column.name == route:
            values = list({str(row[KEY_IN_LOCATOR + number]) for row in rows})
            yield table.c[route] == sa.any_(sa.cast(text_array("route", values), ARRAY(SqlType(column.type))))


def _recordset(key: Key, rows: Sequence[tuple[Locator, str]]) -> sa.TableValuedAlias:
    """Return rows as a table in one parameter: number, place, writer, fingerprint, found_id, key.

    One parameter, named once: Citus writes it out wherever it is used.
    """
    labels = key_labels(key)
    names = ("number", "place", "writer", "fingerprint", "found_id", *labels)
    values = [
        dict(zip(names, (number, place, writer, fingerprint, found_id, *values), strict=True))
        for number, ((place, writer, _, fingerprint, *values), found_id) in enumerate(rows)
    ]
    columns: list[sa.ColumnClause[Any]] = [
        sa.column(label, SqlType(column.type)) for label, column in zip(labels, key, strict=True)
    ]
    columns += [sa.column("number", sa.Integer), sa.column("writer", TransactionId()), sa.column("found_id", sa.Text)]
    columns += [sa.column("place", sa.Text), sa.column("fingerprint", sa.BigInteger)]
    text = sa.cast(sa.literal(orjson.dumps(values).decode(), sa.Text), JSON)
    return sa.func.json_to_recordset(text).table_valued(*columns).render_derived("found", with_types=True)


def _bytes_on_page(table: sa.TableClause) -> sa.ColumnElement[int]:
    """Return about how much of its page a row takes.

    PostgreSQL stores the body elsewhere where the whole row, with some room for its other columns, would be too long.
    """
    body, prompt, url = (sa.func.coalesce(sa.func.pg_column_size(table.c[name]), 0) for name in BULKY)
    return prompt + url + sa.case((body + prompt + url <= LONGEST_BULK_BYTES, body), else_=0)


def _fingerprint(row: sa.FromClause, body: sa.ColumnElement[str]) -> sa.ColumnElement[int]:
    """Return a number of 64 bits made of all that the id is derived from."""
    names = (sa.func.coalesce(as_text(row.c[name]), "") for name in ("operation_name", "scene_id"))
    text = reduce(lambda joined, name: joined.concat("|").concat(name), names, body)
    return sa.func.hashtextextended(text.collate(BY_CHARACTER), 0, type_=sa.BigInteger)


def _version(target: Target) -> list[sa.ColumnElement[str]]:
    """Return where a row's version stands, who wrote it, and in which relation it is."""
    place, writer = sa.cast(target.table.c.ctid, sa.Text), sa.cast(target.table.c.xmin, sa.Text)
    return [place.label("place"), writer.label("writer"), target.relation.label("relation")]


def between(start: Place, end: Place) -> dict[str, object]:
    """Return the values for a statement about the rows between two places, neither of which is meant."""
    return {"start": start.tuple_id, "end": end.tuple_id}


def _between(table: sa.FromClause) -> sa.ColumnElement[bool]:
    start, end = (sa.cast(sa.bindparam(name, type_=sa.Text), TupleId()) for name in ("start", "end"))
    return sa.and_(table.c.ctid > start, table.c.ctid < end)


def _most_rows(*, limited: bool) -> sa.BindParameter[int] | None:
    return sa.bindparam("rows", type_=sa.Integer) if limited else None
