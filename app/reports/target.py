"""Target: which database a run is about to change, and about how much there is to do in it. Reads only."""

import logging
from typing import Final

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from app.backfill.light_tables import columns_of, is_pending
from app.backfill.transactions import set_locally
from app.database.urls import describe
from app.reports.coverage import estimated_rows
from app.videos.adoption import TABLE
from app.videos.models import Veo3VideoGeneration

COUNTED: Final = columns_of(Veo3VideoGeneration, "raw_response", "media_generation_id")
LARGE_ROWS: Final = 10_000
LONGEST_COUNT: Final = {"statement_timeout": "5s"}
NULLS: Final = """
SELECT coalesce(max(null_frac) FILTER (WHERE attname = 'media_generation_id'), 1)
    - coalesce(max(null_frac) FILTER (WHERE attname = 'raw_response'), 0)
FROM pg_stats WHERE tablename = :table AND schemaname = (
    SELECT nspname FROM pg_namespace n JOIN pg_class c ON c.relnamespace = n.oid WHERE c.oid = CAST(:table AS regclass)
)
"""
"""The share of rows without an id, less those that have no answer either."""

logger = logging.getLogger(__name__)


def name_target(connection: sa.Connection, *, large: int = LARGE_ROWS) -> None:
    """Log the database, without its password, and the rows that look pending.

    Counts no more than `large` rows: on PostgreSQL a table that has more, as its statistics have it, is estimated from
    them, and one where counting takes long is not counted. Leaves an open transaction as it is.
    """
    if logger.isEnabledFor(logging.INFO):
        logger.info("%s: %s", describe(connection.engine.url), _pending(connection, large))


def _pending(connection: sa.Connection, large: int) -> str:
    inspector = sa.inspect(connection)
    if not inspector.has_table(TABLE):
        return f"a new table {TABLE}"
    rows = estimated_rows(connection)
    if rows > large:
        return f"about {estimated_pending(connection, rows):,.0f} rows pending"
    has_id = "media_generation_id" in {column["name"].lower() for column in inspector.get_columns(TABLE)}
    condition = (
        is_pending(COUNTED.c.raw_response, COUNTED.c.media_generation_id)
        if has_id
        else COUNTED.c.raw_response.is_not(None)
    )
    first_rows = sa.select(sa.literal(1)).select_from(COUNTED).where(condition).limit(large + 1).subquery()
    return _counted(connection, sa.select(sa.func.count()).select_from(first_rows), large)


def estimated_pending(connection: sa.Connection, rows: int) -> float:
    """Return how many of so many rows have an answer and no id, as PostgreSQL's statistics have it."""
    share = float(connection.execute(sa.text(NULLS), {"table": TABLE}).scalar_one())
    return rows * max(0.0, share)


def _counted(connection: sa.Connection, statement: sa.Select[int], large: int) -> str:
    """Return how many rows there are, if PostgreSQL can soon count them: a table without statistics may be large."""
    if connection.dialect.name != "postgresql":
        return _words(connection.execute(statement).scalar_one(), large)
    count = connection.begin_nested()
    try:
        set_locally(connection, LONGEST_COUNT)
        return _words(connection.execute(statement).scalar_one(), large)
    except DBAPIError:
        return "rows not counted"
    finally:
        count.rollback()  # and with it the setting


def _words(rows: int, large: int) -> str:
    return f"more than {large:,} rows pending" if rows > large else f"{rows:,} rows pending"
