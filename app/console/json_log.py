"""Log: with MEDIA_IDS_LOG=json, every line on stderr is one JSON object."""

import json
import logging
from datetime import UTC, datetime
from typing import Final, Literal

from app.database.timestamps import format_timestamp

EVENT: Final = "event_facts"
"""Attribute of a log record with facts that JSON shows instead of the sentence."""


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time, level, logger, and the message or the facts of an event."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line. A traceback becomes one string."""
        line: dict[str, object] = {
            "time": format_timestamp(datetime.fromtimestamp(record.created, UTC)),
            "level": record.levelname.lower(),
            "logger": record.name,
            **getattr(record, EVENT, {"event": "log", "message": record.getMessage()}),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line)  # in ASCII, which every stream takes as it is


def log_as(form: Literal["text", "json"]) -> None:
    """Make the handlers of the root logger write this form; text stays as it is configured."""
    if form == "json":
        for handler in logging.getLogger().handlers:
            handler.setFormatter(JsonFormatter())
