"""Light tables: names and types of the columns that are needed, cut from a mapped class, and which rows are pending."""

from collections.abc import Sequence
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import DeclarativeBase

from app.backfill.blank import is_empty
from app.database.column_types import TEXT_ALONE, ColumnTypes, as_text

NEEDED: Final = ("id", "operation_name", "scene_id", "raw_response", "media_generation_id", "updated_at")


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


def names_of(table: sa.TableClause) -> tuple[sa.ColumnElement[Any], ...]:
    """Return what tells which answer is a row's: id, operation and scene."""
    return as_text(table.c.id), as_text(table.c.operation_name), as_text(table.c.scene_id)


def text_array(name: str, values: Sequence[object]) -> sa.BindParameter[Any]:
    """Return texts as one parameter, for PostgreSQL."""
    return sa.bindparam(name, list(values), type_=ARRAY(sa.Text), unique=True)
