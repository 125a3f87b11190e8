"""Rows that another session holds: the run waits or goes round them, comes back, and finishes."""

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

import psycopg
import pytest

from app.backfill.control.retrying import PATIENCE_SECONDS
from support.postgres import PostgresServer
from tests.conftest import Databases
from tests.support.plain_rows import count_filled, expected_ids, filled_ids, insert_plain
from tests.support.processes import run_sync, start_sync, start_upgrade, wait_until
from tests.support.tables import TABLE, create_variant, query, sqlite_path

ROWS = 2_000
HELD = "00000777"
FRACTION_OF_PATIENCE_SECONDS = PATIENCE_SECONDS * 0.75
"""A batch goes round a locked row long before a run gives up waiting for a database."""
WAITING_FOR_A_ROW = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"


@contextmanager
def row_held(url: str, operation_name: str = HELD) -> Iterator[psycopg.Connection]:
    """Hold the lock of one row, in a transaction that ends with the block."""
    with psycopg.connect(url) as session:
        session.execute(f"SELECT 1 FROM {TABLE} WHERE operation_name = '{operation_name}' FOR UPDATE")
        yield session


def failures(url: str) -> list[tuple[object, ...]]:
    """Return the recorded failures but for the bodies that are cut off."""
    return query(url, "SELECT reason, detail FROM media_generation_id_backfill_failures WHERE reason <> 'invalid_json'")


def test_row_locked_for_ten_seconds_is_come_back_to(postgresql: Databases) -> None:
    """All other rows are filled while it is held; the upgrade ends when it has filled that one too."""
    url = postgresql.upgraded()
    insert_plain(url, ROWS)

    with row_held(url):
        started = time.monotonic()
        process = start_sync(url)
        wait_until(lambda: count_filled(url) == len(expected_ids(ROWS)) - 1, FRACTION_OF_PATIENCE_SECONDS)
        time.sleep(max(0.0, 10 - (time.monotonic() - started)))
        code_while_held = process.poll()
    ended = process.finish()

    assert (code_while_held, ended.code) == (None, 1), ended  # 1: the bodies that are cut off
    assert (filled_ids(url), failures(url)) == (expected_ids(ROWS), [])


@pytest.mark.soak
def test_row_locked_for_good_becomes_a_failure_of_its_own(postgresql: Databases) -> None:
    """The run does not wait for ever; when the row is free again, the next run fills it."""
    url = postgresql.upgraded()
    insert_plain(url, ROWS)

    with row_held(url):
        ended = run_sync(url)
        left = expected_ids(ROWS).keys() - filled_ids(url).keys()
        recorded = failures(url)
    again = run_sync(url)

    assert (ended.code, left, recorded) == (
        1,
        {HELD},
        [("update_failed", "canceling statement due to lock timeout")],
    ), ended
    assert (again.code, filled_ids(url), failures(url)) == (1, expected_ids(ROWS), [])


def test_database_locked_by_another_writer_is_waited_for(sqlite: Databases) -> None:
    """SQLite has one write lock; no row is to blame for it."""
    url = sqlite.upgraded()
    insert_plain(url, ROWS)

    with closing(sqlite3.connect(sqlite_path(url), isolation_level=None)) as session:
        session.execute("BEGIN IMMEDIATE")
        process = start_sync(url)
        time.sleep(7)  # longer than the driver's own five seconds
        session.execute("COMMIT")
    ended = process.finish()

    assert (ended.code, filled_ids(url), failures(url)) == (1, expected_ids(ROWS), []), ended


def test_deadlock_provoked_on_purpose_is_survived(own_server: PostgresServer) -> None:
    """A session holds a row that a batch wants, and then wants the rows that the batch has locked."""
    url = own_server.create_database("deadlock")
    assert start_upgrade(url).finish().code == 0
    insert_plain(url, ROWS)

    with row_held(url) as session:
        session.execute("SET LOCAL deadlock_timeout = '1min'")  # the batch is to be the victim
        process = start_sync(url, batch_size="2000")
        wait_until(lambda: query(url, WAITING_FOR_A_ROW) == [(1,)])
        session.execute(f"SELECT 1 FROM {TABLE} FOR UPDATE")
        session.commit()
    ended = process.finish()

    assert "deadlock detected" in own_server.log
    assert (ended.code, filled_ids(url), failures(url)) == (1, expected_ids(ROWS), []), ended


def test_waiting_to_add_a_column_lets_the_application_through(postgresql: Databases) -> None:
    """A session has read the table and not ended; others must not queue behind the waiting ALTER TABLE."""
    url = postgresql.empty()
    create_variant(url, "E")
    reads = []

    with psycopg.connect(url) as session, psycopg.connect(url, autocommit=True) as application:
        session.execute(f"SELECT count(*) FROM {TABLE}")
        application.execute("SET statement_timeout = '5s'")
        process = start_upgrade(url)
        wait_until(lambda: "waiting to change the table" in process.err)
        for _ in range(50):
            reads.append(application.execute(f"SELECT count(*) FROM {TABLE}").fetchone())
            threading.Event().wait(0.01)
        code_while_held = process.poll()
    ended = process.finish()

    assert (code_while_held, reads) == (None, [(0,)] * 50)
    assert ended.code == 0, ended
    assert query(url, f"SELECT count(media_generation_id) FROM {TABLE}") == [(0,)]
