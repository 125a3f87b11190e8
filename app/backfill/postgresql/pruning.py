"""Pruning: which session keeps PostgreSQL from clearing old versions of rows off their pages. Reads only.

A stride needs the room that the one before it has left. PostgreSQL gives that room away only when no transaction in
the database may still see what was there: an open report, a transaction that has written, or an ANALYZE.
"""

import logging
from datetime import datetime
from typing import Final, NamedTuple

import sqlalchemy as sa

from app.database.events import Seldom

HOLDERS: Final = sa.text("""
SELECT a.pid, coalesce(nullif(a.application_name, ''), a.backend_type, 'no application name'),
    coalesce(CAST(a.backend_xmin AS text), '') || ' ' || coalesce(CAST(a.backend_xid AS text), ''), now()
FROM pg_stat_activity a
WHERE a.datname = current_database() AND a.pid <> pg_backend_pid()
    AND (a.backend_xmin IS NOT NULL OR a.backend_xid IS NOT NULL)
    AND coalesce(a.application_name, '') <> current_setting('application_name')
    AND NOT EXISTS (SELECT FROM pg_stat_progress_vacuum v WHERE v.pid = a.pid)
ORDER BY greatest(age(a.backend_xmin), age(a.backend_xid)) DESC, a.pid
""")
"""Sessions of others with a snapshot or a transaction number, the oldest first. A VACUUM holds nothing back."""

logger = logging.getLogger(__name__)


class Holder(NamedTuple):
    """A session that holds versions of rows back, and its oldest snapshot and transaction."""

    pid: int
    name: str
    numbers: str


class Pruning:
    """Logs, once a minute at most, which session has held back pruning since the last look. Several workers share it.

    Only what has stood there at two looks is told: a session with the same snapshot or transaction as before.
    """

    def __init__(self) -> None:
        """Start without having seen anybody."""
        self._seen: frozenset[Holder] = frozenset()
        self._looked_at: datetime | None = None
        self._seldom = Seldom()

    def look(self, connection: sa.Connection) -> None:
        """Look who is there; in the transaction of the last look nothing is compared, since the server would repeat."""
        rows = connection.execute(HOLDERS).all()
        found = [Holder(*row[:3]) for row in rows]
        looked_at = rows[0][3] if rows else None
        held = [holder for holder in found if holder in self._seen and looked_at != self._looked_at]
        self._seen, self._looked_at = frozenset(found), looked_at
        if held and self._seldom.is_due():
            logger.info(
                "server process %d (%s) keeps old versions of rows: its transaction makes table and WAL grow more",
                held[0].pid,
                held[0].name,
            )
