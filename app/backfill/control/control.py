"""Control: the orders that a run has read so far, and the reason for waiting that it has written down.

Both are columns of the run's row in the ledger. Each batch writes that row, and reads the orders with the same
statement.
"""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Final

from app.backfill.batch_size import Pace
from app.backfill.control.orders import CANCELLED, NO_ORDERS, PAUSED, TUNED, Order, Orders, in_force, read_orders
from app.backfill.ledger.runs import Ledger
from app.backfill.options import Options
from app.backfill.transactions import Transactions
from app.database.timestamps import now
from app.signals import StopRequest

HEAR_SECONDS: Final = 0.5
"""Seconds between two looks for orders while the run writes nothing."""
SHORT_SECONDS: Final = 0.5
"""Waits of fewer seconds are not written into the ledger."""

logger = logging.getLogger(__name__)


class Control:
    """Keeps the orders that are in force. All workers of a run ask the same object."""

    def __init__(self, options: Options, stop: StopRequest) -> None:
        """Take what the run was started with, and what ends it."""
        self.pace = Pace(options.batch_size, options.target_seconds)
        self.nice = options.nice
        self.workers = self.working = options.workers
        self.ledger: Ledger | None = None
        """None before the run has a row, and for a dry run, which hears nothing."""
        self._options = options
        self._stop = stop
        self._turn = threading.Lock()
        self._text = NO_ORDERS
        self._orders: Orders = {}
        self.paused: Order | None = None
        """The order to pause; None where the run may go on."""
        self._told: Order | None = None
        self._at_work = 1
        self._resting = 0
        self._written = ""
        self._waiting_since: datetime | None = None
        self._heard_at = self._progress_at = time.monotonic()

    @property
    def is_regrouping(self) -> bool:
        """Whether another number of workers is wanted than there are. Each worker then ends after its span."""
        return self.workers != self.working

    @property
    def is_at_rest(self) -> bool:
        """Whether all who work rest because of a pause: only then is the run paused."""
        with self._turn:
            return self._resting >= self._at_work

    def start_work(self, workers: int) -> None:
        """Note that so many workers begin."""
        self._at_work = workers

    def leave_work(self) -> None:
        """Note that one of them has ended."""
        with self._turn:
            self._at_work -= 1

    @contextmanager
    def resting(self) -> Iterator[None]:
        """Count a worker as one that rests, while the block runs."""
        with self._turn:
            self._resting += 1
        try:
            yield
        finally:
            with self._turn:
                self._resting -= 1

    def is_news(self, order: Order) -> bool:
        """Return True the first time that an order is asked about, so that people are told of it once."""
        with self._turn:
            before, self._told = self._told, order
            return order != before

    def hear(self, text: str) -> None:
        """Take the orders as they stand in the run's row; what is new among them is in force from now on."""
        self._heard_at = time.monotonic()
        if text == self._text:
            return
        with self._turn:
            before, self._orders, self._text = self._orders, read_orders(text), text
            self._tune(before)
            self.paused = in_force(self._orders, PAUSED)
        if (order := in_force(self._orders, CANCELLED)) is not None:
            self._stop.cancel(order.by)

    def listen(self, transactions: Transactions) -> None:
        """Read the orders in a transaction of its own, unless a worker did so within HEAR_SECONDS."""
        with self._turn:
            if self.ledger is None or time.monotonic() - self._heard_at < HEAR_SECONDS:
                return
            self._heard_at = time.monotonic()
        with transactions.read() as connection:
            text = self.ledger.orders(connection)
        self.hear(text)

    def write_wait(self, transactions: Transactions, reason: str) -> bool:
        """Write into the ledger why the run waits, in a transaction of its own; tell whether anything was written.

        Nothing is written if the ledger has this reason already, or while the wait is short (SHORT_SECONDS).
        """
        self._waiting_since = self._waiting_since or now()
        is_short = time.monotonic() - self._progress_at < SHORT_SECONDS
        if self.ledger is None or reason == self._written or is_short:
            return False
        with transactions.write() as connection:
            self.ledger.wait(connection, reason, self._waiting_since)
        self._written = reason
        return True

    def progressed(self) -> None:
        """Note that a batch is committed: the run does not wait, and its row says so."""
        self._progress_at = time.monotonic()
        self._waiting_since, self._written = None, ""

    def _tune(self, before: Orders) -> None:
        """Put the numbers that are wanted into force, and log the new ones."""
        wanted = {name: getattr(self._options, name) for name in TUNED}
        for name in TUNED:
            if (order := self._orders.get(name)) is None:
                continue
            wanted[name] = order.value
            if order != before.get(name):
                logger.info("%s is %g from now on (%s)", name, order.value, order.by)
        self.pace.retune(wanted["batch_size"], wanted["target_seconds"])
        self.nice, self.workers = wanted["nice"], wanted["workers"]
