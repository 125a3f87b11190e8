"""Runs as the ledger has them, written past the engine."""

from typing import Any

import sqlalchemy as sa

from app.backfill.ledger_tables import BackfillRun
from app.database.engines import make_engine
from app.database.timestamps import now
from app.videos.recipe import MEDIA_IDS


def record_run(url: str, number: int, **facts: Any) -> None:  # noqa: ANN401  # whatever a run has
    """Write down a run that has come to its end; it took a second unless its facts say otherwise."""
    usual = {"backfill": MEDIA_IDS.name, "origin": "sync", "state": "done", "walk": "key", "seconds": 1.0}
    others = {"batch_size": 1_000, "extractor_version": 1, "started_at": now(), "progress_at": now()}
    whose = {"user_name": "somebody", "host": "somewhere", "process": 7, "version": "0"}
    with make_engine(url).begin() as connection:
        connection.execute(sa.insert(BackfillRun).values({"id": number, **usual, **others, **whose, **facts}))
