"""Ahead: prepares a worker's next window on a second connection, while the worker fills this one."""

import logging
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from typing import Final

import sqlalchemy as sa

from app.backfill.rows import Plan, Span
from app.backfill.transactions import Transactions
from app.backfill.walk import Walk

REST_SECONDS: Final = 30.0
"""A connection that has rested for longer is replaced: a firewall may have dropped it without a word, and who asked on
it would wait for many minutes. That of the run itself never rests so long, since it looks for orders."""

logger = logging.getLogger(__name__)


class Ahead:
    """Plans the next window, and lets the database look into its rows, in steps of one short transaction each.

    A step begins with a batch of the worker, and the worker's next batch waits for its end. So no snapshot is open
    that is older than the last batch: PostgreSQL would not remove the versions that the batch has left, and rows would
    lose their room on the page. It only reads. What fails here is done by the worker itself, on its own connection.
    """

    def __init__(self, walk: Walk, another: Callable[[], Transactions] | None) -> None:
        """Take what opens the second connection, which is done with the first step; without it nothing is prepared."""
        self._walk = walk
        self._another = another
        self._transactions: Transactions | None = None
        self._thread: ThreadPoolExecutor | None = None
        self._running: Future[None] | None = None
        self._stepped_at = 0.0
        self._steps: Iterator[None] | None = None
        self._planned: tuple[Span, Plan] | None = None

    @property
    def is_possible(self) -> bool:
        """Whether there is a second connection, or may be one."""
        return self._another is not None

    def start(self, span: Span, rows: int) -> None:
        """Have a span prepared for batches of `rows` rows, step by step; forget what was prepared before."""
        self._wait()
        self._steps, self._planned = self._prepare(span, rows), None

    def forget(self) -> None:
        """Forget what was prepared, and prepare no more until the next `start`."""
        self._wait()
        self._steps = self._planned = None

    def step(self) -> None:
        """Wait for the end of the running step, and start the next one, if there is any."""
        if self._another is None or self._steps is None or not self._wait():
            return
        self._drop_rested_connection()
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, thread_name_prefix="ahead")
        self._running = self._thread.submit(self._take_step, self._steps)

    def plan(self, span: Span) -> Plan | None:
        """Return the plan of a span, as far as it is prepared by now; None where there is none."""
        is_at_rest, self._steps = self._wait(), None
        if is_at_rest and self._planned is not None and self._planned[0] == span:
            return self._planned[1]
        return None

    def close(self) -> None:
        """Wait for the running step, and end. The connection is closed by whoever has opened it."""
        self._another = None
        if self._thread is not None:
            self._thread.shutdown()

    def _wait(self) -> bool:
        """Wait for the running step, and tell whether it has ended; the opening of a connection is not waited for."""
        if self._running is not None:
            wait([self._running], timeout=None if self._transactions else 0)
            if not self._running.done():
                return False
            self._running = None
        return True

    def _drop_rested_connection(self) -> None:
        """Close the connection if it has rested for too long; the step opens another one."""
        now, before = time.monotonic(), self._stepped_at
        self._stepped_at = now
        if self._transactions is not None and now - before > REST_SECONDS:
            self._transactions.discard()
            self._transactions = None

    def _take_step(self, steps: Iterator[None]) -> None:
        try:
            if self._transactions is None and self._another is not None:
                self._transactions = self._another()
            next(steps, None)
        except sa.exc.SQLAlchemyError as error:
            logger.debug("the next window is not prepared: %s", error)
            if self._transactions is None:
                self._another = None

    def _prepare(self, span: Span, rows: int) -> Iterator[None]:
        """Plan a span, then let the database look into the rows of one batch after another, one at each `next`."""
        if self._transactions is None:
            return
        with self._transactions.read(self._walk.reading) as connection:
            plan = self._walk.plan(connection, span, rows)
        self._planned = span, plan
        yield
        for in_place in plan.in_place:
            with suppress(sa.exc.DBAPIError), self._transactions.read(self._walk.reading) as connection:
                in_place.prepare(connection)
            yield
