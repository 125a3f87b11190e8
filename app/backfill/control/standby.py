"""Standby: how one worker waits: it writes the reason into the ledger, and reads the orders meanwhile."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError

from app.backfill.books import Books
from app.backfill.control.control import HEAR_SECONDS
from app.backfill.control.error_kinds import Trouble, trouble
from app.backfill.control.limits import Limits
from app.backfill.control.orders import PAUSED
from app.backfill.listener import Listener
from app.backfill.transactions import Transactions


class Standby:
    """Waits on behalf of one worker, outside of its transactions: nothing is locked, and no snapshot is held."""

    def __init__(self, books: Books, limits: Limits, transactions: Transactions, listener: Listener) -> None:
        """Take what ends a wait, the worker's connection, and who is told why it waits."""
        self._books = books
        self._control = books.control
        self._limits = limits
        self._transactions = transactions
        self._listener = listener

    def check(self) -> None:
        """Raise Stopped or Rewound if the run is to end, or to go back."""
        self._books.check()
        self._limits.check()

    def rest(self, seconds: Callable[[], float]) -> None:
        """Wait for `seconds()`, which may change during the wait; return early if the run is to pause.

        Raises Stopped or Rewound.
        """
        began = time.monotonic()
        while (left := seconds() - (time.monotonic() - began)) > 0 and self._control.paused is None:
            self.check()
            self._limits.stop.wait(min(left, HEAR_SECONDS))
            self._hear()

    def obey(self) -> float:
        """Wait for as long as the run is paused, and return how long that was. Raises Stopped or Rewound."""
        if self._control.paused is None:
            return 0.0
        began = time.monotonic()
        self.check()
        with self._control.resting():
            self._sleep()
        return time.monotonic() - began

    def _sleep(self) -> None:
        while (order := self._control.paused) is not None:
            if self._control.is_news(order):
                self._listener.paused(order.by, order.at)
            if self._control.is_at_rest:
                self.note(PAUSED)
            self._limits.stop.wait(HEAR_SECONDS)
            self._hear()
            self.check()

    def between_tries(self, kind: Trouble) -> float:
        """Read the orders before another try, and return the seconds for which they paused the run.

        If the whole database is locked or lost, nothing is written or read.
        """
        if kind is Trouble.BUSY:
            self.note(kind.value)
            self._hear()
        return self.obey()

    def note(self, reason: str) -> None:
        """Write into the ledger why the run waits; a refusal by the database is ignored."""
        with self._if_possible(), self._books.turn:
            self._books.commits += self._control.write_wait(self._transactions, reason)

    def _hear(self) -> None:
        with self._if_possible():
            self._control.listen(self._transactions)

    @contextmanager
    def _if_possible(self) -> Iterator[None]:
        """Ignore errors of the database: the run's own work will meet and handle the same errors."""
        try:
            yield
        except DBAPIError as error:
            if trouble(error) is Trouble.LOST:
                self._books.note_disconnection()
