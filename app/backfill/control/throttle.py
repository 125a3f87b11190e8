"""Throttle: the waits between two batches: `nice`, the lag of replicas, and pauses that people want."""

from collections.abc import Callable
from typing import Final

from app.backfill.control.control import Control
from app.backfill.control.retrying import Patience
from app.backfill.control.standby import Standby
from app.backfill.postgresql.replica_lag import ReplicaLag
from app.backfill.transactions import Transactions

LAG_POLL_SECONDS: Final = 0.5
A_REPLICA_IS_BEHIND: Final = "a replica is behind"


class Throttle:
    """Makes one worker wait between its batches."""

    def __init__(  # noqa: PLR0913, PLR0917  # what it heeds, and whom it tells
        self,
        allowed_lag: float | None,
        control: Control,
        standby: Standby,
        patience: Patience,
        transactions: Transactions,
        tell: Callable[[str], None],
    ) -> None:
        """Take what was asked for, how to wait, the worker's connection, and who is told why it waits."""
        self._allowed_lag = allowed_lag
        self._control = control
        self._standby = standby
        self._patience = patience
        self._transactions = transactions
        self._tell = tell
        self._lag = ReplicaLag()

    def pause(self, batch_seconds: float) -> None:
        """Wait `nice` times `batch_seconds`, while the run is paused, and for replicas. Raises Stopped or Rewound."""
        if self._control.nice:
            self._standby.rest(lambda: self._control.nice * batch_seconds)
        self._standby.check()
        self._standby.obey()
        while self._allowed_lag is not None and self._replicas_lag(self._allowed_lag):
            self._standby.rest(lambda: LAG_POLL_SECONDS)
            self._standby.check()
            self._standby.obey()

    def _replicas_lag(self, allowed_seconds: float) -> bool:
        lag = self._patience.attempt(self._measure)
        if lag > allowed_seconds:
            self._tell(f"a replica is {lag:.1f} s behind, allowed are {allowed_seconds:g} s")
            self._standby.note(A_REPLICA_IS_BEHIND)
        return lag > allowed_seconds

    def _measure(self) -> float:
        with self._transactions.read() as connection:
            return self._lag.seconds(connection)
