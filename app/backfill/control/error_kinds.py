"""Trouble: what an error of the database means for the batch that met it."""

import sqlite3
from enum import Enum

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, InterfaceError, OperationalError

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
    """End the run: neither a retry nor a split helps."""


def trouble(error: DBAPIError) -> Trouble:
    """Return what an error of the database means."""
    if error.connection_invalidated:
        return Trouble.LOST
    if isinstance(error.orig, sqlite3.Error):
        return _of_sqlite(getattr(error.orig, "sqlite_errorcode", 0) & 0xFF)  # the primary code
    state = sqlstate(error)
    return _without_sqlstate(error) if state is None else _of_sqlstate(state)


def sqlstate(error: DBAPIError) -> str | None:
    """Return PostgreSQL's SQLSTATE of an error, from any driver; None if the error did not come from a server."""
    state = getattr(error.orig, "sqlstate", None) or getattr(error.orig, "pgcode", None)  # psycopg, psycopg2
    fields = next(iter(getattr(error.orig, "args", ())), None)
    if state is None and isinstance(fields, dict):  # pg8000 hands out the fields of the server's answer
        state = fields.get("C")
    return state if isinstance(state, str) else None


def _of_sqlite(code: int) -> Trouble:
    if code in BUSY_SQLITE:
        return Trouble.LOCKED
    return Trouble.ROW if code in VALUE_SQLITE else Trouble.FATAL


def _without_sqlstate(error: DBAPIError) -> Trouble:
    """Return what the driver's own error means: no server answered, or it does not take a value."""
    if isinstance(error, (OperationalError, InterfaceError)):
        return Trouble.LOST
    return Trouble.ROW if isinstance(error, (DataError, IntegrityError)) else Trouble.FATAL


def _of_sqlstate(state: str) -> Trouble:
    if state in BUSY_SQLSTATES:
        return Trouble.BUSY
    if state.startswith(LOST_CLASSES):
        return Trouble.LOST
    return Trouble.ROW if state.startswith(VALUE_CLASSES) else Trouble.FATAL
