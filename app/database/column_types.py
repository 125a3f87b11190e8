"""The types of columns from PostgreSQL's catalogue, and the expressions that read and write columns of each type.

A text column is used in statements without a cast. For a column of another type the functions below build the
expression for its text, its JSON or its timestamp. A domain counts as the type that it is based on.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple, TypeAlias

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeEngine, UserDefinedType

from app.database.timestamps import IsoTimestamp

ColumnTypes: TypeAlias = Mapping[str, TypeEngine[Any]]
"""The types of a table's columns by name, without those that are text."""
TEXT_ALONE: Final[ColumnTypes] = {}
TEXT, CHAR, VARCHAR = 25, 1042, 1043
"""The OIDs of PostgreSQL's types text, char(n) and varchar(n)."""
COLUMNS: Final = """
WITH RECURSIVE layers AS (
    SELECT attrelid, attnum, atttypid AS type, atttypmod AS modifier
    FROM pg_attribute WHERE attrelid = CAST(:table AS regclass) AND attnum > 0 AND NOT attisdropped
    UNION ALL
    SELECT l.attrelid, l.attnum, t.typbasetype, t.typtypmod
    FROM layers l JOIN pg_type t ON t.oid = l.type AND t.typtype = 'd'
)
SELECT a.attname AS name, l.type AS base, format_type(l.type, l.modifier) AS base_name,
    format_type(a.atttypid, a.atttypmod) AS declared, l.modifier - 4 AS characters, t.typtype = 'e' AS is_enum,
    a.attgenerated <> '' AS is_generated,
    has_column_privilege(a.attrelid, a.attnum, 'UPDATE') AS may_update,
    has_column_privilege(a.attrelid, a.attnum, 'SELECT') AS may_select
FROM layers l
JOIN pg_type t ON t.oid = l.type AND t.typtype <> 'd'
JOIN pg_attribute a ON a.attrelid = l.attrelid AND a.attnum = l.attnum
ORDER BY a.attname COLLATE "C"
"""
BY_CHARACTER: Final = "C"
"""A collation of every PostgreSQL server; under it two texts are equal only if all their characters are equal."""
ISO_TEXT: Final = 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'


class SqlType(UserDefinedType[str]):
    """A type of PostgreSQL, named as the catalogue names it."""

    cache_ok = True

    def __init__(self, name: str) -> None:
        """Take the name with its modifiers, such as `timestamp(3) with time zone`."""
        self.name = name

    def get_col_spec(self, **_: object) -> str:
        """Return the type's name."""
        return self.name

    @property
    def is_timestamp(self) -> bool:
        """Tell whether the type is timestamp or timestamptz."""
        return self.name.startswith("timestamp")

    @property
    def has_time_zone(self) -> bool:
        """Tell whether the type is timestamptz."""
        return self.is_timestamp and self.name.endswith("with time zone")


class Column(NamedTuple):
    """What the catalogue says of one column."""

    name: str
    base: int
    """OID of the column's type; for a domain, OID of the type that the domain is based on."""
    base_name: str
    declared: str
    """The type in the table's definition, which may be a domain."""
    characters: int
    """The most characters of a char(n) or varchar(n); negative for a text without limit."""
    is_enum: bool
    is_generated: bool
    may_update: bool
    may_select: bool

    @property
    def is_text(self) -> bool:
        """Tell whether the column's type is text, char(n) or varchar(n)."""
        return self.base in {TEXT, CHAR, VARCHAR}


def find_columns(connection: sa.Connection, table: str) -> Sequence[Column]:
    """Return the columns of a PostgreSQL table, ordered by name. Reads the catalogue only."""
    return [Column(*row) for row in connection.execute(sa.text(COLUMNS), {"table": table})]


def find_types(connection: sa.Connection, table: str) -> ColumnTypes:
    """Return the types of the columns that are not text. Empty on other databases: SQLite enforces no column types."""
    if connection.dialect.name != "postgresql":
        return TEXT_ALONE
    columns = find_columns(connection, table)
    return {column.name: SqlType(column.base_name) for column in columns if not column.is_text}


def as_text(column: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """Return an expression for a column's value as text; a timestamp becomes the 24 characters of IsoTimestamp."""
    if not isinstance(column.type, SqlType):
        return column
    text = _iso_text(column) if column.type.is_timestamp else sa.cast(column, sa.Text)
    return text.label(column.key)


def _iso_text(column: sa.ColumnElement[Any]) -> sa.ColumnElement[str]:
    utc = sa.func.timezone("UTC", column) if _has_time_zone(column) else column
    return sa.func.to_char(utc, ISO_TEXT, type_=sa.Text)


def key_as_text(column: sa.ColumnElement[Any]) -> sa.ColumnElement[str]:
    """Return a key column as text that PostgreSQL casts back to the same value, whatever the session's time zone is."""
    kind = column.type
    if not isinstance(kind, SqlType) or not (kind.is_timestamp or kind.name == "date"):
        return sa.cast(column, sa.Text)
    utc = sa.func.timezone("UTC", column) if kind.has_time_zone else column
    text: sa.ColumnElement[str] = sa.func.to_jsonb(utc, type_=JSONB)[()].astext
    if not kind.has_time_zone:
        return text
    return sa.case((sa.func.isfinite(column), text.concat("Z")), else_=text)


def _has_time_zone(column: sa.ColumnElement[Any]) -> bool:
    return isinstance(column.type, SqlType) and column.type.has_time_zone


def as_read_once(body: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """Return an expression for a body that PostgreSQL decompresses only once: JSONB for a jsonb column, else text."""
    if isinstance(body.type, SqlType) and body.type.name == "jsonb":
        return sa.type_coerce(body, JSONB)[()]
    return as_text(body).concat("")


def as_written(column: sa.ColumnElement[Any], moment: Any) -> Any:  # noqa: ANN401  # a moment, or a parameter with its text
    """Return a moment as the column stores it: as text or, to the same millisecond, in the column's own type."""
    if not isinstance(column.type, SqlType):
        return moment
    text = sa.literal(moment, IsoTimestamp()) if isinstance(moment, datetime) else moment
    return sa.cast(text, column.type)


def same_text(one: sa.ColumnElement[Any], other: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    """Return the condition that two texts of PostgreSQL have the same characters, whatever their collations say."""
    return one.collate(BY_CHARACTER) == other
