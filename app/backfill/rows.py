"""Rows: what is handed from reading to filling: rows that were read, windows of them, and what became of each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NamedTuple, Protocol, TypeAlias

import sqlalchemy as sa

Locator: TypeAlias = tuple[object, ...]
"""What names a row in an UPDATE: (rowid,), the values of its key, or what app.backfill.postgresql.heaps selects."""

UPDATE_FAILED: Final = "update_failed"
"""Reason of a row that the database itself refused to update."""
INVALID_TEXT: Final = "invalid_text"
"""Reason of a row whose id, operation name or scene is not text. The other reasons are extraction.FailureReason."""


class Recovered(NamedTuple):
    """A pending row whose id was found. `row_id` is for people: it may be NULL, and need not be unique."""

    locator: Locator
    row_id: str | None
    value: str
    row_bytes: int = 0
    """Approximate size of the row on its page, in bytes; 0 where the walk does not know it."""


class Refused(NamedTuple):
    """A pending row that is not filled, and why: skipped, or failed."""

    row_id: str | None
    reason: str
    detail: str = ""
    body_digest: str | None = None
    name: str = ""
    """What the ledger calls the row if it failed; see app.backfill.row_names."""
    is_locked: bool = False
    """The row was not refused: another transaction held its lock at every try."""


class Filling(NamedTuple):
    """What became of rows that were to be filled. Those that are in neither list were changed by somebody else."""

    filled: Sequence[Recovered] = ()
    refused: Sequence[Recovered] = ()
    """Rows that stayed empty though the UPDATE raised no error: a trigger undid or dropped the change."""
    counted: int = 0
    """The number of rows that were filled and are not listed in `filled`."""

    @property
    def rows(self) -> int:
        """How many rows were filled."""
        return len(self.filled) + self.counted


class InPlace(Protocol):
    """Rows that the database can fill in one transaction without handing them out first, all within `batch_size`."""

    settings: Mapping[str, str]
    """Settings of the database for the transaction."""
    most_rows: int
    """How many rows it may fill."""

    def prepare(self, connection: sa.Connection) -> None:  # noqa: ARG002  # some can
        """Look into the rows already, where that is possible: `fill` writes those that are still the same version."""
        return

    def forget(self) -> None:
        """Forget what was prepared."""
        return

    def fill(self, connection: sa.Connection, moment: datetime, *, listed: bool) -> Filling:
        """Fill the plain rows; return them if they are to be `listed`, else perhaps only their number.

        Raises TooManyRowsError, and writes nothing then.
        """


class TooManyRowsError(Exception):
    """There are more rows to fill than a transaction may: some came after they were counted."""


class Span(NamedTuple):
    """A part of the table that one worker takes: from one cursor to another, None being the table's start and end."""

    start: str | None = None
    end: str | None = None


class Plan(NamedTuple):
    """A part of a span, from its start on, and what the database is to fill of it by itself before the rest is read.

    Nothing is lost where the database cannot do it: what it leaves is read.
    """

    part: Span
    in_place: Sequence[InPlace]


@dataclass(kw_only=True)
class Window:
    """What reading one window of a span gave: every pending row in it, by outcome.

    `cursor` is where the next window starts; None: this one reaches the end of the span. `batches` are the recovered
    rows, cut into what one transaction each is to fill.
    """

    span: Span = field(default_factory=Span)
    cursor: str | None = None
    fraction: float | None = None
    """Part of the table up to this window's end, 0 to 1; None where nobody can tell."""
    recovered: list[Recovered] = field(default_factory=list)
    failures: list[Refused] = field(default_factory=list)
    skips: list[Refused] = field(default_factory=list)
    batches: Sequence[Sequence[Recovered]] = ()
    over: Sequence[str] = ()
    """Only in a retry: the names of failures whose rows are filled, gone, or no longer failures."""

    @property
    def found(self) -> int:
        """Pending rows that were read."""
        return len(self.recovered) + len(self.failures) + len(self.skips)
