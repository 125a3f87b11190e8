"""Crew: the workers of a run, as many as are wanted, each on a connection of its own."""

import logging
from collections.abc import Callable, Sequence

from sqlalchemy.exc import DBAPIError

from app.backfill.control import Control
from app.backfill.transactions import Transactions
from app.backfill.worker import Worker
from app.database.readable_errors import first_line

logger = logging.getLogger(__name__)


class Crew:
    """The workers of a run. Their number changes only while none of them works."""

    def __init__(
        self,
        connections: Sequence[Transactions],
        employ: Callable[[Transactions], Worker],
        another: Callable[[], Transactions] | None,
        control: Control,
    ) -> None:
        """Take the first connections, what makes a worker of a connection, what opens one more, and the control.

        Without `another` no worker can be added.
        """
        self.workers = [employ(own) for own in connections]
        self._employ = employ
        self._another = another
        self._control = control
        control.workers = control.working = len(connections)

    def adjust(self) -> None:
        """Add or end workers until there are as many as wanted. Logs a warning if the database refuses a connection."""
        while len(self.workers) > max(1, self._control.workers):
            self.workers.pop().transactions.close()
        try:
            while len(self.workers) < self._control.workers and self._another is not None:
                self.workers.append(self._employ(self._another()))
        except DBAPIError as error:
            logger.warning("no more than %d workers: %s", len(self.workers), first_line(error.orig or error))
        self._control.workers = self._control.working = len(self.workers)
