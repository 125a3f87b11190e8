"""Signals: what they ask for, for as long as a block runs, and in the main thread alone."""

import signal
import threading

import pytest

from app.signals import StopRequest, end_on_sigterm, stop_on_signals

BOTH = (signal.SIGTERM, signal.SIGINT)


def handlers() -> list[object]:
    """Return who handles either signal now."""
    return [signal.getsignal(number) for number in BOTH]


def fail_after(number: signal.Signals) -> None:
    """Fail when a signal has come."""
    signal.raise_signal(number)
    raise KeyError


@pytest.mark.parametrize("number", BOTH)
def test_a_run_is_asked_to_stop_and_the_handlers_come_back(number: signal.Signals) -> None:
    """Those of whoever called it, also if the block fails."""
    before = handlers()

    with pytest.raises(KeyError), stop_on_signals() as stop:
        fail_after(number)

    assert (stop.signal_number, handlers()) == (number, before)


def test_sigterm_ends_a_command_with_143_and_its_handler_comes_back() -> None:
    """Until then it is ours."""
    before = handlers()

    with pytest.raises(SystemExit) as ended, end_on_sigterm():
        signal.raise_signal(signal.SIGTERM)

    assert (ended.value.code, handlers()) == (143, before)


def test_outside_the_main_thread_no_signal_is_caught() -> None:
    """Python lets nobody do that there."""
    numbers: list[int | None] = []

    def run() -> None:
        with end_on_sigterm(), stop_on_signals() as stop:
            numbers.append(stop.signal_number)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(timeout=60)

    assert numbers == [None]


def test_a_wait_ends_when_somebody_asks_to_stop() -> None:
    """However long it would have been; one of no time ends at once."""
    stop = StopRequest()
    waiting = threading.Thread(target=lambda: stop.wait(3_600), daemon=True)
    waiting.start()
    stop.wait(-1)

    stop.ask(signal.SIGTERM)
    waiting.join(timeout=10)

    assert (waiting.is_alive(), stop.signal_number) == (False, 15)
