"""Types that read and write text in columns that PostgreSQL may keep as uuid, bigint, json, jsonb, timestamptz or enum.

One mapped class serves all databases, so its types do not know the type of a column. On PostgreSQL a value is sent
without a type, and the server takes the type from the column, as with a literal; a column is selected as text, which
costs nothing where it is text. Other databases and their drivers see plain text. asyncpg wants values of the column's
own type: with asyncpg, these columns must be text.
"""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine, UserDefinedType

from app.database.timestamps import IsoTimestamp


class Untyped(UserDefinedType[str]):
    """Text whose parameters are sent without a type; in CREATE TABLE it is TEXT."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        """Return the type's name."""
        return "TEXT"


class _AsText(FunctionElement[str]):
    """A column as text: a cast on PostgreSQL, the column itself on other databases."""

    type = sa.Text()
    inherit_cache = True


@compiles(_AsText)
def _column(element: _AsText, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401  # SQLAlchemy's own
    return compiler.process(element.clauses.clauses[0], **options)


@compiles(_AsText, "postgresql")
def _cast(element: _AsText, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401  # the same
    return f"CAST({compiler.process(element.clauses, **options)} AS TEXT)"


def as_text(column: sa.SQLColumnExpression[Any]) -> sa.ColumnElement[str]:
    """Return a column, whatever its type is on PostgreSQL, as text."""
    return _AsText(column)


class _AsIsoText(_AsText):
    """A timestamp as ISO 8601 text, whatever the session's DateStyle is.

    On PostgreSQL the column is converted to JSON, which writes timestamps as ISO 8601 and leaves text unchanged: the
    mapped class does not know which of the two a column is. On other databases it is the column itself.
    """

    inherit_cache = True


@compiles(_AsIsoText, "postgresql")
def _json_text(element: _AsIsoText, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401  # the same
    return f"(to_jsonb({compiler.process(element.clauses, **options)}) #>> '{{}}')"


def _on_postgresql(dialect: sa.Dialect) -> TypeEngine[Any]:
    return dialect.type_descriptor(Untyped() if dialect.name == "postgresql" else sa.Text())


class NativeText(TypeDecorator[str]):
    """A `str` in Python, in a column of text, uuid, an integer type, json, jsonb or an enum."""

    impl = sa.Text
    cache_ok = True
    light: TypeEngine[Any] = sa.Text()
    """The type that the backfill uses instead; it takes native types from the catalogue."""

    def load_dialect_impl(self, dialect: sa.Dialect) -> TypeEngine[Any]:
        """Return the type that sends values."""
        return _on_postgresql(dialect)

    def column_expression(self, column: sa.ColumnElement[Any]) -> sa.ColumnElement[str]:
        """Select the column as text, to be read as this type reads it."""
        return sa.type_coerce(as_text(column), self)

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> str | None:  # noqa: ANN401, ARG002
        """Return the value as text, since SQLite may have stored a number. Bytes are returned unchanged."""
        return value if value is None or isinstance(value, str | bytes) else str(value)  # type: ignore[return-value]


class MomentText(NativeText):
    """A timestamp as `str`, with all the digits that the database has."""

    cache_ok = True

    def column_expression(self, column: sa.ColumnElement[Any]) -> sa.ColumnElement[str]:
        """Select the column as text that the server reads as the same moment, in whatever session."""
        return sa.type_coerce(_AsIsoText(column), self)


class LenientTimestamp(IsoTimestamp):
    """An IsoTimestamp, in a column of text, timestamptz or timestamp (which then is UTC).

    Stored text that is no timestamp is read as None: one bad row must not fail a whole page.
    """

    cache_ok = True
    light: TypeEngine[Any] = IsoTimestamp()

    def load_dialect_impl(self, dialect: sa.Dialect) -> TypeEngine[Any]:
        """Return the type that sends values."""
        return _on_postgresql(dialect)

    def column_expression(self, column: sa.ColumnElement[datetime]) -> sa.ColumnElement[Any]:
        """Select the column as text, to be read as this type reads it."""
        return sa.type_coerce(_AsIsoText(column), self)

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> datetime | None:
        """Return the stored moment; None where there is none. Ignores the trailing spaces of a char(n)."""
        try:
            return super().process_result_value(value.rstrip(" ") if isinstance(value, str) else value, dialect)
        except (ValueError, TypeError, OverflowError):
            return None
