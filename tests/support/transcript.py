"""Transcripts: all that a run sends to its database and tells its listener, in order, as text that can be compared."""

import hashlib
import json
import logging
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from app.backfill.ledger.started_by import host_name, user_name, version
from app.backfill.listener import Listener, Progress
from app.backfill.report import Report
from app.backfill.rows import Recovered, Refused
from app.signals import StopRequest

FOLDER = Path(__file__).resolve().parents[1] / "data" / "transcripts"
STATEMENTS = FOLDER / "statements.sql"
BEFORE_STATEMENT = "\n--- "
WRITTEN_OUT = {ord(character): repr(character)[1:-1] for character in "\t\v\f\r"}
MOMENT = re.compile(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
HISTORY = re.compile(r'\{\\"counts\\": .*?\\"sum\\": [0-9.e-]+\}|\[\[0\.0,0\].*?\]\]')
"""How long batches took, and when."""
WRITER = re.compile(r'(\\"writer\\":\\")\d+')
RELATION = re.compile(r'"\d{5,6}"')
"""The number of a table, which tells the server's history."""
STARTER = {"user_name", "host", "process", "version"}
"""Columns that say who runs it."""
TIMES = {"seconds", "rows_per_second", "max_batch_seconds", "p99_batch_seconds"}
TRANSACTIONS = ("begin", "commit", "rollback", "savepoint", "rollback_savepoint", "release_savepoint")


class Transcript:
    """What was sent and told so far; a statement stands in it by its digest."""

    def __init__(self, engine: sa.Engine) -> None:
        """Listen to all connections of an engine from now on."""
        self._lines: list[str] = []
        self.statements: dict[str, str] = {}
        sa.event.listen(engine, "before_cursor_execute", self._executed)
        for name in TRANSACTIONS:
            sa.event.listen(engine, name, lambda *_, name=name: self.note(name.replace("_", " ")))

    def note(self, line: str) -> None:
        """Add a line, without what is another at each run."""
        line = WRITER.sub(r"\1…", MOMENT.sub(_unless_old, line))
        self._lines.append(HISTORY.sub("<history>", RELATION.sub('"…"', line)))

    @contextmanager
    def with_log(self) -> Iterator[None]:
        """Add what the engine logs while the block runs."""
        logger, handler = logging.getLogger("app.backfill"), logging.Handler()
        handler.emit = lambda record: self.note(f"log {record.levelname} {record.getMessage()}")  # type: ignore[method-assign]
        before = logger.level
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
        try:
            yield
        finally:
            logger.removeHandler(handler)
            logger.setLevel(before)

    def report(self, report: Report) -> None:
        """Add what a run reported, and why it is incomplete."""
        told = {name: value for name, value in report.as_dict().items() if name not in TIMES}
        self.note(f"report {json.dumps(told)} {report.problem}".rstrip())

    def _executed(self, *arguments: Any) -> None:  # noqa: ANN401  # SQLAlchemy's own
        statement, parameters = str(arguments[2]).strip(), arguments[3]
        digest = hashlib.sha256(statement.encode()).hexdigest()[:8]
        self.statements[digest] = statement.translate(WRITTEN_OUT)
        self.note(f"{digest} {json.dumps(_lasting(parameters), default=str, ensure_ascii=False)}")

    def __str__(self) -> str:
        """Return the whole."""
        return "\n".join([*self._lines, ""])


def read_statements() -> dict[str, str]:
    """Return the statements of all transcripts that are kept, by digest."""
    blocks = STATEMENTS.read_text().split(BEFORE_STATEMENT)[1:] if STATEMENTS.exists() else []
    return {digest: statement.rstrip() for digest, statement in (block.split("\n", 1) for block in blocks)}


def write_statements(statements: Mapping[str, str]) -> None:
    """Keep statements, by digest."""
    blocks = [f"{BEFORE_STATEMENT}{digest}\n{statement}\n" for digest, statement in sorted(statements.items())]
    STATEMENTS.write_text("".join(blocks))


def _lasting(parameters: Any) -> Any:  # noqa: ANN401  # whatever a driver takes
    """Return parameters without times, which are the only numbers that are not whole, and without who runs them."""
    if isinstance(parameters, Mapping):
        return {name: value for name, value in parameters.items() if name not in TIMES | STARTER}
    if isinstance(parameters, list | tuple):
        return [_lasting(value) for value in _without_starter(list(parameters))]
    return "…" if isinstance(parameters, float) else parameters


def _without_starter(values: list[Any]) -> list[Any]:
    starter = [user_name(), host_name(), os.getpid(), version()]
    for at in range(len(values) - len(starter) + 1):
        if values[at : at + len(starter)] == starter:
            return [*values[:at], "…", *values[at + len(starter) :]]
    return values


def _unless_old(found: re.Match[str]) -> str:
    return found[0] if found[0] < "2026-06" else "<now>"


class Pauses(StopRequest):
    """Adds to a transcript where a run pauses, and lets it go on at once."""

    def __init__(self, transcript: Transcript) -> None:
        super().__init__()
        self._note = transcript.note

    def wait(self, seconds: float) -> None:  # noqa: ARG002
        """Note it."""
        self._note("pause")


class Told(Listener):
    """Adds to a transcript what a run tells."""

    def __init__(self, transcript: Transcript) -> None:
        self._note = transcript.note
        self.stop = Pauses(transcript)

    def skipped(self, rows: Sequence[Refused]) -> None:
        """Note them, if there are any."""
        self._rows("skipped", rows)

    def failed(self, rows: Sequence[Refused]) -> None:
        """Note them, if there are any."""
        self._rows("failed", rows)

    def progress(self, progress: Progress) -> None:
        """Note it."""
        report = progress.report
        fraction = None if progress.fraction is None else round(progress.fraction, 3)
        counts = report.state, report.found, report.synced, report.skipped, report.failed, report.batches
        self._note(f"progress {progress.sweep} {fraction} {progress.batch_size} {counts} {json.dumps(report.reasons)}")

    def waiting(self, reason: str) -> None:
        """Note why."""
        self._note(f"waiting {reason}")

    def _rows(self, what: str, rows: Sequence[Refused]) -> None:
        for row in rows:
            self._note(f"{what} {json.dumps(row, ensure_ascii=False)}")


class ToldOfRows(Told):
    """Wants to know which rows are filled, too."""

    def filled(self, rows: Sequence[Recovered]) -> None:
        """Note them."""
        self._note(f"filled {json.dumps([(row.row_id, row.value) for row in rows])}")
