"""What ends a run before its table does; and how long a worker waits between its batches."""

import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest

from app.backfill.books import Rewound
from app.backfill.control.control import Control
from app.backfill.control.limits import Limits, Stopped
from app.backfill.crew import work_together
from app.backfill.options import Options
from app.signals import StopRequest


def state_of(ask: object) -> str | None:
    """Return the state in which somebody is to stop; None if the run may go on."""
    assert callable(ask)
    try:
        ask()
    except Stopped as stopped:
        return stopped.state
    return None


def test_a_signal_stops_a_run_and_so_does_a_worker_that_cannot_go_on() -> None:
    """Both say `stopped`."""
    stop = StopRequest()
    asked, abandoned, free = Limits(Options(), stop), Limits(Options(), StopRequest()), Limits(Options(), StopRequest())

    stop.ask(signal.SIGINT)
    abandoned.abandon()

    assert [state_of(limits.check) for limits in (asked, abandoned, free)] == ["stopped", "stopped", None]


def test_a_time_budget_runs_from_the_start_of_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """And is spent when so many seconds have gone by."""
    moments = iter((1_000.0, 1_009.9, 1_010.0))
    with monkeypatch.context() as patched:
        patched.setattr(time, "monotonic", lambda: next(moments))
        limits = Limits(Options(time_budget=10.0), StopRequest())
        states = [state_of(limits.check), state_of(limits.check)]

    assert states == [None, "partial"]


def test_rows_are_counted_down_to_the_limit() -> None:
    """Whoever reads is told how many are left; none are read after that."""
    limits = Limits(Options(limit=10), StopRequest())
    left = []
    for rows in (4, 5, 1):
        with limits.rows_left() as most:
            left.append((most, state_of(limits.check_rows)))
            limits.count(rows)

    assert (left, state_of(limits.check_rows)) == ([(10, None), (6, None), (1, None)], "partial")
    assert state_of(lambda: limits.rows_left().__enter__()) == "partial"


def test_without_a_limit_all_rows_are_left() -> None:
    """However many were read."""
    limits = Limits(Options(), StopRequest())
    limits.count(10**9)

    with limits.rows_left() as left:
        assert (left, state_of(limits.check_rows)) == (None, None)


def test_where_rows_are_limited_one_worker_reads_at_a_time() -> None:
    """Else two of them would read the same rows that are left."""
    limits = Limits(Options(limit=10), StopRequest())
    has_begun = threading.Event()

    def read() -> int | None:
        has_begun.set()
        with limits.rows_left() as left:
            return left

    with ThreadPoolExecutor(1) as pool:
        with limits.rows_left():
            other = pool.submit(read)
            assert has_begun.wait(10)
            limits.count(3)
        assert other.result(10) == 7


@pytest.mark.parametrize(
    ("options", "ends"),
    [(Options(), False), (Options(limit=1), True), (Options(time_budget=1.0), True)],
)
def test_a_run_with_a_limit_or_a_budget_may_end_early(options: Options, *, ends: bool) -> None:
    """Then it goes on with the sweep of the one before."""
    assert Limits(options, StopRequest()).end_early == ends


class Ends:
    """A worker that comes to an end of some kind."""

    def __init__(self, end: BaseException | None, control: Control) -> None:
        self._end = end
        self.books = SimpleNamespace(control=control)

    def work(self) -> None:
        """Come to it."""
        if self._end is not None:
            raise self._end


FAULT = ValueError("a fault")


@pytest.mark.parametrize(
    ("ends", "raised", "is_abandoned"),
    [
        ([None, None], None, False),
        ([Stopped("partial"), Rewound(), FAULT], ValueError, True),
        ([Stopped("partial"), Rewound(), None], Rewound, False),
        ([Stopped("partial"), None, None], Stopped, False),
        ([KeyboardInterrupt(), None], KeyboardInterrupt, True),
        ([Stopped("partial")], Stopped, False),
    ],
)
def test_of_several_ends_the_worst_is_raised(
    ends: list[BaseException | None], raised: type[BaseException] | None, *, is_abandoned: bool
) -> None:
    """An error before what is only to be done again, and that before a stop; an error stops the others."""
    limits, control = Limits(Options(), StopRequest()), Control(Options(), StopRequest())
    caught: type[BaseException] | None = None
    try:
        work_together(limits, [Ends(end, control) for end in ends])  # type: ignore[misc]  # all that is asked of a worker
    except BaseException as error:  # noqa: BLE001
        caught = type(error)

    assert (caught, state_of(limits.check)) == (raised, "stopped" if is_abandoned else None)
    assert control.is_at_rest == (len(ends) > 1)  # all who worked have left
