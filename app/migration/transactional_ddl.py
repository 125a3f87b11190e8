"""Transactional DDL on SQLite: a revision and its version stamp are committed together, or not at all.

Python's driver begins a transaction before INSERT, UPDATE and DELETE, but not before CREATE, ALTER and DROP: each would
be committed by itself, and a process killed between two of them leaves what the next upgrade trips over. (Source:
Python's `sqlite3` documentation, "Transaction control".)
"""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from app.migration.live_ddl import wait_for_lock

WRITING = ("CREATE", "ALTER", "DROP", "INSERT", "UPDATE", "DELETE")


@contextmanager
def transactional_ddl(connection: sa.Connection) -> Iterator[None]:
    """Begin a transaction on a SQLite connection before the first statement that writes, while the block runs.

    It takes the write lock at once, and waits for it for a minute: nothing is half done when it is not free. What only
    reads takes none. Does nothing in autocommit mode, within a transaction, or on another database. The statement
    raises what app.migration.live_ddl.wait_for_lock does.
    """
    if connection.dialect.name != "sqlite":
        yield
        return
    sa.event.listen(connection, "before_cursor_execute", _begin_before_writing)
    try:
        yield
    finally:
        sa.event.remove(connection, "before_cursor_execute", _begin_before_writing)


def _begin_before_writing(connection: sa.Connection, _cursor: object, statement: str, *_others: object) -> None:
    driver = connection.connection.driver_connection
    in_autocommit_mode = getattr(driver, "isolation_level", None) is None
    if in_autocommit_mode or getattr(driver, "in_transaction", False):
        return
    if statement.lstrip().upper().startswith(WRITING):
        wait_for_lock(lambda: connection.exec_driver_sql("BEGIN IMMEDIATE"))
