"""SQLite files in WAL mode: commits that do not wait for the disk, and checkpoints beside the run's own work."""

import sqlite3
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from app.backfill.sqlite.log_file import logged

CHECKPOINT_PAGES: Final = 500
"""So many pages of the log (2 MB) are copied into the file together; fewer are not worth two waits for the disk."""
LONGEST_LOG: Final = 4_000
"""Pages of the log (16 MB) from which on a commit copies them by itself, as SQLite does from 1,000 on."""
CACHE_KIB: Final = 8_192
"""Large enough to keep the pages of a window from its reading to its filling; SQLite's own 2 MB are not."""


class Checkpoints:
    """Copies committed pages from the log into the file, on a thread and a connection of its own.

    SQLite would do it within the commit, and the run would wait for the disk. Here it goes on while the next rows are
    read. It hinders nobody: a passive checkpoint waits neither for readers nor for writers.
    """

    def __init__(self, path: str) -> None:
        """Open the file. Raises sqlite3.Error if it cannot be opened as an ordinary one."""
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="checkpoints")
        self._running: Future[None] | None = None
        self._log = Path(f"{path}-wal")
        self._salts, self._copied = b"", 0
        try:
            self._connection = self._thread.submit(_open, path).result()
        except sqlite3.Error:
            self._thread.shutdown()
            raise

    def start(self) -> None:
        """Start a checkpoint if it is worth it. The one before has been waited for: nothing is written without that."""
        if self._pages() >= CHECKPOINT_PAGES:
            self._running = self._thread.submit(self._copy)

    def wait(self) -> None:
        """Wait for the checkpoint that was started: SQLite begins the log anew only when all of it has been copied."""
        if self._running is not None:
            self._running.result()
            self._running = None

    def close(self) -> None:
        """Wait for the last checkpoint and end."""
        self.wait()
        self._thread.submit(self._connection.close).result()
        self._thread.shutdown()

    def _pages(self) -> int:
        """Return how many pages of the log no checkpoint here has copied; enough for one where nobody can tell."""
        try:
            salts, pages = logged(self._log)
        except OSError:
            return CHECKPOINT_PAGES
        if salts != self._salts:
            self._salts, self._copied = salts, 0
        return pages - self._copied

    def _copy(self) -> None:
        with suppress(sqlite3.Error):  # as after a commit: what was not copied is copied by a later checkpoint
            _, _, self._copied = self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()


@contextmanager
def relaxed(connection: sa.Connection) -> Iterator[Checkpoints | None]:
    """Let a SQLite file in WAL mode commit without waiting for the disk, on this connection and within this block.

    A power cut may undo the last batches, in order, and a rerun does them again; the file cannot be damaged. The
    first commit after the block waits for all of them. Yields what makes the checkpoints; None where commits make them
    themselves. Any other database is left as it is.
    """
    if connection.dialect.name != "sqlite" or _pragma(connection, "journal_mode") != "wal":
        yield None
        return
    with ExitStack() as stack:
        checkpoints = _checkpoints(connection)
        if checkpoints:
            stack.enter_context(closing(checkpoints))
            stack.enter_context(_pragma_set(connection, "wal_autocheckpoint", str(LONGEST_LOG)))
        stack.enter_context(_pragma_set(connection, "synchronous", "NORMAL"))
        stack.enter_context(_pragma_set(connection, "cache_size", str(-CACHE_KIB)))
        yield checkpoints


@contextmanager
def _pragma_set(connection: sa.Connection, name: str, value: str) -> Iterator[None]:
    before = _pragma(connection, name)
    _pragma(connection, f"{name} = {value}")
    try:
        yield
    finally:
        _pragma(connection, f"{name} = {before}")


def _checkpoints(connection: sa.Connection) -> Checkpoints | None:
    """Open the file of a connection a second time; None where that is not the plain file that it seems to be."""
    if not isinstance(connection.connection.driver_connection, sqlite3.Connection):
        return None  # another driver, which may encrypt the file
    with suppress(sqlite3.Error):
        return Checkpoints(_path(connection))
    return None


def _open(path: str) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()  # only this reads the file
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _path(connection: sa.Connection) -> str:
    with connection.begin():
        databases = connection.exec_driver_sql("PRAGMA database_list")
        return next(str(path) for _, name, path in databases if name == "main")


def _pragma(connection: sa.Connection, text: str) -> object:
    with connection.begin():
        result = connection.exec_driver_sql(f"PRAGMA {text}")
        return result.scalar() if result.returns_rows else None
