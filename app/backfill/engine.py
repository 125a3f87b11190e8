"""Engine: the loop that fills the table, window by window. It knows neither the database nor the walk."""

import contextlib
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final, NamedTuple, TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase

from app.backfill.counts import BatchTimes, Counts, make_report
from app.backfill.ledger import DONE, Ledger, Place, open_ledger
from app.backfill.listener import Listener, Progress
from app.backfill.pace import Pace
from app.backfill.plan import UPDATE_FAILED, Options, Origin, Recovered, Refused, Report, State, Window
from app.backfill.reading import Walk
from app.backfill.replicas import ReplicaLag
from app.backfill.retry import PATIENCE_SECONDS, attempt
from app.backfill.transactions import Transactions
from app.backfill.trouble import Trouble, trouble
from app.backfill.walk import choose_walk
from app.db import first_line, now
from app.errors import MediaIdsError
from app.signals import StopRequest

MOST_SWEEPS: Final = 5
"""A run ends after so many sweeps, though the application goes on writing rows that could be filled."""
FRUITLESS_SWEEPS: Final = 3
"""So many sweeps come back to a row that is locked; then it is a failure."""
BUSY_BATCH_SECONDS: Final = 0.3
"""A batch that meets a locked row is tried so long, and is then split."""
BUSY_ROW_SECONDS: Final = 10.0
"""A row that was locked in the first sweep is waited for so long in each later one."""
LAG_POLL_SECONDS: Final = 0.5
FAILED_RUN: Final = "failed"

Result = TypeVar("Result")
logger = logging.getLogger(__name__)


def backfill(  # noqa: PLR0913  # what it works with, and who listens
    connection: sa.Connection,
    model: type[DeclarativeBase],
    options: Options,
    *,
    origin: Origin,
    listener: Listener | None = None,
    stop: StopRequest | None = None,
    owned_by_caller: bool = False,
) -> Report:
    """Fill `media_generation_id` of the model's table from the stored answers, and return what was done.

    Takes from the model names and types only. `connection` must not be in a transaction, unless `owned_by_caller`:
    then nothing is committed on it. A row that cannot be read or written is recorded as a failure and does not stop
    the run. The caller holds the lock of app.lock. Raises DBAPIError when the database cannot go on (all finished
    batches are kept), RunSupersededError when another run took over.
    """
    transactions = Transactions(connection, owned_by_caller=owned_by_caller)
    with transactions.read() as reading:
        walk = choose_walk(reading, model)
    run = Run(transactions, walk, options, listener or Listener(), stop or StopRequest())
    return run.look() if options.dry_run else run.fill(origin)


class Stopped(Exception):  # noqa: N818  # not an error: the run was asked to end early
    """The run ends here; what is committed stays."""

    def __init__(self, state: State) -> None:
        """Take the state that the report will have."""
        super().__init__(state)
        self.state = state


class Batch(NamedTuple):
    """What one transaction does: fill rows, record refusals of the database, and finish a window."""

    rows: Sequence[Recovered] = ()
    refused: Sequence[Refused] = ()
    closes: Window | None = None


class Committed(NamedTuple):
    """What a transaction did, valid once it is committed."""

    filled: Sequence[Recovered]
    counts: Counts
    place: Place


class Run:
    """One run over a table."""

    def __init__(
        self, transactions: Transactions, walk: Walk, options: Options, listener: Listener, stop: StopRequest
    ) -> None:
        """Take what the run works with; nothing is read or written yet."""
        self._transactions = transactions
        self._walk = walk
        self._options = options
        self._listener = listener
        self._stop = stop
        self._pace = Pace(options.batch_size, options.target_seconds)
        self._counts = Counts()
        self._times = BatchTimes()
        self._lag = ReplicaLag()
        self._place = Place()
        self._whole = True
        self._resumed = False
        self._looked_at = 0
        self._unconfirmed: Committed | None = None
        self._started = time.monotonic()

    def look(self) -> Report:
        """Read the whole table once and count what a run would do. Writes nothing."""
        self._attempt(self._start_sweep)
        with contextlib.suppress(Stopped):
            while True:
                window = self._read(self._place.cursor)
                self._counts.synced += len(window.recovered)
                self._counts.add_window(window)
                self._place = replace(self._place, cursor=window.cursor)
                self._tell(window)
                if window.cursor is None:
                    break
                self._check_limits()
        return self._report("dry_run")

    def fill(self, origin: Origin) -> Report:
        """Fill the table.

        1. Start a run in the ledger, at the place where the last one stopped.
        2. Sweep: read window after window, from the cursor to the end of the table.
        3. Fill each window in batches, one transaction each; the last also moves the cursor.
        4. Sweep again until a whole sweep fills nothing, five times at most: rows may have moved behind the cursor.
        5. Write how the run ended.
        """
        self._ledger, self._place = self._attempt(lambda: self._open(origin))
        self._whole = self._place.cursor is None
        self._resumed = not self._whole
        try:
            while self._sweep():
                self._start_next_sweep()
            report = self._done()
        except Stopped as stopped:
            report = self._report(stopped.state)
        except Exception:
            self._give_up()
            raise
        self._attempt(lambda: self._finish(report))
        return report

    # --- sweeps ---------------------------------------------------------------------------------------------------

    def _sweep(self) -> bool:
        """Walk from the cursor to the end of the table; tell whether another sweep is needed."""
        self._attempt(self._start_sweep)
        while True:
            window = self._read(self._place.cursor)
            for rows in window.batches[:-1]:
                self._fill_batch(Batch(rows=rows))
                self._pause()
            self._fill_batch(Batch(rows=window.batches[-1] if window.batches else (), closes=window))
            self._tell(window)
            if window.cursor is None:
                return self._another_sweep_is_needed()
            self._pause()
            self._check_limits()

    def _start_sweep(self) -> None:
        with self._transactions.read() as connection:
            self._walk.start_sweep(connection)

    def _another_sweep_is_needed(self) -> bool:
        if self._place.sweep >= MOST_SWEEPS:
            logger.info("other programs keep writing rows that can be filled: the next run fills what is left")
            return False
        may_end_early = self._options.limit is not None or self._options.time_budget is not None
        if self._place.sweep_filled == 0 and (self._whole or may_end_early):
            return False  # a run that may end early continues the sweep of the one before, or it would never be done
        if not self._whole or self._counts.lost:
            return True
        return not self._attempt(self._is_untouched)

    def _is_untouched(self) -> bool:
        with self._transactions.read() as connection:
            return self._walk.untouched(connection)

    def _start_next_sweep(self) -> None:
        self._check_limits()
        self._counts.start_sweep()
        self._whole = True
        self._place = Place(sweep=self._place.sweep + 1)

    def _read(self, cursor: str | None) -> Window:
        """Read one window in a transaction of its own: nothing is locked while bodies are looked at."""
        limit = None if self._options.limit is None else self._options.limit - self._looked_at

        def read() -> Window:
            with self._transactions.read() as connection:
                return self._walk.read(connection, cursor, self._pace.size, limit)

        window = self._attempt(read)
        self._looked_at += window.found
        return window

    # --- batches --------------------------------------------------------------------------------------------------

    def _fill_batch(self, batch: Batch) -> None:
        """Fill rows in one transaction; split the batch if the database refuses it."""
        try:
            self._attempt(lambda: self._commit(batch), busy_seconds=self._busy_seconds(batch))
        except DBAPIError as error:
            kind = trouble(error)
            if not batch.rows or kind not in {Trouble.BUSY, Trouble.ROW}:
                raise
            if kind is Trouble.BUSY:
                self._pace.halve()
            if len(batch.rows) > 1:
                middle = len(batch.rows) // 2
                self._fill_batch(Batch(rows=batch.rows[:middle]))
                self._fill_batch(batch._replace(rows=batch.rows[middle:]))
            else:
                self._leave_row(batch, kind, first_line(error.orig or error))

    def _busy_seconds(self, batch: Batch) -> float:
        """Return how long to wait for locked rows: at first go round them, later wait for the one that is left."""
        if not batch.rows:
            return PATIENCE_SECONDS
        return BUSY_BATCH_SECONDS if len(batch.rows) > 1 or self._place.sweep == 1 else BUSY_ROW_SECONDS

    def _leave_row(self, batch: Batch, kind: Trouble, problem: str) -> None:
        """Go on without the row that is to blame: it is a failure or, while it is only locked, for a later sweep."""
        row = batch.rows[0]
        if kind is Trouble.BUSY and self._place.sweep <= FRUITLESS_SWEEPS:
            logger.info("row %s is locked; a later sweep comes back to it", row.generation_id)
            self._counts.lost += 1
            self._place = replace(self._place, sweep_filled=self._place.sweep_filled + 1)
            self._fill_batch(batch._replace(rows=()))
        else:
            refused = Refused(row.generation_id, UPDATE_FAILED, problem)
            self._fill_batch(batch._replace(rows=(), refused=[refused]))
            self._listener.failed([refused])

    def _commit(self, batch: Batch) -> None:
        """Do a batch and its record in one transaction; nothing counts before that is committed."""
        if self._unconfirmed is not None and self._has_arrived(self._unconfirmed):
            self._keep(self._unconfirmed, 0.0)
            return
        started = time.monotonic()
        with self._transactions.write(self._walk.settings) as connection:
            done = self._unconfirmed = self._do(connection, batch)
        self._keep(done, time.monotonic() - started)
        if batch.rows:
            self._pace.took(len(batch.rows), self._times.last)

    def _do(self, connection: sa.Connection, batch: Batch) -> Committed:
        filled = self._walk.fill(connection, batch.rows, now()) if batch.rows else ()
        counts = self._counts.copy()
        place = replace(self._place, sweep_filled=self._place.sweep_filled + len(batch.rows))
        if batch.rows:
            counts.add_batch(len(batch.rows), len(filled))
        failures = list(batch.refused)
        counts.add_failures(failures)
        if batch.closes is not None:
            counts.add_window(batch.closes)
            failures += batch.closes.failures
            place = replace(place, cursor=batch.closes.cursor)
        self._ledger.record_failures(connection, place.sweep, failures)
        self._ledger.save(connection, place, self._report(None, counts))
        return Committed(filled, counts, place)

    def _has_arrived(self, done: Committed) -> bool:
        """Tell whether a commit took place whose answer was lost with the connection."""
        with self._transactions.read() as connection:
            return self._counts.batches < done.counts.batches == self._ledger.saved_batches(connection)

    def _keep(self, done: Committed, seconds: float) -> None:
        self._unconfirmed = None
        self._counts, self._place = done.counts, done.place
        if done.filled:
            self._times.add(seconds)
            self._listener.filled(done.filled)

    # --- the run's frame ------------------------------------------------------------------------------------------

    def _open(self, origin: Origin) -> tuple[Ledger, Place]:
        with self._transactions.write() as connection:
            return open_ledger(connection, origin, self._walk.name, self._options)

    def _done(self) -> Report:
        """Report the end; of a sweep that several runs shared, with the failures that the earlier ones recorded."""
        if self._resumed and not self._whole:
            self._attempt(self._recall_failures)
        return self._report("done")

    def _recall_failures(self) -> None:
        with self._transactions.read() as connection:
            self._counts.recall_failures(self._ledger.recorded_failures(connection))

    def _finish(self, report: Report) -> None:
        with self._transactions.write() as connection:
            if report.state == "done" and self._whole:
                self._ledger.forget_failures_not_seen(connection, self._place.sweep)
            state = DONE if report.state == "done" else report.state
            self._ledger.finish(connection, self._place, report, state)

    def _give_up(self) -> None:
        """Say in the ledger that the run failed, if the database lets us; else the next run finds it superseded."""
        with contextlib.suppress(DBAPIError, MediaIdsError), self._transactions.write() as connection:
            self._ledger.finish(connection, self._place, self._report("stopped"), FAILED_RUN)

    def _pause(self) -> None:
        """Stop if asked to; else be kind, and wait for replicas."""
        self._check_stop()
        self._stop.wait(self._options.nice * self._times.last)
        while self._options.max_replica_lag is not None and self._replicas_lag(self._options.max_replica_lag):
            self._stop.wait(LAG_POLL_SECONDS)
            self._check_stop()

    def _replicas_lag(self, allowed_seconds: float) -> bool:
        lag = self._attempt(self._measure_lag)
        if lag > allowed_seconds:
            self._listener.waiting(f"a replica is {lag:.1f} s behind, allowed are {allowed_seconds:g} s")
        return lag > allowed_seconds

    def _measure_lag(self) -> float:
        with self._transactions.read() as connection:
            return self._lag.seconds(connection)

    def _check_stop(self) -> None:
        if self._stop.signal_number is not None:
            raise Stopped("stopped")
        budget = self._options.time_budget
        if budget is not None and time.monotonic() - self._started >= budget:
            raise Stopped("partial")

    def _check_limits(self) -> None:
        self._check_stop()
        if self._options.limit is not None and self._looked_at >= self._options.limit:
            raise Stopped("partial")

    def _attempt(self, action: Callable[[], Result], *, busy_seconds: float = PATIENCE_SECONDS) -> Result:
        try:
            return attempt(action, self._stop, self._listener.waiting, busy_seconds=busy_seconds)
        except DBAPIError:
            self._check_stop()
            raise

    def _tell(self, window: Window) -> None:
        if self._place.sweep == 1:
            self._listener.skipped(window.skips)
            self._listener.failed(window.failures)
        self._listener.progress(
            Progress(
                report=self._report(None),
                sweep=self._place.sweep,
                fraction=window.fraction,
                batch_size=self._pace.size,
            )
        )

    def _report(self, state: State | None, counts: Counts | None = None) -> Report:
        seconds = time.monotonic() - self._started
        return make_report(counts or self._counts, self._times, state=state, walk=self._walk.name, seconds=seconds)
