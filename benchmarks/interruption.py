"""Ctrl-C and SIGTERM end the measuring, and not before it has told what it has."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)
EXIT_CODE_BASE = 128


class InterruptedBenchmarkError(BaseException):
    """A signal came. Carries its number; no `except Exception` takes it for a contestant's failure."""

    def __init__(self, signal_number: int) -> None:
        """Take the signal's number."""
        super().__init__(signal.Signals(signal_number).name)
        self.exit_code = EXIT_CODE_BASE + signal_number


@contextmanager
def interruptible() -> Iterator[None]:
    """While the block runs, let both signals raise InterruptedBenchmarkError; afterwards the handlers are as before.

    Only the first of them does: what was started has to be stopped and removed, which a second one would cut short.
    """
    before = {number: signal.signal(number, _interrupt) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _interrupt(number: int, _frame: FrameType | None) -> None:
    for other in SIGNALS:
        signal.signal(other, signal.SIG_IGN)
    raise InterruptedBenchmarkError(number)
