"""Run record: how a run begins and ends in the ledger. Batches write it in between, see app.backfill.books."""

import contextlib

from sqlalchemy.exc import DBAPIError

from app.backfill.books import Books, Rewound
from app.backfill.ledger.required import require_columns
from app.backfill.ledger.runs import open_ledger
from app.backfill.options import Options
from app.backfill.recipe import Recipe
from app.backfill.report import Origin, Report
from app.backfill.transactions import Transactions
from app.backfill.walk import Walk
from app.database.readable_errors import first_line
from app.errors import MediaIdsError


class RunRecord:
    """Writes the beginning and the end of a run, each in a transaction of its own."""

    def __init__(self, transactions: Transactions, recipe: Recipe, walk: Walk, books: Books) -> None:
        """Take the connection, what is filled, how, and the books of the run; nothing is written yet."""
        self._transactions = transactions
        self._recipe = recipe
        self._walk = walk
        self._books = books

    def open(self, origin: Origin, options: Options) -> None:
        """Start a run, at the place where the last one stopped. Raises OldLedgerError."""
        books = self._books
        with self._transactions.write() as connection:
            require_columns(connection)
            books.ledger, books.place = open_ledger(connection, self._recipe, origin, self._walk.name, options)
        books.ledger.history = books.history
        books.control.ledger = books.ledger

    def recall_failures(self) -> None:
        """Count the failures that the ledger has: earlier runs of the same sweep have recorded some of them."""
        with self._transactions.read() as connection:
            self._books.counts.recall_failures(self._books.ledger.recorded_failures(connection))

    def finish(self, report: Report, *, is_whole: bool) -> None:
        """Write how the run ended, and count its accepted and new failures into the report.

        If the last sweep `is_whole`, failures that it did not meet are removed.
        """
        books = self._books
        with self._transactions.write() as connection:
            if report.state == "done" and is_whole:
                books.ledger.forget_failures_not_seen(connection, books.place.sweep)
            is_all = report.state == "done" and self._walk.is_whole  # of a sweep that several runs may share
            sweep = None if is_all else books.place.sweep
            report.accepted, report.new_failures = books.ledger.tally(connection, sweep)
            books.ledger.finish(connection, books.place, report, report.state, report.problem or None)

    def give_up(self, error: Exception) -> None:
        """Write that the run failed. If the database refuses, the next run marks this one as superseded."""
        books = self._books
        told = first_line(error.orig or error) if isinstance(error, DBAPIError) else first_line(error)
        with contextlib.suppress(DBAPIError, MediaIdsError, Rewound), self._transactions.write() as connection:
            books.settle(connection)
            books.ledger.finish(connection, books.place, books.report("stopped"), "failed", told)
