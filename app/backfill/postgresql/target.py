"""Target: a heap of PostgreSQL in statements: its columns, its key, and what names one version of a row."""

import operator
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import reduce
from typing import Any, Final, NamedTuple, TypeAlias

import orjson
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSON, OID
from sqlalchemy.types import UserDefinedType

from app.backfill.light_tables import column_named, table_of, text_array
from app.backfill.recipe import PlainValues, Recipe
from app.backfill.rows import Locator
from app.database.column_types import BY_CHARACTER, TEXT_ALONE, ColumnTypes, SqlType, key_as_text

LONGEST_BULK_BYTES: Final = 1_690
"""PostgreSQL keeps rows to 2,032 bytes; the other columns of the table take about 340 of them."""
KEPT_STATEMENTS: Final = 16
"""Statements that are built once for a heap: few, since heaps are walked one after another, and runs may be many."""
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

    recipe: Recipe
    table: sa.Table
    """With the place and the writer of each row version; see `heap_of`."""
    key: Key
    """Empty where no index names a row; then place and version name the row within the statement that writes."""
    relation: sa.ColumnElement[str]
    """What the relation of a row is called. Rows of one name are filled by one statement."""
    route: str | None = None
    """The column of the key that tells Citus the shard; None: there are no shards."""


def heap_of(
    recipe: Recipe,
    key: Key = (),
    schema: str | None = None,
    name: str | None = None,
    types: ColumnTypes = TEXT_ALONE,
) -> sa.Table:
    """Return the table that is filled, or one of its heaps, with PostgreSQL's system columns."""
    bulky = [column for column in recipe.bulky if column not in recipe.columns]
    more = [sa.Column(column, types.get(column, sa.Text())) for column in bulky]
    more += [
        sa.Column(column.name, SqlType(column.type))
        for column in key
        if column.name not in {*recipe.columns, *recipe.bulky}
    ]
    system = sa.Column("ctid", TupleId()), sa.Column("xmin", TransactionId()), sa.Column("tableoid", OID())
    return table_of(recipe, types, [*more, *system], schema=schema, name=name)


def plain_of(target: Target) -> Callable[[sa.Subquery], PlainValues]:
    """Return how the database itself looks into bodies. Raises ValueError where the recipe does not say."""
    if target.recipe.plain_in_postgresql is None:
        raise ValueError(f"recipe {target.recipe.name} has nothing for PostgreSQL")
    return target.recipe.plain_in_postgresql


def key_labels(key: Key) -> list[str]:
    """Return what the key's columns are called in a result: their own names may be taken."""
    return [f"key_{number}" for number in range(len(key))]


def keys_as_text(target: Target) -> list[sa.ColumnElement[str]]:
    """Return the columns of the key as text, under the labels that they have in a result."""
    labels = zip(target.key, key_labels(target.key), strict=True)
    return [key_as_text(column_named(target.table, column.name)).label(label) for column, label in labels]


def rows_named(
    target: Target, found: sa.TableValuedAlias, rows: Sequence[Locator], *, are_written: bool = False
) -> Iterator[sa.ColumnElement[bool]]:
    """Yield the conditions of the rows with these keys; one of them by itself, since Citus looks into no recordset.

    Once rows `are_written`, a column of the key that was written has another value, and the others name the row.
    """
    table, route = target.table, target.route
    written = set(target.recipe.written) if are_written else set()
    key = [named for named in enumerate(target.key) if named[1].name not in written]
    if not key:
        yield table.c.ctid == sa.cast(found.c.place, TupleId())
    labels = key_labels(target.key)
    for number, column in key:
        yield column_named(table, column.name) == found.c[labels[number]]
        if column.name == route:
            values = sorted({str(row[KEY_IN_LOCATOR + number]) for row in rows})
            yield column_named(table, route) == sa.any_(
                sa.cast(text_array("route", values), ARRAY(SqlType(column.type)))
            )


def recordset(key: Key, rows: Sequence[tuple[Locator, str]]) -> sa.TableValuedAlias:
    """Return rows as a table in one parameter: number, place, writer, fingerprint, found_id, key.

    One parameter, named once: Citus writes it out wherever it is used.
    """
    labels = key_labels(key)
    names = ("number", "place", "writer", "fingerprint", "found_id", *labels)
    values = [
        dict(zip(names, (number, place, writer, fingerprint, found_id, *values), strict=True))
        for number, ((place, writer, _, fingerprint, *values), found_id) in enumerate(rows)
    ]
    others: list[sa.ColumnClause[Any]] = [
        sa.column("number", sa.Integer),
        sa.column("writer", TransactionId()),
        sa.column("found_id", sa.Text),
        sa.column("place", sa.Text),
        sa.column("fingerprint", sa.BigInteger),
    ]
    return found_in(sa.literal(orjson.dumps(values).decode(), sa.Text), key, others)


def found_in(text: sa.ColumnElement[str], key: Key, others: Sequence[sa.ColumnClause[Any]]) -> sa.TableValuedAlias:
    """Return the rows in a JSON text as a table `found`, which has the key, by its labels, and other columns."""
    labels = zip(key_labels(key), key, strict=True)
    columns = [*(sa.column(label, SqlType(column.type)) for label, column in labels), *others]
    rows = sa.func.json_to_recordset(sa.cast(text, JSON))
    return rows.table_valued(*columns).render_derived("found", with_types=True)


def bytes_on_page(target: Target) -> sa.ColumnElement[int]:
    """Return the approximate size of a row on its page, in bytes.

    PostgreSQL stores the body elsewhere where the whole row, with some room for its other columns, would be too long.
    """
    recipe = target.recipe
    columns = (column_named(target.table, name) for name in (recipe.reads[0], *recipe.bulky))
    body, *others = (sa.func.coalesce(sa.func.pg_column_size(column), 0) for column in columns)
    if not others:
        return sa.case((body <= LONGEST_BULK_BYTES, body), else_=0)
    sizes = reduce(operator.add, others)
    return sizes + sa.case((reduce(operator.add, others, body) <= LONGEST_BULK_BYTES, body), else_=0)


def fingerprint_of(texts: Iterable[sa.ColumnElement[str]], body: sa.ColumnElement[str]) -> sa.ColumnElement[int]:
    """Return a number of 64 bits made of all that the value is derived from: the body and the other texts."""
    names = (sa.func.coalesce(text, "") for text in texts)
    text = reduce(lambda joined, name: joined.concat("|").concat(name), names, body)
    return sa.func.hashtextextended(text.collate(BY_CHARACTER), 0, type_=sa.BigInteger)


def version_of(target: Target) -> list[sa.ColumnElement[str]]:
    """Return where a row's version stands, who wrote it, and in which relation it is."""
    place, writer = sa.cast(target.table.c.ctid, sa.Text), sa.cast(target.table.c.xmin, sa.Text)
    return [place.label("place"), writer.label("writer"), target.relation.label("relation")]


def between(start: Place, end: Place) -> dict[str, object]:
    """Return the parameters for a statement about the rows strictly between two places."""
    return {"start": start.tuple_id, "end": end.tuple_id}


def lies_between(table: sa.FromClause) -> sa.ColumnElement[bool]:
    """Return the condition of the rows between two places, which are parameters; see `between`."""
    start, end = (sa.cast(sa.bindparam(name, type_=sa.Text), TupleId()) for name in ("start", "end"))
    return sa.and_(table.c.ctid > start, table.c.ctid < end)


def block_of(table: sa.FromClause) -> sa.ColumnElement[int]:
    """Return the number of the block that a row stands in."""
    place = sa.cast(table.c.ctid, sa.Text)
    return sa.cast(sa.func.split_part(sa.func.substr(place, 2), ",", 1), sa.Integer)
