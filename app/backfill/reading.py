"""Reading: what every walk offers to the engine, and how rows that were read are judged."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol, TypeAlias

import sqlalchemy as sa

from app.backfill.plan import Locator, Recovered, Refused, Span, Window
from app.extraction import Failed, Found, Skipped, extract

Body: TypeAlias = str | bytes
Row: TypeAlias = Sequence[Any]
"""id, operation_name, scene_id, body, then what names the row."""


class Walk(Protocol):
    """One way through a table."""

    name: str
    reading: Mapping[str, str]
    filling: Mapping[str, str]
    """Settings of the database for a transaction that reads, and for one that fills rows."""

    def start_sweep(self, connection: sa.Connection) -> None:
        """Prepare for a pass over the whole table."""

    def cut(self, cursor: str | None) -> Span:
        """Return the part of the table that starts at the cursor and is one worker's next."""

    def read(self, connection: sa.Connection, span: Span, rows: int, limit: int | None) -> Window:
        """Read the first window of a span, for batches of `rows` rows; at most `limit` rows of it."""

    def fill(self, connection: sa.Connection, rows: Sequence[Recovered], moment: datetime) -> Sequence[Recovered]:
        """Fill those rows that have not changed since they were read, and return them."""

    def untouched(self, connection: sa.Connection, commits: int) -> bool:
        """Tell whether certainly nobody else has written to the database since the sweep started.

        `commits` is the number of transactions in which the run itself has written since then.
        """


def judge(rows: Iterable[Row], window: Window) -> Locator | None:
    """Extract the id of each row, one body at a time, put the row into the window by its outcome; return the last."""
    last: Locator | None = None
    for generation_id, operation_name, scene_id, body, *locator in rows:
        last = tuple(locator)
        match extract(body, operation_name, scene_id):
            case Found(media_generation_id=found):
                window.recovered.append(Recovered(last, generation_id, found))
            case Skipped(reason=reason):
                window.skips.append(Refused(generation_id, reason))
            case Failed(reason=reason, detail=detail):
                window.failures.append(Refused(generation_id, reason, detail, digest(body)))
    return last


def digest(body: Body) -> str:
    """Return a fingerprint of a body, to see later whether it has changed."""
    data = body if isinstance(body, bytes) else body.encode("utf-8", "surrogatepass")
    return hashlib.sha256(data).hexdigest()
