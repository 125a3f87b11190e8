"""Adoption: whether the table that is there is the application's, and what it lacks.

Reads the catalogue only. Revision 0001 acts on the answer; env.py asks first, so that a foreign table stops an upgrade
before anything is written. Variants in the wild: see Veo3VideoGeneration.
"""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from app.database.metadata import VIDEOS
from app.videos.errors import ForeignTableError

TABLE: Final = VIDEOS
MARKS: Final = ("raw_response", "operation_name")
"""Columns by which the application's table is known: another program's table of the same name has neither."""
REQUIRED: Final = ("id", "profile_id", "project_id", "status", "created_at", "updated_at")
"""Columns that cannot be added afterwards, since every row has a value of its own there."""
NAMES: Final = """
SELECT attname FROM pg_attribute WHERE attrelid = CAST(:table AS regclass) AND attnum > 0 AND NOT attisdropped
"""

POSTGRESQL_GUARD: Final = """\
SET LOCAL lock_timeout = '2s';

DO $guard$
DECLARE
  adopted oid := to_regclass('veo3_video_generations');
  problem text;
BEGIN
  WITH RECURSIVE layers AS (
    SELECT attname AS name, atttypid AS type, atttypmod AS modifier, format_type(atttypid, atttypmod) AS declared
    FROM pg_attribute WHERE attrelid = adopted AND attnum > 0 AND NOT attisdropped
    UNION ALL
    SELECT name, typbasetype, typtypmod, declared FROM layers JOIN pg_type ON oid = type AND typtype = 'd'
  ), columns AS (
    SELECT layers.* FROM layers JOIN pg_type ON oid = type AND typtype <> 'd'
  ), wrong AS (
    SELECT format('its column %s is %s: make it text%s', name, declared, words) AS words
    FROM columns JOIN (VALUES
      ('id', ARRAY['uuid', 'int2', 'int4', 'int8'], ', uuid, integer or bigint'),
      ('operation_name', '{}', ''),
      ('scene_id', ARRAY['uuid'], ' or uuid'),
      ('raw_response', ARRAY['json', 'jsonb'], ', json or jsonb'),
      ('media_generation_id', '{}', ''),
      ('updated_at', ARRAY['timestamptz', 'timestamp'], ', timestamptz or timestamp')
    ) AS accepted (name, types, words) USING (name)
    WHERE type <> ALL ((types || ARRAY['text', 'varchar', 'bpchar'])::regtype[])
    ORDER BY name LIMIT 1
  )
  SELECT CASE
    WHEN relkind NOT IN ('r', 'p') THEN 'it is no table: name the one behind it'
    WHEN (SELECT count(*) FROM pg_attribute WHERE attrelid = adopted AND NOT attisdropped
          AND attname IN ('raw_response', 'operation_name')) < 2
      THEN 'it is not the table this migration is for'
    WHEN row_security_active(adopted)
      THEN 'row-level security hides rows from ' || current_user || ': run it as the owner or with BYPASSRLS'
    WHEN EXISTS (SELECT FROM pg_attribute WHERE attrelid = adopted AND attname = 'media_generation_id'
                 AND (attgenerated <> '' OR attidentity <> ''))
      THEN 'the database itself fills its column media_generation_id'
    WHEN EXISTS (SELECT FROM wrong) THEN (SELECT words FROM wrong)
    WHEN EXISTS (SELECT FROM columns WHERE name = 'media_generation_id'
                 AND (type = 'bpchar'::regtype OR type = 'varchar'::regtype AND modifier BETWEEN 4 AND 178))
      THEN 'its column media_generation_id is shorter than 175 characters or padded: make it text'
    WHEN EXISTS (SELECT FROM columns WHERE name = 'updated_at'
                 AND type IN ('bpchar'::regtype, 'varchar'::regtype) AND modifier BETWEEN 4 AND 27)
      THEN 'its column updated_at is shorter than 24 characters: make it text'
    WHEN EXISTS (SELECT FROM pg_publication_tables AS published JOIN pg_publication USING (pubname)
                 WHERE pubupdate AND format('%I.%I', schemaname, tablename)::regclass = adopted)
         AND NOT (relreplident = 'f' OR EXISTS (SELECT FROM pg_index WHERE indrelid = adopted AND indisvalid
                  AND CASE relreplident WHEN 'd' THEN indisprimary WHEN 'i' THEN indisreplident ELSE false END))
      THEN 'a publication publishes its updates, but it has no replica identity: give it one'
  END INTO problem FROM pg_class WHERE oid = adopted;
  IF problem IS NOT NULL THEN
    RAISE EXCEPTION 'table veo3_video_generations: %', problem;
  END IF;
END
$guard$;"""
"""The first statements of offline SQL for PostgreSQL: wait at most 2 seconds for a table in use, and refuse a table
that is another program's, or that cannot be filled."""


@dataclass(frozen=True, kw_only=True)
class Adoption:
    """Whether the table exists, and the names of its columns, in lower case on SQLite."""

    exists: bool
    columns: AbstractSet[str]


def examine(connection: sa.Connection) -> Adoption:
    """Return whether the table exists, and its columns. Raises ForeignTableError for another table. Writes nothing.

    Does not check whether the types of the columns can be filled: app.backfill.refusals does.
    """
    inspector = sa.inspect(connection)
    if not inspector.has_table(TABLE):
        return Adoption(exists=False, columns=frozenset())
    columns = {_folded(connection, name) for name in _column_names(connection, inspector)}
    differences = _missing(columns)
    if TABLE in inspector.get_view_names():
        differences.insert(0, "it is a view")
    if differences:
        raise ForeignTableError(TABLE, differences)
    return Adoption(exists=True, columns=columns)


def _folded(connection: sa.Connection, name: str) -> str:
    """Return a name as the database compares it: to SQLite, letter case makes no difference."""
    return name.lower() if connection.dialect.name == "sqlite" else name


def _column_names(connection: sa.Connection, inspector: sa.Inspector) -> list[str]:
    """Return the names of the columns; of PostgreSQL without their types, some of which SQLAlchemy does not know."""
    if connection.dialect.name != "postgresql":
        return [column["name"] for column in inspector.get_columns(TABLE)]
    return list(connection.execute(sa.text(NAMES), {"table": TABLE}).scalars())


def _missing(columns: AbstractSet[str]) -> list[str]:
    return [f"it has no column {name}" for name in (*MARKS, *REQUIRED) if name not in columns]
