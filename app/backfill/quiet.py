"""Quiet: whether anybody else has written to a PostgreSQL server meanwhile, told by the numbers of transactions.

Every transaction that writes gets the next number, whatever database of the server it is in. If the server has given
out as many as a run has made transactions itself, nobody else has written.
"""

from typing import Final

import sqlalchemy as sa

NEXT_IF_QUIET: Final = sa.text("""
SELECT CASE WHEN pg_snapshot_xmin(now) = pg_snapshot_xmax(now)
    THEN CAST(CAST(pg_snapshot_xmax(now) AS text) AS bigint) END
FROM pg_current_snapshot() AS now
""")
NEXT: Final = sa.text("SELECT CAST(CAST(pg_snapshot_xmax(pg_current_snapshot()) AS text) AS bigint)")


class Quiet:
    """Watches a server from now on."""

    def __init__(self, connection: sa.Connection) -> None:
        """Note the number that comes next; none while somebody is writing, who may be finished at any time."""
        self._first: int | None = connection.execute(NEXT_IF_QUIET).scalar_one()

    def lasts(self, connection: sa.Connection, own: int) -> bool:
        """Tell whether certainly nobody has finished a transaction that wrote, besides `own` transactions of ours."""
        return self._first is not None and int(connection.execute(NEXT).scalar_one()) - self._first == own
