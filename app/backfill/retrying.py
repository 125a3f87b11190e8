"""Retry: try again what failed for a reason that passes, with backoff and jitter, and for how long."""

import logging
from collections.abc import Callable
from typing import Final, TypeVar

from sqlalchemy.exc import DBAPIError
from tenacity import RetryCallState, Retrying, retry_if_exception, wait_exponential_jitter

from app.backfill.error_kinds import Trouble, trouble
from app.database.readable_errors import first_line
from app.signals import StopRequest

PATIENCE_SECONDS: Final = 60.0
"""How long to try to connect again, or to wait for a locked SQLite file."""
FIRST_WAIT_SECONDS: Final = 0.05
LONGEST_WAIT_SECONDS: Final = 1.0
"""Whoever looks for a second who keeps the run waiting sees at least one try."""

Result = TypeVar("Result")
logger = logging.getLogger(__name__)


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
