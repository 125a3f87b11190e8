"""Blank: a column that is filled counts as empty if it holds NULL, or nothing but white space."""

from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

WHITE_SPACE: Final = "' \t\n\v\f\r'"


def is_empty(column: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    """Return the condition of a column that holds no value."""
    return sa.or_(column.is_(None), _Blank(column))


class _Blank(FunctionElement[bool]):
    """The condition of a text that is empty or white space.

    PostgreSQL compares the length, since a collation may call other texts equal to an empty one. SQLite compares the
    text, since its length() ends at NUL. The white space is a literal, since the UPDATE of a row must have no
    parameters but its values and its key.
    """

    type = sa.Boolean()
    inherit_cache = True


@compiles(_Blank)
def _blank(element: _Blank, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401  # SQLAlchemy's own
    return f"(ltrim({compiler.process(element.clauses, **options)}, {WHITE_SPACE}) = '')"


@compiles(_Blank, "postgresql")
def _blank_in_postgresql(element: _Blank, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401  # the same
    return f"(length(ltrim({compiler.process(element.clauses, **options)}, {WHITE_SPACE})) = 0)"
