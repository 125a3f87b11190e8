"""Running: what a run does at this moment: it works, waits for somebody, is paused, or is gone. Reads only."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final, Literal, TypeAlias

import sqlalchemy as sa

from app.backfill.control.orders import CANCELLED, PAUSED, in_force, read_orders
from app.backfill.ledger.runs import select_running
from app.database.engines import session_name
from app.database.living import lives
from app.database.timestamps import format_timestamp, now
from app.reports.blockers import Blocker, find_blockers
from app.reports.untouched import find_missing
from app.videos.adoption import TABLE
from app.videos.recipe import MEDIA_IDS

Condition: TypeAlias = Literal["running", "waiting", "paused", "gone"]
GONE: Final = "gone"
"""What `status` calls the state of a run that has not ended and whose lock nobody holds."""
SILENT_SECONDS: Final = 1.0
"""A run that has committed nothing for so long may wait for somebody; a batch aims at half a second."""
STALLED_SECONDS: Final = 30.0
"""A run that commits nothing for so long gets a remark."""


@dataclass(frozen=True, kw_only=True)
class RunningRun:
    """A run that has not ended, as the ledger, its lock and the server's sessions have it."""

    id: int
    origin: str
    started_by: str
    """`user@host`."""
    process: int
    rows: int
    synced: int
    seconds: float
    rows_per_second: float
    seconds_left: float | None = None
    """An estimate; None before the run has warmed up, and where the table was not counted."""
    silent_seconds: float
    """Since the last batch was committed."""
    condition: Condition
    waiting_for: str | None = None
    """Why it waits, in its own words."""
    since: datetime | None = None
    """Since when it waits or is paused; where it is gone, its last sign."""
    for_seconds: float | None = None
    """The seconds since `since`."""
    paused_by: str | None = None
    """Who wants it to pause, also before it does."""
    stopping: bool = False
    """Somebody has cancelled it, and it has not ended yet."""
    blockers: tuple[Blocker, ...] = ()
    """The sessions that keep the run waiting."""

    @property
    def stalled(self) -> bool:
        """Tell whether the run is suspiciously silent."""
        return self.silent_seconds >= STALLED_SECONDS

    def as_dict(self) -> dict[str, object]:
        """Return what JSON shows."""
        since = None if self.since is None else format_timestamp(self.since)
        return {
            **asdict(self),
            "since": since,
            "blockers": [asdict(one) for one in self.blockers],
            "stalled": self.stalled,
        }


def find_running(connection: sa.Connection, url: str) -> RunningRun | None:
    """Return what the run does that goes on; None where there is none, or no upgrade has been here.

    Raises ForeignTableError for another program's table.
    """
    with connection.begin():
        missing = find_missing(connection, url)
    return None if missing else read_running(connection)


def read_running(connection: sa.Connection, moment: datetime | None = None) -> RunningRun | None:
    """Return what the run does that has not ended, as of `moment` (else now): also whether it is gone, or waits.

    Looks for about a second for whom it waits, where it is silent. To be called outside a transaction, on a database
    with the ledger.
    """
    with connection.begin():
        run = connection.execute(select_running(MEDIA_IDS.name)).mappings().first()
        if run is None:
            return None
        is_alive = lives(connection, run["host"], run["process"])
    moment = moment or now()
    may_wait = is_alive and run["waiting_for"] != PAUSED
    blockers = _blockers(connection, run, moment) if may_wait else ()
    return _running(run, moment, blockers, is_alive=is_alive)


def _blockers(connection: sa.Connection, run: Mapping[Any, Any], moment: datetime) -> tuple[Blocker, ...]:
    is_waiting = run["waiting_for"] is not None or _seconds(run["progress_at"], moment) >= SILENT_SECONDS
    return find_blockers(connection, TABLE, session_name(run["host"], run["process"]), is_waiting=is_waiting)


def _running(run: Mapping[Any, Any], moment: datetime, blockers: tuple[Blocker, ...], *, is_alive: bool) -> RunningRun:
    orders = read_orders(run["orders"])
    pause = in_force(orders, PAUSED)
    condition, since = _condition(run, blockers, is_paused=pause is not None, is_alive=is_alive)
    rows = run["synced"] + run["skipped"] + run["failed"]
    return RunningRun(
        id=run["id"],
        origin=run["origin"],
        started_by=f"{run['user_name']}@{run['host']}",
        process=run["process"],
        rows=rows,
        synced=run["synced"],
        seconds=run["seconds"],
        rows_per_second=round(rows / run["seconds"], 1) if run["seconds"] else 0.0,
        silent_seconds=_seconds(run["progress_at"], moment),
        condition=condition,
        waiting_for=run["waiting_for"] if condition == "waiting" else None,
        since=since,
        for_seconds=None if since is None else _seconds(since, moment),
        paused_by=None if pause is None else pause.by,
        stopping=in_force(orders, CANCELLED) is not None,
        blockers=blockers,
    )


def _condition(
    run: Mapping[Any, Any], blockers: tuple[Blocker, ...], *, is_paused: bool, is_alive: bool
) -> tuple[Condition, datetime | None]:
    """Return what the run does, and since when."""
    if not is_alive:
        return GONE, run["progress_at"]
    if run["waiting_for"] == PAUSED:
        return ("paused", run["waiting_since"]) if is_paused else ("running", None)
    if run["waiting_for"] is not None or blockers:
        return "waiting", run["waiting_since"] or run["progress_at"]
    return "running", None


def _seconds(moment: datetime, later: datetime) -> float:
    return round(max(0.0, (later - moment).total_seconds()), 1)
