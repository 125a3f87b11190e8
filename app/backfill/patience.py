"""Patience: what a worker asks of its database is tried again, as long as the run is not to end."""

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy.exc import DBAPIError

from app.backfill.books import Books
from app.backfill.error_kinds import Trouble, trouble
from app.backfill.retrying import PATIENCE_SECONDS, attempt
from app.backfill.standby import Standby
from app.signals import StopRequest

Result = TypeVar("Result")


class Patience:
    """Tries again what fails for a reason that passes, and notices what ends a run meanwhile."""

    def __init__(self, books: Books, stop: StopRequest, standby: Standby, tell: Callable[[str], None]) -> None:
        """Take what is to know of lost connections, what ends a run, how to wait, and who is told why."""
        self._books = books
        self._stop = stop
        self._standby = standby
        self._tell = tell

    def check(self) -> None:
        """Raise Stopped or Rewound if the run is to end, or to go back."""
        self._standby.check()

    def obey(self) -> None:
        """Wait for as long as the run is paused. Raises Stopped or Rewound."""
        self._standby.obey()

    def attempt(self, action: Callable[[], Result], *, busy_seconds: float = PATIENCE_SECONDS) -> Result:
        """Return the action's result, after several tries if need be; locked rows are tried for `busy_seconds`.

        Raises the last DBAPIError when patience is at its end, or when the error is of a kind that does not pass;
        Stopped or Rewound instead where the run is to end or to go back.
        """
        between = self._standby.between_tries
        try:
            return attempt(
                lambda: self._noticing(action), self._stop, self._tell, busy_seconds=busy_seconds, between=between
            )
        except DBAPIError:
            self.check()
            raise

    def _noticing(self, action: Callable[[], Result]) -> Result:
        """Do it, and notice if the connection is lost."""
        try:
            return action()
        except DBAPIError as error:
            if trouble(error) is Trouble.LOST:
                self._books.note_disconnection()
            raise
