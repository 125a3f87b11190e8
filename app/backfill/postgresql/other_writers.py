"""Quiet: whether anybody else has written to a PostgreSQL server meanwhile, told by the numbers of transactions.

Every transaction that writes gets the next number, whatever database of the server it is in. If the server has given
out as many as a run has made transactions itself, nobody else has written.
"""

from typing import Final

import sqlalchemy as sa

NUMBERS: Final = sa.text("""
SELECT CAST(CAST(pg_snapshot_xmin(now) AS text) AS bigint), CAST(CAST(pg_snapshot_xmax(now) AS text) AS bigint)
FROM pg_current_snapshot() AS now
""")
"""The oldest transaction that is not finished, and the next after those that are: the same where nobody is writing."""


class Quiet:
    """Watches a server from now on."""

    def __init__(self, connection: sa.Connection) -> None:
        """Note the number that comes next; none while somebody is writing, who may be finished at any time."""
        oldest, following = connection.execute(NUMBERS).one()
        self._first: int | None = following if oldest == following else None

    def lasts(self, connection: sa.Connection, own: int) -> bool:
        """Tell whether certainly nobody has finished a transaction that wrote, besides `own` transactions of ours."""
        if self._first is None:
            return False
        _, following = connection.execute(NUMBERS).one()
        return bool(following == self._first + own)
