"""Log: lines of text with the time, or with MEDIA_IDS_LOG=json one JSON object a line. Reads no library."""

import json
import logging
import os
import sys
from datetime import UTC, datetime
from typing import Final, Literal

from app.console.visible import VisibleFormatter
from app.database.events import EVENT

SETTING: Final = "MEDIA_IDS_LOG"
JSON: Final = "json"
SECONDS: Final = "%Y-%m-%dT%H:%M:%SZ"
TEXT_LINE: Final = "%(asctime)s %(message)s"
OURS: Final = ("app", "alembic.runtime.migration")
"""Loggers that are heard from INFO on; all others from WARNING on."""


class TextFormatter(VisibleFormatter):
    """A line of text, with the moment to the second, in UTC as in the ledger and the table."""

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802  # the library's
        """Return when a record was made."""
        return datetime.fromtimestamp(record.created, UTC).strftime(datefmt or SECONDS)


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time, level, logger, event, its facts, and the message."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line. A traceback becomes one string."""
        moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line: dict[str, object] = {
            "time": moment.replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            **getattr(record, EVENT, {"event": "log"}),
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line)  # in ASCII, which every stream takes as it is


def log_to_stderr() -> None:
    """Write the log of this process to stderr as text, unless it has a log already."""
    root = logging.getLogger()
    if root.handlers:
        return
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(TextFormatter(TEXT_LINE))
    root.addHandler(handler)
    root.setLevel(logging.WARNING)


def wanted_form() -> Literal["text", "json"]:
    """Return the form that the environment asks for, before the settings are read: those may be what is wrong."""
    return JSON if os.environ.get(SETTING) == JSON else "text"


def log_as(form: Literal["text", "json"]) -> None:
    """Make the handlers of the root logger write this form, warnings of libraries too; text stays as it is."""
    if form == JSON:
        logging.captureWarnings(capture=True)
        for handler in logging.getLogger().handlers:
            handler.setFormatter(JsonFormatter())


def writes_json() -> bool:
    """Tell whether the log is written as JSON: then whatever else would go to stderr becomes a line of it."""
    return any(isinstance(handler.formatter, JsonFormatter) for handler in logging.getLogger().handlers)
