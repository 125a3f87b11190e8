"""Errors that pass, and errors that do not: what is told of the ones, and that the others are not taken for them."""

import signal
import sqlite3
from contextlib import closing

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from app.backfill.control.retrying import attempt
from app.backfill.engine import backfill
from app.backfill.options import Options
from app.backfill.postgresql.heaps import read_rows
from app.database.engines import make_engine
from app.signals import StopRequest
from app.videos.recipe import MEDIA_IDS
from tests.support.tables import TABLE, execute, sqlite_path


def test_why_a_run_waits_is_told_with_the_databases_own_words(sqlite_database: str) -> None:
    """Here for a file that another program writes to, until it has heard of it."""
    told: list[str] = []
    with closing(sqlite3.connect(sqlite_path(sqlite_database), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")

        def tell(reason: str) -> None:
            told.append(reason)
            other.rollback()

        attempt(lambda: execute(f"{sqlite_database}?timeout=0", f"DELETE FROM {TABLE}"), StopRequest(), tell)

    assert told == ["the database is locked by somebody else (database is locked)"]


def test_a_connection_that_is_lost_while_rows_are_read_is_no_body_that_cannot_be_cast(postgresql_database: str) -> None:
    """Reading on without a cast would be on a connection that is gone; a value that cannot be cast is one."""
    lost = sa.select(sa.func.pg_terminate_backend(sa.func.pg_backend_pid()))
    no_value = sa.select(sa.cast(sa.literal("{", sa.Text), sa.JSON))

    with make_engine(postgresql_database).connect() as connection:
        unread = read_rows(connection, no_value, {}, parse=True)
        with pytest.raises(DBAPIError):
            read_rows(connection, lost, {}, parse=True)

    assert unread is None


def test_a_dry_run_that_is_to_stop_before_it_has_read_a_row_says_so(sqlite_database: str) -> None:
    """The file is locked when it looks how long the table is, and it does not wait for that any more."""
    stop = StopRequest()
    stop.ask(signal.SIGTERM)
    engine = make_engine(f"{sqlite_database}?timeout=0")

    with closing(sqlite3.connect(sqlite_path(sqlite_database), isolation_level=None)) as other:

        @sa.event.listens_for(engine, "before_cursor_execute")
        def lock(_: object, __: object, statement: str, *___: object) -> None:
            if "data_version" in statement and not other.in_transaction:
                other.execute("BEGIN EXCLUSIVE")

        with engine.connect() as connection:
            report = backfill(connection, MEDIA_IDS, Options(dry_run=True), origin="sync", stop=stop)

    assert (report.state, report.found) == ("stopped", 0)
