"""Blockers: which sessions keep a run waiting, as far as a database tells. Reads only, and waits for nobody."""

import sqlite3
import time
from contextlib import closing, nullcontext
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from app.database.urls import sqlite_file

LOOK_SECONDS: Final = 1.3
"""A run tries again at least once a second, and waits for a lock each time."""
POLL_SECONDS: Final = 0.05
LOOKS_AT_A_FILE: Final = 6
"""Looks at a SQLite file's lock: a run holds it for milliseconds, a session that keeps the run waiting all the time."""

TABLE_LOCKS: Final = sa.text("""
SELECT DISTINCT other.pid, coalesce(other.application_name, ''), coalesce(other.state, '')
FROM pg_locks AS held JOIN pg_stat_activity AS other USING (pid)
WHERE held.database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND held.mode IN ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
    AND held.relation IN (
        SELECT relid FROM pg_partition_tree(to_regclass(:table)) UNION SELECT CAST(to_regclass(:table) AS oid)
    )
    AND coalesce(other.application_name, '') <> :name
ORDER BY 1
""")
"""Sessions that hold a lock of the table, or of a part of it, with which no row of it can be written; or that wait for
one, since whoever comes later waits behind them."""
ROW_LOCKS: Final = sa.text("""
SELECT DISTINCT other.pid, coalesce(other.application_name, ''), coalesce(other.state, '')
FROM pg_stat_activity AS own
    CROSS JOIN LATERAL unnest(pg_blocking_pids(own.pid)) AS blocking (pid)
    JOIN pg_stat_activity AS other ON other.pid = blocking.pid
WHERE own.datname = current_database() AND own.application_name = :name AND own.wait_event_type = 'Lock'
    AND coalesce(other.application_name, '') <> :name
ORDER BY 1
""")
"""Sessions of others for which one of the run's own sessions waits at this moment."""


@dataclass(frozen=True, kw_only=True)
class Blocker:
    """A session that keeps a run waiting."""

    pid: int | None
    """The server's process id; None for another connection to a SQLite file."""
    application_name: str
    state: str
    """What the server says it does: `active`, `idle in transaction`, …"""


WRITER_OF_FILE: Final = Blocker(pid=None, application_name="", state="")
"""Another connection to a SQLite file: whose, nobody tells."""


def find_blockers(connection: sa.Connection, table: str, run_name: str, *, is_waiting: bool) -> tuple[Blocker, ...]:
    """Return who keeps a run from writing the table. `run_name` is what the sessions of the run are called.

    Who holds the table is known at once. For who holds a row or a SQLite file, looks for about a second, and only if
    the run seems to wait.
    """
    if connection.dialect.name == "postgresql":
        return _in_postgresql(connection, {"table": table, "name": run_name}, is_waiting=is_waiting)
    file = sqlite_file(connection.engine.url)
    return (WRITER_OF_FILE,) if is_waiting and file is not None and _is_locked(str(file)) else ()


def table_holders(connection: sa.Connection, table: str) -> tuple[Blocker, ...]:
    """Return who holds the table of a PostgreSQL database so that rows cannot be written."""
    return _sessions(connection, TABLE_LOCKS, {"table": table, "name": ""})


def _in_postgresql(connection: sa.Connection, values: dict[str, str], *, is_waiting: bool) -> tuple[Blocker, ...]:
    found = _sessions(connection, TABLE_LOCKS, values)
    deadline = time.monotonic() + (LOOK_SECONDS if is_waiting else 0)
    while not found and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
        found = _sessions(connection, ROW_LOCKS, {"name": values["name"]})
    return found


def _sessions(connection: sa.Connection, statement: sa.TextClause, values: dict[str, str]) -> tuple[Blocker, ...]:
    """Return sessions as they are at this moment; within a transaction, as they were at its first look."""
    with nullcontext() if connection.in_transaction() else connection.begin():
        rows = connection.execute(statement, values).all()
    return tuple(Blocker(pid=pid, application_name=name, state=state) for pid, name, state in rows)


def _is_locked(file: str) -> bool:
    """Tell whether another connection holds the write lock all of the time. Takes it for a moment if it is free."""
    with closing(sqlite3.connect(f"file:{file}?mode=rw", uri=True, timeout=0, isolation_level=None)) as own:
        for _ in range(LOOKS_AT_A_FILE):
            try:
                own.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                if getattr(error, "sqlite_errorcode", 0) & 0xFF != sqlite3.SQLITE_BUSY:
                    return False
            else:
                own.execute("ROLLBACK")
                return False
            time.sleep(POLL_SECONDS)
    return True
