"""Pruning: no session of a run holds it back, and a session of somebody else that does is named."""

import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
import sqlalchemy as sa

from app.backfill.engine import backfill
from app.backfill.listener import Listener
from app.backfill.options import Options
from app.backfill.postgresql.pruning import Pruning
from app.backfill.rows import Recovered
from app.database.engines import make_engine
from app.database.lock import only_one
from app.videos.recipe import MEDIA_IDS
from tests.support.processes import wait_until
from tests.support.tables import TABLE, insert_realistic

NEXT_NUMBER = "SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint"
HOLDS = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    " AND (backend_xmin IS NOT NULL OR backend_xid IS NOT NULL)"
)
OLDER = (
    f"{HOLDS} AND backend_type = 'client backend'"
    " AND (backend_xmin::text::bigint < %s OR backend_xid::text::bigint < %s)"
)
SNAPSHOT = f"BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT FROM {TABLE} LIMIT 1"
VACUUMS = f"{HOLDS} AND pid IN (SELECT pid FROM pg_stat_progress_vacuum)"
NUMBER = "BEGIN; SELECT pg_current_xact_id()"
NOTHING_HELD = "BEGIN; SELECT 1"


class Watcher(Listener):
    """Asks the server, when a batch begins, who keeps the versions that the batch before it has left."""

    def __init__(self, session: psycopg.Connection[tuple[int]]) -> None:
        self._session = session
        self._number = 0
        self.holders: list[int] = []

    def filled(self, rows: Sequence[Recovered]) -> None:
        """Note the number that the next transaction will have."""
        del rows
        ((self._number,),) = self._session.execute(NEXT_NUMBER).fetchall()

    def begins(self, *sent: object) -> None:  # what SQLAlchemy tells of a statement
        """Count the sessions that are older than that, when rows are about to be filled."""
        if self._number and "UPDATE public" in str(sent[2]):
            self.holders += [count for (count,) in self._session.execute(OLDER, (self._number, self._number))]


def test_no_session_of_a_run_holds_what_the_batch_before_has_left(postgresql_database: str) -> None:
    """Nor does the session with the lock: with one of them, no new version of a row would find room on its page."""
    insert_realistic(postgresql_database, 1_500)
    engine = make_engine(postgresql_database)

    with psycopg.connect(postgresql_database, autocommit=True) as session, only_one(engine, 0):
        watcher = Watcher(session)
        sa.event.listen(engine, "before_cursor_execute", watcher.begins)
        with engine.connect() as connection:
            backfill(connection, MEDIA_IDS, Options(batch_size=200), origin="sync", listener=watcher)

    assert len(watcher.holders) > 5
    assert set(watcher.holders) == {0}


@pytest.mark.parametrize(("statement", "is_named"), [(SNAPSHOT, True), (NUMBER, True), (NOTHING_HELD, False)])
def test_a_session_that_holds_back_pruning_is_named(
    postgresql_database: str, caplog: pytest.LogCaptureFixture, statement: str, *, is_named: bool
) -> None:
    """By a run that meets it in two windows; a transaction that only stands open holds nothing."""
    caplog.set_level(logging.INFO)
    insert_realistic(postgresql_database, 1_500)

    with psycopg.connect(f"{postgresql_database}&application_name=report", autocommit=True) as session:
        session.execute(statement)
        with make_engine(postgresql_database).connect() as connection:
            backfill(connection, MEDIA_IDS, Options(), origin="sync")
        named = f"server process {session.info.backend_pid} (report) keeps old versions of rows"

    assert [named in message for message in caplog.messages if "old versions" in message] == [True] * is_named


def test_what_is_seen_once_is_not_told(postgresql_database: str, caplog: pytest.LogCaptureFixture) -> None:
    """Nor what the server repeats within one transaction: the session may be gone."""
    caplog.set_level(logging.INFO)
    pruning = Pruning()

    with psycopg.connect(postgresql_database) as session, make_engine(postgresql_database).connect() as connection:
        session.execute(NUMBER)
        with connection.begin():
            pruning.look(connection)
            pruning.look(connection)
        session.execute("COMMIT AND CHAIN")
        session.execute("SELECT pg_current_xact_id()")
        with connection.begin():
            pruning.look(connection)

    assert caplog.messages == []


def test_the_sessions_of_a_run_do_not_name_each_other(
    postgresql_database: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Two workers do hold back pruning, which the run need not be told."""
    caplog.set_level(logging.INFO)
    pruning, engine = Pruning(), make_engine(postgresql_database)

    with engine.connect() as other, engine.connect() as connection:
        other.exec_driver_sql("SELECT pg_current_xact_id()")
        for _ in range(2):
            with connection.begin():
                pruning.look(connection)

    assert caplog.messages == []


def test_a_vacuum_is_not_named(postgresql_database: str, caplog: pytest.LogCaptureFixture) -> None:
    """It has a snapshot, and holds nothing back."""
    caplog.set_level(logging.INFO)
    insert_realistic(postgresql_database, 300)
    pruning, options = Pruning(), "&options=-cvacuum_cost_delay%3D100%20-cvacuum_cost_limit%3D1"

    with (
        psycopg.connect(postgresql_database + options, autocommit=True) as session,
        make_engine(postgresql_database).connect() as connection,
        psycopg.connect(postgresql_database, autocommit=True) as watching,
        ThreadPoolExecutor(1) as pool,
    ):
        vacuum = pool.submit(session.execute, f"VACUUM {TABLE}")
        wait_until(lambda: watching.execute(VACUUMS).fetchall() == [(1,)], 30)
        for _ in range(2):
            with connection.begin():
                pruning.look(connection)
        session.cancel()

    assert isinstance(vacuum.exception(), psycopg.errors.QueryCanceled)
    assert caplog.messages == []
