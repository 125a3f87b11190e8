"""Ledger: the run's row (place, counts, fence) and the failures, written in the transaction of each batch."""

import hashlib
import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from app.backfill.counts import Counts
from app.backfill.errors import RunSupersededError
from app.backfill.history import NO_BATCHES, NO_POINTS, History
from app.backfill.ledger_tables import BackfillFailure, BackfillRun
from app.backfill.light_tables import columns_of
from app.backfill.options import Options
from app.backfill.orders import NO_ORDERS
from app.backfill.recipe import Recipe
from app.backfill.report import Origin, Report
from app.backfill.rows import INVALID_TEXT, UPDATE_FAILED, Refused
from app.backfill.started_by import host_name, user_name, version
from app.database.timestamps import now
from app.database.urls import describe
from app.errors import NotUpgradedError

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
FAILURES: Final = columns_of(
    BackfillFailure,
    *(
        "backfill",
        "row_digest",
        "row_name",
        "generation_id",
        "reason",
        "detail",
        "body_digest",
        "extractor_version",
        "run_id",
        "sweep",
    ),
    *("first_seen_at", "last_seen_at"),
)
RUNNING: Final = "running"
OURS: Final = sa.and_(RUNS.c.id == sa.bindparam("run_id"), RUNS.c.state == RUNNING)
"""The row of a run that still goes on."""
FENCED: Final = sa.update(RUNS).where(OURS)
FENCED_AND_ORDERS: Final = FENCED.returning(RUNS.c.orders)
ORDERS: Final = sa.select(RUNS.c.orders).where(OURS)
"""Built once, since every batch writes that row and reads what people want of its run."""
GOES_ON: Final[Mapping[str, None]] = {"waiting_for": None, "waiting_since": None}
SUPERSEDED: Final = "superseded"
DONE: Final = "done"
RETRY_WALK: Final = "failures"
"""A run over the failures alone: it is no pass over the table, and nothing resumes from it."""
MAX_DETAIL_CHARACTERS: Final = 500
NAMES_AT_ONCE: Final = 1_000


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a run stands. A sweep that fills nothing, from the start of the table to its end, is the last."""

    cursor: str | None = None
    sweep: int = 1
    sweep_filled: int = 0
    """Rows of this sweep that were filled, or that somebody else changed before they could be."""


class Ledger:
    """The row of this run, and the failures. Every method works on the caller's transaction and commits nothing."""

    def __init__(self, recipe: Recipe, run_id: int, encoding: str) -> None:
        """Take what is filled, the run's number, and an encoding that the database's texts fit in."""
        self._recipe = recipe
        self.run_id = run_id
        self._encoding = encoding
        self.history = History()

    def save(self, connection: sa.Connection, place: Place, report: Report, *, ends: bool = False) -> str:
        """Write place, counts and history, and return the orders: without a statement of their own where that can be.

        Raises RunSupersededError if another run has taken over: the fence.
        """
        history = self.history.columns(report.seconds, ends=ends)
        values = {**asdict(place), **_counted(report), **history, **GOES_ON, "progress_at": now()}
        if not connection.dialect.update_returning:  # SQLite before 3.35
            self._update(connection, **values)
            return self.orders(connection)
        return self._fenced(connection.execute(FENCED_AND_ORDERS, {"run_id": self.run_id, **values}).scalar())

    def orders(self, connection: sa.Connection) -> str:
        """Return what people want of this run, see app.backfill.orders. Raises RunSupersededError; reads only."""
        return self._fenced(connection.execute(ORDERS, {"run_id": self.run_id}).scalar())

    def wait(self, connection: sa.Connection, reason: str, since: datetime) -> None:
        """Write why the run does not go on, until it saves again. Raises RunSupersededError."""
        self._update(connection, waiting_for=_storable(reason, self._encoding), waiting_since=since)

    def finish(
        self, connection: sa.Connection, place: Place, report: Report, state: str, error: str | None = None
    ) -> None:
        """Write how the run ended, and what ended it before its time."""
        self.save(connection, place, report, ends=True)
        told = None if error is None else _storable(error, self._encoding)
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

    def record_failures(self, connection: sa.Connection, sweep: int, failures: Sequence[Refused]) -> None:
        """Write rows that a person must look at, keeping when each was first seen."""
        if not failures:
            return
        moment = now()
        by_digest = {_digest(failure.name): failure for failure in failures}
        for digests in _chunks(list(by_digest)):
            known = sa.select(FAILURES.c.row_digest, FAILURES.c.first_seen_at).where(self._are(digests))
            first_seen: dict[str, datetime] = {row[0]: row[1] for row in connection.execute(known)}
            connection.execute(sa.delete(FAILURES).where(self._are(digests)))
            rows = [
                self._failure(by_digest[one], sweep, first_seen.get(one, moment), moment) | {"row_digest": one}
                for one in digests
            ]
            connection.execute(sa.insert(FAILURES), rows)

    def recorded_failures(self, connection: sa.Connection) -> dict[str, int]:
        """Return the failures on record, by reason. Reads only."""
        by_reason = sa.select(FAILURES.c.reason, sa.func.count()).where(self._ours).group_by(FAILURES.c.reason)
        return {row[0]: row[1] for row in connection.execute(by_reason)}

    def forget_failures_not_seen(self, connection: sa.Connection, sweep: int) -> None:
        """Remove the failures that this sweep did not meet. For the end of a whole one, which met every pending row."""
        stale = sa.or_(FAILURES.c.run_id != self.run_id, FAILURES.c.sweep != sweep)
        connection.execute(sa.delete(FAILURES).where(self._ours, stale))

    def forget_failures(self, connection: sa.Connection, row_names: Sequence[str]) -> None:
        """Remove the failures of rows that are filled, gone, or need nobody any more."""
        for digests in _chunks([_digest(name) for name in row_names]):
            connection.execute(sa.delete(FAILURES).where(self._are(digests)))

    def _failure(self, failure: Refused, sweep: int, first_seen: datetime, moment: datetime) -> dict[str, object]:
        return {
            "backfill": self._recipe.name,
            "row_name": failure.name,
            "generation_id": None if failure.row_id is None else _storable(str(failure.row_id)),
            "reason": failure.reason,
            "detail": _storable(failure.detail, self._encoding),
            "body_digest": failure.body_digest,
            "extractor_version": self._recipe.version,
            "run_id": self.run_id,
            "sweep": sweep,
            "first_seen_at": first_seen,
            "last_seen_at": moment,
        }

    @property
    def _ours(self) -> sa.ColumnElement[bool]:
        return FAILURES.c.backfill == self._recipe.name

    def _are(self, digests: Sequence[str]) -> sa.ColumnElement[bool]:
        return sa.and_(self._ours, FAILURES.c.row_digest.in_(digests))

    def _update(self, connection: sa.Connection, **values: object) -> None:
        if connection.execute(FENCED, {"run_id": self.run_id, **values}).rowcount != 1:
            raise RunSupersededError(self.run_id)

    def _fenced(self, orders: str | None) -> str:
        if orders is None:
            raise RunSupersededError(self.run_id)
        return orders


def require_ledger(connection: sa.Connection, table: str) -> None:
    """Raise NotUpgradedError if the database lacks the ledger, or the `table` that is filled. Reads only."""
    inspector = sa.inspect(connection)
    for name in (table, RUNS.name, FAILURES.name):
        if not inspector.has_table(name):
            raise NotUpgradedError(describe(connection.engine.url), f"no table {name}")


def open_ledger(
    connection: sa.Connection, recipe: Recipe, origin: Origin, walk: str, options: Options
) -> tuple[Ledger, Place]:
    """Start a run, at the place where the last one stopped, and take over from one that never ended."""
    columns = (RUNS.c.state, RUNS.c.walk, RUNS.c.cursor, RUNS.c.sweep, RUNS.c.sweep_filled)
    ours = RUNS.c.backfill == recipe.name
    passes = sa.select(*columns).where(ours, RUNS.c.walk != RETRY_WALK)
    last = connection.execute(passes.order_by(RUNS.c.id.desc()).limit(1)).first()
    place = Place()
    if last is not None and last.state != DONE and last.walk == walk:
        place = Place(cursor=last.cursor, sweep=last.sweep, sweep_filled=last.sweep_filled)
    connection.execute(sa.update(RUNS).where(ours, RUNS.c.state == RUNNING).values(state=SUPERSEDED, finished_at=now()))
    run_id = _insert_run(connection, recipe, origin, walk, place, options)
    return Ledger(recipe, run_id, _encoding(connection)), place


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


def _chunks(names: Sequence[str]) -> Iterator[Sequence[str]]:
    """Yield the names in parts: a statement has a bounded number of parameters."""
    for first in range(0, len(names), NAMES_AT_ONCE):
        yield names[first : first + NAMES_AT_ONCE]


def _digest(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()


def _storable(text: str, encoding: str = "utf-8") -> str:
    """Return a detail that a database of this encoding stores: no NUL, no lone surrogate, of bounded length."""
    return text.replace("\x00", "\\x00").encode(encoding, "backslashreplace").decode(encoding)[:MAX_DETAIL_CHARACTERS]


def _encoding(connection: sa.Connection) -> str:
    """Return the encoding in which every text can be stored: ASCII where the database does not know all characters."""
    if connection.dialect.name != "postgresql":
        return "utf-8"
    return "utf-8" if connection.exec_driver_sql("SHOW server_encoding").scalar_one() == "UTF8" else "ascii"


def read_refused_names(connection: sa.Connection, backfill: str) -> set[str]:
    """Return the names of the rows that the database is known to refuse. Reads only."""
    refused = sa.select(FAILURES.c.row_name).where(
        FAILURES.c.backfill == backfill, FAILURES.c.reason.in_([UPDATE_FAILED, INVALID_TEXT])
    )
    return set(connection.execute(refused).scalars())


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
