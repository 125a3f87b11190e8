"""Record lines: a line for each record, and several listeners as one."""

import sys
from collections.abc import Sequence
from datetime import datetime
from typing import Final, TextIO

from app.backfill.listener import Listener, Progress
from app.backfill.report import Origin, Report
from app.backfill.rows import Recovered, Refused
from app.backfill.undecodable import readable
from app.console.errors import print_remark
from app.console.visible import visible

SHOWN_ID_CHARACTERS: Final = 8
SHOWN_MEDIA_ID_CHARACTERS: Final = 20


class RecordLines(Listener):
    """A line for each record (`--verbose`), in the form that users of the old tool know."""

    def __init__(self, stream: TextIO) -> None:
        """Take where the lines go; to stderr as lines of the log, where that is JSON."""
        self._stream = stream

    def filled(self, rows: Sequence[Recovered]) -> None:
        """Print the rows that were filled."""
        for row in rows:
            media_id = row.value[:SHOWN_MEDIA_ID_CHARACTERS]
            self._print(f"✅ Synced: {short(row.row_id)} -> {media_id}...")

    def skipped(self, rows: Sequence[Refused]) -> None:
        """Print the rows that have nothing to recover."""
        for row in rows:
            self._print(f"⏭️  Skipped: {short(row.row_id)} ({row.reason})")

    def failed(self, rows: Sequence[Refused]) -> None:
        """Print the rows that a person must look at."""
        for row in rows:
            self._print(f"❌ Failed: {short(row.row_id)} ({row.reason})")

    def _print(self, line: str) -> None:
        if self._stream is sys.stderr:
            print_remark(visible(line))
        else:
            print(visible(line), file=self._stream)


class Listeners(Listener):
    """Several listeners as one."""

    def __init__(self, *listeners: Listener) -> None:
        """Take the listeners, told in this order."""
        self._listeners = listeners

    @property
    def wants_rows(self) -> bool:
        """Whether any of the listeners wants the filled rows."""
        return any(listener.wants_rows for listener in self._listeners)

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

    def started(self, run: int, origin: Origin, walk: str) -> None:
        """Tell everyone."""
        for listener in self._listeners:
            listener.started(run, origin, walk)

    def ended(self, report: Report) -> None:
        """Tell everyone."""
        for listener in self._listeners:
            listener.ended(report)

    def paused(self, by: str, since: datetime) -> None:
        """Tell everyone."""
        for listener in self._listeners:
            listener.paused(by, since)


def short(generation_id: str | None) -> str:
    """Return the beginning of a row's id, as lines show it."""
    if generation_id is None:
        return "(no id)"
    return f"{readable(str(generation_id))[:SHOWN_ID_CHARACTERS]}..."
