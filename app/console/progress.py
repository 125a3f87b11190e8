"""Progress: what is shown on stderr while a run goes on. Counted, never computed; what is estimated says so."""

import logging
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Final, Literal, TextIO, cast

from rich.console import Console, ConsoleOptions, RenderResult
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from app.backfill.listener import Listener, Progress
from app.backfill.report import Origin, Report
from app.console.durations import about, moment_text
from app.console.json_log import writes_json
from app.console.outlook import Outlook
from app.console.streams import LenientStream
from app.database.events import Seldom, event
from app.database.timestamps import format_timestamp

LINE_SECONDS: Final = 10.0
"""Seconds between two lines of progress where stderr is no terminal."""
WAITS: Final = 6
"""A wait is told of so many times less often."""
REFRESHES_A_SECOND: Final = 4
BAR_CELLS: Final = 40

logger = logging.getLogger("app.console.progress")


class ProgressLines(Listener):
    """Progress as log lines, at most one in ten seconds; with MEDIA_IDS_LOG=json as events with their facts.

    A wait is told of once a minute.
    """

    def __init__(self, seconds: float = LINE_SECONDS, *, database: str = "") -> None:
        """Take the time between two lines, and the database as the events name it, without its password."""
        self._seconds = seconds
        self._last = time.monotonic()
        self._waits = Seldom(seconds * WAITS, lambda: time.monotonic())  # noqa: PLW0108  # looked up when it is asked
        self._outlook = Outlook()
        self._where: dict[str, object] = {"run": None, "database": database}

    def started(self, run: int, origin: Origin, walk: str) -> None:
        """Note which run it is; only JSON shows it."""
        self._where["run"] = run
        self._note("started", f"run {run} has started", origin=origin, walk=walk)

    def progress(self, progress: Progress) -> None:
        """Write a line if it is time for one."""
        outlook = self._outlook.estimate(progress)
        if self._is_time():
            facts = {
                "fraction": progress.fraction,
                "rate": progress.report.rows_per_second,
                "eta": None if outlook is None else round(outlook[1], 1),
                "sweep": progress.sweep,
                "batch_size": progress.batch_size,
            }
            self._log("progress", sentence(progress, outlook), **facts, **progress.report.as_dict())

    def waiting(self, reason: str) -> None:
        """Write why the run waits, if it is time for a line."""
        if self._seems_time() and self._waits.is_due():
            self._is_time()
            self._log("waiting", f"waiting: {reason}", reason=reason)

    def paused(self, by: str, since: datetime) -> None:
        """Write who has paused the run."""
        words = f"{pause_text(by, since)}: `media-gen-ids resume` lets it go on"
        self._log("paused", words, by=by, since=format_timestamp(since))

    def ended(self, report: Report) -> None:
        """Note what the run did; only JSON shows it: for people there is the summary."""
        name = "stopped" if report.state in {"partial", "stopped"} else "finished"
        words = f"{report.state}: {report.synced:,} synced, {report.skipped:,} skipped, {report.failed:,} failed"
        self._note(name, words, **report.as_dict(), problem=report.problem)

    def _log(self, name: str, words: str, **facts: object) -> None:
        logger.info("%s", words, extra=event(name, **self._where, **facts))

    def _note(self, name: str, words: str, **facts: object) -> None:
        if writes_json():
            self._log(name, words, **facts)

    def _seems_time(self) -> bool:
        return time.monotonic() - self._last >= self._seconds

    def _is_time(self) -> bool:
        due = self._seems_time()
        if due:
            self._last = time.monotonic()
        return due


def pause_text(by: str, since: datetime) -> str:
    """Return who has paused a run, and when."""
    return f"paused by {by} since {moment_text(since)} UTC"


def sentence(progress: Progress, outlook: tuple[int, float] | None) -> str:
    """Return where a run stands, in one line."""
    report = progress.report
    sweep = "" if progress.sweep == 1 else f"sweep {progress.sweep}: "
    total, left = "", ""
    if outlook is not None:
        total, left = f" of about {report.total + outlook[0]:,}", f", {about(outlook[1])} left"
    rate = f"{report.rows_per_second:,.0f} rows/s in batches of {progress.batch_size:,}"
    return f"{sweep}{report.total:,}{total} rows done, {report.synced:,} synced, {rate}{left}"


class ProgressBarView(Listener):
    """Progress as a bar of two lines, for a terminal."""

    def __init__(self) -> None:
        """Start without progress."""
        self._outlook = Outlook()
        self._progress: Progress | None = None
        self._estimate: tuple[int, float] | None = None
        self._waiting: str | None = None
        """Why the run waits; None while it goes on."""

    def progress(self, progress: Progress) -> None:
        """Remember where the run stands; the terminal is refreshed by itself."""
        self._progress, self._estimate = progress, self._outlook.estimate(progress)
        self._waiting = None

    def waiting(self, reason: str) -> None:
        """Remember why the run waits."""
        self._waiting = f"waiting: {reason}"

    def paused(self, by: str, since: datetime) -> None:
        """Remember who has paused the run."""
        self._waiting = pause_text(by, since)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw the bar: the place in the table, what is counted and, once it can be told, what is estimated."""
        if self._progress is None:
            yield Text(self._waiting or "Reading …")
            return
        if self._progress.fraction is not None:
            yield _bar(self._progress.fraction, self._progress.sweep)
        yield Text(self._waiting or _facts(self._progress, self._estimate))


def _facts(progress: Progress, estimate: tuple[int, float] | None) -> str:
    report = progress.report
    parts = [f"{report.total:,} rows", f"{report.rows_per_second:,.0f}/s", f"batches of {progress.batch_size:,}"]
    if estimate is not None:
        parts[0] = f"{report.total:,} of about {report.total + estimate[0]:,} rows"
        parts.append(f"{about(estimate[1])} left")
    return ", ".join(parts)


def _bar(fraction: float, sweep: int) -> Table:
    row = Table.grid(padding=(0, 1, 0, 0))
    name = "Table" if sweep == 1 else f"Table, sweep {sweep}"
    row.add_row(name, ProgressBar(total=1.0, completed=fraction, width=BAR_CELLS), f"{fraction:.0%}")
    return row


@contextmanager
def shown_progress(
    form: Literal["text", "json"], stream: TextIO | None = None, *, database: str = ""
) -> Iterator[Listener]:
    """Yield what shows the progress of a run: a bar where stderr is a terminal, else lines in the log."""
    console = Console(file=cast("TextIO", LenientStream(stream or sys.stderr)))
    if form == "json" or not console.is_terminal:
        yield ProgressLines(database=database)
        return
    bar = ProgressBarView()
    live = Live(bar, console=console, refresh_per_second=REFRESHES_A_SECOND, transient=True, redirect_stdout=False)
    with live, _log_above():
        yield bar


@contextmanager
def _log_above() -> Iterator[None]:
    """Send the log through the bar's console while it is shown: a line of its own would break the bar."""
    handlers = [handler for handler in logging.getLogger().handlers if type(handler) is logging.StreamHandler]
    before = [(handler, handler.setStream(sys.stderr)) for handler in handlers]
    try:
        yield
    finally:
        for handler, stream in before:
            if stream is not None:
                handler.setStream(stream)
