"""Run: open the ledger, sweep until nothing is left, account for the rest, finish. It knows no database."""

import contextlib
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from app.backfill.accounting import LeftOver, Unaccounted, in_both, look_what_is_left
from app.backfill.books import Books, Rewound
from app.backfill.control.control import Control
from app.backfill.control.limits import Limits, Stopped
from app.backfill.crew import Crew
from app.backfill.dry_run import look
from app.backfill.ledger.runs import Place
from app.backfill.listener import Listener
from app.backfill.options import Options
from app.backfill.recipe import Recipe
from app.backfill.report import Origin, Report
from app.backfill.run_record import RunRecord
from app.backfill.transactions import Transactions
from app.backfill.walk import Walk
from app.signals import StopRequest

MOST_SWEEPS: Final = 5
"""A run ends after so many sweeps, though the application goes on writing rows that could be filled."""
WITHOUT_END: Final = {"statement_timeout": "0"}
"""Setting for a statement that reads the whole table."""

logger = logging.getLogger(__name__)


class Run:
    """One run over a table."""

    def __init__(  # noqa: PLR0913  # what it works with, and who listens
        self,
        *,
        walk: Walk,
        options: Options,
        listener: Listener,
        stop: StopRequest,
        connections: Sequence[Transactions],
        recipe: Recipe,
        another: Callable[[], Transactions] | None = None,
    ) -> None:
        """Take how to go through the table, a connection for each worker, and what opens more; nothing is read yet."""
        self._walk = walk
        self._options = options
        self._recipe = recipe
        self._transactions = connections[0]
        self._control = Control(options, stop)
        self._books = Books(walk, listener, self._control)
        self._record = RunRecord(self._transactions, recipe, walk, self._books)
        self._limits = Limits(options, stop)
        self._listener = listener
        self._crew = Crew(
            connections=connections,
            another=another,
            walk=walk,
            books=self._books,
            limits=self._limits,
            listener=listener,
            allowed_lag=options.max_replica_lag,
        )
        self._patience = self._crew.workers[0].patience
        self._whole = True
        self._resumed = False

    def look(self) -> Report:
        """Read the whole table once and count what a run would do; stop early as a run does. Writes nothing."""
        try:
            self._patience.attempt(self._start_sweep)
            report = look(self._crew.workers[0], self._recipe.name)
        except Stopped as stopped:
            report = self._books.report(stopped.state)
        self._listener.ended(report)
        return report

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
        with self._transactions.relaxed(), contextlib.closing(self._crew):
            report = self._fill(origin)
        with contextlib.suppress(Stopped):  # the database does not answer, and nobody wants to wait for it any more
            self._patience.attempt(lambda: self._record.finish(report, is_whole=self._whole))
        self._listener.ended(report)
        return report

    def _fill(self, origin: Origin) -> Report:
        self._patience.attempt(lambda: self._record.open(origin, self._options))
        self._listener.started(self._books.ledger.run_id, origin, self._walk.name)
        self._whole = self._books.place.cursor is None
        self._resumed = not self._whole
        try:
            while self._sweep():
                self._start_next_sweep()
            return self._done(self._find_unaccounted())
        except Stopped as stopped:
            with contextlib.suppress(Rewound, Stopped):
                self._patience.attempt(self._anchor)
            return self._stopped(stopped)
        except Exception as error:
            self._record.give_up(error)
            raise

    # --- sweeps ---------------------------------------------------------------------------------------------------

    def _sweep(self) -> bool:
        """Walk from the cursor to the end of the table; tell whether another sweep is needed."""
        while not self._comes_to_the_end():
            self._whole = False
        return self._another_sweep_is_needed()

    def _comes_to_the_end(self) -> bool:
        """Walk from the cursor to the end of the table; return False if a crash of the server has undone some of it."""
        self._patience.obey()
        self._patience.attempt(self._start_sweep)
        try:
            self._crew.fill_sweep()
            self._patience.attempt(self._anchor)
        except Rewound:
            logger.info("the server crashed and has undone the last batches: they are done again")
            self._books.go_on()
            return False
        return True

    def _anchor(self) -> None:
        """Commit and wait for the disk, which makes all earlier batches durable. Raises Rewound after a crash."""
        books = self._books
        with self._transactions.write() as connection:
            books.settle(connection)
            self._control.hear(books.ledger.save(connection, books.place, books.report(None)))
        books.commits += 1

    def _start_sweep(self) -> None:
        with self._transactions.read() as connection:
            self._walk.start_sweep(connection)
        self._books.start_sweep()

    def _another_sweep_is_needed(self) -> bool:
        place = self._books.place
        if not self._walk.is_whole:
            self._whole = False  # a retry must not remove failures that it did not end
            return False
        if place.sweep >= MOST_SWEEPS:
            return False
        if place.sweep_filled == 0 and (self._whole or self._limits.end_early):
            return False  # such a run continues the earlier one's sweep, else no sweep would ever end
        if not self._whole or self._books.counts.lost:
            return True
        return not self._patience.attempt(self._is_untouched)

    def _is_untouched(self) -> bool:
        with self._transactions.read() as connection:
            return self._walk.untouched(connection, self._books.commits)

    def _start_next_sweep(self) -> None:
        books = self._books
        self._patience.check()
        self._limits.check_rows()
        books.counts.start_sweep()
        books.place = Place(sweep=books.place.sweep + 1)
        self._whole = True

    # --- what is left -----------------------------------------------------------------------------------------------

    def _find_unaccounted(self) -> Unaccounted:
        """Return the rows that can be filled and were not, though they have not changed during a whole sweep."""
        before = self._patience.attempt(self._left_over) if self._walk.is_whole else {}
        if not before:
            return Unaccounted()
        self._start_next_sweep()
        while not self._comes_to_the_end():
            pass
        after = self._patience.attempt(self._left_over)
        unaccounted = in_both(before, after)
        if changed := len(after) - unaccounted.rows:
            logger.info("%d rows were written during the last sweep: the next run fills them", changed)
        return unaccounted

    def _left_over(self) -> Mapping[str, LeftOver]:
        """Return the rows that can be filled; no body is looked into if the last sweep saw as many as there are."""
        counts = self._books.counts
        seen = counts.skipped + counts.failed if self._whole else None
        with self._transactions.read(WITHOUT_END) as connection:
            return look_what_is_left(connection, self._recipe, seen, self._patience.check)

    # --- how it ends ----------------------------------------------------------------------------------------------

    def _done(self, unaccounted: Unaccounted) -> Report:
        """Report the end; of a sweep that several runs shared, with the failures that the earlier ones recorded."""
        if self._resumed and not self._whole:
            self._patience.attempt(self._record.recall_failures)
        if unaccounted.rows:
            examples = ", ".join(unaccounted.examples)
            self._books.problem = f"{unaccounted.rows} rows can be filled and were not, among them {examples}"
        return self._books.report("incomplete" if unaccounted.rows else "done")

    def _stopped(self, stopped: Stopped) -> Report:
        """Report that the run ends early, and who has cancelled it, if somebody has."""
        person = self._limits.stop.cancelled_by
        if person and stopped.state == "stopped":
            self._books.problem = f"cancelled by {person}"
        return self._books.report(stopped.state)
