"""The lock of an upgrade: who holds it, how it is waited for, and what the server may not end or remember for it."""

import logging
import os
import socket
import types
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from app.database import lock
from app.database.engines import make_engine
from app.database.errors import AnotherRunIsActiveError
from app.database.lock import LOCK_FILE_SUFFIX, LOCK_KEY, only_one
from tests.conftest import Databases
from tests.support.processes import wait_until
from tests.support.tables import query, sqlite_path

HELD = "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE"


def holder_of(url: str) -> str:
    """Return who is said to hold the lock."""
    with pytest.raises(AnotherRunIsActiveError) as caught, only_one(make_engine(url), 0):
        pass
    return caught.value.holder


@pytest.fixture
def two(databases_of_kind: dict[str, Databases]) -> tuple[str, str]:
    """The URLs of two databases of one server."""
    made = databases_of_kind["postgresql-18"]
    return made.empty(), made.empty()


def test_the_holder_is_named_by_process_program_and_time(two: tuple[str, str]) -> None:
    """That of this database: another one has a lock of its own."""
    other, url = two
    with only_one(make_engine(f"{other}&application_name=other"), 0), only_one(make_engine(url), 0):
        (process,) = query(url, f"{HELD} datname = current_database())")
        said = holder_of(url).partition(", since 20")
        elsewhere = holder_of(other)

    program = f"media-gen-ids {socket.gethostname()}:{os.getpid()}"
    assert said[:2] == (f"server process {process[0]}, {program}, local", ", since 20")
    assert (", other, local, since" in elsewhere, len(said[2])) == (True, len("26-11-24 14:30:00+00:00"))


def test_a_program_without_a_name_holds_it_too(two: tuple[str, str]) -> None:
    """As psql can be told to."""
    with make_engine(two[0]).begin() as connection:
        connection.exec_driver_sql("SET application_name = ''")
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK_KEY})")

        assert ", no application name, local, since" in holder_of(two[0])


def test_the_server_does_not_end_what_holds_it(two: tuple[str, str]) -> None:
    """Whatever it does to transactions that stand idle, or last long."""
    impatient = "-cidle_in_transaction_session_timeout%3D100%20-ctransaction_timeout%3D100"
    old = "SELECT bool_or(now() - xact_start > '300 ms') FROM pg_stat_activity WHERE state = 'idle in transaction'"

    with only_one(make_engine(f"{two[0]}&options={impatient}"), 0):
        wait_until(lambda: bool(query(two[1], old)[0][0]), 10)

        assert "media-gen-ids" in holder_of(two[0])


def test_nobody_who_holds_it_or_waits_for_it_keeps_a_snapshot(
    two: tuple[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    """CREATE INDEX CONCURRENTLY would wait for that."""
    caplog.set_level(logging.INFO)
    kept = "SELECT count(*) FROM pg_stat_activity WHERE backend_xmin IS NOT NULL AND pid <> pg_backend_pid()"

    def wait() -> str:
        with only_one(make_engine(two[0]), 60):
            return "had it"

    with ThreadPoolExecutor(1) as pool:
        with only_one(make_engine(two[0]), 0):
            waiting = pool.submit(wait)
            wait_until(lambda: "waiting up to 60 s" in caplog.text, 60)
            wait_until(lambda: query(f"{two[1]}&application_name=looks", kept) == [(0,)], 10)

        assert waiting.result(timeout=60) == "had it"


def test_a_connection_that_is_lost_takes_the_lock_and_not_the_work(
    two: tuple[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    """Said in a line, since another one may have begun meanwhile."""
    caplog.set_level(logging.INFO)

    with only_one(make_engine(two[0]), 0):
        query(two[0], f"SELECT pg_terminate_backend(pid) FROM ({HELD} datname = current_database())) AS held")

    assert [message.partition(": ")[0] for message in caplog.messages] == ["the lock was lost with its connection"]


class Time:
    """Time that passes while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 100.0
        self.sleeps: list[float] = []

    def monotonic(self) -> float:
        """Return the time."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Let it pass."""
        self.sleeps.append(seconds)
        self.now += seconds


def test_it_is_tried_often_at_first_and_later_once_a_second(
    sqlite_database: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """For as long as was asked for, and no longer; who holds it is said once."""
    caplog.set_level(logging.INFO)
    time = Time()
    monkeypatch.setattr(lock, "time", time)
    monkeypatch.setattr(lock, "random", types.SimpleNamespace(uniform=lambda _low, high: high))
    engine = make_engine(sqlite_database)

    with only_one(engine, 0), pytest.raises(AnotherRunIsActiveError) as caught, only_one(engine, 10):
        pass

    assert time.sleeps[:9] == pytest.approx([0.05 * 1.5**step for step in range(8)] + [1.0])
    assert (caught.value.waited_seconds, sum(time.sleeps), max(time.sleeps)) == pytest.approx((10.0, 10.0, 1.0))
    assert caplog.messages == [f"waiting up to 10 s for another upgrade or sync ({caught.value.holder})"]


@pytest.mark.parametrize("named", ["", " \n"])
def test_a_lock_file_without_a_name_says_that_the_holder_is_unknown(sqlite_database: str, named: str) -> None:
    """Its holder may not have written it yet."""
    with only_one(make_engine(sqlite_database), 0):
        sqlite_path(f"{sqlite_database}{LOCK_FILE_SUFFIX}").write_text(named)

        assert holder_of(sqlite_database) == "holder unknown"


def test_another_version_finds_the_same_lock(sqlite_database: str, two: tuple[str, str]) -> None:
    """Its key, and the name of its file, never change."""
    with only_one(make_engine(sqlite_database), 0), make_engine(two[0]).connect() as connection:
        there = sqlite_path(f"{sqlite_database}.media-gen-ids.lock").exists()
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(7308604895331905638)"))

        assert (there, holder_of(two[0]).startswith("server process ")) == (True, True)
