"""Adoption: whether the table that is there is the application's, and what it lacks.

Reads the catalogue only. Revision 0001 acts on the answer; env.py asks first, so that a foreign table stops an upgrade
before anything is written. Variants in the wild: see Veo3VideoGeneration.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from app.errors import ForeignTableError

TABLE: Final = "veo3_video_generations"
MARKS: Final = ("raw_response", "operation_name")
"""Columns by which the application's table is known: another program's table of the same name has neither."""
REQUIRED: Final = ("id", "profile_id", "project_id", "status", "created_at", "updated_at")
"""Columns that cannot be added afterwards, since every row has a value of its own there."""
TEXT_COLUMNS: Final = ("id", "operation_name", "scene_id", "raw_response", "media_generation_id", "updated_at")
"""Columns that the backfill reads or writes as text."""

POSTGRESQL_GUARD: Final = """\
SET LOCAL lock_timeout = '2s';

DO $guard$
BEGIN
  IF to_regclass('veo3_video_generations') IS NOT NULL AND (
    SELECT count(*) FROM pg_attribute
    WHERE attrelid = to_regclass('veo3_video_generations') AND NOT attisdropped
      AND attname IN ('raw_response', 'operation_name')
  ) < 2 THEN
    RAISE EXCEPTION 'table veo3_video_generations exists, but it is not the table this migration is for';
  END IF;
END
$guard$;"""
"""For SQL written offline, which cannot look first: wait for a table in use only shortly, and refuse a foreign one."""


@dataclass(frozen=True, kw_only=True)
class Adoption:
    """What stands in the database: `exists` or not, and the columns by name as the catalogue has them."""

    exists: bool
    columns: Mapping[str, sa.types.TypeEngine[object]]


def examine(connection: sa.Connection) -> Adoption:
    """Return what is there. Raises ForeignTableError if it is not the application's table. Writes nothing."""
    inspector = sa.inspect(connection)
    if not inspector.has_table(TABLE):
        return Adoption(exists=False, columns={})
    columns = {_folded(connection, column["name"]): column["type"] for column in inspector.get_columns(TABLE)}
    differences = [*_missing(columns), *_not_text(columns)]
    if TABLE in inspector.get_view_names():
        differences.insert(0, "it is a view")
    if differences:
        raise ForeignTableError(TABLE, differences)
    return Adoption(exists=True, columns=columns)


def _folded(connection: sa.Connection, name: str) -> str:
    """Return a name as the database compares it: to SQLite, letter case makes no difference."""
    return name.lower() if connection.dialect.name == "sqlite" else name


def _missing(columns: Mapping[str, object]) -> list[str]:
    return [f"it has no column {name}" for name in (*MARKS, *REQUIRED) if name not in columns]


def _not_text(columns: Mapping[str, sa.types.TypeEngine[object]]) -> list[str]:
    accepted = (sa.String, sa.types.NullType)  # NullType: SQLite columns may have no type at all
    return [
        f"column {name} is {columns[name]}, not TEXT"
        for name in TEXT_COLUMNS
        if name in columns and not isinstance(columns[name], accepted)
    ]
