"""Throttle: the pause between two batches: kindness to others, and waiting for replicas."""

from collections.abc import Callable
from typing import Final

from app.backfill.options import Options
from app.backfill.patience import Patience
from app.backfill.postgresql.replica_lag import ReplicaLag
from app.backfill.transactions import Transactions
from app.signals import StopRequest

LAG_POLL_SECONDS: Final = 0.5


class Throttle:
    """Makes one worker wait between its batches."""

    def __init__(
        self,
        options: Options,
        stop: StopRequest,
        patience: Patience,
        transactions: Transactions,
        tell: Callable[[str], None],
    ) -> None:
        """Take what was asked for, what ends a wait, the worker's connection, and who is told why it waits."""
        self._nice = options.nice
        self._allowed_lag = options.max_replica_lag
        self._stop = stop
        self._patience = patience
        self._transactions = transactions
        self._tell = tell
        self._lag = ReplicaLag()

    def pause(self, batch_seconds: float) -> None:
        """Wait as long as was asked for after a batch that took so long. Raises Stopped or Rewound if the run ends."""
        self._patience.check()
        self._stop.wait(self._nice * batch_seconds)
        while self._allowed_lag is not None and self._replicas_lag(self._allowed_lag):
            self._stop.wait(LAG_POLL_SECONDS)
            self._patience.check()

    def _replicas_lag(self, allowed_seconds: float) -> bool:
        lag = self._patience.attempt(self._measure)
        if lag > allowed_seconds:
            self._tell(f"a replica is {lag:.1f} s behind, allowed are {allowed_seconds:g} s")
        return lag > allowed_seconds

    def _measure(self) -> float:
        with self._transactions.read() as connection:
            return self._lag.seconds(connection)
