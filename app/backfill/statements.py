"""Statements: SQLAlchemy Core expressions for reading and filling pending rows. Every dialect difference lives here.

They are built on light tables cut from the mapped classes: names and types of the columns that are needed, no
`onupdate`, no column that a later revision adds.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple, TypeAlias

import orjson
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSON, JSONB
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import UserDefinedType

from app.backfill.plan import Recovered
from app.db import format_timestamp
from app.extraction import FAILED_STATUS, MAX_ID_LENGTH

NEEDED: Final = ("id", "operation_name", "scene_id", "raw_response", "media_generation_id", "updated_at")
PLAIN_ID: Final = "^[A-Za-z0-9_-]+$"
"""What PostgreSQL takes for an id without asking extract(): base64url. Everything else is left to extract().

Its length is compared apart from it: a bound in the expression makes each match ten times as long.
"""


BULKY: Final = ("raw_response", "prompt", "video_url")
LONGEST_BULK_BYTES: Final = 1_690
"""PostgreSQL keeps rows to 2,032 bytes; the other columns of the table take about 340 of them."""


PLAN_BY_INDEX: Final = {"enable_hashjoin": "off", "enable_mergejoin": "off", "enable_seqscan": "off"}
"""Settings that make PostgreSQL find each row through the index: for a large batch it would else scan the table."""


KEY_IN_LOCATOR: Final = 3
"""A row that was read by place is named by (ctid, xmin, heap, key…)."""


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


class SqlType(UserDefinedType[str]):
    """A type of PostgreSQL by the name that the catalogue has for it."""

    cache_ok = True

    def __init__(self, name: str) -> None:
        """Take the name, with its modifiers."""
        self.name = name

    def get_col_spec(self, **_: object) -> str:
        """Return the type's name."""
        return self.name


def columns_of(model: type[DeclarativeBase], *names: str) -> sa.TableClause:
    """Return a light table with the names and types of some of a mapped class's columns."""
    table = model.__table__
    return sa.table(model.__tablename__, *(sa.column(name, table.c[name].type) for name in names))


def generations(model: type[DeclarativeBase]) -> sa.TableClause:
    """Return the table that is filled, with the columns that reading and filling need."""
    return columns_of(model, *NEEDED)


def pending(table: sa.FromClause) -> sa.ColumnElement[bool]:
    """Return the condition of a row that has a body and no id."""
    return sa.and_(table.c.raw_response.is_not(None), table.c.media_generation_id.is_(None))


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
    return sa.literal(value, column.type)


def select_by_key(
    table: sa.TableClause,
    key: Sequence[sa.ColumnElement[Any]],
    body: sa.ColumnElement[Any],
    cursor: Sequence[object] | None,
    rows: int,
) -> sa.Select[Any]:
    """Select up to `rows` pending rows after the cursor in key order: id, operation, scene, body, then the key."""
    statement = sa.select(table.c.id, table.c.operation_name, table.c.scene_id, body, *key).where(pending(table))
    if cursor is not None:
        statement = statement.where(after(key, cursor))
    return statement.order_by(*key).limit(rows)


def select_again(
    table: sa.TableClause, key: Sequence[sa.ColumnElement[Any]], body: sa.ColumnElement[Any], rows: Sequence[Recovered]
) -> sa.Select[Any]:
    """Select the rows that are to be filled once more, locked where the database can, to see if they have changed."""
    statement = sa.select(table.c.id, table.c.operation_name, table.c.scene_id, body, *key)
    return statement.where(named_by(key, rows), pending(table)).with_for_update()


def select_filled(
    table: sa.TableClause, key: Sequence[sa.ColumnElement[Any]], rows: Sequence[Recovered]
) -> sa.Select[Any]:
    """Select the ids of those rows that have a media generation id."""
    return sa.select(table.c.id).where(named_by(key, rows), table.c.media_generation_id.is_not(None))


def named_by(key: Sequence[sa.ColumnElement[Any]], rows: Sequence[Recovered]) -> sa.ColumnElement[bool]:
    """Return the condition of the rows with these keys."""
    if len(key) == 1:
        return key[0].in_([row.locator[0] for row in rows])
    return sa.tuple_(*key).in_([row.locator for row in rows])


FILL_PARAMETERS: Final = ("found_id", "moment")


def fill_by_key(table: sa.TableClause, key: Sequence[sa.ColumnElement[Any]]) -> sa.Update:
    """Return the UPDATE of one row by its key, for executemany; `fill_values` are the values for it."""
    named = [column == sa.bindparam(f"key_{number}", type_=column.type) for number, column in enumerate(key)]
    return (
        sa.update(table)
        .where(*named, table.c.media_generation_id.is_(None))
        .values(media_generation_id=sa.bindparam("found_id"), updated_at=sa.bindparam("moment", type_=sa.Text))
    )


def fill_values(rows: Sequence[Recovered], moment: datetime) -> list[tuple[object, ...]]:
    """Return the values for `fill_by_key`, in the order of FILL_PARAMETERS and the key: one timestamp for all rows."""
    text = format_timestamp(moment)
    return [(row.media_generation_id, text, *row.locator) for row in rows]


# --- by block: PostgreSQL heap tables -----------------------------------------------------------------------------


class KeyColumn(NamedTuple):
    """A column of the key by which a row is found, and its type as PostgreSQL writes it."""

    name: str
    type: str


Key: TypeAlias = Sequence[KeyColumn]
Place: TypeAlias = tuple[int, int]
"""Where a row's version stands: (block, number in the block)."""


def heap_of(
    model: type[DeclarativeBase], key: Key = (), schema: str | None = None, name: str | None = None
) -> sa.TableClause:
    """Return the table that is filled, or one of its heaps, with PostgreSQL's place and writer of each row version."""
    table = columns_of(model, *NEEDED, *(name for name in BULKY if name not in NEEDED))
    columns = [sa.column(column.name, column.type) for column in table.c]
    columns += [sa.column(column.name, SqlType(column.type)) for column in key if column.name not in table.c]
    system = sa.column("ctid", TupleId()), sa.column("xmin", TransactionId())
    return sa.table(name or table.name, *columns, *system, schema=schema)


def select_plain(table: sa.TableClause, key: Key, start: Place, end: Place, rows: int) -> sa.Select[Any]:
    """Select pending rows between two places: ctid, xmin, id, bytes on the page, bytes of the body, id in it, the key.

    The id in the body is NULL unless the case is plain: one operation, its name the row's, not failed, ids that agree
    and look like ids. What is not plain is for extract() to judge. Raises, as a statement, for a body that cannot be
    cast (malformed, or with an escaped NUL or a lone surrogate): looking for those first costs more than the cast.
    OFFSET 0 keeps the planner from merging the steps, so that each body is decompressed and parsed once.
    """
    bodies = (
        sa.select(
            *_version(table),
            _bytes_on_page(table).label("row_bytes"),
            *_key_as_text(table, key),
            table.c.operation_name,
            table.c.raw_response.concat("").label("text"),
        )
        .where(_between(table, start, end), pending(table))
        .limit(rows)
        .subquery("bodies")
    )
    read = with_candidates(bodies)
    body_bytes = sa.func.octet_length(read.c.text).label("body_bytes")
    found = plain_id(read.c.found).label("found_id")
    columns = (read.c.place, read.c.writer, read.c.id, read.c.row_bytes, body_bytes, found)
    return sa.select(*columns, *(read.c[label] for label in key_labels(key)))


def with_candidates(bodies: sa.Subquery) -> sa.Subquery:
    """Add to rows with `operation_name` and `text` the text that stands where the id belongs: `found`."""
    parsed = _step("parsed", bodies, body=sa.cast(bodies.c.text, JSONB))
    chosen = _step("chosen", parsed, operation=_single_operation(parsed.c.body))
    named = _step("named", chosen, candidate=_candidate(chosen.c.operation, chosen.c.operation_name))
    return _step("read", named, found=_text(named.c.candidate))


def select_unparsed(table: sa.TableClause, key: Key, start: Place, end: Place, rows: int) -> sa.Select[Any]:
    """Select the same without looking into any body: every row is left to extract()."""
    body_bytes = sa.func.octet_length(table.c.raw_response).label("body_bytes")
    columns = (*_version(table), _bytes_on_page(table).label("row_bytes"), body_bytes, sa.null().label("found_id"))
    statement = sa.select(*columns, *_key_as_text(table, key))
    return statement.where(_between(table, start, end), pending(table)).limit(rows)


def select_bodies(table: sa.TableClause, key: Key, places: Sequence[str]) -> sa.Select[Any]:
    """Select pending rows by tuple id: id, operation, scene, body, ctid, xmin, then the key."""
    wanted = sa.cast(_text_array("places", places), ARRAY(TupleId()))
    place, writer, generation_id = _version(table)
    columns = (generation_id, table.c.operation_name, table.c.scene_id, table.c.raw_response, place, writer)
    return sa.select(*columns, *_key_as_text(table, key)).where(table.c.ctid == sa.any_(wanted), pending(table))


def fill_at(table: sa.TableClause, key: Key, rows: Sequence[Recovered], moment: datetime) -> sa.Update:
    """Return the UPDATE of rows that were read by place.

    A row is filled only if it is still the version that was read: its writer is the same. It is found through its
    key and not through its place, since PostgreSQL prunes a page that it comes to through an index, but not one that
    it comes to through a tuple id: without pruning no new version would find room on its page.
    """
    found = _recordset(key, rows)
    return (
        sa.update(table)
        .where(
            *(table.c[column.name] == found.c[label] for column, label in zip(key, key_labels(key), strict=True)),
            table.c.xmin == found.c.writer,
            table.c.media_generation_id.is_(None),
        )
        .values(media_generation_id=found.c.found_id, updated_at=moment)
    )


def select_written(table: sa.TableClause, key: Key, rows: Sequence[Recovered], moment: datetime) -> sa.Select[Any]:
    """Select the numbers, in their sequence, of those rows that were written with this timestamp."""
    found = _recordset(key, rows)
    return sa.select(found.c.number).where(
        *(table.c[column.name] == found.c[label] for column, label in zip(key, key_labels(key), strict=True)),
        table.c.media_generation_id == found.c.found_id,
        table.c.updated_at == moment,
    )


def key_labels(key: Key) -> list[str]:
    """Return what the key's columns are called in a result: their own names may be taken."""
    return [f"key_{number}" for number in range(len(key))]


def _key_as_text(table: sa.TableClause, key: Key) -> list[sa.ColumnElement[str]]:
    labels = zip(key, key_labels(key), strict=True)
    return [sa.cast(table.c[column.name], sa.Text).label(label) for column, label in labels]


def _recordset(key: Key, rows: Sequence[Recovered]) -> sa.TableValuedAlias:
    """Return the rows as a table in one parameter: number, key, writer, found_id."""
    labels = key_labels(key)
    values = [
        {"number": number, "writer": row.locator[1], "found_id": row.media_generation_id}
        | dict(zip(labels, row.locator[KEY_IN_LOCATOR:], strict=True))
        for number, row in enumerate(rows)
    ]
    columns: list[sa.ColumnClause[Any]] = [
        sa.column(label, SqlType(column.type)) for label, column in zip(labels, key, strict=True)
    ]
    columns += [sa.column("number", sa.Integer), sa.column("writer", TransactionId()), sa.column("found_id", sa.Text)]
    text = sa.cast(sa.literal(orjson.dumps(values).decode(), sa.Text), JSON)
    return sa.func.json_to_recordset(text).table_valued(*columns).render_derived("found", with_types=True)


def _bytes_on_page(table: sa.TableClause) -> sa.ColumnElement[int]:
    """Return about how much of its page a row takes.

    PostgreSQL stores the body elsewhere where the whole row, with some room for its other columns, would be too long.
    """
    body, prompt, url = (sa.func.coalesce(sa.func.pg_column_size(table.c[name]), 0) for name in BULKY)
    return prompt + url + sa.case((body + prompt + url <= LONGEST_BULK_BYTES, body), else_=0)


def _version(table: sa.TableClause) -> list[sa.ColumnElement[Any]]:
    place, writer = sa.cast(table.c.ctid, sa.Text), sa.cast(table.c.xmin, sa.Text)
    return [place.label("place"), writer.label("writer"), table.c.id]


def _text_array(name: str, values: Sequence[object]) -> sa.BindParameter[Any]:
    return sa.bindparam(name, list(values), type_=ARRAY(sa.Text), unique=True)


def _between(table: sa.TableClause, start: Place, end: Place) -> sa.ColumnElement[bool]:
    places = (f"({block},{number})" for block, number in (start, end))
    first, last = (sa.cast(sa.literal(place, sa.Text), TupleId()) for place in places)
    return sa.and_(table.c.ctid > first, table.c.ctid < last)


def _step(name: str, previous: sa.Subquery, **added: sa.ColumnElement[Any]) -> sa.Subquery:
    return sa.select(previous, *(value.label(label) for label, value in added.items())).offset(0).subquery(name)


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
                inner["name"] == sa.func.to_jsonb(operation_name),
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


def plain_id(text: sa.ColumnElement[str]) -> sa.ColumnElement[str]:
    """Return the text if it looks like an id, else NULL."""
    return sa.case((sa.and_(sa.func.char_length(text) <= MAX_ID_LENGTH, text.regexp_match(PLAIN_ID)), text))
