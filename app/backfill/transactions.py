"""Transactions: short ones on the run's own connection, or savepoints in the transaction of a caller."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

import sqlalchemy as sa

from app.backfill.sqlite.checkpoints import Checkpoints, relaxed
from app.errors import ConfigurationError

LOCK_TIMEOUT: Final = "200ms"
"""How long a batch may wait for a row that is locked; the batch's own rows stay locked while it waits."""
STATEMENT_TIMEOUT: Final = "60s"
TIMEOUTS: Final = {"lock_timeout": LOCK_TIMEOUT, "statement_timeout": STATEMENT_TIMEOUT}
EXACTLY: Final = {"extra_float_digits": "1"}
"""Keys are read as text, and a floating-point number without its last digits would name no row."""
NO_SETTINGS: Final[Mapping[str, str]] = {}


class Transactions:
    """Hands out the run's one connection, inside a transaction for reading or for one batch.

    With `owned_by_caller` the connection is in a transaction that is not ours: nothing is committed, and a batch is a
    savepoint in it.
    """

    def __init__(self, connection: sa.Connection, *, owned_by_caller: bool) -> None:
        """Take the connection. Raises ConfigurationError for a SQLite engine that would never commit."""
        self._connection = connection
        self._owned_by_caller = owned_by_caller
        self._dialect = connection.dialect.name
        self._checkpoints: Checkpoints | None = None
        if not owned_by_caller:
            _refuse_transaction_hooks(connection)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def discard(self) -> None:
        """Close the connection without a word to the server, and keep no pool from opening another in its place."""
        self._connection.invalidate()
        self._connection.close()

    @contextmanager
    def relaxed(self) -> Iterator[None]:
        """Within this block, let a SQLite file in WAL mode commit without waiting for the disk; later commits do."""
        if self._owned_by_caller:
            yield
            return
        with relaxed(self._connection) as checkpoints:
            self._checkpoints = checkpoints
            try:
                yield
            finally:
                self._checkpoints = None

    @contextmanager
    def read(self, settings: Mapping[str, str] = NO_SETTINGS) -> Iterator[sa.Connection]:
        """Yield the connection for reading. `settings` hold for this transaction."""
        if self._owned_by_caller:
            yield self._connection
            return
        with self._connection.begin():
            set_locally(self._connection, TIMEOUTS | EXACTLY | dict(settings))
            yield self._connection

    @contextmanager
    def write(self, settings: Mapping[str, str] = NO_SETTINGS) -> Iterator[sa.Connection]:
        """Yield the connection for one batch, committed at the end of the block, undone if it raises.

        `settings` hold for this transaction. On SQLite the write lock is taken at once: a transaction that starts by
        reading could not be upgraded.
        """
        if self._owned_by_caller:
            with self._connection.begin_nested():
                yield self._connection
            return
        if self._checkpoints:
            self._checkpoints.wait()
        with self._connection.begin():
            if self._dialect == "sqlite":
                self._connection.exec_driver_sql("BEGIN IMMEDIATE")
            set_locally(self._connection, EXACTLY | dict(settings) | TIMEOUTS)
            yield self._connection
        if self._checkpoints:
            self._checkpoints.start()


def set_locally(connection: sa.Connection, settings: Mapping[str, str]) -> None:
    """Change settings for this transaction alone: a pooler may hand the session to somebody else after it."""
    if connection.dialect.name == "postgresql":
        # statements and not set_config(): Citus passes on nothing else to the shards
        connection.exec_driver_sql("; ".join(f"SET LOCAL {name} = '{value}'" for name, value in settings.items()))


def _refuse_transaction_hooks(connection: sa.Connection) -> None:
    """Refuse an engine that opens transactions by itself: every batch would wait for one commit at the end."""
    if connection.dialect.name != "sqlite":
        return
    with connection.begin():
        connection.exec_driver_sql("SELECT 1").close()
        if getattr(connection.connection.dbapi_connection, "in_transaction", False):
            raise ConfigurationError(
                "SQLite engine", "it opens transactions by itself (BEGIN hook or autocommit=False); use a plain one"
            )
