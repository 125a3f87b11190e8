"""What `status` says of a run that has not ended: works, waits, is paused, or is gone."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from app.backfill.ledger.runs import RUNS
from app.backfill.ledger.started_by import person
from app.console.run_sentences import running_sentence
from app.database.engines import make_engine
from app.database.lock import only_one
from app.database.timestamps import format_timestamp, now
from app.reports.running import RunningRun, read_running
from app.reports.status import read_status
from tests.cli.conftest import Command
from tests.live.test_locked_rows import row_held
from tests.support.control import Hand, last_run, leave_dead_run, run_with, tell_run
from tests.support.plain_rows import insert_plain
from tests.support.processes import wait_until
from tests.support.responses import make_rows
from tests.support.tables import TABLE, execute, insert, query

MOMENT = now()
LOCK_HOLDERS = """FROM pg_locks WHERE locktype = 'advisory' AND database =
    (SELECT oid FROM pg_database WHERE datname = current_database())"""
DONE_SO_FAR = "synced = 400, skipped = 150, failed = 50, seconds = 6.0"


@contextmanager
def living_run(url: str, silent: float, *facts: str) -> Iterator[sa.Connection]:
    """Let run 1 go on: somebody holds its lock, and it has saved so many seconds before MOMENT."""
    progress = format_timestamp(MOMENT - timedelta(seconds=silent))
    leave_dead_run(url)
    execute(url, f"UPDATE {RUNS.name} SET progress_at = '{progress}', {', '.join([DONE_SO_FAR, *facts])}")
    engine = make_engine(url)
    with only_one(engine, 0), engine.connect() as connection:
        yield connection


def running(connection: sa.Connection) -> RunningRun:
    """Return what the run does."""
    found = read_running(connection, MOMENT)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("silent", "words"),
    [
        (0.5, "; last progress under 1 s ago"),
        (90, "; no progress for 1 min 30 s, though somebody holds its lock: look at its log"),
    ],
)
def test_a_run_that_works_shows_its_rate_and_whether_it_stalls(sqlite_database: str, silent: float, words: str) -> None:
    """From what the ledger has: rows done in the time they took; what is left, once the rows are counted."""
    insert(sqlite_database, make_rows(480))

    with living_run(sqlite_database, silent) as connection:
        at_once = running(connection)
        counted = read_status(connection, exact=True, running=at_once).running

    assert running_sentence(at_once) == f"Run 1: 600 rows done, 100 rows/s{words}"
    assert counted == replace(at_once, seconds_left=2.8)


def test_a_run_that_was_killed_is_gone(database: str, command: Command) -> None:
    """Nobody holds its lock: told before anything else, and in the list of runs."""
    leave_dead_run(database)

    shown = command("status", "--database", database).out
    told = json.loads(command("status", "--json", "--database", database).out)

    assert shown.startswith("Run 1 is gone: nobody holds its lock, last progress")
    assert (told["running"]["condition"], told["runs"][0]["state"], told["passes"][0]["state"]) == ("gone",) * 3


def test_a_run_outlives_the_connection_that_holds_its_lock(postgresql_database: str) -> None:
    """A restart of the server ends that, and the run works on: it is not gone, and hears what it is told."""
    insert_plain(postgresql_database, 60)
    told = []

    def lose_the_lock() -> None:
        """End the lock's session, look at the run, and end it."""
        execute(postgresql_database, f"SELECT pg_terminate_backend(pid) {LOCK_HOLDERS}")
        wait_until(lambda: not query(postgresql_database, f"SELECT pid {LOCK_HOLDERS}"), 10)
        with make_engine(postgresql_database).connect() as connection:
            told.append(running(connection).condition)
        tell_run(postgresql_database, {"cancelled": True})

    report = run_with(postgresql_database, Hand(lose_the_lock), batch_size=5)

    assert (told, report.state) == (["running"], "stopped")


def test_a_pause_is_told_with_whoever_wants_it_before_and_while_it_lasts(database: str) -> None:
    """And after it was taken back the run works, though it has not written that yet."""
    paused = f"waiting_for = 'paused', waiting_since = '{format_timestamp(MOMENT - timedelta(seconds=62))}'"
    with living_run(database, 0) as connection:
        tell_run(database, {"paused": True})
        asked = running_sentence(running(connection))
        execute(database, f"UPDATE {RUNS.name} SET {paused}")
        lasting = running_sentence(running(connection))
        tell_run(database, {"paused": False})
        over = running(connection)

    assert asked.endswith(f"; it is to pause after its batch ({person()})")
    assert lasting.startswith(
        f"Run 1 is paused by {person()} since {MOMENT - timedelta(seconds=62):%Y-%m-%d %H:%M} UTC"
    )
    assert lasting.endswith(" UTC (1 min 2 s): 600 rows done; `media-gen-ids resume` lets it go on")
    assert (over.condition, over.waiting_for, over.paused_by) == ("running", None, None)


def test_a_cancelled_run_that_has_not_ended_says_so(sqlite_database: str) -> None:
    """It stops after its batch."""
    with living_run(sqlite_database, 0) as connection:
        tell_run(sqlite_database, {"cancelled": True})
        told = running_sentence(running(connection))

    assert told.endswith("; it is to stop after its batch")


def test_whoever_holds_the_table_is_named(postgresql_database: str) -> None:
    """Also where the run has not noticed yet, and by the name that its application has."""
    with (
        living_run(postgresql_database, 18) as connection,
        make_engine(f"{postgresql_database}&application_name=psql").connect() as other,
    ):
        other.exec_driver_sql(f"LOCK TABLE {TABLE}").close()
        pid = other.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
        found = running(connection)

    assert (found.condition, found.for_seconds) == ("waiting", 18.0)
    assert running_sentence(found) == (
        f"Run 1 waits for 18 s; in its way: server process {pid} (psql, idle in transaction); 600 rows done"
    )


def test_another_writer_of_a_file_is_seen(sqlite_database: str) -> None:
    """Who that is, SQLite does not tell; a run that has just saved is not said to wait."""
    with living_run(sqlite_database, 12) as connection, make_engine(sqlite_database).connect() as other:
        free = running(connection)
        other.exec_driver_sql("BEGIN IMMEDIATE")
        found = running(connection)

    assert free.condition == "running"
    assert running_sentence(found) == (
        "Run 1 waits for 12 s; in its way: another connection, which holds the file's write lock; 600 rows done"
    )


def test_whoever_holds_a_row_is_named_while_the_run_waits_for_it(postgresql_database: str) -> None:
    """The run is seen to wait for that session; when it goes, the run goes on."""
    insert_plain(postgresql_database, 2)
    with ThreadPoolExecutor(1) as pool, row_held(postgresql_database, "00000002") as holder:
        pid, run = holder.info.backend_pid, pool.submit(run_with, postgresql_database, Hand())
        wait_until(lambda: last_run(postgresql_database, "waiting_for") != (None,))
        with make_engine(postgresql_database).connect() as connection:
            found = read_running(connection)
        holder.rollback()
        report = run.result()

    assert found is not None
    assert [blocker.pid for blocker in found.blockers] == [pid]
    assert (found.waiting_for, report.synced) == ("rows are locked by somebody else", 1)
