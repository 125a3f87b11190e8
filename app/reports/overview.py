"""Overview: everything that a page about the backfill shows, of one moment. Reads only."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from app.backfill.control.error_kinds import LOCK_NOT_AVAILABLE, sqlstate
from app.backfill.transactions import set_locally
from app.database.timestamps import now
from app.reports.failures import Failure, read_failures
from app.reports.rates import Rates, read_rates
from app.reports.running import RunningRun
from app.reports.status import LONGEST_WAIT, Status

SHOWN_FAILURES: Final = 20


@dataclass(frozen=True, kw_only=True)
class Failing:
    """Rows that a person must look at."""

    rows: int = 0
    accepted: int = 0
    """How many of them somebody takes as they are."""
    shown: tuple[Failure, ...] = ()
    """The oldest, those that are accepted last."""


@dataclass(frozen=True, kw_only=True)
class Overview:
    """The status of a database, how fast its last run went, and some rows that a person must look at."""

    database: str
    """As a URL without password."""
    moment: datetime
    status: Status
    rates: Rates | None = None
    failing: Failing | None = Failing()
    """None where somebody holds the table, so that they could not be read."""

    @property
    def fraction(self) -> float | None:
        """The part that is done: of what the run that goes on has to look at, else of all rows; None if unknown."""
        total = self.status.total
        if self.status.locked_by is not None or self.status.untouched or not total.rows:
            return None
        running = self.status.running
        if running is None:
            return 1 - total.pending / total.rows
        return running.rows / max(1, running.rows + rows_ahead(running, total.rows - total.with_id))


def rows_ahead(running: RunningRun, unfilled: int) -> int:
    """Return about how many rows a run has still to look at, of those that have no id."""
    return max(0, unfilled - (running.rows - running.synced))


def read_overview(connection: sa.Connection, database: str, status: Status, before: Overview | None = None) -> Overview:
    """Return the overview of a database whose status is known, with the failures as they were `before`, where given.

    Waits for nobody. To be called outside a transaction.
    """
    overview = Overview(database=database, moment=now(), status=status)
    if status.untouched:
        return overview
    with connection.begin():
        overview = replace(overview, rates=read_rates(connection))
        if status.locked_by is not None:
            return replace(overview, failing=None)
        return replace(overview, failing=_failing(connection) if before is None else before.failing)


def _failing(connection: sa.Connection) -> Failing | None:
    """Return the failures; None where somebody has taken the table since its rows were counted."""
    try:
        with connection.begin_nested():
            set_locally(connection, LONGEST_WAIT)
            failures = read_failures(connection)
    except DBAPIError as error:
        if sqlstate(error) != LOCK_NOT_AVAILABLE:
            raise
        return None
    accepted = sum(failure.acceptance is not None for failure in failures)
    return Failing(rows=len(failures), accepted=accepted, shown=tuple(failures[:SHOWN_FAILURES]))
