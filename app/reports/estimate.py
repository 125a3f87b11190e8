"""Estimate: how long a run would take, after a dry run has read the table. Reads only."""

from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from app.backfill.ledger.runs import RETRY_WALK, RUNS
from app.backfill.report import Report
from app.videos.recipe import MEDIA_IDS

ASSUMED_ROWS_PER_SECOND: Final = 5_000
"""Ids written in a second where nothing is known: a small machine with a slow disk."""
ENOUGH_ROWS: Final = 1_000
"""A run that filled fewer rows says nothing about its speed."""


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """An estimated time, and the measured or assumed speed behind it."""

    seconds: float
    basis: str


def estimate_run(connection: sa.Connection, dry_run: Report, *, nice: float) -> Estimate:
    """Return about how long it would take to do what a dry run found, pauses included.

    At the speed of the newest run that filled many rows of this table; else reading as the dry run did, and writing at
    an assumed speed.
    """
    columns = (RUNS.c.synced, RUNS.c.skipped, RUNS.c.failed, RUNS.c.seconds)
    telling = (
        RUNS.c.backfill == MEDIA_IDS.name,
        RUNS.c.synced >= ENOUGH_ROWS,
        RUNS.c.seconds > 0,
        RUNS.c.walk != RETRY_WALK,
    )
    newest = sa.select(*columns).where(*telling).order_by(RUNS.c.id.desc()).limit(1)
    run = connection.execute(newest).first()
    if run is not None:
        rate = (run.synced + run.skipped + run.failed) / run.seconds
        return Estimate(seconds=dry_run.found / rate, basis=f"the last long run did {rate:,.0f} rows/s")
    writing = (1 + nice) * dry_run.synced / ASSUMED_ROWS_PER_SECOND
    basis = f"reading took {dry_run.seconds:.1f} s, writing is assumed at {ASSUMED_ROWS_PER_SECOND:,} rows/s"
    return Estimate(seconds=dry_run.seconds + writing, basis=basis)
