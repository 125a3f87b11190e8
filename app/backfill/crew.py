"""Crew: the workers of a run, as many as are wanted, each on a connection of its own."""

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from app.backfill.ahead import Ahead
from app.backfill.books import Books, Rewound
from app.backfill.control.limits import Limits, Stopped
from app.backfill.control.retrying import Patience
from app.backfill.control.standby import Standby
from app.backfill.control.throttle import Throttle
from app.backfill.listener import Listener
from app.backfill.transactions import Transactions
from app.backfill.walk import Walk
from app.backfill.worker import Worker
from app.database.readable_errors import first_line

logger = logging.getLogger(__name__)


class Crew:
    """Who works on a table. It changes only while nobody works."""

    def __init__(  # noqa: PLR0913  # what all of them share
        self,
        *,
        connections: Sequence[Transactions],
        another: Callable[[], Transactions] | None,
        walk: Walk,
        books: Books,
        limits: Limits,
        listener: Listener,
        allowed_lag: float | None,
    ) -> None:
        """Take the connections to start with, what opens another, and what the workers share.

        Without `another` there can be no more of them.
        """
        self._another = another
        self._walk = walk
        self._books = books
        self._control = books.control
        self._limits = limits
        self._listener = listener
        self._allowed_lag = allowed_lag
        self._ahead = Ahead(walk, another if walk.looks_ahead else None)
        self.workers = [self._employ(own) for own in connections]
        self._control.workers = self._control.working = len(self.workers)

    def fill_sweep(self) -> None:
        """Fill what the sweep has left, with as many workers as are wanted at each moment. Raises Stopped, Rewound."""
        while not self._books.sweep.is_through:
            self._adjust()
            self.workers[0].source.ahead = self._ahead if len(self.workers) == 1 else None
            work_together(self._limits, self.workers)

    def close(self) -> None:
        """Wait until nothing is prepared any more; the connections are closed by whoever has opened them."""
        self._ahead.close()

    def _adjust(self) -> None:
        """Make them as many as are wanted, or as the database lets us: where it lets no more in, a warning says so."""
        while len(self.workers) > max(1, self._control.workers):
            self.workers.pop().transactions.close()
        try:
            while len(self.workers) < self._control.workers and self._another is not None:
                self.workers.append(self._employ(self._another()))
        except (DBAPIError, PoolTimeoutError) as error:
            problem = error.orig if isinstance(error, DBAPIError) else None
            logger.warning("no more than %d workers: %s", len(self.workers), first_line(problem or error))
        self._control.workers = self._control.working = len(self.workers)

    def _employ(self, own: Transactions) -> Worker:
        tell = self._listener.waiting
        standby = Standby(self._books, self._limits, own, self._listener)
        patience = Patience(self._books, self._limits.stop, standby, tell)
        return Worker(
            transactions=own,
            throttle=Throttle(self._allowed_lag, self._control, standby, patience, own, tell),
            walk=self._walk,
            books=self._books,
            limits=self._limits,
            patience=patience,
            pace=self._control.pace,
            listener=self._listener,
        )


def work_together(limits: Limits, workers: Sequence[Worker]) -> None:
    """Let the workers fill the table side by side. Raises what one raises: an error, else Rewound, else Stopped."""
    control = workers[0].books.control
    control.start_work(len(workers))
    if len(workers) == 1:
        workers[0].work()
        return
    ends: list[BaseException] = []

    def work(worker: Worker) -> None:
        try:
            worker.work()
        except (Stopped, Rewound) as end:  # every other worker raises the same by itself
            ends.append(end)
        except BaseException as error:  # noqa: BLE001  # raised again below, in the thread that everybody waits in
            ends.append(error)
            limits.abandon()
        finally:
            control.leave_work()

    with ThreadPoolExecutor(len(workers)) as pool:
        list(pool.map(work, workers))
    if ends:
        raise min(ends, key=lambda end: (isinstance(end, Stopped), isinstance(end, Rewound)))
