"""Timestamps as the table stores them: 24 characters of UTC."""

from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.types import TypeDecorator


class IsoTimestamp(TypeDecorator[datetime]):
    """An aware `datetime` in Python, the 24 characters `YYYY-MM-DDTHH:MM:SS.sssZ` (UTC) in a TEXT column.

    The application orders and compares timestamps as text, so the form is exact: milliseconds, cut off, never
    rounded up. Reads any ISO 8601 text; one without an offset is UTC. Raises ValueError for a naive `datetime`, and
    for stored text that is no timestamp.
    """

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> str | None:  # noqa: ARG002
        """Return the text to store."""
        return None if value is None else format_timestamp(value)

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> datetime | None:  # noqa: ARG002
        """Return the moment that is stored."""
        return None if value is None else parse_timestamp(value)


def now() -> datetime:
    """Return this moment, aware, in UTC."""
    return datetime.now(UTC)


def format_timestamp(moment: datetime) -> str:
    """Return the 24 characters for an aware `moment`. Raises ValueError for a naive one."""
    if moment.tzinfo is None:
        raise ValueError(f"timestamp {moment.isoformat()} has no time zone")
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse_timestamp(text: str) -> datetime:
    """Return the aware moment for stored ISO 8601 `text`. Raises ValueError for other text."""
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
