"""A run that an error ends: what it leaves behind in the ledger, and on the connection that it was lent."""

import pytest
import sqlalchemy as sa

from app.backfill.engine import backfill
from app.backfill.ledger.runs import RUNS
from app.backfill.listener import Listener, Progress
from app.backfill.options import Options
from app.database.engines import make_engine
from app.videos.recipe import MEDIA_IDS
from tests.backfill.test_waiting_for_disk import pragmas
from tests.support.responses import make_rows
from tests.support.tables import execute, insert, query


class Fails(Listener):
    """Raises what nobody expects, once a window is done."""

    def progress(self, progress: Progress) -> None:  # noqa: ARG002
        """Do it."""
        raise ValueError("failed")


def run_and_fail(connection: sa.Connection) -> None:
    """Run until the listener fails."""
    with pytest.raises(ValueError, match="failed"):
        backfill(connection, MEDIA_IDS, Options(), origin="sync", listener=Fails())


def test_the_ledger_says_that_it_failed(database: str) -> None:
    """And not that it was stopped: nobody asked it to."""
    insert(database, make_rows(10))

    with make_engine(database).connect() as connection:
        run_and_fail(connection)

    assert query(database, f"SELECT state FROM {RUNS.name} ORDER BY id DESC LIMIT 1") == [("failed",)]


def test_a_sqlite_connection_is_left_as_it_was(sqlite_database: str) -> None:
    """Whoever has lent it may catch the error and go on: what is written later waits for the disk."""
    execute(sqlite_database, "PRAGMA journal_mode = WAL")
    insert(sqlite_database, make_rows(10))

    with make_engine(sqlite_database).connect() as connection:
        before = pragmas(connection)
        run_and_fail(connection)
        after = pragmas(connection)

    assert after == before
