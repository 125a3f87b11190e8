"""Events: facts that a log record carries for those who read the log as JSON, and lines that come seldom."""

import logging
import time
from collections.abc import Callable, Mapping
from typing import Final

EVENT: Final = "event_facts"
"""Attribute of a log record with its facts; whoever writes sentences does not look at it."""
A_MINUTE: Final = 60.0


def event(name: str, **facts: object) -> Mapping[str, Mapping[str, object]]:
    """Return the `extra` of a log record that tells of an event."""
    return {EVENT: {"event": name, **facts}}


class Seldom:
    """Lets the first line through, and then one in so many seconds: a wait is not worth a line each time it is met."""

    def __init__(self, seconds: float = A_MINUTE, clock: Callable[[], float] = time.monotonic) -> None:
        """Take how far apart lines are."""
        self._seconds = seconds
        self._clock = clock
        self._last: float | None = None

    def is_due(self) -> bool:
        """Tell whether it is time for a line, which is then taken as written."""
        moment = self._clock()
        if self._last is not None and moment - self._last < self._seconds:
            return False
        self._last = moment
        return True


def seldom_told(logger: logging.Logger, words: str = "waiting") -> Callable[[str], None]:
    """Return what logs why something waits, once a minute however often it is called."""
    seldom = Seldom()

    def tell(reason: str) -> None:
        if seldom.is_due():
            logger.info("%s: %s", words, reason, extra=event("waiting", reason=reason))

    return tell
