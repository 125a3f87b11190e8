"""Rows as tests write and read them: past the repository, as another program would."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from app.videos.models import Veo3VideoGeneration

TABLE = sa.inspect(Veo3VideoGeneration).local_table
LONG_AGO = datetime(2025, 10, 12, 8, 0, tzinfo=UTC)
DEFAULTS: Mapping[str, object] = {
    "profile_id": "profile",
    "project_id": "project",
    "status": "pending",
    "created_at": LONG_AGO,
    "updated_at": LONG_AGO,
}


def insert(sessions: sessionmaker[Session], *rows: Mapping[str, object]) -> None:
    """Store rows, each with what a column must have unless it says otherwise."""
    with sessions.begin() as session:
        for row in rows:
            session.execute(sa.insert(Veo3VideoGeneration).values({**DEFAULTS, **row}))


def stored(sessions: sessionmaker[Session], *columns: str) -> list[tuple[Any, ...]]:
    """Return these columns of every row, by id."""
    statement = sa.select(*(TABLE.c[column] for column in columns)).order_by(TABLE.c.id)
    with sessions() as session:
        return [tuple(row) for row in session.execute(statement)]


def stored_row(sessions: sessionmaker[Session], generation_id: str) -> dict[str, Any]:
    """Return one whole row, by column."""
    with sessions() as session:
        return dict(session.execute(sa.select(TABLE).where(TABLE.c.id == generation_id)).mappings().one())
