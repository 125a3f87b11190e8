"""Progress: a bar on a terminal, lines elsewhere, JSON where it is asked for; on stderr, counted, estimates named."""

import io
import json
import logging

import pytest

from app.backfill.listener import Progress
from app.backfill.report import Report
from app.console.outlook import Outlook
from app.console.progress import ProgressLines, sentence, shown_progress
from tests.support.processes import LONGEST_SECONDS, alembic, media_gen_ids, wait_until
from tests.support.responses import make_rows
from tests.support.tables import create_variant, insert

ERASED = "\x1b[2K"
"""What a terminal is sent to empty a line."""


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Yes."""
        return True


class Clock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


def at(rows: int, fraction: float | None, *, sweep: int = 1) -> Progress:
    """Return the progress of a run that did so many rows, a tenth of them failures."""
    report = Report(synced=rows * 9 // 10, failed=rows // 10, total=rows, found=rows, rows_per_second=500.0)
    return Progress(report=report, sweep=sweep, fraction=fraction, batch_size=1_000)


def test_what_is_left_is_estimated_after_a_warm_up_and_from_where_the_run_began() -> None:
    """A run that resumed at a half of the table and did a quarter in ten seconds has ten seconds left."""
    clock = Clock()
    outlook = Outlook(clock)

    first = outlook.estimate(at(0, 0.5))
    clock.now += 2
    too_early = outlook.estimate(at(200, 0.55))
    clock.now += 8
    warm = outlook.estimate(at(1_000, 0.75))

    assert (first, too_early, warm) == (None, None, (1_000, 10.0))


def test_a_run_that_hardly_moves_gets_no_estimate() -> None:
    """Half a percent of the table in a minute: whatever came of it would be a guess; from one percent on it is not."""
    clock = Clock()
    outlook = Outlook(clock)
    outlook.estimate(at(0, 0.1))
    clock.now += 60

    assert outlook.estimate(at(10, 0.105)) is None
    assert outlook.estimate(at(25, 0.1125)) is not None


def test_a_new_sweep_and_a_table_without_a_measure_start_without_an_estimate() -> None:
    """What was learned in one sweep says nothing about the next."""
    clock = Clock()
    outlook = Outlook(clock)
    outlook.estimate(at(0, 0.1))
    clock.now += 3

    assert outlook.estimate(at(1_000, 0.9)) is not None
    assert outlook.estimate(at(1_000, 0.1, sweep=2)) is None
    assert outlook.estimate(at(1_000, None)) is None


def test_a_line_says_what_was_counted_and_calls_the_rest_about() -> None:
    """One line, with and without an outlook."""
    assert sentence(at(1_000, None), None) == "1,000 rows done, 900 synced, 500 rows/s in batches of 1,000"
    assert sentence(at(1_000, 0.5, sweep=2), (500, 70.0)) == (
        "sweep 2: 1,000 of about 1,500 rows done, 900 synced, 500 rows/s in batches of 1,000, about 1 min 10 s left"
    )


def test_lines_come_only_so_often(caplog: pytest.LogCaptureFixture) -> None:
    """Every one of them with no time between, none with ten seconds between."""
    caplog.set_level(logging.INFO)
    often, seldom = ProgressLines(seconds=0), ProgressLines()

    for listener in (often, seldom):
        listener.progress(at(1_000, None))
        listener.waiting("a replica is 3.0 s behind")

    assert caplog.messages == [
        "1,000 rows done, 900 synced, 500 rows/s in batches of 1,000",
        "waiting: a replica is 3.0 s behind",
    ]


def test_a_terminal_gets_a_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    """Place in the table, what was counted, and why it waits; gone in the end."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "80")
    terminal = Terminal()

    with shown_progress("text", terminal) as listener:
        listener.progress(at(1_000, 0.42))
        drawn = [_drawn(terminal, words) for words in ("42%", "1,000 rows, 500/s, batches of 1,000")]
        listener.waiting("rows are locked by somebody else")
        drawn += [_drawn(terminal, "waiting: rows are locked by somebody else")]

    assert drawn == [True, True, True]
    assert terminal.getvalue().endswith(ERASED)


def test_a_pipe_gets_no_bar() -> None:
    """Nothing but lines."""
    pipe = io.StringIO()

    with shown_progress("text", pipe) as listener:
        listener.progress(at(1_000, 0.42))

    assert isinstance(listener, ProgressLines)
    assert pipe.getvalue() == ""


def test_with_json_every_line_of_an_upgrade_is_an_object(empty_database: str) -> None:
    """Alembic's own lines too."""
    create_variant(empty_database, "A")
    insert(empty_database, make_rows(48))

    result = alembic("upgrade", "head", url=empty_database, MEDIA_IDS_LOG="json")

    lines = [json.loads(line) for line in result.stderr.splitlines()]
    assert result.returncode == 0
    assert [line["message"] for line in lines if line["logger"] == "app.migration.environment"] == [
        "backfill: 20 synced, 20 skipped, 8 failed",
        "8 rows need a person: see `media-gen-ids failures`",
    ]
    assert {line["event"] for line in lines} == {"log", "started", "finished"}


def test_results_and_progress_do_not_mix(sqlite_database: str) -> None:
    """JSON on stdout, records and notes on stderr."""
    insert(sqlite_database, make_rows(48))

    result = media_gen_ids("sync", "--json", "--verbose", url=sqlite_database)

    assert json.loads(result.stdout)["synced"] == 20
    assert result.stderr.count("✅ Synced: ") == 20


def _drawn(terminal: Terminal, words: str) -> bool:
    """Wait until the words are drawn; the bar is refreshed four times a second."""
    wait_until(lambda: words in terminal.getvalue(), LONGEST_SECONDS)
    return True
