"""Failures: the rows that a person must look at. Reads only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from app.backfill.ledger.acceptance import Seen
from app.backfill.ledger.failed_rows import find_failing
from app.backfill.ledger.failures import FAILURES
from app.backfill.light_tables import column_named, table_of
from app.backfill.row_names import shown
from app.backfill.rows import INVALID_TEXT, UPDATE_FAILED
from app.backfill.undecodable import readable
from app.database.column_types import as_text, find_types
from app.database.timestamps import format_timestamp
from app.videos.recipe import MEDIA_IDS

FAILURE_FIELDS: Final = (
    *("id", "reason", "detail", "first_seen", "last_seen"),
    *("operation_name", "profile_id", "status", "accepted_at", "accepted_by", "note"),
)
OF_THE_ROW: Final = ("operation_name", "profile_id", "status")
"""What is told of the row itself; every table that is adopted has these columns."""
MEANINGS: Final = {
    "invalid_json": "the stored answer is not JSON; it may have been cut off",
    "not_an_object": "the stored answer is JSON, but neither an object nor a list",
    "operation_mismatch": "the stored answer is for other operations than the row's",
    "ids_disagree": "the answer gives two different ids; nobody guesses which is right",
    "invalid_id": "what stands in the id's place cannot be an id",
    UPDATE_FAILED: "the database refused to update the row, or it stayed locked",
    INVALID_TEXT: "the row's id, operation name or scene holds bytes that are not text",
}
"""What each reason says, for people."""


@dataclass(frozen=True, kw_only=True)
class Acceptance:
    """Who takes a failure as it is, since when, and why."""

    at: datetime
    by: str
    note: str


@dataclass(frozen=True, kw_only=True)
class Record:
    """What else the ledger holds of a failure."""

    row_name: str
    """What the ledger calls the row: its key or its place, as JSON."""
    body_digest: str | None
    """SHA-256 of the body that failed; None where the database refused the row."""
    extractor_version: int
    known_since_run: int
    """The run that saw it first as it is."""
    run_id: int
    """The run that saw it last."""


@dataclass(frozen=True, kw_only=True)
class Failure:
    """A row that a person must look at, and since when."""

    id: str
    """The row's id or, where that is NULL, what else names it."""
    reason: str
    detail: str
    first_seen: datetime
    last_seen: datetime
    operation_name: str = ""
    profile_id: str = ""
    status: str = ""
    acceptance: Acceptance | None = None
    record: Record

    @property
    def seen(self) -> Seen:
        """What to accept, if it is still so."""
        return Seen(self.record.row_name, self.reason, self.record.body_digest)

    def as_dict(self) -> dict[str, str]:
        """Return the failure as JSON and CSV show it: texts, empty where there is nothing to say."""
        accepted = self.acceptance
        return {
            "id": self.id,
            "reason": self.reason,
            "detail": self.detail,
            "first_seen": format_timestamp(self.first_seen),
            "last_seen": format_timestamp(self.last_seen),
            **{name: getattr(self, name) for name in OF_THE_ROW},
            "accepted_at": "" if accepted is None else format_timestamp(accepted.at),
            "accepted_by": "" if accepted is None else accepted.by,
            "note": "" if accepted is None else accepted.note,
        }


def read_failures(connection: sa.Connection, reasons: Sequence[str] = ()) -> list[Failure]:
    """Return the failures, oldest first and those that are accepted last, with all reasons or those that are named.

    A row that has been filled or removed since it failed is left out, whoever did it; the ledger forgets it with the
    next whole run.
    """
    types = find_types(connection, MEDIA_IDS.table)
    more = [sa.Column(name, types.get(name, sa.Text())) for name in OF_THE_ROW if name not in MEDIA_IDS.columns]
    table = table_of(MEDIA_IDS, types, more)
    columns = (as_text(column_named(table, name)) for name in OF_THE_ROW)
    there = dict(find_failing(connection, MEDIA_IDS, table, *columns))
    is_accepted = sa.case((FAILURES.c.accepted_at.is_(None), 0), else_=1)
    statement = sa.select(FAILURES).where(FAILURES.c.backfill == MEDIA_IDS.name)
    ordered = statement.order_by(is_accepted, FAILURES.c.first_seen_at, FAILURES.c.generation_id, FAILURES.c.row_name)
    if reasons:
        ordered = ordered.where(FAILURES.c.reason.in_(reasons))
    return [_failure(row, there[row.row_name]) for row in connection.execute(ordered) if row.row_name in there]


def _failure(row: Any, of_the_row: Sequence[Any]) -> Failure:  # noqa: ANN401  # a row of the ledger
    facts = {name: readable(str(value or "")) for name, value in zip(OF_THE_ROW, of_the_row, strict=True)}
    accepted = (
        Acceptance(at=row.accepted_at, by=row.accepted_by or "", note=row.note or "") if row.accepted_at else None
    )
    names = ("row_name", "body_digest", "extractor_version", "known_since_run", "run_id")
    return Failure(
        id=shown(row.row_name) if row.generation_id is None else row.generation_id,
        reason=row.reason,
        detail=row.detail,
        first_seen=row.first_seen_at,
        last_seen=row.last_seen_at,
        **facts,
        acceptance=accepted,
        record=Record(**{name: getattr(row, name) for name in names}),
    )


def count_accepted(connection: sa.Connection) -> int:
    """Return how many failures of the ledger are accepted."""
    ours = (FAILURES.c.backfill == MEDIA_IDS.name, FAILURES.c.accepted_at.is_not(None))
    return int(connection.execute(sa.select(sa.func.count()).select_from(FAILURES).where(*ours)).scalar_one())
