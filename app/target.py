"""Target: which database a run is about to change, and about how much there is to do in it. Reads only."""

import logging
from typing import Final

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from app.adoption import TABLE
from app.backfill.statements import columns_of, pending
from app.backfill.transactions import set_locally
from app.coverage import LARGE_TABLE_ROWS, estimated_rows
from app.models import Veo3VideoGeneration
from app.urls import describe

COUNTED: Final = columns_of(Veo3VideoGeneration, "raw_response", "media_generation_id")
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


def name_target(connection: sa.Connection, *, large: int = LARGE_TABLE_ROWS) -> None:
    """Log the database, without its password, and the rows that look pending.

    On PostgreSQL a table of more than `large` rows, as its statistics have it, is not counted, and neither is one where
    that takes long. Leaves an open transaction as it is.
    """
    if logger.isEnabledFor(logging.INFO):
        logger.info("%s: %s", describe(connection.engine.url), _pending(connection, large))


def _pending(connection: sa.Connection, large: int) -> str:
    inspector = sa.inspect(connection)
    if not inspector.has_table(TABLE):
        return f"a new table {TABLE}"
    rows = estimated_rows(connection)
    if rows > large:
        share = float(connection.execute(sa.text(NULLS), {"table": TABLE}).scalar_one())
        return f"about {rows * max(0.0, share):,.0f} rows pending"
    has_id = "media_generation_id" in {column["name"].lower() for column in inspector.get_columns(TABLE)}
    return _counted(connection, pending(COUNTED) if has_id else COUNTED.c.raw_response.is_not(None))


def _counted(connection: sa.Connection, condition: sa.ColumnElement[bool]) -> str:
    """Return how many rows there are, if PostgreSQL can soon count them: a table without statistics may be large."""
    statement = sa.select(sa.func.count()).select_from(COUNTED).where(condition)
    if connection.dialect.name != "postgresql":
        return f"{connection.execute(statement).scalar_one():,} rows pending"
    count = connection.begin_nested()
    try:
        set_locally(connection, LONGEST_COUNT)
        return f"{connection.execute(statement).scalar_one():,} rows pending"
    except DBAPIError:
        return "rows not counted"
    finally:
        count.rollback()  # and with it the setting
