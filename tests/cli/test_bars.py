"""The bar of a run on a terminal: what stands in it, when lines take its place, and what becomes of the log."""

import io
import logging
import sys
import types

import pytest
from rich.console import Console

from app.backfill.listener import Listener
from app.console import outlook, progress
from app.console.printing import listening
from app.console.progress import ProgressBarView, ProgressLines, shown_progress
from app.console.record_lines import Listeners, RecordLines
from app.settings import Settings
from tests.cli.test_progress import Clock, Terminal, at


def drawn(view: ProgressBarView) -> list[str]:
    """Return the lines of a bar."""
    page = io.StringIO()
    Console(file=page, width=80).print(view)
    return [line.rstrip() for line in page.getvalue().splitlines()]


def test_a_bar_tells_what_is_left_once_that_can_be_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thousand rows in ten seconds were half of what was left."""
    clock = Clock()
    monkeypatch.setattr(progress, "Outlook", lambda: outlook.Outlook(clock))
    view = ProgressBarView()

    view.progress(at(0, 0.0))
    first = drawn(view)
    clock.now += 10
    view.progress(at(1_000, 0.5))

    assert (first[0].split()[0], first[0].split()[-1], first[1]) == ("Table", "0%", "0 rows, 500/s, batches of 1,000")
    assert drawn(view)[1] == "1,000 of about 2,000 rows, 500/s, batches of 1,000, about 10 s left"


def test_rows_of_an_earlier_sweep_are_not_left_again() -> None:
    """A thousand rows were done before; this sweep did a hundred in its first half."""
    clock = Clock()
    later = outlook.Outlook(clock)
    later.estimate(at(1_000, 0.0, sweep=2))
    clock.now += 10

    assert later.estimate(at(1_100, 0.5, sweep=2)) == (100, 10.0)


def test_a_bar_names_a_later_sweep_and_no_longer_why_the_run_waited() -> None:
    """Where no part of the table can be told there is no bar."""
    view = ProgressBarView()
    reading = drawn(view)
    view.waiting("rows are locked by somebody else")
    view.progress(at(1_000, 0.42, sweep=2))
    swept = drawn(view)
    view.progress(at(1_000, None))

    assert reading == ["Reading …"]
    assert (swept[0].startswith("Table, sweep 2 "), swept[0].endswith(" 42%")) == (True, True)
    assert swept[1:] == drawn(view) == ["1,000 rows, 500/s, batches of 1,000"]


def test_lines_come_every_ten_seconds(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """Ten after the last one, whatever has been told meanwhile."""
    caplog.set_level(logging.INFO)
    clock = Clock()
    monkeypatch.setattr(progress, "time", types.SimpleNamespace(monotonic=clock))
    lines, counts = ProgressLines(), []
    for seconds in (9.5, 0.5, 9.5, 0.5):
        clock.now += seconds
        lines.progress(at(1_000, None))
        counts.append(len(caplog.messages))

    assert counts == [0, 1, 1, 2]


def test_while_a_bar_is_shown_the_log_goes_through_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """And goes its own way again afterwards; results are printed past it."""
    monkeypatch.setenv("TERM", "xterm")
    terminal = Terminal()
    handler = logging.StreamHandler(terminal)
    monkeypatch.setattr(logging.getLogger(), "handlers", [handler])
    before = sys.stdout, sys.stderr

    with shown_progress("text", terminal):
        during = handler.stream is sys.stderr, sys.stdout is before[0], sys.stderr is before[1]

    assert (during, handler.stream is terminal, sys.stderr is before[1]) == ((True, True, False), True, True)


def test_what_shows_a_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal a bar, or lines for its records, or JSON; elsewhere records and lines of progress at once."""
    monkeypatch.setenv("TERM", "xterm")
    kinds = []
    for terminal, log, verbose, as_json in CASES:
        for name in ("stdout", "stderr"):
            monkeypatch.setattr(sys, name, Terminal() if terminal else io.StringIO())
        with listening(Settings.load({"log": log}), verbose, as_json) as listener:
            kinds.append(type(listener))

    assert kinds == list(CASES.values())


CASES: dict[tuple[bool, str, bool, bool], type[Listener]] = {
    (True, "text", False, False): ProgressBarView,
    (True, "json", False, False): ProgressLines,
    (True, "text", True, False): RecordLines,
    (False, "text", True, False): Listeners,
    (False, "text", True, True): RecordLines,
    (False, "text", False, True): ProgressLines,
}
