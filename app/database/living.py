"""Living: whether the process that has started a run still works on it, as far as its database tells. Reads only."""

from typing import Final

import sqlalchemy as sa

from app.database.engines import session_name
from app.database.lock import is_held

SESSIONS_AT_WORK: Final = sa.text("""
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND application_name = :name AND pid <> pg_backend_pid()
    AND (coalesce(state, '') <> 'idle' OR state_change > clock_timestamp() - interval '5 seconds')
""")
"""Sessions with a name, but for those that rest: a run looks for orders twice a second, and a pooler keeps sessions of
processes that have ended. Of another user's sessions the server tells the name alone."""


def lives(connection: sa.Connection, host: str, process: int) -> bool:
    """Tell whether a process holds the lock of the connection's database, or has sessions there that work.

    A run outlives the connection that holds its lock: a restart of the server ends that, and the run goes on without.
    On SQLite the lock file alone tells. True where that is unknown.
    """
    if is_held(connection) is not False:
        return True
    if connection.dialect.name != "postgresql":
        return False
    name = session_name(host, process)
    return bool(connection.execute(SESSIONS_AT_WORK, {"name": name}).scalar_one())
