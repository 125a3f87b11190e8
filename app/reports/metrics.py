"""Metrics: what a monitoring system is told of the backfill, from the ledger and the counts of `status`. Reads only."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from app.backfill.ledger.runs import RUNS
from app.reports.outcomes import RunCounts, count_outcomes
from app.reports.running import GONE
from app.reports.status import Status
from app.reports.untouched import as_upgraded
from app.videos.recipe import MEDIA_IDS


@dataclass(frozen=True, kw_only=True)
class Metrics:
    """The state of one backfill; what its runs did is added up over all of them."""

    backfill: str
    rows: Mapping[str, int]
    """By outcome, see app.reports.outcomes."""
    pending: int | None
    """None where the rows could not be counted, since somebody holds the table."""
    batches: Mapping[str, int]
    """By the bucket of app.backfill.ledger.history that their time falls into."""
    batch_seconds: float
    """Of all batches together."""
    last_progress: datetime | None
    """None before the first run."""
    running: bool
    """A run goes on: it works, waits or is paused."""
    waiting: bool
    """It waits for somebody, or is paused."""


def read_metrics(connection: sa.Connection, status: Status) -> Metrics:
    """Return the metrics, with what `status` knows. Also before the first upgrade: then nothing has been done."""
    with as_upgraded(connection), connection.begin():
        columns = [RUNS.c[name] for name in (*RunCounts._fields, "batch_seconds", "progress_at")]
        ours = sa.select(*columns).where(RUNS.c.backfill == MEDIA_IDS.name)
        runs = connection.execute(ours.order_by(RUNS.c.id)).all()
    batches, batch_seconds = _batch_times(runs)
    condition = GONE if status.running is None else status.running.condition
    return Metrics(
        backfill=MEDIA_IDS.name,
        rows=asdict(count_outcomes(RunCounts(*run[: len(RunCounts._fields)]) for run in runs)),
        pending=status.total.pending if status.locked_by is None else None,
        batches=batches,
        batch_seconds=batch_seconds,
        last_progress=max((run.progress_at for run in runs), default=None),
        running=condition != GONE,
        waiting=condition in {"waiting", "paused"},
    )


def _batch_times(runs: Sequence[Any]) -> tuple[Mapping[str, int], float]:
    """Return the batches by bucket and the seconds that they took, of all runs."""
    counts: Counter[str] = Counter()
    seconds = 0.0
    for run in runs:
        kept = json.loads(run.batch_seconds)
        counts.update(kept["counts"])
        seconds += kept["sum"]
    return counts, round(seconds, 6)
