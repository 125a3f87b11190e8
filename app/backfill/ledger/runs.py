"""Ledger: the run's row (place, counts, fence) and the failures, written in the transaction of each batch."""

import json
import os
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from app.backfill.control.orders import NO_ORDERS
from app.backfill.counts import Counts
from app.backfill.errors import RunSupersededError
from app.backfill.ledger.failures import FAILURES, FailureRecords, encoding_of, storable
from app.backfill.ledger.history import NO_BATCHES, NO_POINTS, History
from app.backfill.ledger.started_by import host_name, user_name, version
from app.backfill.ledger.tables import BackfillRun
from app.backfill.light_tables import columns_of
from app.backfill.options import Options
from app.backfill.recipe import Recipe
from app.backfill.report import Origin, Report, RunState
from app.database.timestamps import now

RUNS: Final = columns_of(
    BackfillRun,
    *(
        "id",
        "backfill",
        "origin",
        "state",
        "walk",
        "cursor",
        "sweep",
        "sweep_filled",
        "found",
        "synced",
        "skipped",
        "failed",
        "reasons",
        "batches",
    ),
    *("batch_size", "seconds", "max_batch_seconds", "p99_batch_seconds", "extractor_version"),
    *("batch_seconds", "points"),
    *("started_at", "progress_at", "finished_at"),
    *("user_name", "host", "process", "version", "options", "orders", "waiting_for", "waiting_since", "error"),
)
RUNNING: Final[RunState] = "running"
OURS: Final = sa.and_(RUNS.c.id == sa.bindparam("run_id"), RUNS.c.state == RUNNING)
"""The row of a run that still goes on."""
FENCED: Final = sa.update(RUNS).where(OURS)
FENCED_AND_ORDERS: Final = FENCED.returning(RUNS.c.orders)
ORDERS: Final = sa.select(RUNS.c.orders).where(OURS)
"""Built once, since every batch writes that row and reads what people want of its run."""
GOES_ON: Final[Mapping[str, None]] = {"waiting_for": None, "waiting_since": None}
SUPERSEDED: Final[RunState] = "superseded"
DONE: Final[RunState] = "done"
RETRY_WALK: Final = "failures"
"""A run over the failures alone: it is no pass over the table, and nothing resumes from it."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a run stands. A sweep that fills nothing, from the start of the table to its end, is the last."""

    cursor: str | None = None
    sweep: int = 1
    sweep_filled: int = 0
    """Rows of this sweep that were filled, or that somebody else changed before they could be filled."""


class Ledger(FailureRecords):
    """The row of this run, and the failures. Every method works on the caller's transaction and commits nothing."""

    def __init__(self, recipe: Recipe, run_id: int, encoding: str) -> None:
        """Take what is filled, the run's number, and an encoding that the database's texts fit in."""
        super().__init__(recipe, run_id, encoding)
        self.history = History()

    def save(self, connection: sa.Connection, place: Place, report: Report, *, ends: bool = False) -> str:
        """Write place, counts and history, and return the orders, by RETURNING where the database has it.

        Raises RunSupersededError if another run has taken over: the fence.
        """
        history = self.history.columns(report.seconds, ends=ends)
        values = {**asdict(place), **_counted(report), **history, **GOES_ON, "progress_at": now()}
        if not connection.dialect.update_returning:  # SQLite before 3.35
            self._update(connection, **values)
            return self.orders(connection)
        return self._fenced(connection.execute(FENCED_AND_ORDERS, {"run_id": self.run_id, **values}).scalar())

    def orders(self, connection: sa.Connection) -> str:
        """Return the orders of this run, see app.backfill.control.orders. Raises RunSupersededError; reads only."""
        return self._fenced(connection.execute(ORDERS, {"run_id": self.run_id}).scalar())

    def wait(self, connection: sa.Connection, reason: str, since: datetime) -> None:
        """Write why the run waits; the next `save` clears it. Raises RunSupersededError."""
        self._update(connection, waiting_for=storable(reason, self._encoding), waiting_since=since)

    def finish(
        self, connection: sa.Connection, place: Place, report: Report, state: RunState, error: str | None = None
    ) -> None:
        """Write how the run ended, and what ended it before its time."""
        self.save(connection, place, report, ends=True)
        told = None if error is None else storable(error, self._encoding)
        self._update(connection, state=state, finished_at=now(), error=told)

    def saved(self, connection: sa.Connection) -> tuple[Place, Counts]:
        """Return place and counts as they are committed: tells what became of a commit whose answer was lost."""
        row = connection.execute(sa.select(RUNS).where(RUNS.c.id == self.run_id)).one()
        lost = max(0, row.found - row.synced - row.skipped - row.failed)
        reasons = Counter(json.loads(row.reasons))
        counts = Counts(
            synced=row.synced,
            lost=lost,
            skipped=row.skipped,
            failed=row.failed,
            reasons=reasons,
            batches=row.batches,
        )
        return Place(cursor=row.cursor, sweep=row.sweep, sweep_filled=row.sweep_filled), counts

    def tally(self, connection: sa.Connection, sweep: int | None) -> tuple[int, int]:
        """Return how many failures that this sweep met are accepted, and how many are new; without one, of all.

        New is what is not accepted and nobody has been told of: this run has seen it first or, since the last whole
        one, a run that did not come to its end. Reads only.
        """
        met = () if sweep is None else (FAILURES.c.run_id == self.run_id, FAILURES.c.sweep == sweep)
        is_accepted = FAILURES.c.accepted_at.is_not(None)
        is_new = sa.and_(sa.not_(is_accepted), self._nobody_was_told(FAILURES.c.known_since_run))
        counts = [sa.func.coalesce(sa.func.sum(sa.case((one, 1), else_=0)), 0) for one in (is_accepted, is_new)]
        accepted, new = connection.execute(sa.select(*counts).where(self._ours, *met)).one()
        return int(accepted), int(new)

    def _nobody_was_told(self, run: sa.ColumnElement[int]) -> sa.ColumnElement[bool]:
        ended = sa.and_(RUNS.c.backfill == self._recipe.name, RUNS.c.state == DONE)
        last = sa.select(sa.func.coalesce(sa.func.max(RUNS.c.id), 0)).where(ended, RUNS.c.walk != RETRY_WALK)
        return sa.and_(run > last.scalar_subquery(), run.not_in(sa.select(RUNS.c.id).where(ended)))

    def _update(self, connection: sa.Connection, **values: object) -> None:
        if connection.execute(FENCED, {"run_id": self.run_id, **values}).rowcount != 1:
            raise RunSupersededError(self.run_id)

    def _fenced(self, orders: str | None) -> str:
        if orders is None:
            raise RunSupersededError(self.run_id)
        return orders


def open_ledger(
    connection: sa.Connection, recipe: Recipe, origin: Origin, walk: str, options: Options
) -> tuple[Ledger, Place]:
    """Start a run at the place where the last one stopped; mark a run that never ended as superseded."""
    columns = (RUNS.c.state, RUNS.c.walk, RUNS.c.cursor, RUNS.c.sweep, RUNS.c.sweep_filled)
    ours = RUNS.c.backfill == recipe.name
    passes = sa.select(*columns).where(ours, RUNS.c.walk != RETRY_WALK)
    last = connection.execute(passes.order_by(RUNS.c.id.desc()).limit(1)).first()
    place = Place()
    if last is not None and last.state != DONE and last.walk == walk:
        place = Place(cursor=last.cursor, sweep=last.sweep, sweep_filled=last.sweep_filled)
    connection.execute(sa.update(RUNS).where(ours, RUNS.c.state == RUNNING).values(state=SUPERSEDED, finished_at=now()))
    run_id = _insert_run(connection, recipe, origin, walk, place, options)
    return Ledger(recipe, run_id, encoding_of(connection)), place


def _insert_run(  # noqa: PLR0913, PLR0917  # what stands in the row
    connection: sa.Connection, recipe: Recipe, origin: Origin, walk: str, place: Place, options: Options
) -> int:
    moment = now()
    run_id = connection.execute(sa.select(sa.func.coalesce(sa.func.max(RUNS.c.id), 0) + 1)).scalar_one()
    first = Report(walk=walk)
    connection.execute(
        sa.insert(RUNS).values(
            id=run_id,  # the lock admits one run at a time; should it fail, the primary key does not
            backfill=recipe.name,
            origin=origin,
            state=RUNNING,
            walk=walk,
            **asdict(place),
            **_counted(first),
            batch_seconds=NO_BATCHES,
            points=NO_POINTS,
            batch_size=options.batch_size,
            extractor_version=recipe.version,
            started_at=moment,
            progress_at=moment,
            user_name=user_name(),
            host=host_name(),
            process=os.getpid(),
            version=version(),
            options=json.dumps(asdict(options)),
            orders=NO_ORDERS,
        )
    )
    return int(run_id)


def _counted(report: Report) -> dict[str, object]:
    return {
        "found": report.found,
        "synced": report.synced,
        "skipped": report.skipped,
        "failed": report.failed,
        "reasons": json.dumps(report.reasons),
        "batches": report.batches,
        "seconds": report.seconds,
        "max_batch_seconds": report.max_batch_seconds,
        "p99_batch_seconds": report.p99_batch_seconds,
    }


def select_running(backfill: str) -> sa.Select[Any]:
    """Select the newest run that has not ended, as far as its row says."""
    unended = sa.select(RUNS).where(RUNS.c.backfill == backfill, RUNS.c.state == RUNNING)
    return unended.order_by(RUNS.c.id.desc()).limit(1)


def last_runs(connection: sa.Connection, backfill: str, limit: int) -> Iterable[sa.RowMapping]:
    """Return the newest runs, newest first. Reads only."""
    return (
        connection.execute(sa.select(RUNS).where(RUNS.c.backfill == backfill).order_by(RUNS.c.id.desc()).limit(limit))
        .mappings()
        .all()
    )
