"""A table that somebody holds without writing: rows that were lost are come back to, however quiet the server is."""

import psycopg
import pytest

from app.backfill import worker
from app.backfill.engine import backfill
from app.backfill.ledger.failures import FAILURES
from app.backfill.listener import Listener, Progress
from app.backfill.options import Options
from app.database.engines import make_engine
from app.videos.recipe import MEDIA_IDS
from tests.conftest import LazyDatabases
from tests.support.responses import make_rows, recoverable
from tests.support.tables import TABLE, insert, query


class LetGo(Listener):
    """Ends a session's transaction when the second sweep has come by."""

    def __init__(self, session: psycopg.Connection[tuple[object, ...]]) -> None:
        self._session = session

    def progress(self, progress: Progress) -> None:
        """Do it."""
        if progress.sweep == 2:
            self._session.rollback()


def test_a_table_that_is_held_for_two_sweeps_is_filled_by_the_third(
    quiet_databases: LazyDatabases, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lock in SHARE mode takes no transaction's number, and neither does an UPDATE that waits for it."""
    url = quiet_databases["postgresql-18"].upgraded()
    insert(url, make_rows(2, recoverable()))
    monkeypatch.setattr(worker, "BUSY_ROW_SECONDS", 0.1)

    with psycopg.connect(url) as session, make_engine(url).connect() as connection:
        session.execute(f"LOCK TABLE {TABLE} IN SHARE MODE")
        report = backfill(connection, MEDIA_IDS, Options(), origin="sync", listener=LetGo(session))

    assert (report.state, report.synced, report.failed, report.problem) == ("done", 2, 0, "")
    assert query(url, f"SELECT count(*) FROM {FAILURES.name}") == [(0,)]
