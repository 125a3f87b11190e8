"""Unfinished generations that are due, claimed so that each goes to one of several pollers only."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa

from app.database.timestamps import format_timestamp
from app.errors import ConfigurationError
from app.videos.models import Veo3VideoGeneration as Generation
from app.videos.native_columns import NativeColumns
from app.videos.pages import NO_MOMENT, UPDATED, require_limit
from app.videos.row_locks import Rows

UNFINISHED: Final = ("pending", "processing")
MOST_AHEAD: Final = timedelta(days=1)
"""A row whose `updated_at` lies further ahead than this is due: it was written by a wrong clock, or is no timestamp."""


@dataclass(frozen=True, kw_only=True)
class DueGeneration:
    """A row to ask the API for, as plain values: usable after the transaction, and in another thread."""

    id: str
    profile_id: str
    operation_name: str
    scene_id: str
    """'' where the row has none."""


def claim(
    rows: Rows, limit: int, older_than: timedelta, moment: datetime, profile_id: str | None
) -> tuple[DueGeneration, ...]:
    """Return the rows that are due at `moment`, and set their `updated_at` to it. Raises as `claim_due` does.

    PostgreSQL passes over rows that others have locked. On SQLite nothing is locked unless something is due.
    """
    require_limit(limit)
    statement = _due(rows.columns, _bounds(older_than, moment), profile_id).limit(limit)
    rows.send()
    rows.prepare_to_look()
    if rows.is_sqlite and rows.execute(statement).first() is None:
        return ()
    rows.take_sqlite_write_lock()
    locking = statement.with_for_update(skip_locked=True, key_share=True, of=Generation)
    due = tuple(_due_generation(row) for row in rows.execute(locking))
    if due:
        claimed = sa.update(Generation).where(Generation.id.in_([one.id for one in due])).values(updated_at=moment)
        rows.write(claimed)
    return due


def _due(
    columns: NativeColumns, bounds: tuple[str, str], profile_id: str | None
) -> sa.Select[str, str, str | None, str | None]:
    """Return the query for due rows: first those with an impossible time, then the longest unwritten."""
    since, ahead = bounds
    statement = sa.select(Generation.id, Generation.profile_id, Generation.operation_name, Generation.scene_id).where(
        columns.one_of(Generation.status, UNFINISHED),
        sa.func.trim(Generation.operation_name) != "",
        sa.not_(UPDATED.between(since, ahead)),
    )
    if profile_id is not None:
        statement = statement.where(columns.equal(Generation.profile_id, profile_id))
    return statement.order_by(sa.case((ahead < UPDATED, NO_MOMENT), else_=UPDATED), Generation.id)


def _bounds(older_than: timedelta, moment: datetime) -> tuple[str, str]:
    if older_than < timedelta(0):
        raise ConfigurationError("older_than", f"must not be negative, got {older_than}")
    try:
        return format_timestamp(moment - older_than), format_timestamp(moment + MOST_AHEAD)
    except OverflowError:
        raise ConfigurationError("older_than", f"reaches further back than time does: {older_than}") from None


def _due_generation(row: sa.Row[*tuple[Any, ...]]) -> DueGeneration:
    return DueGeneration(
        id=row.id,
        profile_id=row.profile_id or "",
        operation_name=row.operation_name,
        scene_id=row.scene_id or "",
    )
