"""Worker: one connection of a run. It takes spans, reads them window by window, and fills them batch by batch."""

import logging
import time
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Final

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from app.backfill.batch_size import Pace
from app.backfill.books import Batch, Books, Committed
from app.backfill.control.error_kinds import Trouble, trouble
from app.backfill.control.limits import Limits
from app.backfill.control.retrying import PATIENCE_SECONDS, Patience
from app.backfill.control.throttle import Throttle
from app.backfill.listener import Listener, Progress
from app.backfill.rows import UPDATE_FAILED, Filling, InPlace, Refused, TooManyRowsError, Window
from app.backfill.transactions import Transactions
from app.backfill.walk import Walk
from app.backfill.windows import Windows
from app.database.events import Seldom
from app.database.readable_errors import first_line
from app.database.timestamps import now

FRUITLESS_SWEEPS: Final = 3
"""The number of sweeps that leave a locked row for the next one; after them it is a failure."""
BUSY_BATCH_SECONDS: Final = 0.3
"""Seconds for which a batch with a locked row is tried before it is split."""
BUSY_ROW_SECONDS: Final = 10.0
"""Seconds for which a later sweep waits for a single locked row."""

logger = logging.getLogger(__name__)


@dataclass(kw_only=True)
class Worker:
    """Takes spans of the sweep and fills them on a connection of its own. It shares all else with the other workers."""

    transactions: Transactions
    throttle: Throttle
    walk: Walk
    books: Books
    limits: Limits
    patience: Patience
    pace: Pace
    listener: Listener
    locked_rows: Seldom = field(default_factory=Seldom)
    """When to log that one was met."""
    _unconfirmed: Committed | None = None

    def __post_init__(self) -> None:
        """Make what yields the worker's windows."""
        self.source = Windows(
            transactions=self.transactions,
            walk=self.walk,
            books=self.books,
            limits=self.limits,
            patience=self.patience,
            pace=self.pace,
        )

    def windows(self, *, in_place: bool) -> Iterator[Window]:
        """Yield window after window until the table is handed out, or other workers are to take what is left.

        With `in_place`, the database first fills by itself what it can of the rows that a window is read from.
        """
        return self.source.windows(self._fill_in_place_and_rest if in_place else None)

    def work(self) -> None:
        """Fill window after window until there is none to take. Raises Stopped, or Rewound."""
        self._unconfirmed = None
        for window in self.windows(in_place=True):
            for batch in self._batches(window):
                self._fill(batch)
                if batch.closes is None:
                    self._pause()
            self.tell(window)
            if not self.books.sweep.is_through:
                self._pause()
                self.limits.check_rows()

    def _batches(self, window: Window) -> Iterator[Batch]:
        """Yield the batches of a window, each within the bound that holds by then; the last one closes the window."""
        left = deque(window.batches or [()])
        while left:
            rows = left.popleft()
            if len(rows) > self.pace.bound:
                left.appendleft(rows[self.pace.bound :])
                rows = rows[: self.pace.bound]
            yield Batch(rows=rows, closes=None if left else window)

    def tell(self, window: Window) -> None:
        """Tell the listener of a window that is done, and how far the sweep is."""
        books = self.books
        with books.turn:
            if books.place.sweep == 1 and (window.skips or window.failures):
                self.listener.skipped(window.skips)
                self.listener.failed(window.failures)
            progress = Progress(
                report=books.report(None),
                sweep=books.place.sweep,
                fraction=books.sweep.fraction_after(window),
                batch_size=self.pace.size,
            )
            self.listener.progress(progress)

    def _pause(self) -> None:
        self.throttle.pause(self.books.times.last)

    # --- batches --------------------------------------------------------------------------------------------------

    def _fill(self, batch: Batch) -> None:
        """Fill rows in one transaction; split the batch if the database refuses it."""
        try:
            self.patience.attempt(lambda: self._commit(batch), busy_seconds=self._busy_seconds(batch))
        except DBAPIError as error:
            kind = trouble(error)
            if not batch.rows or kind not in {Trouble.BUSY, Trouble.ROW}:
                raise
            if kind is Trouble.BUSY:
                self.pace.halve()
            if len(batch.rows) > 1:
                middle = len(batch.rows) // 2
                self._fill(Batch(rows=batch.rows[:middle]))
                self._fill(batch._replace(rows=batch.rows[middle:]))
            else:
                self._leave_row(batch, kind, first_line(error.orig or error))

    def _fill_in_place_and_rest(self, in_place: InPlace) -> bool:
        has_filled = self._fill_in_place(in_place)
        self._pause()
        return has_filled

    def _fill_in_place(self, in_place: InPlace) -> bool:
        """Let the database fill rows by itself; tell whether it could. Else they are read, and filled one by one."""
        try:
            self.patience.attempt(lambda: self._commit(Batch(in_place=in_place)), busy_seconds=BUSY_BATCH_SECONDS)
        except TooManyRowsError:
            return False
        except DBAPIError as error:
            if trouble(error) not in {Trouble.BUSY, Trouble.ROW}:
                raise
            return False
        return True

    def _busy_seconds(self, batch: Batch) -> float:
        """Return the seconds to wait for locked rows: few while a batch can be split, else more in later sweeps."""
        if not batch.rows:
            return PATIENCE_SECONDS
        return BUSY_BATCH_SECONDS if len(batch.rows) > 1 or self.books.place.sweep == 1 else BUSY_ROW_SECONDS

    def _leave_row(self, batch: Batch, kind: Trouble, problem: str) -> None:
        """Leave out the row that caused the error: a failure or, if it is only locked, for a later sweep."""
        row = batch.rows[0]
        is_locked = kind is Trouble.BUSY
        if is_locked and self.walk.is_whole and self.books.place.sweep <= FRUITLESS_SWEEPS:
            if self.locked_rows.is_due():
                logger.info("row %s is locked; a later sweep comes back to it", row.row_id)
            self.books.lose(1)
            self._fill(batch._replace(rows=()))
        else:
            name = self.walk.name_of(row.row_id, row.locator)
            refused = Refused(row.row_id, UPDATE_FAILED, problem, name=name, is_locked=is_locked)
            self._fill(batch._replace(rows=(), refused=[refused]))
            if batch.closes is None:
                self.patience.check()

    def _commit(self, batch: Batch) -> None:
        """Fill a batch and write its record in one transaction; count it after the commit."""
        if self._has_arrived():
            return
        books = self.books
        started = time.monotonic()
        with ExitStack() as turn:
            settings = batch.in_place.settings if batch.in_place else self.walk.filling
            with self.transactions.write(settings) as connection:
                filling = self._write(connection, batch)
                turn.enter_context(books.turn)
                books.settle(connection)
                self._unconfirmed = books.record(connection, batch, filling)
            books.keep(self._unconfirmed, time.monotonic() - started)
            self._unconfirmed = None
            if filling.rows:
                self.pace.took(len(batch.rows) or filling.rows, books.times.last)

    def _write(self, connection: sa.Connection, batch: Batch) -> Filling:
        if batch.in_place:
            self.source.forget_what_may_be_undone()
            return batch.in_place.fill(connection, now(), listed=self.listener.wants_rows)
        return self.walk.fill(connection, batch.rows, now()) if batch.rows else Filling()

    def _has_arrived(self) -> bool:
        """Tell whether the last try was committed after all, though its answer was lost."""
        if self._unconfirmed is None:
            return False
        with self.books.turn, self.transactions.read() as connection:
            self.books.settle(connection)
        done, self._unconfirmed = self._unconfirmed, None
        return done.has_arrived
