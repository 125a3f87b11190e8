"""Trying again: for how long, with which pauses, and for which errors alone. The clock is the test's own."""

import signal
import time
from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy.exc import DBAPIError

from app.backfill.control.retrying import PATIENCE_SECONDS, attempt
from app.signals import StopRequest

LOCKED_ROW = psycopg.errors.LockNotAvailable("held")
LOST = psycopg.errors.AdminShutdown("gone")
REFUSED = psycopg.errors.UniqueViolation("twice")
NO_TABLE = psycopg.errors.UndefinedTable("none")


class Clock(StopRequest):
    """Nobody waits; the time is what was to be waited for."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.waits: list[float] = []

    def wait(self, seconds: float) -> None:
        """Let the time go by."""
        self.waits.append(seconds)
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    """The time of this test."""
    clock = Clock()
    with monkeypatch.context() as patched:
        patched.setattr(time, "monotonic", lambda: clock.now)
        yield clock


def fails(original: psycopg.Error, times: int = 10**9) -> "Action":
    """Return what raises an error so many times, and then returns how often it was tried."""
    return Action(original, times)


class Action:
    """Something that is asked of a database."""

    def __init__(self, original: psycopg.Error, times: int) -> None:
        self._original = original
        self._times = times
        self.tries = 0

    def __call__(self) -> int:
        """Raise, or return the number of tries."""
        self.tries += 1
        if self.tries <= self._times:
            raise DBAPIError("SELECT", None, self._original)
        return self.tries


@pytest.mark.parametrize(
    ("original", "busy_seconds", "least"),
    [(LOCKED_ROW, 0.3, 0.3), (LOCKED_ROW, 60.0, 60.0), (LOST, 0.3, 60.0)],
    ids=["locked row", "locked row for long", "lost"],
)
def test_what_passes_is_tried_for_so_long(
    clock: Clock, original: psycopg.Error, busy_seconds: float, least: float
) -> None:
    """A row that is locked as long as is said, a connection that is lost for a minute; then the error is raised."""
    told: list[str] = []
    with pytest.raises(DBAPIError) as caught:
        attempt(fails(original), clock, told.append, busy_seconds=busy_seconds)

    assert caught.value.orig is original
    assert least <= clock.now <= least + 2.1
    assert len(told) == len(clock.waits)


def test_pauses_grow_from_a_twentieth_of_a_second_to_two_seconds(clock: Clock) -> None:
    """With a part of chance, so that several who wait do not come back together; until it goes well."""
    told: list[str] = []
    result = attempt(fails(LOST, times=20), clock, told.append)

    assert (result, told) == (21, ["the connection is lost (gone)"] * 20)
    assert 0.05 <= clock.waits[0] <= 0.1
    assert clock.waits[:6] == sorted(clock.waits[:6])
    assert (max(clock.waits) <= 2.05, clock.waits[0] != 0.05) == (True, True)
    assert PATIENCE_SECONDS == 60.0


@pytest.mark.parametrize("original", [REFUSED, NO_TABLE])
def test_what_does_not_pass_is_raised_at_once(clock: Clock, original: psycopg.Error) -> None:
    """Nobody waits for a row that is refused, or for a table that is not there."""
    action = fails(original)

    with pytest.raises(DBAPIError):
        attempt(action, clock, print)

    assert (action.tries, clock.waits) == (1, [])


def test_whoever_is_asked_to_stop_tries_no_more(clock: Clock) -> None:
    """Even if it would pass."""
    clock.ask(signal.SIGTERM)
    action = fails(LOST)

    with pytest.raises(DBAPIError):
        attempt(action, clock, print)

    assert (action.tries, clock.waits) == (1, [])
