"""Retrying: what failed for a reason that passes is tried again, with backoff and jitter, and for how long."""

import logging
from collections.abc import Callable
from typing import Final, TypeVar

from sqlalchemy.exc import DBAPIError
from tenacity import RetryCallState, Retrying, retry_if_exception, wait_exponential_jitter

from app.backfill.books import Books
from app.backfill.control.error_kinds import Trouble, trouble
from app.backfill.control.standby import Standby
from app.database.readable_errors import first_line
from app.signals import StopRequest

PATIENCE_SECONDS: Final = 60.0
"""How long to try to connect again, or to wait for a locked SQLite file."""
FIRST_WAIT_SECONDS: Final = 0.05
LONGEST_WAIT_SECONDS: Final = 1.0
"""Whoever looks for a second who keeps the run waiting sees at least one try."""

Result = TypeVar("Result")
logger = logging.getLogger(__name__)


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


def at_once(_: Trouble) -> float:
    """Wait no longer than the next try is due."""
    return 0.0


def attempt(
    action: Callable[[], Result],
    stop: StopRequest,
    tell: Callable[[str], None],
    *,
    busy_seconds: float = PATIENCE_SECONDS,
    between: Callable[[Trouble], float] = at_once,
) -> Result:
    """Return the action's result, after several tries if need be; rows that are locked are tried for `busy_seconds`.

    `between` is called before each further try; the seconds that it returns do not count. Raises the last DBAPIError
    when patience is at its end, when the error is of a kind that does not pass, or when asked to stop.
    """

    def is_hopeless(state: RetryCallState) -> bool:
        if stop.is_asked:
            return True
        waited = state.seconds_since_start or 0.0
        return waited >= (busy_seconds if _kind(state) is Trouble.BUSY else PATIENCE_SECONDS)

    def before_sleep(state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        problem = first_line(error.orig or error) if isinstance(error, DBAPIError) else ""
        tell(f"{_kind(state).value} ({problem})")
        state.start_time += between(_kind(state))

    retrying = Retrying(
        retry=retry_if_exception(_passes),
        wait=wait_exponential_jitter(
            multiplier=FIRST_WAIT_SECONDS, max=LONGEST_WAIT_SECONDS, jitter=FIRST_WAIT_SECONDS
        ),
        stop=is_hopeless,
        sleep=stop.wait,
        before_sleep=before_sleep,
        reraise=True,
    )
    return retrying(action)


def _passes(error: BaseException) -> bool:
    return isinstance(error, DBAPIError) and trouble(error) in {Trouble.BUSY, Trouble.LOCKED, Trouble.LOST}


def _kind(state: RetryCallState) -> Trouble:
    error = state.outcome.exception() if state.outcome else None
    return trouble(error) if isinstance(error, DBAPIError) else Trouble.FATAL
