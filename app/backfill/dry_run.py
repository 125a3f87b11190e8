"""Dry run: what a run would do, counted by reading the whole table once. Writes nothing."""

from collections.abc import Set as AbstractSet

from app.backfill.control.limits import Stopped
from app.backfill.ledger.acceptance import Accepted
from app.backfill.ledger.failures import read_refused_names
from app.backfill.report import Report, State
from app.backfill.rows import UPDATE_FAILED, Refused, Window
from app.backfill.worker import Worker


def look(worker: Worker, backfill: str) -> Report:
    """Read the table as a run would, and return the counts; end early as a run does. The caller starts the sweep."""
    books = worker.books
    state: State = "dry_run"
    try:
        refused, accepted = worker.patience.attempt(lambda: _known(worker, backfill))
        for window in worker.windows(in_place=False):
            known = _known_to_be_refused(worker, window, refused)
            books.counts.synced += len(window.recovered) - len(known)
            books.counts.add_failures(known)
            books.counts.add_window(window)
            books.counts.accepted += accepted.count([*known, *window.failures])
            books.sweep.advance(window)
            worker.tell(window)
            if not books.sweep.is_through:
                worker.patience.check()
                worker.limits.check_rows()
    except Stopped as stopped:
        state = stopped.state
    return books.report(state)


def _known(worker: Worker, backfill: str) -> tuple[set[str], Accepted]:
    """Return the names of rows that the database has refused, and the failures that are accepted."""
    with worker.transactions.read() as connection:
        return read_refused_names(connection, backfill), Accepted(connection, backfill)


def _known_to_be_refused(worker: Worker, window: Window, names: AbstractSet[str]) -> list[Refused]:
    """Return the rows of a window whose id is known, and which the database has refused before."""
    known = []
    for row in window.recovered if names else ():
        name = worker.walk.name_of(row.row_id, row.locator)
        if name in names:
            known.append(Refused(row.row_id, UPDATE_FAILED, name=name))
    return known
