"""Wording: how times are written for people. Pure."""

from datetime import datetime
from typing import Final

DATE_AND_TIME: Final = "%Y-%m-%d %H:%M"


def about(seconds: float) -> str:
    """Return a time in words that say it is an estimate."""
    return "under 1 s" if seconds < 1 else f"about {duration(seconds)}"


def duration(seconds: float) -> str:
    """Return a number of seconds as `4 s`, `2 min 5 s` or `3 h 10 min`."""
    if seconds < 1:
        return "under 1 s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def moment_text(moment: datetime) -> str:
    """Return a moment to the minute, in UTC."""
    return moment.strftime(DATE_AND_TIME)
