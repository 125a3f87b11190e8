"""What a worker does where the database could not fill rows by itself."""

from datetime import datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from app.backfill.rows import Filling, InPlace, TooManyRowsError
from app.backfill.transactions import NO_SETTINGS
from tests.backfill.test_retrying import LOCKED_ROW, NO_TABLE, REFUSED, Clock, clock
from tests.backfill.test_worker import raised, run_over, url, worker_of

__all__ = ["clock", "url"]


class Part(InPlace):
    """Rows that the database is to fill by itself, which it cannot."""

    settings = NO_SETTINGS
    most_rows = 1

    def __init__(self, error: Exception) -> None:
        self._error = error

    def fill(self, connection: sa.Connection, moment: datetime, *, listed: bool) -> Filling:  # noqa: ARG002
        """Fail."""
        raise self._error


@pytest.mark.parametrize(
    ("error", "waited"), [(raised(LOCKED_ROW), True), (raised(REFUSED), False), (TooManyRowsError(), False)]
)
def test_what_the_database_could_not_fill_by_itself_is_told(
    url: str, clock: Clock, error: Exception, *, waited: bool
) -> None:
    """Its rows are read, and filled one by one; for locked ones it is tried for 0.3 s."""
    with run_over(url, clock) as (run, _):
        has_filled = worker_of(run)._fill_in_place(Part(error))  # noqa: SLF001

    assert (has_filled, 0.3 <= clock.now < 0.7) == (False, waited)


def test_an_error_of_no_row_while_the_database_fills_by_itself_is_raised(url: str, clock: Clock) -> None:
    """Whoever reads the rows would meet it again."""
    with run_over(url, clock) as (run, _), pytest.raises(DBAPIError):
        worker_of(run)._fill_in_place(Part(raised(NO_TABLE)))  # noqa: SLF001


class Done(InPlace):
    """Rows that the database has filled by itself."""

    settings = NO_SETTINGS
    most_rows = 50

    def fill(self, connection: sa.Connection, moment: datetime, *, listed: bool) -> Filling:  # noqa: ARG002
        """Say how many."""
        return Filling(counted=50)


def test_what_the_database_filled_by_itself_tells_how_large_the_next_batch_may_be(url: str, clock: Clock) -> None:
    """As rows do that were handed out."""
    with run_over(url, clock) as (run, _):
        worker = worker_of(run)
        worker.pace.bound = 1_000
        worker._fill_in_place(Done())  # noqa: SLF001

    assert (worker.pace.size, worker.books.counts.synced) == (12, 50)
