"""Transactional DDL on SQLite: a revision and its version stamp are committed together, or not at all.

Python's driver begins a transaction before INSERT, UPDATE and DELETE, but not before CREATE, ALTER and DROP: each would
be committed by itself, and a process killed between two of them leaves what the next upgrade trips over. (Source:
Python's `sqlite3` documentation, "Transaction control".)
"""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

DDL = frozenset({"CREATE", "ALTER", "DROP"})


@contextmanager
def transactional_ddl(connection: sa.Connection) -> Iterator[None]:
    """Begin a transaction on a SQLite connection before its first DDL statement, while the block runs.

    Takes the write lock at once (BEGIN IMMEDIATE), for which SQLite waits as long as the connection's timeout; what
    only reads takes none. Does nothing in autocommit mode, within a transaction, or on another database.
    """
    if connection.dialect.name != "sqlite":
        yield
        return
    sa.event.listen(connection, "before_cursor_execute", _begin_before_ddl)
    try:
        yield
    finally:
        sa.event.remove(connection, "before_cursor_execute", _begin_before_ddl)


def _begin_before_ddl(connection: sa.Connection, _cursor: object, statement: str, *_others: object) -> None:
    driver = connection.connection.dbapi_connection
    in_autocommit_mode = getattr(driver, "isolation_level", None) is None
    if in_autocommit_mode or getattr(driver, "in_transaction", False):
        return
    if statement.split(maxsplit=1)[0].upper() in DDL:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
