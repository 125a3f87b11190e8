"""Native types: what PostgreSQL may have in place of text: uuid, bigint, json, jsonb, timestamptz, an enum.

The mapped class is one for all databases, and its types do not know which of them a column has. So on PostgreSQL a
value goes out without a type, which the server then takes from the column, as it does with a literal; and a column
comes back as text, which costs nothing where it is text. Other databases and their drivers see plain text. asyncpg
wants values of the column's own type: with it, these columns must be text.
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
    """Text whose parameters are sent without a type; a column of it is TEXT."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        """Return the type's name."""
        return "TEXT"


class _AsText(FunctionElement[str]):
    """A column as text: on PostgreSQL a cast, which for text is none; elsewhere the column."""

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
    """A moment as text that does not hang on the session's DateStyle: on PostgreSQL as JSON has it, which is ISO 8601.

    Text comes back as it is. The mapped class does not know which of them a column has, and JSON is where PostgreSQL
    writes both in one way.
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
    """The type that the backfill takes, which asks the catalogue for others."""

    def load_dialect_impl(self, dialect: sa.Dialect) -> TypeEngine[Any]:
        """Return the type that sends values."""
        return _on_postgresql(dialect)

    def column_expression(self, column: sa.ColumnElement[Any]) -> sa.ColumnElement[str]:
        """Select the column as text, to be read as this type reads it."""
        return sa.type_coerce(as_text(column), self)

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> str | None:  # noqa: ANN401, ARG002
        """Return the text; SQLite may have stored a number. Bytes that no text stands for stay what they are."""
        return value if value is None or isinstance(value, str | bytes) else str(value)  # type: ignore[return-value]


class MomentText(NativeText):
    """A moment as `str`, as exactly as the database has it."""

    cache_ok = True

    def column_expression(self, column: sa.ColumnElement[Any]) -> sa.ColumnElement[str]:
        """Select the column as text that the server reads as the same moment, in whatever session."""
        return sa.type_coerce(_AsIsoText(column), self)


class LenientTimestamp(IsoTimestamp):
    """An IsoTimestamp, in a column of text, timestamptz or timestamp (which then is UTC).

    Stored text that is no timestamp is read as None: one row must not stop a page of them.
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
        """Return the moment that is stored, None where there is none. A char(n) has spaces behind it."""
        try:
            return super().process_result_value(value.rstrip(" ") if isinstance(value, str) else value, dialect)
        except (ValueError, TypeError, OverflowError):
            return None
