"""Visible: text that came from a database, as it may be shown: a terminal would obey its control characters."""

import logging
import re
from typing import Final

CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""What moves a cursor, starts a sequence of the terminal, ends a line or turns text around, and lone surrogates."""
SENT_RAW_BY_JSON: Final = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
"""What JSON may leave as it is within its strings."""


def visible(text: str) -> str:
    """Return a text with its control characters in Python's notation, as ESC or the end of a line."""
    return CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def visible_json(text: str) -> str:
    """Return JSON that means the same, with all control characters in its strings escaped."""
    return SENT_RAW_BY_JSON.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


class VisibleFormatter(logging.Formatter):
    """Log lines whose messages may hold what a database has said."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  # the library's name
        """Return the line without what a terminal would obey; a traceback after it stays as it is."""
        record.message = visible(record.message)
        return super().formatMessage(record)
