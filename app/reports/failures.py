"""Failures: the rows that a person must look at. Reads only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from app.backfill.failed_rows import find_failing
from app.backfill.ledger import FAILURES
from app.backfill.light_tables import table_of
from app.backfill.row_names import shown
from app.backfill.rows import INVALID_TEXT, UPDATE_FAILED
from app.database.column_types import find_types
from app.database.timestamps import format_timestamp
from app.videos.recipe import MEDIA_IDS

FAILURE_FIELDS: Final = ("id", "reason", "detail", "first_seen", "last_seen")
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
class Failure:
    """A row that a person must look at, and since when."""

    id: str
    """The row's id or, where that is NULL, what else names it."""
    reason: str
    detail: str
    first_seen: datetime
    last_seen: datetime

    def as_dict(self) -> dict[str, str]:
        """Return the failure as JSON and CSV show it."""
        seen = {"first_seen": format_timestamp(self.first_seen), "last_seen": format_timestamp(self.last_seen)}
        return {"id": self.id, "reason": self.reason, "detail": self.detail, **seen}


def read_failures(connection: sa.Connection, reasons: Sequence[str] = ()) -> list[Failure]:
    """Return the failures, oldest first, with all reasons or those that are named.

    A row that has been filled or removed since it failed is left out, whoever did it; the ledger forgets it with the
    next whole run.
    """
    table = table_of(MEDIA_IDS, find_types(connection, MEDIA_IDS.table))
    there = {name for name, _ in find_failing(connection, MEDIA_IDS, table)}
    columns = (FAILURES.c.row_name, FAILURES.c.generation_id, FAILURES.c.reason, FAILURES.c.detail)
    seen = (FAILURES.c.first_seen_at, FAILURES.c.last_seen_at)
    ours = FAILURES.c.backfill == MEDIA_IDS.name
    statement = sa.select(*columns, *seen).where(ours).order_by(seen[0], columns[1], columns[0])
    if reasons:
        statement = statement.where(FAILURES.c.reason.in_(reasons))
    return [_failure(row) for row in connection.execute(statement) if row.row_name in there]


def _failure(row: Any) -> Failure:  # noqa: ANN401  # a row of the ledger
    return Failure(
        id=shown(row.row_name) if row.generation_id is None else row.generation_id,
        reason=row.reason,
        detail=row.detail,
        first_seen=row.first_seen_at,
        last_seen=row.last_seen_at,
    )
