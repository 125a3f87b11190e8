"""Required: what a database must have of the ledger before anything is asked of it. Reads the catalogue only."""

import sqlalchemy as sa

from app.backfill.errors import OldLedgerError
from app.backfill.ledger.failures import FAILURES
from app.backfill.ledger.runs import RUNS
from app.database.urls import describe
from app.errors import NotUpgradedError


def require_ledger(connection: sa.Connection, table: str) -> None:
    """Raise NotUpgradedError if the database lacks the ledger, or the `table` that is filled. Reads only.

    Raises OldLedgerError for a ledger that lacks columns.
    """
    inspector = sa.inspect(connection)
    for name in (table, RUNS.name, FAILURES.name):
        if not inspector.has_table(name):
            raise NotUpgradedError(describe(connection.engine.url), f"no table {name}")
    require_columns(connection)


def require_columns(connection: sa.Connection) -> None:
    """Raise OldLedgerError if the ledger that is there lacks a column. Reads the catalogue only."""
    inspector = sa.inspect(connection)
    for table in (RUNS, FAILURES):
        there = {column["name"] for column in inspector.get_columns(table.name)}
        if lacking := sorted({column.name for column in table.c} - there):
            raise OldLedgerError(describe(connection.engine.url), table.name, lacking[0])
