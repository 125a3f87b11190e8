"""Walk: what every way through a table offers to the engine."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

import sqlalchemy as sa

from app.backfill.rows import Filling, Locator, Plan, Recovered, Span, Window


class Walk(Protocol):
    """One way through a table."""

    name: str
    is_whole: bool = True
    """Whether the walk covers the whole table, so that a later sweep meets the rows that this one leaves."""
    looks_ahead: bool
    """Whether a window can be prepared while the one before is filled."""
    reading: Mapping[str, str]
    filling: Mapping[str, str]
    """Settings of the database for a transaction that reads, and for one that fills rows."""

    def start_sweep(self, connection: sa.Connection) -> None:
        """Prepare for a pass over the whole table."""

    def cut(self, cursor: str | None) -> Span:
        """Return the span that starts at the cursor, for one worker."""

    def can_plan(self, span: Span, rows: int) -> bool:
        """Tell whether the database can fill rows of a span by itself, in batches of `rows` rows. Asks nothing."""

    def plan(self, connection: sa.Connection, span: Span, rows: int) -> Plan:
        """Return which rows the database is to fill by itself, and the part of the span that they stand in."""

    def learn(self, plan: Plan, filled: Sequence[bool]) -> None:
        """Take which batches of a plan the database could fill."""

    def read(
        self, connection: sa.Connection, span: Span, rows: int, limit: int | None, *, is_rest: bool = False
    ) -> Window:
        """Read the first window of a span, for batches of `rows` rows; at most `limit` rows of it.

        `is_rest`: the database has filled rows of the span by itself, and left these.
        """

    def fill(self, connection: sa.Connection, rows: Sequence[Recovered], moment: datetime) -> Filling:
        """Fill those rows that have not changed since they were read."""

    def name_of(self, row_id: object, locator: Locator) -> str:
        """Return what the ledger calls a row; see app.backfill.row_names."""

    def untouched(self, connection: sa.Connection, commits: int) -> bool:
        """Return True only if it is certain that nobody else has written to the database since the sweep started.

        `commits` is the number of transactions in which the run itself has written since then.
        """
