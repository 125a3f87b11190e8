"""Rates: how fast a run went from one moment to the next, by the points that the ledger has of it. Reads only."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

import sqlalchemy as sa

from app.backfill.ledger.runs import RUNS
from app.videos.recipe import MEDIA_IDS

TELLING_STEPS: Final = 3
"""A run with fewer steps has no course worth a picture."""
LOOKED_AT: Final = 50
"""Of so many of the newest runs the newest that has one is shown."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """Rows done in a part of the time, which is told in seconds since the run began."""

    began: float
    ended: float
    rows: int

    @property
    def rows_per_second(self) -> float:
        """How fast it went."""
        return self.rows / (self.ended - self.began)


@dataclass(frozen=True, kw_only=True)
class Rates:
    """The steps of a run, in order, without gaps."""

    run: int
    started_at: datetime
    steps: tuple[Step, ...]

    @property
    def seconds(self) -> float:
        """How long the run went on, as far as it is known."""
        return self.steps[-1].ended

    @property
    def fastest(self) -> float:
        """The rate of the fastest step."""
        return max(step.rows_per_second for step in self.steps)

    @property
    def average(self) -> float:
        """Rows per second over all of the time, waits and pauses included."""
        return sum(step.rows for step in self.steps) / self.seconds

    def moment(self, seconds: float) -> datetime:
        """Return when it was so many seconds after the run began."""
        return self.started_at + timedelta(seconds=seconds)


def read_rates(connection: sa.Connection) -> Rates | None:
    """Return the rates of the newest run whose course is worth a picture; None where there is none."""
    columns = (RUNS.c.id, RUNS.c.started_at, RUNS.c.points)
    ours = sa.select(*columns).where(RUNS.c.backfill == MEDIA_IDS.name)
    for run, started_at, points in connection.execute(ours.order_by(RUNS.c.id.desc()).limit(LOOKED_AT)):
        steps = tuple(_steps(json.loads(points)))
        if len(steps) >= TELLING_STEPS:
            return Rates(run=run, started_at=started_at, steps=steps)
    return None


def _steps(points: Iterable[tuple[float, int]]) -> Iterable[Step]:
    for (began, before), (ended, after) in pairwise(points):
        if ended > began:
            yield Step(began=began, ended=ended, rows=after - before)
