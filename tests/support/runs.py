"""Runs as the ledger has them, written past the engine."""

from typing import Any

import sqlalchemy as sa

from app.backfill.ledger.tables import BackfillRun
from app.database.engines import make_engine

RUN = sa.inspect(BackfillRun).local_table
NOTHING_DONE = {"origin": "sync", "state": "done", "seconds": 1.0, "synced": 0, "skipped": 0, "failed": 0}


def record_run(url: str, number: int, **facts: Any) -> None:  # noqa: ANN401  # whatever a run has
    """Write down another run like that of the upgrade, of a second in which nothing was done, but for its facts."""
    with make_engine(url).begin() as connection:
        first = connection.execute(sa.select(RUN).order_by(RUN.c.id).limit(1)).mappings().one()
        connection.execute(sa.insert(BackfillRun).values({**first, **NOTHING_DONE, "id": number, **facts}))
