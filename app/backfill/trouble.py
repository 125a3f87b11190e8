"""Trouble: what an error of the database means for the batch that met it."""

import sqlite3
from enum import Enum

from sqlalchemy.exc import DBAPIError

SERIALIZATION_FAILURE, DEADLOCK, LOCK_NOT_AVAILABLE, STATEMENT_TIMEOUT = "40001", "40P01", "55P03", "57014"
BUSY_SQLSTATES = frozenset({SERIALIZATION_FAILURE, DEADLOCK, LOCK_NOT_AVAILABLE, STATEMENT_TIMEOUT})
LOST_CLASSES = ("08", "57")
"""Connection lost; the server stops, crashed or starts."""
VALUE_CLASSES = ("21", "22", "23", "27", "44", "54", "P0")
"""The row itself is refused: bad data, a constraint, a trigger that raises, a limit."""
BUSY_SQLITE = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
VALUE_SQLITE = (sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_TOOBIG, sqlite3.SQLITE_MISMATCH)


class Trouble(Enum):
    """What to do about an error."""

    BUSY = "rows are locked by somebody else"
    """Try again, then with fewer rows."""
    LOCKED = "the database is locked by somebody else"
    """Try again; fewer rows would not help."""
    LOST = "the connection is lost"
    """Connect again."""
    ROW = "a row is refused"
    """Split, down to the row that is to blame."""
    FATAL = "the database cannot go on"
    """Nothing that a retry or a split could mend."""


def trouble(error: DBAPIError) -> Trouble:
    """Return what an error of the database means."""
    if error.connection_invalidated:
        return Trouble.LOST
    if isinstance(error.orig, sqlite3.Error):
        return _of_sqlite(getattr(error.orig, "sqlite_errorcode", 0) & 0xFF)  # the primary code
    return _of_sqlstate(getattr(error.orig, "sqlstate", None))


def _of_sqlite(code: int) -> Trouble:
    if code in BUSY_SQLITE:
        return Trouble.LOCKED
    return Trouble.ROW if code in VALUE_SQLITE else Trouble.FATAL


def _of_sqlstate(sqlstate: str | None) -> Trouble:
    if sqlstate is None:
        return Trouble.LOST  # the driver's own error: no server answered
    if sqlstate in BUSY_SQLSTATES:
        return Trouble.BUSY
    if sqlstate.startswith(LOST_CLASSES):
        return Trouble.LOST
    return Trouble.ROW if sqlstate.startswith(VALUE_CLASSES) else Trouble.FATAL
