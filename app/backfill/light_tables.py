"""Light tables: `sa.table`s with only the columns that statements need, and the condition of a pending row."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeEngine

from app.backfill.blank import is_empty
from app.backfill.recipe import BODY, FILLED, SHOWN, TOUCHED, Recipe
from app.database.column_types import TEXT_ALONE, ColumnTypes, as_text, as_written

READS: Final = "reads"
"""The key in `Table.info` for the names of the columns that are read besides the body."""


def columns_of(model: type[DeclarativeBase], *names: str, types: ColumnTypes = TEXT_ALONE) -> sa.TableClause:
    """Return a light table with some columns of a mapped class. A type in `types` replaces the class's own."""
    return sa.table(model.__tablename__, *(sa.column(name, _type_of(model, name, types)) for name in names))


def table_of(
    recipe: Recipe,
    types: ColumnTypes = TEXT_ALONE,
    more: Iterable[sa.Column[Any]] = (),
    *,
    schema: str | None = None,
    name: str | None = None,
) -> sa.Table:
    """Return the table that is filled, or one of its heaps. Its columns go by what they are for: BODY, FILLED, ….

    Columns that are read besides the body keep their names; `more` are further ones.
    """
    roles = {recipe.shows: SHOWN, recipe.reads[0]: BODY, recipe.fills: FILLED}
    if recipe.touches is not None:
        roles[recipe.touches] = TOUCHED
    columns = [
        sa.Column(column, _type_of(recipe.model, column, types), key=roles.get(column)) for column in recipe.columns
    ]
    info = {READS: recipe.reads[1:]}
    return sa.Table(name or recipe.table, sa.MetaData(), *columns, *more, schema=schema, info=info)


def _type_of(model: type[DeclarativeBase], name: str, types: ColumnTypes) -> TypeEngine[Any]:
    mapped = model.__table__.c[name].type
    return types.get(name, getattr(mapped, "light", mapped))


def column_named(table: sa.FromClause, name: str) -> sa.ColumnElement[Any]:
    """Return the column of this name in the database, whatever it is called in statements."""
    return next(column for column in table.c if getattr(column, "name", None) == name)


def is_pending(body: sa.ColumnElement[Any], filled: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    """Return the condition of a row that has a body and no value."""
    return sa.and_(body.is_not(None), is_empty(filled))


def pending(table: sa.FromClause) -> sa.ColumnElement[bool]:
    """Return the condition of a pending row for a table that `table_of` made."""
    return is_pending(table.c[BODY], table.c[FILLED])


def read_besides(table: sa.Table) -> tuple[sa.ColumnElement[Any], ...]:
    """Return the columns that are read besides the body, as text."""
    return tuple(as_text(table.c[name]) for name in table.info[READS])


def names_of(table: sa.Table) -> tuple[sa.ColumnElement[Any], ...]:
    """Return the shown column and the columns that are read besides the body, as text."""
    return as_text(table.c[SHOWN]), *read_besides(table)


def new_values(table: sa.Table, value: Any, moment: Any) -> Mapping[str, Any]:  # noqa: ANN401  # values or expressions
    """Return the columns that an UPDATE sets: the value and, if the recipe has a touched column, the moment."""
    values = {FILLED: value}
    if TOUCHED in table.c:
        values[TOUCHED] = as_written(table.c[TOUCHED], moment)
    return values


def text_array(name: str, values: Sequence[object]) -> sa.BindParameter[Any]:
    """Return texts as one parameter, for PostgreSQL."""
    return sa.bindparam(name, list(values), type_=ARRAY(sa.Text), unique=True)
