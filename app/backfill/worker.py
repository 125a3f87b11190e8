"""Worker: one connection of a run. It takes spans, reads them window by window, and fills them batch by batch."""

import logging
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Final

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from app.backfill.course import Batch, Committed, Course, Rewound, Stopped
from app.backfill.plan import UPDATE_FAILED, Filling, InPlace, Refused, Span, TooManyRowsError, Window
from app.backfill.replicas import ReplicaLag
from app.backfill.retry import PATIENCE_SECONDS
from app.backfill.transactions import Transactions
from app.backfill.trouble import Trouble, trouble
from app.db import first_line, now

FRUITLESS_SWEEPS: Final = 3
"""So many sweeps come back to a row that is locked; then it is a failure."""
BUSY_BATCH_SECONDS: Final = 0.3
"""A batch that meets a locked row is tried so long, and is then split."""
BUSY_ROW_SECONDS: Final = 10.0
"""A row that was locked in the first sweep is waited for so long in each later one."""
LAG_POLL_SECONDS: Final = 0.5

logger = logging.getLogger(__name__)


class Worker:
    """Fills what it takes from the course of a run, on a connection of its own."""

    def __init__(self, course: Course, transactions: Transactions) -> None:
        """Take what it shares with the others, and its own connection."""
        self._course = course
        self._transactions = transactions
        self._lag = ReplicaLag()
        self._unconfirmed: Committed | None = None

    def windows(self) -> Iterator[Window]:
        """Yield window after window until the table is handed out."""
        while (span := self._course.take()) is not None:
            rest: Span | None = span
            while rest is not None:
                window = self._read(rest)
                window.span = span
                yield window
                rest = None if window.cursor is None else Span(window.cursor, span.end)

    def work(self) -> None:
        """Fill window after window until the table is handed out. Raises Stopped, or Rewound."""
        self._unconfirmed = None
        for window in self.windows():
            for in_place in window.in_place:
                self._fill_in_place(in_place)
                self._pause()
            for rows in window.batches[:-1]:
                self._fill(Batch(rows=rows))
                self._pause()
            self._fill(Batch(rows=window.batches[-1] if window.batches else (), closes=window))
            self._course.tell(window)
            if not self._course.is_through:
                self._pause()
                self._course.check_limits()

    def _read(self, span: Span) -> Window:
        """Read one window in a transaction of its own: nothing is locked while bodies are looked at."""

        def read() -> Window:
            with self._transactions.read(self._course.walk.reading) as connection:
                return self._course.read(connection, span)

        return self._course.attempt(read)

    # --- batches --------------------------------------------------------------------------------------------------

    def _fill(self, batch: Batch) -> None:
        """Fill rows in one transaction; split the batch if the database refuses it."""
        try:
            self._course.attempt(lambda: self._commit(batch), busy_seconds=self._busy_seconds(batch))
        except DBAPIError as error:
            kind = trouble(error)
            if not batch.rows or kind not in {Trouble.BUSY, Trouble.ROW}:
                raise
            if kind is Trouble.BUSY:
                self._course.pace.halve()
            if len(batch.rows) > 1:
                middle = len(batch.rows) // 2
                self._fill(Batch(rows=batch.rows[:middle]))
                self._fill(batch._replace(rows=batch.rows[middle:]))
            else:
                self._leave_row(batch, kind, first_line(error.orig or error))

    def _fill_in_place(self, in_place: InPlace) -> None:
        """Let the database fill rows by itself. If it cannot do all of them, the next window does them one by one."""
        try:
            self._course.attempt(lambda: self._commit(Batch(in_place=in_place)), busy_seconds=BUSY_BATCH_SECONDS)
        except TooManyRowsError:
            in_place.has_failed = True
        except DBAPIError as error:
            if trouble(error) not in {Trouble.BUSY, Trouble.ROW}:
                raise
            in_place.has_failed = True

    def _busy_seconds(self, batch: Batch) -> float:
        """Return how long to wait for locked rows: at first go round them, later wait for the one that is left."""
        if not batch.rows:
            return PATIENCE_SECONDS
        return BUSY_BATCH_SECONDS if len(batch.rows) > 1 or self._course.place.sweep == 1 else BUSY_ROW_SECONDS

    def _leave_row(self, batch: Batch, kind: Trouble, problem: str) -> None:
        """Go on without the row that is to blame: it is a failure or, while it is only locked, for a later sweep."""
        row = batch.rows[0]
        course, is_locked = self._course, kind is Trouble.BUSY
        if is_locked and course.comes_back and course.place.sweep <= FRUITLESS_SWEEPS:
            logger.info("row %s is locked; a later sweep comes back to it", row.generation_id)
            course.lose(1)
            self._fill(batch._replace(rows=()))
        else:
            name = course.walk.name_of(row.generation_id, row.locator)
            refused = Refused(row.generation_id, UPDATE_FAILED, problem, name=name, is_locked=is_locked)
            self._fill(batch._replace(rows=(), refused=[refused]))
            if batch.closes is None:
                course.check_stop()

    def _commit(self, batch: Batch) -> None:
        """Do a batch and its record in one transaction; nothing counts before that is committed."""
        if self._has_arrived():
            return
        course = self._course
        started = time.monotonic()
        with ExitStack() as turn:
            settings = batch.in_place.settings if batch.in_place else course.walk.filling
            with self._transactions.write(settings) as connection:
                filling = self._write(connection, batch)
                turn.enter_context(course.turn)
                course.settle(connection)
                self._unconfirmed = course.record(connection, batch, filling)
            course.keep(self._unconfirmed, time.monotonic() - started)
            self._unconfirmed = None
            if filling.rows:
                course.pace.took(len(batch.rows) or filling.rows, course.times.last)

    def _write(self, connection: sa.Connection, batch: Batch) -> Filling:
        if batch.in_place:
            return batch.in_place.fill(connection, now(), listed=self._course.listener.wants_rows)
        return self._course.walk.fill(connection, batch.rows, now()) if batch.rows else Filling()

    def _has_arrived(self) -> bool:
        """Tell whether the last try was committed after all, though its answer was lost."""
        if self._unconfirmed is None:
            return False
        with self._course.turn, self._transactions.read() as connection:
            self._course.settle(connection)
        done, self._unconfirmed = self._unconfirmed, None
        return done.has_arrived

    # --- between batches ------------------------------------------------------------------------------------------

    def _pause(self) -> None:
        """Stop if asked to; else be kind, and wait for replicas."""
        course, allowed = self._course, self._course.options.max_replica_lag
        course.check_stop()
        course.stop.wait(course.options.nice * course.times.last)
        while allowed is not None and self._replicas_lag(allowed):
            course.stop.wait(LAG_POLL_SECONDS)
            course.check_stop()

    def _replicas_lag(self, allowed_seconds: float) -> bool:
        def measure() -> float:
            with self._transactions.read() as connection:
                return self._lag.seconds(connection)

        lag = self._course.attempt(measure)
        if lag > allowed_seconds:
            self._course.listener.waiting(f"a replica is {lag:.1f} s behind, allowed are {allowed_seconds:g} s")
        return lag > allowed_seconds


def work_together(course: Course, workers: Sequence[Worker]) -> None:
    """Let the workers fill the table side by side. Raises what one raises: an error, else Rewound, else Stopped."""
    if len(workers) == 1:
        workers[0].work()
        return
    ends: list[BaseException] = []

    def work(worker: Worker) -> None:
        try:
            worker.work()
        except (Stopped, Rewound) as end:  # the others come to the same end by themselves
            ends.append(end)
        except BaseException as error:  # noqa: BLE001  # raised again below, in the thread that everybody waits in
            ends.append(error)
            course.abandon()

    with ThreadPoolExecutor(len(workers)) as pool:
        list(pool.map(work, workers))
    if ends:
        raise min(ends, key=lambda end: (isinstance(end, Stopped), isinstance(end, Rewound)))
