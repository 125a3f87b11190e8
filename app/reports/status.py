"""Status: how much of the table has its id, what is left and why, and what the runs did. Reads only."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from app.backfill.control.error_kinds import LOCK_NOT_AVAILABLE, sqlstate
from app.backfill.ledger.required import require_ledger
from app.backfill.ledger.runs import RETRY_WALK, last_runs
from app.backfill.transactions import set_locally
from app.database.timestamps import format_timestamp
from app.reports.blockers import Blocker, table_holders
from app.reports.coverage import Coverage, Group, read_groups
from app.reports.passes import Pass, group_passes
from app.reports.running import GONE, RunningRun
from app.reports.untouched import ADVICE, READABLE, as_upgraded, find_missing
from app.videos.adoption import TABLE
from app.videos.recipe import MEDIA_IDS

SHOWN_RUNS: Final = 5
READ_RUNS: Final = 2_000
"""The most runs that are read; a pass made of more runs appears to begin later than it did."""
WARM_UP_SECONDS: Final = 5.0
"""Seconds for which a rate is measured before it is used for an estimate."""
LONGEST_WAIT: Final = {"lock_timeout": "1s"}
NO_HOPE: Final = {"lock_timeout": "50ms"}
"""Where somebody is known to hold the table."""


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
    passes: tuple[Pass, ...] = ()
    """The newest passes, newest first."""
    running: RunningRun | None = None
    locked_by: tuple[Blocker, ...] | None = None
    """Who holds the table, so that nothing was counted; None where it was."""
    untouched: str = ""
    """What to say before the first upgrade. No part of the JSON object."""

    def as_dict(self) -> dict[str, object]:
        """Return the status as JSON shows it."""
        counted = self.locked_by is None
        return {
            "estimated": self.estimated,
            "total": asdict(self.total) if counted else None,
            "by_status": _json_coverage(self.by_status) if counted else None,
            "by_month": _json_coverage(self.by_month) if counted else None,
            "locked_by": None if self.locked_by is None else [asdict(blocker) for blocker in self.locked_by],
            "pending_by_reason": dict(self.reasons),
            "running": None if self.running is None else self.running.as_dict(),
            "runs": [_json_values(run) for run in self.runs],
            "passes": [_json_values(asdict(one)) for one in self.passes],
        }


def read_status_of(
    connection: sa.Connection, url: str, *, exact: bool, running: RunningRun | None = None, shown_runs: int = SHOWN_RUNS
) -> Status:
    """Return the status of the database of a URL, also before its first upgrade; see app.reports.untouched.

    Raises NotUpgradedError for a database whose table is gone.
    """
    with connection.begin():
        missing = find_missing(connection, url)
        if not missing:
            require_ledger(connection, TABLE)
            return read_status(connection, exact=exact, running=running, shown_runs=shown_runs)
    if missing not in READABLE:
        return Status(untouched=ADVICE[missing])
    with as_upgraded(connection):
        return replace(read_status(connection, exact=exact), untouched=ADVICE[missing])


def read_status(
    connection: sa.Connection, *, exact: bool, running: RunningRun | None = None, shown_runs: int = SHOWN_RUNS
) -> Status:
    """Return the status, with `running` as it is known by now. A large PostgreSQL table is sampled unless `exact`.

    Does not wait behind whoever holds the table: says who that is, and counts nothing.
    """
    runs = [_run(row, running) for row in last_runs(connection, MEDIA_IDS.name, max(READ_RUNS, shown_runs))]
    whole = [run for run in runs if run["walk"] != RETRY_WALK]
    status = Status(
        reasons=whole[0]["reasons"] if whole else {},
        runs=tuple(runs[:shown_runs]),
        passes=tuple(group_passes(runs)[:shown_runs]),
        running=running,
    )
    try:
        with connection.begin_nested():
            set_locally(connection, NO_HOPE if running is not None and running.blockers else LONGEST_WAIT)
            groups, estimated = read_groups(connection, exact=exact)
    except DBAPIError as error:
        if sqlstate(error) != LOCK_NOT_AVAILABLE:
            raise
        return replace(status, locked_by=table_holders(connection, TABLE))
    return replace(_counted(status, groups), estimated=estimated)


def _counted(status: Status, groups: Iterable[Group]) -> Status:
    """Return the status with what was counted, and with how long a run that goes on has left."""
    groups = list(groups)
    total = _sum(groups)
    running = status.running
    if running is not None:
        unfilled = total.pending + total.failed + total.nothing_to_recover
        running = replace(running, seconds_left=_seconds_left(running, unfilled))
    by_status, by_month = _by(groups, "status"), _by(groups, "month")
    return replace(status, total=total, by_status=by_status, by_month=by_month, running=running)


def _run(row: Mapping[Any, Any], running: RunningRun | None) -> dict[str, Any]:
    """Return a run without its cursor, which means nothing to a reader; one that is gone is not running."""
    hidden = {"backfill", "cursor", "sweep_filled", "extractor_version", "batch_seconds", "points"}
    facts = {str(name): value for name, value in row.items() if name not in hidden}
    facts |= {name: json.loads(facts[name]) for name in ("reasons", "options", "orders")}
    is_gone = running is not None and running.id == facts["id"] and running.condition == GONE
    return facts | {"state": GONE} if is_gone else facts


def _seconds_left(running: RunningRun, unfilled: int) -> float | None:
    """Return an estimate; None for a run that has not warmed up, or that does nothing."""
    if not running.rows_per_second or running.seconds < WARM_UP_SECONDS or running.condition != "running":
        return None
    ahead = max(0, unfilled - (running.rows - running.synced))
    return round(ahead / running.rows_per_second, 1)


def _sum(groups: Iterable[Group]) -> Coverage:
    return sum((group.coverage for group in groups), Coverage())


def _by(groups: Iterable[Group], name: str) -> dict[str, Coverage]:
    """Return the sums of the groups by status or by month, sorted."""
    sums: dict[str, Coverage] = {}
    for group in groups:
        key = getattr(group, name)
        sums[key] = sums.get(key, Coverage()) + group.coverage
    return dict(sorted(sums.items()))


def _json_coverage(coverages: Mapping[str, Coverage]) -> dict[str, object]:
    return {name: asdict(coverage) for name, coverage in coverages.items()}


def _json_values(run: Mapping[str, Any]) -> dict[str, Any]:
    return {name: format_timestamp(value) if isinstance(value, datetime) else value for name, value in run.items()}
