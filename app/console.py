"""Console: everything a person or a program reads. Progress goes to stderr, results go to stdout."""

import json
import logging
import sys
import time
from collections.abc import Sequence
from typing import Final, Literal, TextIO

from app.backfill.listener import Listener, Progress
from app.backfill.plan import Recovered, Refused, Report

LINE_SECONDS: Final = 10.0
"""Where stderr is no terminal, progress is one line in so many seconds."""
SHOWN_ID_CHARACTERS: Final = 8
SHOWN_MEDIA_ID_CHARACTERS: Final = 20

progress_logger = logging.getLogger("app.progress")


class ProgressLines(Listener):
    """Progress as log lines, at most one in ten seconds: what was counted, never what was computed."""

    def __init__(self, form: Literal["text", "json"]) -> None:
        """Take the form of a line: a sentence, or one JSON object."""
        self._form = form
        self._last = time.monotonic()

    def progress(self, progress: Progress) -> None:
        """Write a line if it is time for one."""
        if time.monotonic() - self._last >= LINE_SECONDS:
            self._write(progress)

    def waiting(self, reason: str) -> None:
        """Write why the run waits, if it is time for a line."""
        if time.monotonic() - self._last >= LINE_SECONDS:
            self._last = time.monotonic()
            progress_logger.info("waiting: %s", reason)

    def _write(self, progress: Progress) -> None:
        self._last = time.monotonic()
        report = progress.report
        if self._form == "json":
            progress_logger.info("%s", json.dumps({"event": "progress", "sweep": progress.sweep, **report.as_dict()}))
            return
        behind = "" if progress.fraction is None else f", about {progress.fraction:.0%} of the table"
        progress_logger.info(
            "%d rows done (%d synced), %.0f rows/s%s", report.total, report.synced, report.rows_per_second, behind
        )


def progress_listener(form: Literal["text", "json"]) -> Listener:
    """Return what shows the progress of a run on stderr."""
    return ProgressLines(form)


class RecordLines(Listener):
    """A line for each record (`--verbose`), in the form that users of the old tool know."""

    def __init__(self, stream: TextIO) -> None:
        """Take where the lines go."""
        self._stream = stream

    def filled(self, rows: Sequence[Recovered]) -> None:
        """Print the rows that were filled."""
        for row in rows:
            media_id = row.media_generation_id[:SHOWN_MEDIA_ID_CHARACTERS]
            self._print(f"✅ Synced: {short(row.generation_id)} -> {media_id}...")

    def skipped(self, rows: Sequence[Refused]) -> None:
        """Print the rows that have nothing to recover."""
        for row in rows:
            self._print(f"⏭️  Skipped: {short(row.generation_id)} ({row.reason})")

    def failed(self, rows: Sequence[Refused]) -> None:
        """Print the rows that a person must look at."""
        for row in rows:
            self._print(f"❌ Failed: {short(row.generation_id)} ({row.reason})")

    def _print(self, line: str) -> None:
        print(line, file=self._stream)


class Listeners(Listener):
    """Several listeners as one."""

    def __init__(self, *listeners: Listener) -> None:
        """Take the listeners, told in this order."""
        self._listeners = listeners

    def filled(self, rows: Sequence[Recovered]) -> None:
        """Tell everyone."""
        for listener in self._listeners:
            listener.filled(rows)

    def skipped(self, rows: Sequence[Refused]) -> None:
        """Tell everyone."""
        for listener in self._listeners:
            listener.skipped(rows)

    def failed(self, rows: Sequence[Refused]) -> None:
        """Tell everyone."""
        for listener in self._listeners:
            listener.failed(rows)

    def progress(self, progress: Progress) -> None:
        """Tell everyone."""
        for listener in self._listeners:
            listener.progress(progress)

    def waiting(self, reason: str) -> None:
        """Tell everyone."""
        for listener in self._listeners:
            listener.waiting(reason)


def short(generation_id: str) -> str:
    """Return the beginning of a row's id, as lines show it."""
    return f"{generation_id[:SHOWN_ID_CHARACTERS]}..."


def print_summary(report: Report) -> None:
    """Print what a run did, in the form that users of the old tool know."""
    print(f"Found {report.found} records to sync")
    print(
        f"📊 Summary:  ✅ Synced {report.synced}   ⏭️ Skipped {report.skipped}   ❌ Failed {report.failed}"
        f"   📈 Total {report.total}"
    )


def print_json(value: object) -> None:
    """Print a value as JSON."""
    print(to_json(value))


def to_json(value: object) -> str:
    """Return a value as JSON, as it is printed and written to files."""
    return json.dumps(value, indent=2, ensure_ascii=False)


def print_error(message: str) -> None:
    """Print an error as one line on stderr."""
    print(f"media-gen-ids: {message}", file=sys.stderr)
