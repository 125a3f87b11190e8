"""Other writers: whether anybody else wrote to a PostgreSQL server, from the numbers (xid) of transactions.

Every transaction that writes gets the next number, whatever database of the server it is in. If the server has given
out as many as a run has made transactions itself, nobody else has written.
"""

from typing import Final

import sqlalchemy as sa

NUMBERS: Final = sa.text("""
SELECT CAST(CAST(pg_snapshot_xmin(now) AS text) AS bigint), CAST(CAST(pg_snapshot_xmax(now) AS text) AS bigint)
FROM pg_current_snapshot() AS now
""")
"""The oldest unfinished transaction, and the next number to be given out: equal while nobody is writing."""
OLDEST: Final = sa.text("SELECT CAST(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS xid) AS text)")


def oldest_unfinished(connection: sa.Connection) -> str:
    """Return the number of the oldest unfinished transaction: every one before it has been committed, or undone."""
    return str(connection.execute(OLDEST).scalar_one())


class Quiet:
    """Detects other writers on a server from its construction on."""

    def __init__(self, connection: sa.Connection) -> None:
        """Note the next transaction number; none while somebody is writing, who may commit at any time."""
        oldest, following = connection.execute(NUMBERS).one()
        self._first: int | None = following if oldest == following else None

    def lasts(self, connection: sa.Connection, own: int) -> bool:
        """Return True only if certainly no transaction has written besides `own` ones of this run."""
        if self._first is None:
            return False
        _, following = connection.execute(NUMBERS).one()
        return bool(following == self._first + own)
