"""Failure records: the rows that a person must look at, as the ledger keeps them, and which of them are accepted."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from app.backfill.ledger.tables import BackfillFailure
from app.backfill.light_tables import columns_of
from app.backfill.recipe import Recipe
from app.backfill.rows import INVALID_TEXT, UPDATE_FAILED, Refused
from app.database.timestamps import now

FAILURES: Final = columns_of(
    BackfillFailure,
    *("backfill", "row_digest", "row_name", "generation_id", "reason", "detail", "body_digest", "extractor_version"),
    *("run_id", "sweep", "first_seen_at", "last_seen_at", "known_since_run", "accepted_at", "accepted_by", "note"),
)
KEPT: Final = ("known_since_run", "accepted_at", "accepted_by", "note")
"""Columns that stay as they are for as long as a row fails for the same reason with the same body."""
MAX_DETAIL_CHARACTERS: Final = 500
NAMES_AT_ONCE: Final = 1_000


class FailureRecords:
    """The failures of one run. Every method works on the caller's transaction and commits nothing."""

    def __init__(self, recipe: Recipe, run_id: int, encoding: str) -> None:
        """Take what is filled, the run's number, and an encoding that the database's texts fit in."""
        self._recipe = recipe
        self.run_id = run_id
        self._encoding = encoding

    def record_failures(self, connection: sa.Connection, sweep: int, failures: Sequence[Refused]) -> None:
        """Write rows that a person must look at, keeping when each was first seen and, while it is the same, accepted.

        Locks what is known of them: somebody may be accepting them at this moment.
        """
        moment = now()
        by_digest = {digest_of(failure.name): failure for failure in failures}
        for digests in _chunks(sorted(by_digest)):
            known = sa.select(FAILURES).where(self._are(digests)).order_by(FAILURES.c.row_digest).with_for_update()
            before = {row["row_digest"]: row for row in connection.execute(known).mappings()}
            connection.execute(sa.delete(FAILURES).where(self._are(digests)))
            rows = [self._row(by_digest[one], sweep, moment, before.get(one)) for one in digests]
            connection.execute(sa.insert(FAILURES), rows)

    def recorded_failures(self, connection: sa.Connection) -> dict[str, int]:
        """Return the failures on record, by reason. Reads only."""
        by_reason = sa.select(FAILURES.c.reason, sa.func.count()).where(self._ours).group_by(FAILURES.c.reason)
        return {row[0]: row[1] for row in connection.execute(by_reason)}

    def forget_failures_not_seen(self, connection: sa.Connection, sweep: int) -> None:
        """Remove the failures that this sweep did not meet. For the end of a whole one, which met every pending row."""
        stale = sa.or_(FAILURES.c.run_id != self.run_id, FAILURES.c.sweep != sweep)
        connection.execute(sa.delete(FAILURES).where(self._ours, stale))

    def forget_failures(self, connection: sa.Connection, row_names: Sequence[str]) -> None:
        """Remove the failures of rows that are filled, gone, or no longer failures."""
        for digests in _chunks([digest_of(name) for name in row_names]):
            connection.execute(sa.delete(FAILURES).where(self._are(digests)))

    def _row(
        self, failure: Refused, sweep: int, moment: datetime, before: Mapping[Any, Any] | None
    ) -> Mapping[str, object]:
        row = {
            "backfill": self._recipe.name,
            "row_digest": digest_of(failure.name),
            "row_name": failure.name,
            "generation_id": None if failure.row_id is None else storable(str(failure.row_id)),
            "reason": failure.reason,
            "detail": storable(failure.detail, self._encoding),
            "body_digest": failure.body_digest,
            "extractor_version": self._recipe.version,
            "run_id": self.run_id,
            "sweep": sweep,
            "first_seen_at": moment if before is None else before["first_seen_at"],
            "last_seen_at": moment,
        }
        return row | (
            {name: before[name] for name in KEPT}
            if before is not None and _is_same(before, row)
            else {**dict.fromkeys(KEPT), "known_since_run": self.run_id}
        )

    @property
    def _ours(self) -> sa.ColumnElement[bool]:
        return FAILURES.c.backfill == self._recipe.name

    def _are(self, digests: Sequence[str]) -> sa.ColumnElement[bool]:
        return sa.and_(self._ours, FAILURES.c.row_digest.in_(digests))


def _is_same(one: Mapping[Any, Any], other: Mapping[Any, Any]) -> bool:
    """Tell whether a row fails as it did before; one that the database refuses, if that says the same of it."""
    names = ("reason", "detail") if other["body_digest"] is None else ("reason", "body_digest")
    return all(one[name] == other[name] for name in names)


def digest_of(name: str) -> str:
    """Return the digest of a row's name, by which the ledger finds the row's failure."""
    return hashlib.sha256(name.encode()).hexdigest()


def read_refused_names(connection: sa.Connection, backfill: str) -> set[str]:
    """Return the names of the rows that the database is known to refuse. Reads only."""
    refused = sa.select(FAILURES.c.row_name).where(
        FAILURES.c.backfill == backfill, FAILURES.c.reason.in_([UPDATE_FAILED, INVALID_TEXT])
    )
    return set(connection.execute(refused).scalars())


def _chunks(names: Sequence[str]) -> Iterator[Sequence[str]]:
    """Yield the names in parts: a statement has a bounded number of parameters."""
    for first in range(0, len(names), NAMES_AT_ONCE):
        yield names[first : first + NAMES_AT_ONCE]


def storable(text: str, encoding: str = "utf-8") -> str:
    """Return a detail that a database of this encoding stores: no NUL, no lone surrogate, of bounded length."""
    return text.replace("\x00", "\\x00").encode(encoding, "backslashreplace").decode(encoding)[:MAX_DETAIL_CHARACTERS]


def encoding_of(connection: sa.Connection) -> str:
    """Return the encoding in which every text can be stored: ASCII where the database does not know all characters."""
    if connection.dialect.name != "postgresql":
        return "utf-8"
    return "utf-8" if connection.exec_driver_sql("SHOW server_encoding").scalar_one() == "UTF8" else "ascii"
