"""One upgrade or sync at a time, whatever machine it runs on.

PostgreSQL: a transaction-level advisory lock, held by an open transaction on a connection of its own. A session-level
lock would be stranded behind a transaction pooler. The lock is polled, since a blocking call would hold a snapshot, for
whose end CREATE INDEX CONCURRENTLY waits; the key is a literal, since a bound key would hold a snapshot too.
SQLite: a lock file beside the database, released by the operating system when its process ends.
"""

import contextlib
import logging
import os
import random
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from app.database.errors import AnotherRunIsActiveError, LockFileError
from app.database.events import Seldom, event
from app.database.readable_errors import first_line
from app.database.timestamps import format_timestamp, now
from app.database.urls import sqlite_file

LOCK_KEY: Final = 7_308_604_895_331_905_638
"""An arbitrary number that must never change. Advisory locks are per database, so one key is enough."""
LOOK_SECONDS: Final = 0.05
"""How long one attempt to lock the file lasts, in seconds: longer than `is_held` keeps the file locked to test it."""
LOCK_FILE_SUFFIX: Final = ".media-gen-ids.lock"
TRANSACTION_TIMEOUT: Final = (17,)
"""The first version of PostgreSQL with `transaction_timeout`, which ends transactions that last too long."""
FIRST_POLL_SECONDS: Final = 0.05
LONGEST_POLL_SECONDS: Final = 1.0

logger = logging.getLogger(__name__)


@contextmanager
def only_one(engine: sa.Engine, wait_seconds: float) -> Iterator[bool]:
    """Hold the lock of the engine's database while the block runs; yield whether somebody else had to be waited for.

    Waits up to `wait_seconds` for another holder and logs who that is. Raises AnotherRunIsActiveError after that.
    A database in memory, or of a kind that has no such lock here, is not locked.
    """
    if engine.dialect.name == "postgresql":
        with _advisory_lock(engine, wait_seconds) as has_waited:
            yield has_waited
    elif path := sqlite_file(engine.url):
        with _lock_file(path, wait_seconds) as has_waited:
            yield has_waited
    else:
        yield False


def is_held(connection: sa.Connection) -> bool | None:
    """Tell whether somebody holds the lock of the connection's database; None where that is unknown.

    Takes no advisory lock. A lock file is locked for an instant to test it; an attempt to take the lock waits longer
    than that (LOOK_SECONDS).
    """
    if connection.dialect.name == "postgresql":
        return _advisory_holder(connection) is not None
    path = sqlite_file(connection.engine.url)
    return None if path is None else _is_locked(_lock_path(path))


@contextmanager
def _advisory_lock(engine: sa.Engine, wait_seconds: float) -> Iterator[bool]:
    connection = engine.connect()
    try:
        _never_time_out(connection)
        yield _wait_for(lambda: _try_advisory_lock(connection), lambda: _describe_holder(connection), wait_seconds)
    finally:
        _let_go(connection)


def _never_time_out(connection: sa.Connection) -> None:
    """Keep the server from ending the transaction that holds the lock: it lasts as long as the work does."""
    connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")
    if (connection.dialect.server_version_info or ()) >= TRANSACTION_TIMEOUT:
        connection.exec_driver_sql("SET LOCAL transaction_timeout = 0")


def _let_go(connection: sa.Connection) -> None:
    """End the transaction that holds the lock. A lost connection is logged, not raised: the work is done already."""
    try:
        connection.rollback()
    except DBAPIError as error:
        logger.info("the lock was lost with its connection: %s", first_line(error.orig or error))
    finally:
        connection.close()


def _try_advisory_lock(connection: sa.Connection) -> bool:
    return bool(connection.exec_driver_sql(f"SELECT pg_try_advisory_xact_lock({LOCK_KEY})").scalar_one())


def _advisory_holder(connection: sa.Connection) -> Sequence[Any] | None:
    """Return the holder's process id, application, address and start; None if this user sees no holder."""
    holder = (
        "SELECT a.pid, a.application_name, CAST(a.client_addr AS text), date_trunc('second', a.xact_start)"
        " FROM pg_locks l JOIN pg_stat_activity a USING (pid)"
        " WHERE l.locktype = 'advisory' AND l.granted AND l.database ="
        " (SELECT oid FROM pg_database WHERE datname = current_database())"
        " AND (CAST(l.classid AS bigint) << 32) + CAST(l.objid AS bigint) = :key"
    )
    key: sa.BindParameter[int] = sa.bindparam(
        "key", LOCK_KEY, literal_execute=True
    )  # with a bound key, the query would leave a snapshot behind
    return connection.execute(sa.text(holder).bindparams(key)).first()


def _describe_holder(connection: sa.Connection) -> str:
    row = _advisory_holder(connection)
    if row is None:
        return "holder unknown"
    return f"server process {row[0]}, {row[1] or 'no application name'}, {row[2] or 'local'}, since {row[3]}"


@contextmanager
def _lock_file(database: Path, wait_seconds: float) -> Iterator[bool]:
    """Hold the lock file beside the database file. Symbolic links to one database share its lock file."""
    path = _lock_path(database)
    with ExitStack() as held:
        has_waited = _wait_for(lambda: _try_lock_file(path, held), lambda: _file_holder(path), wait_seconds)
        with contextlib.suppress(OSError):  # the holder's name only serves messages
            path.write_text(f"process {os.getpid()} on {socket.gethostname()} since {format_timestamp(now())}\n")
        yield has_waited


def _lock_path(database: Path) -> Path:
    return Path(os.path.realpath(database) + LOCK_FILE_SUFFIX)


def _is_locked(path: Path) -> bool | None:
    """Tell whether somebody holds a lock file; None where the system has no shared locks, or refuses one."""
    try:
        import fcntl  # noqa: PLC0415  # not on Windows

        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    except (ImportError, OSError):
        return None
    return False


def _try_lock_file(path: Path, held: ExitStack) -> bool:
    """Take the lock until `held` is closed; return False if somebody else holds the lock. Raises LockFileError."""
    from filelock import FileLock, Timeout  # noqa: PLC0415  # loads asyncio, and most runs take no lock file

    lock = FileLock(path)
    try:
        lock.acquire(timeout=LOOK_SECONDS, poll_interval=LOOK_SECONDS / 5)
    except Timeout:
        return False
    except PermissionError as error:
        return _try_lock_for_reading(path, held, error)
    except OSError as error:
        raise LockFileError(str(path), error.strerror or str(error)) from error
    held.callback(lock.release)
    return True


def _try_lock_for_reading(path: Path, held: ExitStack, refused: PermissionError) -> bool:
    """Take the lock as `_try_lock_file` does, on another user's file that can only be read. Raises LockFileError."""
    problem = refused.strerror or str(refused)
    try:
        import fcntl  # noqa: PLC0415  # not on Windows

        file = held.enter_context(path.open("rb"))
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except (ImportError, OSError) as error:
        raise LockFileError(str(path), problem) from error
    return True


def _file_holder(path: Path) -> str:
    try:
        return path.read_text(errors="replace").strip() or "holder unknown"
    except OSError:
        return "holder unknown"


def _tell_of_wait(holder: str, seconds: float) -> None:
    facts = event("waiting", reason="another upgrade or sync", holder=holder, seconds=round(seconds, 1))
    logger.info("waiting up to %.0f s for another upgrade or sync (%s)", seconds, holder, extra=facts)


def _wait_for(attempt: Callable[[], bool], holder: Callable[[], str], wait_seconds: float) -> bool:
    """Repeat `attempt` until it returns True, with pauses that grow to a second; return whether it was not at once.

    Raises AnotherRunIsActiveError.
    """
    started = time.monotonic()
    pause, seldom = FIRST_POLL_SECONDS, Seldom()
    has_waited = False
    while not attempt():
        has_waited = True
        waited = time.monotonic() - started
        if waited >= wait_seconds:
            raise AnotherRunIsActiveError(holder(), waited)
        if seldom.is_due():
            _tell_of_wait(holder(), wait_seconds - waited)
        time.sleep(min(pause * random.uniform(0.5, 1.0), wait_seconds - waited))  # noqa: S311  # not a secret
        pause = min(pause * 1.5, LONGEST_POLL_SECONDS)
    return has_waited
