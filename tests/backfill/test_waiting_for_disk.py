"""Batches do not wait for the disk, the end of a run does; and a SQLite connection is left as it was."""

import os
import resource
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from app.backfill.engine import backfill
from app.backfill.listener import Listener, Progress
from app.backfill.options import Options
from app.backfill.report import Report
from app.backfill.sqlite import checkpoints
from app.database.engines import make_engine
from app.videos.recipe import MEDIA_IDS
from tests.support.responses import make_rows, recoverable
from tests.support.tables import TABLE, execute, insert, insert_realistic, query

PRAGMAS = ("synchronous", "wal_autocheckpoint", "journal_mode")
FEW_FILES = 256
NORMAL, FULL = 1, 2
LOG_BYTES_OF_A_BATCH = 8_000_000
NOTE_THE_SETTING = (
    "CREATE TABLE noted (number serial, written text, setting text)",
    """CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO noted (written, setting) VALUES (TG_TABLE_NAME, current_setting('synchronous_commit'));
    RETURN NULL; END $$""",
    f"CREATE TRIGGER note AFTER UPDATE ON {TABLE} EXECUTE FUNCTION note()",
    "CREATE TRIGGER note AFTER UPDATE ON media_generation_id_backfill_runs EXECUTE FUNCTION note()",
)


def run(connection: sa.Connection, listener: Listener | None = None) -> Report:
    """Fill the table on this connection."""
    return backfill(connection, MEDIA_IDS, Options(), origin="sync", listener=listener)


@pytest.fixture
def wal_file(sqlite_database: str) -> Iterator[sa.Connection]:
    """A SQLite file as the application has it, with 6,000 rows, 25 MB."""
    execute(sqlite_database, "PRAGMA journal_mode = WAL")
    insert_realistic(sqlite_database, 6_000)
    with make_engine(sqlite_database).connect() as connection:
        yield connection


def pragmas(connection: sa.Connection) -> dict[str, object]:
    """Return what is set on a connection."""
    with connection.begin():
        return {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in PRAGMAS}


class LogSizes(Listener):
    """Notes how large the log beside a SQLite file is after each window."""

    def __init__(self, connection: sa.Connection) -> None:
        self._log = Path(f"{connection.engine.url.database}-wal")
        self.bytes: list[int] = []

    def progress(self, progress: Progress) -> None:  # noqa: ARG002
        """Note it."""
        self.bytes.append(self._log.stat().st_size)


def test_the_log_of_a_sqlite_file_is_emptied_while_the_run_goes_on(wal_file: sa.Connection) -> None:
    """It grows to what a batch writes and no further, without any commit that copies it by itself."""
    with wal_file.begin():
        wal_file.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").close()
    sizes = LogSizes(wal_file)

    report = run(wal_file, sizes)

    assert report.synced == 5_700
    assert max(sizes.bytes) < LOG_BYTES_OF_A_BATCH < checkpoints.LONGEST_LOG * 4_096


def test_a_sqlite_connection_is_left_as_it_was(wal_file: sa.Connection) -> None:
    """Whoever has lent it may go on with it; no thread and no second connection is left."""
    before, threads = pragmas(wal_file), threading.active_count()

    run(wal_file)

    assert pragmas(wal_file) == before
    assert threading.active_count() == threads
    with wal_file.begin():
        assert wal_file.exec_driver_sql("PRAGMA journal_mode = DELETE").scalar() == "delete"  # needs the file alone


def test_the_end_of_a_run_over_a_sqlite_file_waits_for_the_disk(wal_file: sa.Connection) -> None:
    """And so for all batches before it, which do not."""
    settings: list[int] = []

    @sa.event.listens_for(wal_file, "commit")
    def note(connection: sa.Connection) -> None:
        driver: Any = connection.connection.driver_connection
        if driver.in_transaction:  # else nothing was written
            settings.append(driver.execute("PRAGMA synchronous").fetchone()[0])

    run(wal_file)

    *batches, end = settings
    assert (set(batches), end) == ({NORMAL}, FULL)


@contextmanager
def no_more_files() -> Iterator[None]:
    """Let this process open no file within the block."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    taken: list[int] = []
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(soft, FEW_FILES), hard))
        with suppress(OSError):
            while True:
                taken.append(os.open(os.devnull, os.O_RDONLY))
        yield
    finally:
        for number in taken:
            os.close(number)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_file_that_cannot_be_opened_twice_is_filled_all_the_same(wal_file: sa.Connection) -> None:
    """Here there is a limit of open files; commits then copy the log by themselves."""
    before = pragmas(wal_file)

    with no_more_files():
        with pytest.raises(sqlite3.OperationalError):
            sqlite3.connect(str(wal_file.engine.url.database))
        synced = run(wal_file).synced

    assert (synced, pragmas(wal_file)) == (5_700, before)


def test_batches_on_postgresql_do_not_wait_for_the_disk_but_the_end_of_a_run_does(postgresql_database: str) -> None:
    """What the last transaction waits for includes everything before it."""
    insert(postgresql_database, make_rows(300, recoverable()))
    execute(postgresql_database, *NOTE_THE_SETTING)

    with make_engine(postgresql_database).connect() as connection:
        run(connection)

    noted = query(postgresql_database, "SELECT written, setting FROM noted ORDER BY number")
    filling = {setting for written, setting in noted if written == TABLE}
    assert filling == {"off"}
    assert noted[-1] == ("media_generation_id_backfill_runs", "on")
