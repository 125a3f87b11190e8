"""Acceptance: failures that a person takes as they are. They count for no exit code until they change."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

import sqlalchemy as sa

from app.backfill.ledger.failures import FAILURES, digest_of, encoding_of, storable
from app.backfill.rows import Refused
from app.database.timestamps import now

AS_SEEN: Final = sa.and_(
    FAILURES.c.backfill == sa.bindparam("which"),
    FAILURES.c.row_digest == sa.bindparam("digest"),
    FAILURES.c.reason == sa.bindparam("why"),
    sa.func.coalesce(FAILURES.c.body_digest, "") == sa.bindparam("body"),
)
"""A failure as somebody has seen it: whoever accepts one must not accept what has taken its place meanwhile."""


class Seen(NamedTuple):
    """What was seen of a failure."""

    name: str
    reason: str
    body_digest: str | None


def accept(connection: sa.Connection, backfill: str, failures: Iterable[Seen], *, by: str, note: str | None) -> int:
    """Accept failures as they were seen, and return how many still were so. Works on the caller's transaction.

    One that was accepted before gets the new name, time and note.
    """
    encoding = encoding_of(connection)
    words = {"accepted_by": storable(by, encoding), "note": None if note is None else storable(note, encoding)}
    return _write(connection, backfill, failures, accepted_at=now(), **words)


def take_back(connection: sa.Connection, backfill: str, failures: Iterable[Seen]) -> int:
    """Let failures count again, and return how many were still there. Works on the caller's transaction."""
    return _write(connection, backfill, failures, accepted_at=None, accepted_by=None, note=None)


def _write(connection: sa.Connection, backfill: str, failures: Iterable[Seen], **values: object) -> int:
    wanted = [
        {"which": backfill, "digest": digest_of(one.name), "why": one.reason, "body": one.body_digest or ""}
        for one in failures
    ]
    if not wanted:
        return 0
    wanted.sort(key=lambda one: one["digest"])  # in the order in which a run locks them
    return connection.execute(sa.update(FAILURES).where(AS_SEEN).values(**values), wanted).rowcount


class Accepted:
    """The failures that are accepted, to tell whether one that is met is among them."""

    def __init__(self, connection: sa.Connection, backfill: str) -> None:
        """Read the accepted failures."""
        columns = (FAILURES.c.row_name, FAILURES.c.reason, FAILURES.c.body_digest)
        ours = (FAILURES.c.backfill == backfill, FAILURES.c.accepted_at.is_not(None))
        self._known: Mapping[str, tuple[Any, ...]] = {
            row[0]: tuple(row[1:]) for row in connection.execute(sa.select(*columns).where(*ours))
        }

    def count(self, failures: Iterable[Refused]) -> int:
        """Return how many of these failures are accepted in their present form."""
        if not self._known:
            return 0
        return sum(self._known.get(one.name) == (one.reason, one.body_digest) for one in failures)
