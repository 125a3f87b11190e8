"""Replicas: how far PostgreSQL's streaming replicas are behind, in seconds.

pg_stat_replication.replay_lag stands still when a replica stops replaying; so the lag is measured here: the time since
the primary was at the WAL position that the slowest replica has replayed.
"""

import time
from collections import deque

import sqlalchemy as sa

POSITIONS = (
    "SELECT pg_current_wal_lsn() - '0/0'::pg_lsn, min(replay_lsn - '0/0'::pg_lsn) FROM pg_stat_replication"
    " WHERE state = 'streaming'"
)


class ReplicaLag:
    """Measures the lag of the slowest replica. Reads only."""

    def __init__(self) -> None:
        """Start without a sample."""
        self._samples: deque[tuple[float, int]] = deque()

    def seconds(self, connection: sa.Connection) -> float:
        """Return the lag in seconds; 0 where there is no replica, none that this user may see, or no lag."""
        written, replayed = connection.exec_driver_sql(POSITIONS).one()
        now = time.monotonic()
        if replayed is None:
            self._samples.clear()
            return 0.0
        while self._samples and self._samples[0][1] <= replayed:
            self._samples.popleft()
        if not self._samples or self._samples[-1][1] < written:
            self._samples.append((now, int(written)))
        return now - self._samples[0][0] if self._samples[0][1] > replayed else 0.0
