"""How long to wait before the next attempt: what the server asks for, and a random, growing part."""

from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Final

import tenacity

LONGEST_WAIT_SECONDS: Final = 60.0
"""The longest random pause. A server that asks for a longer one is not waited for."""


class Pause(tenacity.wait.wait_base):
    """The pause that the server asked for, plus a random part of a window that doubles with each attempt."""

    def __init__(self, first_wait: float) -> None:
        """Take the window of the first pause, in seconds."""
        self._growing = tenacity.wait_random_exponential(multiplier=first_wait, max=LONGEST_WAIT_SECONDS)

    def __call__(self, retry_state: tenacity.RetryCallState) -> float:
        """Return the seconds to wait."""
        failure = retry_state.outcome.exception() if retry_state.outcome else None
        asked = getattr(getattr(failure, "error", None), "retry_after", None)
        return (asked or 0.0) + self._growing(retry_state)


def seconds_of(retry_after: str | None, moment: datetime) -> float | None:
    """Return the seconds that a `Retry-After` header asks to wait; None where it asks for no pause.

    The header has seconds or a date. Never raises, whatever its text is.
    """
    if not retry_after:
        return None
    if retry_after.isascii() and retry_after.isdigit():
        return float(retry_after)
    try:
        date = parsedate_to_datetime(retry_after)
        return max(0.0, (date - moment).total_seconds()) if date.tzinfo else None
    except (ValueError, TypeError, OverflowError, IndexError, AttributeError):
        return None
