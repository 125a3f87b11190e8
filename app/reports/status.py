"""Status: how much of the table has its id, what is left and why, and what the runs did. Reads only."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from app.backfill.ledger import RETRY_WALK, RUNNING, last_runs, require_ledger
from app.database.timestamps import format_timestamp, now
from app.reports.coverage import Coverage, Group, read_groups
from app.reports.untouched import ADVICE, READABLE, as_upgraded, find_missing
from app.videos.adoption import TABLE
from app.videos.recipe import MEDIA_IDS

SHOWN_RUNS: Final = 5
READ_RUNS: Final = 50
STALLED_SECONDS: Final = 30.0
"""A run that commits nothing for so long gets a remark; a batch aims at half a second."""
WARM_UP_SECONDS: Final = 5.0
"""A rate measured for less than this says nothing about the hours to come."""


@dataclass(frozen=True, kw_only=True)
class RunningRun:
    """A run that has not ended, as far as the ledger knows."""

    id: int
    rows: int
    rows_per_second: float
    seconds_left: float | None
    """An estimate; None before the run has warmed up."""
    silent_seconds: float
    """Since the last batch was committed."""

    @property
    def stalled(self) -> bool:
        """Tell whether the run is suspiciously silent: it waits, or was killed."""
        return self.silent_seconds >= STALLED_SECONDS


@dataclass(frozen=True, kw_only=True)
class Status:
    """What `status` shows."""

    estimated: bool = False
    """The rows were counted in a sample of the table and scaled up."""
    total: Coverage = field(default_factory=Coverage)
    by_status: Mapping[str, Coverage] = field(default_factory=dict)
    by_month: Mapping[str, Coverage] = field(default_factory=dict)
    reasons: Mapping[str, int] = field(default_factory=dict)
    """Rows that the newest run over the table left, by reason."""
    runs: tuple[Mapping[str, Any], ...] = ()
    """The newest runs as the ledger has them, newest first."""
    running: RunningRun | None = None
    untouched: str = ""
    """What to say before the first upgrade. No part of the JSON object."""

    def as_dict(self) -> dict[str, object]:
        """Return the status as JSON shows it."""
        return {
            "estimated": self.estimated,
            "total": asdict(self.total),
            "by_status": {name: asdict(coverage) for name, coverage in self.by_status.items()},
            "by_month": {name: asdict(coverage) for name, coverage in self.by_month.items()},
            "pending_by_reason": dict(self.reasons),
            "running": None if self.running is None else {**asdict(self.running), "stalled": self.running.stalled},
            "runs": [_json_values(run) for run in self.runs],
        }


def read_status_of(connection: sa.Connection, url: str, *, exact: bool) -> Status:
    """Return the status of the database of a URL, also before its first upgrade; see app.reports.untouched.

    Raises NotUpgradedError for a database whose table is gone.
    """
    with connection.begin():
        missing = find_missing(connection, url)
        if not missing:
            require_ledger(connection, TABLE)
            return read_status(connection, exact=exact)
    if missing not in READABLE:
        return Status(untouched=ADVICE[missing])
    with as_upgraded(connection):
        return replace(read_status(connection, exact=exact), untouched=ADVICE[missing])


def read_status(connection: sa.Connection, *, exact: bool, moment: datetime | None = None) -> Status:
    """Return the status as of `moment` (else now). A large PostgreSQL table is sampled unless `exact`."""
    groups, estimated = read_groups(connection, exact=exact)
    total = _sum(groups)
    runs = [_run(row) for row in last_runs(connection, MEDIA_IDS.name, READ_RUNS)]
    passes = [run for run in runs if run["walk"] != RETRY_WALK]
    return Status(
        estimated=estimated,
        total=total,
        by_status=_by(groups, "status"),
        by_month=_by(groups, "month"),
        reasons=passes[0]["reasons"] if passes else {},
        runs=tuple(runs[:SHOWN_RUNS]),
        running=_running(runs, total.pending + total.failed + total.nothing_to_recover, moment or now()),
    )


def _run(row: Mapping[Any, Any]) -> dict[str, Any]:
    """Return a run without its cursor, which means nothing to a reader."""
    hidden = {"backfill", "cursor", "sweep_filled", "extractor_version"}
    facts = {str(name): value for name, value in row.items() if name not in hidden}
    return {**facts, "reasons": json.loads(facts["reasons"])}


def _running(runs: Iterable[Mapping[str, Any]], unfilled: int, moment: datetime) -> RunningRun | None:
    run = next((run for run in runs if run["state"] == RUNNING), None)
    if run is None:
        return None
    rows = run["synced"] + run["skipped"] + run["failed"]
    rate = rows / run["seconds"] if run["seconds"] else 0.0
    ahead = max(0, unfilled - run["skipped"] - run["failed"])
    return RunningRun(
        id=run["id"],
        rows=rows,
        rows_per_second=round(rate, 1),
        seconds_left=round(ahead / rate, 1) if rate and run["seconds"] >= WARM_UP_SECONDS else None,
        silent_seconds=round(max(0.0, (moment - run["progress_at"]).total_seconds()), 1),
    )


def _sum(groups: Iterable[Group]) -> Coverage:
    return sum((group.coverage for group in groups), Coverage())


def _by(groups: Iterable[Group], name: str) -> dict[str, Coverage]:
    """Return the groups added up by one of their names, in its order."""
    sums: dict[str, Coverage] = {}
    for group in groups:
        key = getattr(group, name)
        sums[key] = sums.get(key, Coverage()) + group.coverage
    return dict(sorted(sums.items()))


def _json_values(run: Mapping[str, Any]) -> dict[str, Any]:
    return {name: format_timestamp(value) if isinstance(value, datetime) else value for name, value in run.items()}
