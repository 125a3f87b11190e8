"""Accepting: which failures a command line names, and taking them as they are. Writes to the ledger alone."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from app.backfill.ledger.acceptance import accept, take_back
from app.backfill.ledger.started_by import person
from app.console.visible import visible
from app.errors import ConfigurationError
from app.reports.failures import Failure
from app.videos.recipe import MEDIA_IDS


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What a command line wants to be accepted, or to count again."""

    ids: Sequence[str]
    accept: bool
    reasons: Sequence[str]
    """Reasons; all rows that failed for one of them are accepted as well."""
    note: str | None
    unaccept: bool

    @property
    def writes(self) -> bool:
        """Whether anything is to be written."""
        return self.accept or self.unaccept or bool(self.reasons)

    def check(self) -> None:
        """Raise ConfigurationError for options that do not go together."""
        accepts = self.accept or bool(self.reasons)
        if self.unaccept and accepts:
            raise ConfigurationError("--unaccept", "not together with --accept or --accept-reason; choose one")
        if self.note is not None and not accepts:
            raise ConfigurationError("--note", "only together with --accept or --accept-reason")
        if (self.accept or self.unaccept) and not self.ids:
            option = "--accept" if self.accept else "--unaccept"
            raise ConfigurationError(option, f"name the rows: `media-gen-ids failures {option} ID...`")
        if self.reasons and self.ids and not self.accept:
            raise ConfigurationError("--accept-reason", "to accept these ids too, say --accept")


def carry_out(connection: sa.Connection, wish: Wish, found: Sequence[Failure]) -> int:
    """Accept what a command line names among the failures, or let it count again; return how many rows those are.

    Raises ConfigurationError for an id that none of them has; nothing is written then.
    """
    if wish.unaccept:
        accepted = [failure for failure in found if failure.acceptance is not None]
        rows = named_by(wish.ids, accepted, "accepted failure")
        changed = take_back(connection, MEDIA_IDS.name, [failure.seen for failure in rows])
    else:
        chosen = {failure.seen: failure for failure in named_by(wish.ids, found)}
        chosen |= {failure.seen: failure for failure in found if failure.reason in wish.reasons}
        changed = accept(connection, MEDIA_IDS.name, chosen, by=person(), note=wish.note)
    connection.commit()
    return changed


def named_by(ids: Sequence[str], failures: Sequence[Failure], kind: str = "failure") -> list[Failure]:
    """Return the failures with these ids, as they are or as they are shown; several rows may have one.

    Raises ConfigurationError for an id that none has.
    """
    known = {name for failure in failures for name in (failure.id, visible(failure.id))}
    for one in ids:
        if one not in known:
            raise ConfigurationError("ID", f"no {kind} has the id {visible(one)}; `media-gen-ids failures` lists them")
    return [failure for failure in failures if failure.id in ids or visible(failure.id) in ids]
