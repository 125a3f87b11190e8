"""Offline: the backfill of the plain case as SQL text, for `alembic upgrade --sql`. Connects to nothing.

Plain: one operation, its name the row's, not failed, ids that agree and look like ids. The script must write what
app.extraction.extract would find or leave the row alone; what it leaves is for `media-gen-ids sync`.
"""

from typing import Any, Final, TypeAlias

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import DeclarativeBase

from app.backfill import sqlite_json
from app.backfill.statements import TransactionId, generations, heap_of, pending, with_plain_ids
from app.backfill.transactions import LOCK_TIMEOUT
from app.errors import OfflineBackfillError

Value: TypeAlias = sa.ColumnElement[Any]

BATCH_ROWS: Final = 1_000
POSTGRESQL_LOOP: Final = """\
DO $backfill$
#variable_conflict use_variable
DECLARE
  batch_rows integer := {batch_rows};
  next_id text := ({first_id});
  page text[];
  batch_filled bigint;
  all_filled bigint := 0;
BEGIN
  WHILE next_id IS NOT NULL LOOP
    page := ARRAY({page});
    BEGIN
      PERFORM set_config('lock_timeout', '{lock_timeout}', true);
      IF current_setting('server_version_num')::integer >= 140000 THEN
        PERFORM set_config('enable_memoize', 'off', true);
      END IF;
      {update};
      GET DIAGNOSTICS batch_filled = ROW_COUNT;
      all_filled := all_filled + batch_filled;
      next_id := page[batch_rows + 1];
      batch_rows := least({batch_rows}, batch_rows * 2);
    EXCEPTION
      WHEN data_exception OR program_limit_exceeded OR integrity_constraint_violation OR raise_exception
        OR lock_not_available OR deadlock_detected OR serialization_failure THEN
      IF batch_rows = 1 THEN
        next_id := page[2];
      ELSE
        batch_rows := greatest(1, batch_rows / 10);
      END IF;
    END;
    COMMIT;
  END LOOP;
  RAISE NOTICE '% rows filled; media-gen-ids sync does the rest', all_filled;
END
$backfill$;"""
"""A page of keys in key order, a transaction for each; one that the database refuses is cut down to the one row that
is to blame, which stays pending. COMMIT is not allowed within the inner block, whose savepoint catches the refusal."""


def offline_backfill(model: type[DeclarativeBase], dialect: sa.Dialect) -> str:
    """Return the script for a kind of database. Raises OfflineBackfillError where there is none."""
    match dialect.name:
        case "postgresql":
            return _postgresql(heap_of(model), dialect)
        case "sqlite":
            return _text(sqlite_json.fill_plain(generations(model)), dialect) + ";"
        case other:
            raise OfflineBackfillError(other)


def _postgresql(table: sa.TableClause, dialect: sa.Dialect) -> str:
    page = (
        sa.select(table.c.id)
        .where(pending(table), table.c.id >= sa.literal_column("next_id", sa.Text))
        .order_by(table.c.id)
        .limit(sa.literal_column("batch_rows + 1", sa.Integer))
    )
    return POSTGRESQL_LOOP.format(
        batch_rows=BATCH_ROWS,
        lock_timeout=LOCK_TIMEOUT,
        first_id=_text(sa.select(sa.func.min(table.c.id)), dialect),
        page=_text(page, dialect),
        update=_text(_fill_page(table), dialect),
    )


def _fill_page(table: sa.TableClause) -> sa.Update:
    """Return the UPDATE of a page's rows, each only if it is still the version whose body was read."""
    page = sa.literal_column("page[1:batch_rows]", ARRAY(sa.Text))
    bodies = (
        sa.select(
            table.c.id,
            sa.cast(table.c.xmin, sa.Text).label("writer"),
            table.c.operation_name,
            _castable(table.c.raw_response).label("text"),
        )
        .where(table.c.id == sa.any_(page), pending(table))
        .subquery("bodies")
    )
    read = with_plain_ids(bodies)
    found_id = read.plain_id.label("found_id")
    found = sa.select(bodies.c.id, bodies.c.writer, found_id).select_from(read.rows).subquery("found")
    return (
        sa.update(table)
        .where(
            table.c.id == found.c.id,
            table.c.xmin == sa.cast(found.c.writer, TransactionId()),
            table.c.media_generation_id.is_(None),
            found.c.found_id.is_not(None),
        )
        .values(media_generation_id=found.c.found_id, updated_at=_postgresql_now())
    )


def _castable(text: Value) -> Value:
    r"""Return a body, decompressed once; NULL for one with an escape `\u`, which may be one that no cast accepts."""
    return sa.case((sa.func.strpos(text, "\\u") == 0, text.concat("")))


def _postgresql_now() -> Value:
    utc = sa.func.timezone("UTC", sa.func.clock_timestamp())
    return sa.func.to_char(utc, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"', type_=sa.Text)


def _text(statement: sa.ClauseElement, dialect: sa.Dialect) -> str:
    return str(statement.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))
