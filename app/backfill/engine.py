"""Engine: the loop that fills the table, sweep by sweep. It knows neither the database nor the walk."""

import contextlib
import gc
import logging
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import ExitStack, contextmanager
from typing import Final

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase

from app.backfill.accounting import LeftOver, Unaccounted, count_pending, find_left_over, in_both
from app.backfill.column_types import find_types
from app.backfill.course import Course, Rewound, Stopped
from app.backfill.ledger import DONE, Place, open_ledger, read_refused_names
from app.backfill.listener import Listener
from app.backfill.plan import UPDATE_FAILED, Options, Origin, Refused, Report, State, Window
from app.backfill.refusals import require_fillable
from app.backfill.statements import generations
from app.backfill.transactions import Transactions
from app.backfill.walk import choose_access
from app.backfill.worker import Worker, work_together
from app.errors import ConfigurationError, MediaIdsError
from app.signals import StopRequest

MOST_SWEEPS: Final = 5
"""A run ends after so many sweeps, though the application goes on writing rows that could be filled."""
FAILED_RUN: Final = "failed"
WITHOUT_END: Final = {"statement_timeout": "0"}
"""Setting for a statement that reads the whole table."""

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
    the run. The caller holds the lock of app.lock. Raises UnsupportedTableError for a table that cannot be filled
    rightly, DBAPIError when the database cannot go on (all finished batches are kept), RunSupersededError when another
    run took over, ConfigurationError for options that this database does not have.
    """
    require_supported(connection, options, owned_by_caller=owned_by_caller)
    transactions = Transactions(connection, owned_by_caller=owned_by_caller)
    with transactions.read() as reading:
        walk = require_fillable(reading, model)
    course = Course(walk, options, listener or Listener(), stop or StopRequest())
    if options.dry_run:
        return Run(course, [transactions], model).look()
    with ExitStack() as stack:
        stack.enter_context(_modules_left_alone())
        others = [stack.enter_context(connection.engine.connect()) for _ in range(1, options.workers)]
        connections = [transactions, *(Transactions(other, owned_by_caller=False) for other in others)]
        return Run(course, connections, model).fill(origin)


@contextmanager
def _modules_left_alone() -> Iterator[None]:
    """Keep the garbage collector from looking through all that is loaded each time so many rows have been read."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def require_supported(database: sa.Connection | sa.Engine, options: Options, *, owned_by_caller: bool = False) -> None:
    """Raise ConfigurationError for options that this kind of database does not have. Asks the database nothing.

    These are more workers than can write to it at once, and waiting for replicas.
    """
    is_postgresql = database.dialect.name == "postgresql"
    if options.max_replica_lag is not None and not is_postgresql:
        raise ConfigurationError("max_replica_lag", "only PostgreSQL has replicas to wait for; leave it out here")
    if options.workers > 1 and not is_postgresql:
        raise ConfigurationError("workers", "only PostgreSQL takes several; this database has one writer at a time")
    if options.workers > 1 and owned_by_caller:
        raise ConfigurationError("workers", "there can be only one within the transaction of a caller")


class Run:
    """One run over a table."""

    def __init__(self, course: Course, transactions: Sequence[Transactions], model: type[DeclarativeBase]) -> None:
        """Take what the workers share, a connection for each, and the table; nothing is read or written yet."""
        self._course = course
        self._model = model
        self._transactions = transactions[0]
        self._workers = [Worker(course, own) for own in transactions]
        self._whole = True
        self._resumed = False

    def look(self) -> Report:
        """Read the whole table once and count what a run would do; stop early as a run does. Writes nothing."""
        course = self._course
        state: State = "dry_run"
        try:
            course.attempt(self._start_sweep)
            refused = course.attempt(self._refused_names)
            for window in self._workers[0].windows():
                known = self._known_to_be_refused(window, refused)
                course.counts.synced += len(window.recovered) - len(known)
                course.counts.add_failures(known)
                course.counts.add_window(window)
                course.advance(window)
                course.tell(window)
                if not course.is_through:
                    course.check_limits()
        except Stopped as stopped:
            state = stopped.state
        return course.report(state)

    def _refused_names(self) -> set[str]:
        with self._transactions.read() as connection:
            return read_refused_names(connection)

    def _known_to_be_refused(self, window: Window, names: AbstractSet[str]) -> list[Refused]:
        """Return the rows of a window whose id is known, and which the database has refused before."""
        known = []
        for row in window.recovered if names else ():
            name = self._course.walk.name_of(row.generation_id, row.locator)
            if name in names:
                known.append(Refused(row.generation_id, UPDATE_FAILED, name=name))
        return known

    def fill(self, origin: Origin) -> Report:
        """Fill the table.

        1. Start a run in the ledger, at the place where the last one stopped.
        2. Sweep: hand out the table to the workers, from the cursor to its end.
        3. Each fills its windows in batches, one transaction each; a window's last also moves the cursor.
        4. Sweep again until a whole sweep fills nothing, or nobody else can have written, five times at most: rows may
           have moved behind the cursor.
        5. Ask the database what is left, and account for every row of it.
        6. Write how the run ended.
        """
        with self._transactions.relaxed():
            report = self._fill(origin)
        with contextlib.suppress(Stopped):  # the database does not answer, and nobody wants to wait for it any more
            self._course.attempt(lambda: self._finish(report))
        return report

    def _fill(self, origin: Origin) -> Report:
        course = self._course
        course.attempt(lambda: self._open(origin))
        self._whole = course.place.cursor is None
        self._resumed = not self._whole
        try:
            while self._sweep():
                self._start_next_sweep()
            return self._done(self._find_unaccounted())
        except Stopped as stopped:
            with contextlib.suppress(Rewound, Stopped):
                course.attempt(self._anchor)
            return course.report(stopped.state)
        except Exception:
            self._give_up()
            raise

    # --- sweeps ---------------------------------------------------------------------------------------------------

    def _sweep(self) -> bool:
        """Walk from the cursor to the end of the table; tell whether another sweep is needed."""
        while not self._comes_to_the_end():
            self._whole = False
        return self._another_sweep_is_needed()

    def _comes_to_the_end(self) -> bool:
        """Walk from the cursor to the end of the table; return False if a crash of the server has undone some of it."""
        course = self._course
        course.attempt(self._start_sweep)
        try:
            work_together(course, self._workers)
            course.attempt(self._anchor)
        except Rewound:
            logger.info("the server crashed and has undone the last batches: they are done again")
            course.go_on()
            return False
        return True

    def _anchor(self) -> None:
        """Wait for the disk, and so for all batches before. Raises Rewound if a crash has undone some."""
        course = self._course
        with self._transactions.write() as connection:
            course.settle(connection)
            course.ledger.save(connection, course.place, course.report(None))
        course.commits += 1

    def _start_sweep(self) -> None:
        with self._transactions.read() as connection:
            self._course.start_sweep(connection)

    def _another_sweep_is_needed(self) -> bool:
        course = self._course
        if course.place.sweep >= MOST_SWEEPS:
            return False
        may_end_early = course.options.limit is not None or course.options.time_budget is not None
        if course.place.sweep_filled == 0 and (self._whole or may_end_early):
            return False  # a run that may end early continues the sweep of the one before, or it would never be done
        if not self._whole or course.counts.lost:
            return True
        return not course.attempt(self._is_untouched)

    def _is_untouched(self) -> bool:
        with self._transactions.read() as connection:
            return self._course.walk.untouched(connection, self._course.commits)

    def _start_next_sweep(self) -> None:
        course = self._course
        course.check_limits()
        course.counts.start_sweep()
        course.place = Place(sweep=course.place.sweep + 1)
        self._whole = True

    # --- what is left -----------------------------------------------------------------------------------------------

    def _find_unaccounted(self) -> Unaccounted:
        """Return the rows that can be filled and were not, though they have not changed during a whole sweep."""
        before = self._course.attempt(self._left_over)
        if not before:
            return Unaccounted()
        self._start_next_sweep()
        while not self._comes_to_the_end():
            pass
        after = self._course.attempt(self._left_over)
        unaccounted = in_both(before, after)
        if changed := len(after) - unaccounted.rows:
            logger.info("%d rows were written during the last sweep: the next run fills them", changed)
        return unaccounted

    def _left_over(self) -> Mapping[str, LeftOver]:
        """Return the rows that can be filled; no body is looked into if the last sweep saw as many as there are."""
        counts = self._course.counts
        with self._transactions.read(WITHOUT_END) as connection:
            table = generations(self._model, find_types(connection, self._model.__tablename__))
            if self._whole and count_pending(connection, table) == counts.skipped + counts.failed:
                return {}
            refused = read_refused_names(connection)
            access = choose_access(connection, self._model)
            return find_left_over(connection, table, access, refused, self._course.check_stop)

    # --- the run's frame ------------------------------------------------------------------------------------------

    def _open(self, origin: Origin) -> None:
        course = self._course
        with self._transactions.write() as connection:
            course.ledger, course.place = open_ledger(connection, origin, course.walk.name, course.options)

    def _done(self, unaccounted: Unaccounted) -> Report:
        """Report the end; of a sweep that several runs shared, with the failures that the earlier ones recorded."""
        if self._resumed and not self._whole:
            self._course.attempt(self._recall_failures)
        if unaccounted.rows:
            examples = ", ".join(unaccounted.examples)
            self._course.problem = f"{unaccounted.rows} rows can be filled and were not, among them {examples}"
        return self._course.report("incomplete" if unaccounted.rows else "done")

    def _recall_failures(self) -> None:
        with self._transactions.read() as connection:
            self._course.counts.recall_failures(self._course.ledger.recorded_failures(connection))

    def _finish(self, report: Report) -> None:
        course = self._course
        with self._transactions.write() as connection:
            if report.state == "done" and self._whole:
                course.ledger.forget_failures_not_seen(connection, course.place.sweep)
            state = DONE if report.state == "done" else report.state
            course.ledger.finish(connection, course.place, report, state)

    def _give_up(self) -> None:
        """Say in the ledger that the run failed, if the database lets us; else the next run finds it superseded."""
        course = self._course
        with contextlib.suppress(DBAPIError, MediaIdsError, Rewound), self._transactions.write() as connection:
            course.settle(connection)
            course.ledger.finish(connection, course.place, course.report("stopped"), FAILED_RUN)
