"""The log as JSON: what each line holds, and which commands write it."""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any

import pytest

from app.backfill.listener import Progress
from app.backfill.report import Report
from app.console.json_log import JsonFormatter
from app.console.progress import ProgressLines
from tests.cli.conftest import Command
from tests.support.responses import make_rows
from tests.support.tables import insert


def as_json(record: logging.LogRecord) -> dict[str, Any]:
    """Return the object that a record becomes."""
    line: dict[str, Any] = json.loads(JsonFormatter().format(record))
    return line


def test_a_line_says_when_how_grave_and_by_whom() -> None:
    """And the whole message."""
    facts = {"name": "app.x", "levelname": "WARNING", "created": 0.5, "msg": "%d rows of ж", "args": (3,)}

    line = as_json(logging.makeLogRecord(facts))

    assert line == {
        "time": "1970-01-01T00:00:00.500Z",
        "level": "warning",
        "logger": "app.x",
        "event": "log",
        "message": "3 rows of ж",
    }
    assert JsonFormatter().format(logging.makeLogRecord(facts)).isascii()


def test_a_traceback_is_one_string() -> None:
    """Of the same line."""
    try:
        int("bad")
    except ValueError:
        record = logging.makeLogRecord({"exc_info": sys.exc_info()})

    line = JsonFormatter().format(record)

    assert json.loads(line)["traceback"].endswith("ValueError: invalid literal for int() with base 10: 'bad'")
    assert "\n" not in line


def test_progress_is_told_as_facts(caplog: pytest.LogCaptureFixture) -> None:
    """All that the report has, where the run stands, why it waits; who it is that started is for JSON alone."""
    caplog.set_level(logging.INFO)
    report = Report(synced=90, failed=10, total=100, found=100, rows_per_second=500.0)
    lines = ProgressLines(seconds=0, database="sqlite:///x.db")

    lines.started(7, "sync", "rowid")
    lines.progress(Progress(report=report, sweep=2, fraction=0.5, batch_size=50))
    lines.waiting("a replica is 3.0 s behind")
    lines.paused("ann@host", datetime.fromtimestamp(0, UTC))

    facts = [{name: value for name, value in as_json(record).items() if name != "time"} for record in caplog.records]
    of = {"level": "info", "logger": "app.console.progress"}
    where = {"run": 7, "database": "sqlite:///x.db"}
    stands = {"fraction": 0.5, "rate": 500.0, "eta": None, "sweep": 2, "batch_size": 50}
    messages = [record.getMessage() for record in caplog.records]
    assert facts == [
        of | {"event": "progress", "message": messages[0]} | where | stands | report.as_dict(),
        of | {"event": "waiting", "message": messages[1], "reason": "a replica is 3.0 s behind"} | where,
        of | {"event": "paused", "message": messages[2], "by": "ann@host", "since": "1970-01-01T00:00:00.000Z"} | where,
    ]


@pytest.mark.parametrize("name", ["sync", "upgrade"])
def test_every_line_of_a_command_is_an_object(
    sqlite_empty: str, sqlite_database: str, command: Command, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Whatever it says."""
    insert(sqlite_database, make_rows(24))
    monkeypatch.setenv("MEDIA_IDS_LOG", "json")

    done = command(name, "--database", sqlite_database if name == "sync" else sqlite_empty)

    assert {json.loads(line)["event"] for line in done.err.splitlines()} == {"log", "started", "finished"}
