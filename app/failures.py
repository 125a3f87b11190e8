"""Failures: the rows that a person must look at. Reads only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from app.backfill.ledger import FAILURES
from app.backfill.plan import UPDATE_FAILED
from app.backfill.statements import generations, pending
from app.db import format_timestamp
from app.models import Veo3VideoGeneration

FAILURE_FIELDS: Final = ("id", "reason", "detail", "first_seen", "last_seen")
MEANINGS: Final = {
    "invalid_json": "the stored answer is not JSON; it may have been cut off",
    "not_an_object": "the stored answer is JSON, but neither an object nor a list",
    "operation_mismatch": "the stored answer is for other operations than the row's",
    "ids_disagree": "the answer gives two different ids; nobody guesses which is right",
    "invalid_id": "what stands in the id's place cannot be an id",
    UPDATE_FAILED: "the database refused to update the row, or it stayed locked",
}
"""What each reason says, for people."""


@dataclass(frozen=True, kw_only=True)
class Failure:
    """A row that a person must look at, and since when."""

    id: str
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
    columns = (FAILURES.c.generation_id, FAILURES.c.reason, FAILURES.c.detail)
    seen = (FAILURES.c.first_seen_at, FAILURES.c.last_seen_at)
    statement = sa.select(*columns, *seen).where(still_failing()).order_by(seen[0], columns[0])
    if reasons:
        statement = statement.where(FAILURES.c.reason.in_(reasons))
    return [_failure(*row) for row in connection.execute(statement)]


def still_failing() -> sa.ColumnElement[bool]:
    """Return the condition of a failure whose row is there and has no id yet.

    By lists of ids and not by a join, which Citus does not do between a distributed table and the ledger.
    """
    table = generations(Veo3VideoGeneration)
    listed = sa.select(FAILURES.c.generation_id)
    return FAILURES.c.generation_id.in_(sa.select(table.c.id).where(table.c.id.in_(listed), pending(table)))


def _failure(generation_id: Any, reason: Any, detail: Any, first_seen: Any, last_seen: Any) -> Failure:  # noqa: ANN401
    return Failure(id=generation_id, reason=reason, detail=detail, first_seen=first_seen, last_seen=last_seen)
