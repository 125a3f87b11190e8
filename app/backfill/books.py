"""Books: the counts, cursor and ledger of a run. Nothing counts before its transaction is committed."""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

import sqlalchemy as sa

from app.backfill.breaker import Breaker
from app.backfill.control.control import Control
from app.backfill.control.limits import Stopped
from app.backfill.counts import BatchTimes, Counts, make_report
from app.backfill.ledger.history import History
from app.backfill.ledger.runs import Ledger, Place
from app.backfill.listener import Listener
from app.backfill.options import Options
from app.backfill.report import Report, State
from app.backfill.rows import UPDATE_FAILED, Filling, InPlace, Recovered, Refused, Window
from app.backfill.sweep import Sweep
from app.backfill.walk import Walk
from app.signals import StopRequest

NOT_KEPT: Final = "the database raised no error and left the row without an id: a trigger drops or undoes the update"


class Rewound(Exception):  # noqa: N818  # not an error: the run goes on from where it stands
    """The server has crashed and undone commits; the run stands again where the ledger does."""


class Batch(NamedTuple):
    """What one transaction does: fill rows, record refusals of the database, and finish a window."""

    rows: Sequence[Recovered] = ()
    in_place: InPlace | None = None
    refused: Sequence[Refused] = ()
    closes: Window | None = None


@dataclass(kw_only=True)
class Committed:
    """What a transaction did, valid once it is committed."""

    filling: Filling
    refused: Sequence[Refused]
    counts: Counts
    place: Place
    closes: Window | None
    has_arrived: bool = False


class Books:
    """Counts, place and ledger of a run. A worker holds `turn` from `record` until the commit of its batch.

    So the run's row in the ledger is written by one worker at a time, with counts that leave nothing out. Rows are
    filled before that, and side by side.
    """

    def __init__(self, walk: Walk, listener: Listener, control: Control | None = None) -> None:
        """Take the walk that names rows, who is told of what is committed, and who hears what people want.

        Nothing is read or written yet.
        """
        self.control = control or Control(Options(), StopRequest())
        self.turn = threading.RLock()
        self.times = BatchTimes()
        self.history = History()
        self.counts = Counts()
        self.place = Place()
        self.ledger: Ledger
        self.sweep = Sweep(walk.cut, None)
        self.problem = ""
        """Why the run cannot say `done`, where it cannot."""
        self.breaker = Breaker()
        self.commits = 0
        """Transactions of this sweep in which the run has written; a commit whose answer was lost may be missing."""
        self._walk = walk
        self._listener = listener
        self._unconfirmed: Committed | None = None
        self._was_disconnected = False
        self.disconnections = 0
        """How often a connection was lost."""
        self._is_rewound = False
        self._kept: tuple[Place, Counts] | None = None
        """Where the run stood after its last commit of this sweep; commits before the sweep are on disk."""
        self._started = time.monotonic()

    def start_sweep(self) -> None:
        """Begin a pass at the place where the run stands; the walk has prepared for it, and every worker has ended."""
        self.sweep = Sweep(self._walk.cut, self.place.cursor)
        self.commits = 0
        self._kept = None

    def go_on(self) -> None:
        """Go on after Rewound, when every worker has ended."""
        self._is_rewound = False

    def record(self, connection: sa.Connection, batch: Batch, filling: Filling) -> Committed:
        """Write into the ledger what a batch did, in its transaction. Raises RunSupersededError: the fence."""
        counts, filled = self.counts.copy(), filling.rows
        wanted = filled if batch.in_place else len(batch.rows)
        changed = wanted - len(filling.refused)  # by this run, or by somebody else
        place = replace(self.place, sweep_filled=self.place.sweep_filled + changed)
        if wanted:
            counts.add_batch(filled, changed - filled)
        failures = refused = [*batch.refused, *(self._refused_silently(row) for row in filling.refused)]
        if refused:
            counts.add_failures(refused)
        if batch.closes is not None:
            counts.add_window(batch.closes)
            failures = [*refused, *batch.closes.failures]
            place = replace(place, cursor=self.sweep.cursor_after(batch.closes))
        if failures:
            self.ledger.record_failures(connection, place.sweep, failures)
        if mended := self._mended(batch, filling):
            self.ledger.forget_failures(connection, mended)
        self.control.hear(self.ledger.save(connection, place, self.report(None, counts)))
        self._unconfirmed = Committed(filling=filling, refused=refused, counts=counts, place=place, closes=batch.closes)
        return self._unconfirmed

    def _refused_silently(self, row: Recovered) -> Refused:
        return Refused(row.row_id, UPDATE_FAILED, NOT_KEPT, name=self._name_of(row))

    def _mended(self, batch: Batch, filling: Filling) -> Sequence[str]:
        """Return the names of the failures that a batch ends; none for a whole walk, whose end removes them."""
        if self._walk.is_whole:
            return ()
        over = () if batch.closes is None else batch.closes.over
        return [*map(self._name_of, filling.filled), *over]

    def _name_of(self, row: Recovered) -> str:
        return self._walk.name_of(row.row_id, row.locator)

    def note_disconnection(self) -> None:
        """Note that a connection was lost: `settle` must find out which commits have arrived."""
        self._was_disconnected = True
        self.disconnections += 1

    def settle(self, connection: sa.Connection) -> None:
        """After a lost connection, find out from the ledger which of the last commits have arrived.

        A commit whose answer was lost is counted if it has arrived. Commits do not wait for the disk, so a crash of the
        server may have undone some: raises Rewound then, and the run stands where the ledger does.
        """
        if self._is_rewound:
            raise Rewound
        if self._unconfirmed is None and not self._was_disconnected:
            return
        place, counts = self.ledger.saved(connection)
        done, self._unconfirmed = self._unconfirmed, None
        if done is not None and self.counts.batches < done.counts.batches == counts.batches:
            self.keep(done, 0.0)
        self._was_disconnected = False
        if self._kept is not None and _facts(*self._kept) != _facts(place, counts):
            self.place, self.counts, self._is_rewound = place, counts, True
            raise Rewound

    def keep(self, done: Committed, seconds: float) -> None:
        """Take the counts and the place of a committed batch as the run's own, and tell the listener."""
        self._unconfirmed = None
        done.has_arrived = True
        self.commits += 1
        self.control.progressed()
        self.history.add(done.counts.done - self.counts.done, seconds if done.filling.rows else 0.0)
        self.counts, self.place = done.counts, done.place
        self._kept = done.place, done.counts
        if done.closes is not None:
            self.sweep.advance(done.closes)
        filled = done.filling.rows
        self.breaker.add(filled, sum(not failure.is_locked for failure in done.refused))
        if filled:
            self.times.add(seconds)
            self._listener.filled(done.filling.filled)
        if done.refused:
            self._listener.failed(done.refused)

    def lose(self, rows: int) -> None:
        """Count rows that are left for a later sweep."""
        with self.turn:
            self.counts.lost += rows
            self.place = replace(self.place, sweep_filled=self.place.sweep_filled + rows)

    def check(self) -> None:
        """Raise Rewound if a worker has raised it; Stopped if the database refuses most rows of the whole table."""
        if self._is_rewound:
            raise Rewound
        if self._walk.is_whole and (problem := self.breaker.problem):
            self.problem = problem
            raise Stopped("incomplete")

    def report(self, state: State | None, counts: Counts | None = None) -> Report:
        """Return the report so far; without a state, of a run that goes on."""
        seconds = time.monotonic() - self._started
        report = make_report(counts or self.counts, self.times, state=state, walk=self._walk.name, seconds=seconds)
        report.problem = self.problem
        return report


def _facts(place: Place, counts: Counts) -> tuple[object, ...]:
    """Return values of which every commit changes at least one, and nothing else any."""
    return place.cursor, place.sweep, counts.synced, counts.skipped, counts.failed, counts.batches
