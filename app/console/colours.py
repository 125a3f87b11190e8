"""Colours of what tables show, each with one meaning. A word or a number always says the same without it. Pure."""

from collections.abc import Mapping
from typing import Final

from rich.text import Text

from app.backfill.ledger.runs import DONE, RUNNING, SUPERSEDED
from app.reports.running import GONE

GOOD, OPEN, BAD, HALF, NOTHING = "green", "cyan", "red", "yellow", "bright_black"
COLUMNS: Final[Mapping[str, str]] = {"with id": GOOD, "synced": GOOD, "pending": OPEN, "failed": BAD}
STATES: Final[Mapping[str, str]] = {
    DONE: GOOD,
    RUNNING: OPEN,
    GONE: BAD,
    "failed": BAD,
    "incomplete": BAD,
    "partial": HALF,
    "stopped": HALF,
    SUPERSEDED: HALF,
}
FULL, EMPTY = "█", "░"


def coloured(column: str, value: str) -> Text:
    """Return a value of a column in the colour of what it means; nothing at all is told in a low voice."""
    if value.startswith((FULL, EMPTY)):
        return Text.assemble((value.rstrip(EMPTY), GOOD), (value.lstrip(FULL), NOTHING))
    if column == "state":
        return Text(value, STATES.get(value, ""))
    if column in COLUMNS:
        return Text(value, NOTHING if value == "0" else COLUMNS[column])
    return Text(value)
