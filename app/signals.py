"""Signals: SIGTERM and SIGINT ask a run to stop after the batch that is under way."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

STOPPING: Final = (signal.SIGTERM, signal.SIGINT)


class StopRequest:
    """A request to stop the run, made or not yet made. `wait` ends early when it is made.

    A signal sets `signal_number`; a person who cancels the run through the database sets `cancelled_by`.
    """

    def __init__(self) -> None:
        """Start without a request."""
        self.signal_number: int | None = None
        self.cancelled_by = ""
        self._asked = threading.Event()

    @property
    def is_asked(self) -> bool:
        """Whether the run is to stop."""
        return self._asked.is_set()

    def ask(self, signal_number: int) -> None:
        """Ask the run to stop, as the signal does."""
        self.signal_number = signal_number
        self._asked.set()

    def cancel(self, person: str) -> None:
        """Ask the run to stop, on behalf of somebody."""
        self.cancelled_by = person
        self._asked.set()

    def wait(self, seconds: float) -> None:
        """Wait so many seconds, or until somebody asks to stop."""
        self._asked.wait(seconds)


@contextmanager
def end_on_sigterm() -> Iterator[None]:
    """While the block runs, let SIGTERM end the process with 143, as Ctrl-C ends it with 130.

    Without a handler, process 1 of a container ignores SIGTERM. A run replaces this handler (`stop_on_signals`).
    Outside the main thread no signal is caught.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(signal_number: int, _frame: FrameType | None) -> None:
        raise SystemExit(128 + signal_number)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def stop_on_signals() -> Iterator[StopRequest]:
    """Yield a StopRequest that SIGTERM or SIGINT makes. Outside the main thread no signal is caught."""
    request = StopRequest()
    if threading.current_thread() is not threading.main_thread():
        yield request
        return

    def handle(signal_number: int, _frame: FrameType | None) -> None:
        request.ask(signal_number)

    before = {number: signal.signal(number, handle) for number in STOPPING}
    try:
        yield request
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
