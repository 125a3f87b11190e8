"""Statements: SQLAlchemy Core expressions for reading and filling pending rows. Every dialect difference lives here.

They are built on light tables cut from the mapped classes: names and types of the columns that are needed, no
`onupdate`, no column that a later revision adds.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import lru_cache, reduce
from typing import Any, Final, NamedTuple, TypeAlias

import orjson
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSON, JSONB, OID, aggregate_order_by
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.sql.dml import ReturningUpdate
from sqlalchemy.types import UserDefinedType

from app.backfill.blank import is_empty
from app.backfill.column_types import (
    TEXT_ALONE,
    ColumnTypes,
    SqlType,
    as_read_once,
    as_text,
    as_written,
    key_as_text,
)
from app.backfill.plan import Locator, Recovered
from app.backfill.undecodable import UNDECODABLE, is_text
from app.db import IsoTimestamp, format_timestamp
from app.extraction import FAILED_STATUS, MAX_ID_LENGTH

NEEDED: Final = ("id", "operation_name", "scene_id", "raw_response", "media_generation_id", "updated_at")
PLAIN_ID: Final = "^[A-Za-z0-9_-]+$"
"""What PostgreSQL takes for an id without asking extract(): base64url. Everything else is left to extract().

Its length is compared apart from it: a bound in the expression makes each match ten times as long.
"""


BULKY: Final = ("raw_response", "prompt", "video_url")
LONGEST_BULK_BYTES: Final = 1_690
"""PostgreSQL keeps rows to 2,032 bytes; the other columns of the table take about 340 of them."""


BY_CHARACTER: Final = "C"
"""A collation that every PostgreSQL server has, in which texts are equal only if their characters are."""
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


def columns_of(model: type[DeclarativeBase], *names: str, types: ColumnTypes = TEXT_ALONE) -> sa.TableClause:
    """Return a light table with some of a mapped class's columns: names, and types where `types` has no other."""
    mapped = model.__table__.c
    light = {name: getattr(mapped[name].type, "light", mapped[name].type) for name in names}
    return sa.table(model.__tablename__, *(sa.column(name, types.get(name, light[name])) for name in names))


def generations(model: type[DeclarativeBase], types: ColumnTypes = TEXT_ALONE) -> sa.TableClause:
    """Return the table that is filled, with the columns that reading and filling need."""
    return columns_of(model, *NEEDED, types=types)


def pending(table: sa.FromClause) -> sa.ColumnElement[bool]:
    """Return the condition of a row that has a body and no id."""
    return sa.and_(table.c.raw_response.is_not(None), is_empty(table.c.media_generation_id))


def same_text(one: sa.ColumnElement[Any], other: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    """Return the condition that two texts of PostgreSQL have the same characters, whatever their collations say."""
    return one.collate(BY_CHARACTER) == other


# --- by key: any database ---------------------------------------------------------------------------------------


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


def _names(table: sa.TableClause) -> tuple[sa.ColumnElement[Any], ...]:
    """Return what tells which answer is a row's: id, operation and scene."""
    return as_text(table.c.id), as_text(table.c.operation_name), as_text(table.c.scene_id)


def select_by_key(  # noqa: PLR0913  # what is read, and from where to where
    table: sa.TableClause,
    key: Sequence[sa.ColumnElement[Any]],
    body: sa.ColumnElement[Any],
    cursor: Sequence[object] | None,
    rows: int,
    *,
    named: Sequence[sa.ColumnElement[Any]] = (),
) -> sa.Select[Any]:
    """Select up to `rows` pending rows after the cursor in key order: id, operation, scene, body, key, and `named`."""
    columns = (*_names(table), body, *map(key_as_selected, key), *named)
    statement = sa.select(*columns).where(pending(table))
    if cursor is not None:
        statement = statement.where(after(key, cursor))
    return statement.order_by(*key).limit(rows)


def select_again(
    table: sa.TableClause,
    key: Sequence[sa.ColumnElement[Any]],
    body: sa.ColumnElement[Any],
    rows: Sequence[Recovered],
    named: Sequence[sa.ColumnElement[Any]] = (),
) -> sa.Select[Any]:
    """Select the rows that are to be filled once more, locked where the database can, to see if they have changed."""
    columns = (*_names(table), body, *map(key_as_selected, key), *named)
    return sa.select(*columns).where(named_by(key, rows), pending(table)).with_for_update()


def select_pending(
    table: sa.TableClause,
    key: Sequence[sa.ColumnElement[Any]],
    body: sa.ColumnElement[Any],
    chosen: sa.ColumnElement[bool],
    named: Sequence[sa.ColumnElement[Any]],
) -> sa.Select[Any]:
    """Select the pending ones of some rows: id, operation, scene, body, key, and `named`. Locks nothing."""
    columns = (*_names(table), body, *map(key_as_selected, key), *named)
    return sa.select(*columns).where(chosen, pending(table))


def select_filled(
    table: sa.TableClause, key: Sequence[sa.ColumnElement[Any]], rows: Sequence[Recovered]
) -> sa.Select[Any]:
    """Select the key of those rows, and the media generation id that they have now."""
    return sa.select(*map(key_as_selected, key), table.c.media_generation_id).where(named_by(key, rows))


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
        return column == sa.any_(sa.cast(_text_array("keys", list(map(str, values))), ARRAY(column.type)))
    if all(not isinstance(value, str) or is_text(value) for value in values):
        return column.in_(values)
    return column.in_([_typed(value, column) for value in values])


FILL_PARAMETERS: Final = ("found_id", "moment")


def fill_by_key(table: sa.TableClause, key: Sequence[sa.ColumnElement[Any]]) -> sa.Update:
    """Return the UPDATE of one row by its key, for executemany; `fill_values` are the values for it."""
    named = [column == _key_parameter(f"key_{number}", column) for number, column in enumerate(key)]
    return (
        sa.update(table)
        .where(*named, is_empty(table.c.media_generation_id))
        .values(
            media_generation_id=sa.bindparam("found_id"),
            updated_at=as_written(table.c.updated_at, sa.bindparam("moment", type_=sa.Text)),
        )
    )


def _key_parameter(name: str, column: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    if isinstance(column.type, SqlType):
        return sa.cast(sa.bindparam(name, type_=sa.Text), column.type)
    return sa.bindparam(name, type_=column.type)


def fill_values(rows: Sequence[Recovered], moment: datetime, key_columns: int) -> list[tuple[object, ...]]:
    """Return the values for `fill_by_key`, in the order of FILL_PARAMETERS and the key: one timestamp for all rows."""
    text = format_timestamp(moment)
    return [(row.media_generation_id, text, *row.locator[:key_columns]) for row in rows]


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
    """Select pending rows between two places, as app.backfill.heaps.Version describes them.

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


class PlainIds(NamedTuple):
    """Rows with their bodies, and the id in each body where the case is plain."""

    rows: sa.FromClause
    body: sa.ColumnElement[str]
    plain_id: sa.ColumnElement[str]


def with_plain_ids(bodies: sa.Subquery) -> PlainIds:
    """Look into the bodies of rows with `operation_name` and `text`, which may be JSONB: that is not parsed again.

    Each step is a LATERAL subquery with OFFSET 0, which the planner does not merge with the next: so each body is
    decompressed and parsed once. Citus sends the whole to the shards. Wants `enable_memoize` off.
    """
    whole = _step("body", [bodies], value=bodies.c.text)
    is_json = isinstance(bodies.c.text.type, JSONB)
    parsed = whole if is_json else _step("parsed", [bodies, whole], value=sa.cast(whole.c.value, JSONB))
    operation = _step("operation", [bodies, parsed], value=_single_operation(parsed.c.value))
    candidate = _step("candidate", [bodies, operation], value=_candidate(operation.c.value, bodies.c.operation_name))
    found = _step("found", [candidate], value=_text(candidate.c.value))
    plain = _step("plain", [found], value=_plain_id(found.c.value))
    rows: sa.FromClause = bodies
    text = _step("body_text", [whole], value=sa.cast(whole.c.value, sa.Text)) if is_json else whole
    for step in dict.fromkeys((whole, text, parsed, operation, candidate, found, plain)):
        rows = rows.join(step, sa.true())
    return PlainIds(rows, text.c.value, plain.c.value)


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
        places = sa.cast(_text_array("places", [row[0] for row in rows]), ARRAY(TupleId()))
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
            yield table.c[route] == sa.any_(sa.cast(_text_array("route", values), ARRAY(SqlType(column.type))))


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


def _text_array(name: str, values: Sequence[object]) -> sa.BindParameter[Any]:
    return sa.bindparam(name, list(values), type_=ARRAY(sa.Text), unique=True)


def between(start: Place, end: Place) -> dict[str, object]:
    """Return the values for a statement about the rows between two places, neither of which is meant."""
    return {"start": start.tuple_id, "end": end.tuple_id}


def _between(table: sa.FromClause) -> sa.ColumnElement[bool]:
    start, end = (sa.cast(sa.bindparam(name, type_=sa.Text), TupleId()) for name in ("start", "end"))
    return sa.and_(table.c.ctid > start, table.c.ctid < end)


def _most_rows(*, limited: bool) -> sa.BindParameter[int] | None:
    return sa.bindparam("rows", type_=sa.Integer) if limited else None


def _step(name: str, earlier: Sequence[sa.FromClause], **value: sa.ColumnElement[Any]) -> sa.FromClause:
    columns = [column.label(label) for label, column in value.items()]
    return sa.select(*columns).correlate(*earlier).offset(0).lateral(name)


def _single_operation(body: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """Return the only operation of a direct or wrapped body, else NULL."""
    direct, wrapped = body["operations"], body["raw"]["operations"]
    return sa.case(
        (_is_filled_array(direct), sa.case((direct[1].is_(None), direct[0]))),
        (_is_filled_array(wrapped), sa.case((wrapped[1].is_(None), wrapped[0]))),
    )


def _is_filled_array(value: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    return sa.and_(sa.func.jsonb_typeof(value) == "array", value[0].is_not(None))


def _candidate(operation: sa.ColumnElement[Any], operation_name: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """Return the one JSON value that stands where the id belongs, if the operation is the row's and did not fail."""
    inner = operation["operation"]
    top_level = _not_null(operation["mediaGenerationId"])
    nested = _not_null(inner[("metadata", "video", "mediaGenerationId")])
    return sa.case(
        (
            sa.and_(
                operation_name != "",
                same_text(_text(inner["name"]), operation_name),
                _not_null(inner["error"]).is_(None),
                operation["status"].is_distinct_from(_json(f'"{FAILED_STATUS}"')),
                sa.or_(top_level.is_(None), nested.is_(None), top_level == nested),
            ),
            sa.func.coalesce(top_level, nested, type_=JSONB),
        )
    )


def _not_null(value: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    return sa.func.nullif(value, _json("null"), type_=JSONB)


def _json(text: str) -> sa.ColumnElement[Any]:
    return sa.cast(sa.literal(text, sa.Text), JSONB)


def _text(candidate: sa.ColumnElement[Any]) -> sa.ColumnElement[str]:
    """Return a JSON string's text; NULL for any other JSON value."""
    return sa.case((sa.func.jsonb_typeof(candidate) == "string", candidate[()].astext))


def _plain_id(text: sa.ColumnElement[str]) -> sa.ColumnElement[str]:
    """Return the text if it looks like an id, else NULL."""
    return sa.case((sa.and_(sa.func.char_length(text) <= MAX_ID_LENGTH, text.regexp_match(PLAIN_ID)), text))
