"""Course: what the workers of a run share: how far it is, what it has counted, and when it ends."""

import contextlib
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Final, NamedTuple, TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from app.backfill.breaker import Breaker
from app.backfill.counts import BatchTimes, Counts, make_report
from app.backfill.frontier import Frontier
from app.backfill.ledger import Ledger, Place
from app.backfill.listener import Listener, Progress
from app.backfill.pace import Pace
from app.backfill.plan import UPDATE_FAILED, Filling, InPlace, Options, Recovered, Refused, Report, Span, State, Window
from app.backfill.reading import Walk
from app.backfill.retry import PATIENCE_SECONDS, attempt
from app.backfill.trouble import Trouble, trouble
from app.signals import StopRequest

Result = TypeVar("Result")
NOT_KEPT: Final = "the database raised no error and left the row without an id: a trigger drops or undoes the update"


class Stopped(Exception):  # noqa: N818  # not an error: the run was asked to end early
    """The run ends here; what is committed stays."""

    def __init__(self, state: State) -> None:
        """Take the state that the report will have."""
        super().__init__(state)
        self.state = state


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


class Course:
    """What the workers of a run share. Whoever records or keeps a batch holds `turn` from then until it is committed.

    So the run's row in the ledger is written by one worker at a time, with counts that leave nothing out. Rows are
    filled before that, and side by side.
    """

    comes_back = True
    """A later sweep comes back to rows that are locked."""
    breaks = True
    """The run ends where the database refuses most rows."""

    def __init__(self, walk: Walk, options: Options, listener: Listener, stop: StopRequest) -> None:
        """Take what the run works with; nothing is read or written yet."""
        self.walk = walk
        self.options = options
        self.listener = listener
        self.stop = stop
        self.turn = threading.RLock()
        self.pace = Pace(options.batch_size, options.target_seconds)
        self.times = BatchTimes()
        self.counts = Counts()
        self.breaker = Breaker()
        self.problem = ""
        """Why the run cannot say `done`, where it cannot."""
        self.place = Place()
        self.ledger: Ledger
        self._frontier = Frontier(None, walk.cut)
        self.commits = 0
        """Transactions of this sweep in which the run has written; a commit whose answer was lost may be missing."""
        self._fraction = 0.0
        self._looked_at = 0
        self._unconfirmed: Committed | None = None
        self._is_abandoned = False
        self._was_disconnected = False
        self._is_rewound = False
        self._kept: tuple[Place, Counts] | None = None
        """Where the run stood after its last commit of this sweep; commits before the sweep are on disk."""
        self._started = time.monotonic()

    # --- the way through the table --------------------------------------------------------------------------------

    def start_sweep(self, connection: sa.Connection) -> None:
        """Prepare to hand out the table, from where the run stands to its end."""
        self.walk.start_sweep(connection)
        self._frontier = Frontier(self.place.cursor, self.walk.cut)
        self._fraction = 0.0
        self.commits = 0
        self._kept = None

    def go_on(self) -> None:
        """Go on after Rewound, when every worker has ended."""
        self._is_rewound = False

    def take(self) -> Span | None:
        """Return the next part of the table that nobody works on; None: there is none."""
        with self.turn:
            return self._frontier.take()

    def read(self, connection: sa.Connection, span: Span) -> Window:
        """Read the first window of a span. Where the rows of a run are limited, one worker reads at a time.

        Raises Stopped if another worker has come to the limit.
        """
        limit = self.options.limit
        exclusively: AbstractContextManager[object] = self.turn if limit is not None else contextlib.nullcontext()
        with exclusively:
            left = None if limit is None else limit - self._looked_at
            if left == 0:
                raise Stopped("partial")
            window = self.walk.read(connection, span, self.pace.size, left)
            if limit is not None:
                self._looked_at += window.found
        return window

    def advance(self, window: Window) -> None:
        """Note that a window is done. Its span is handed out until all of its windows are."""
        self._frontier.advance(window.span, window.cursor)

    def tell(self, window: Window) -> None:
        """Tell the listener of a window that is done."""
        with self.turn:
            if window.fraction is not None:
                self._fraction = max(self._fraction, window.fraction)
            if self.place.sweep == 1:
                self.listener.skipped(window.skips)
                self.listener.failed(window.failures)
            fraction = None if window.fraction is None else self._fraction
            progress = Progress(
                report=self.report(None), sweep=self.place.sweep, fraction=fraction, batch_size=self.pace.size
            )
            self.listener.progress(progress)

    @property
    def is_through(self) -> bool:
        """Whether this sweep has nothing left to do."""
        with self.turn:
            return self._frontier.is_through

    # --- batches --------------------------------------------------------------------------------------------------

    def record(self, connection: sa.Connection, batch: Batch, filling: Filling) -> Committed:
        """Write into the ledger what a batch did, in its transaction. Raises RunSupersededError: the fence."""
        counts = self.counts.copy()
        wanted = filling.rows if batch.in_place else len(batch.rows)
        changed = wanted - len(filling.refused)  # by this run, or by somebody else
        place = replace(self.place, sweep_filled=self.place.sweep_filled + changed)
        if wanted:
            counts.add_batch(filling.rows, changed - filling.rows)
        refused = [*batch.refused, *(self._refused_silently(row) for row in filling.refused)]
        counts.add_failures(refused)
        failures = list(refused)
        if batch.closes is not None:
            counts.add_window(batch.closes)
            failures += batch.closes.failures
            place = replace(place, cursor=self._frontier.cursor_after(batch.closes.span, batch.closes.cursor))
        self.ledger.record_failures(connection, place.sweep, failures)
        self.ledger.save(connection, place, self.report(None, counts))
        self._unconfirmed = Committed(filling=filling, refused=refused, counts=counts, place=place, closes=batch.closes)
        return self._unconfirmed

    def _refused_silently(self, row: Recovered) -> Refused:
        name = self.walk.name_of(row.generation_id, row.locator)
        return Refused(row.generation_id, UPDATE_FAILED, NOT_KEPT, name=name)

    def settle(self, connection: sa.Connection) -> None:
        """Find out what has become of the last commits, where a lost connection has left that open.

        One whose answer was lost is counted if it arrived. They do not wait for the disk, so a crash of the server may
        have undone some: raises Rewound then, and the run stands where the ledger does.
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
        """Count what is committed."""
        self._unconfirmed = None
        done.has_arrived = True
        self.commits += 1
        self.counts, self.place = done.counts, done.place
        self._kept = done.place, done.counts
        if done.closes is not None:
            self.advance(done.closes)
        self.breaker.add(done.filling.rows, sum(not failure.is_locked for failure in done.refused))
        if done.filling.rows:
            self.times.add(seconds)
            self.listener.filled(done.filling.filled)
        if done.refused:
            self.listener.failed(done.refused)

    def lose(self, rows: int) -> None:
        """Count rows that a later sweep has to come back to."""
        with self.turn:
            self.counts.lost += rows
            self.place = replace(self.place, sweep_filled=self.place.sweep_filled + rows)

    # --- the end --------------------------------------------------------------------------------------------------

    def abandon(self) -> None:
        """Make every worker stop after its batch: one of them cannot go on."""
        self._is_abandoned = True

    def check_stop(self) -> None:
        """Raise Stopped if somebody asked to stop, or the time is spent; Rewound if another worker has raised it."""
        if self._is_rewound:
            raise Rewound
        if self.stop.signal_number is not None or self._is_abandoned:
            raise Stopped("stopped")
        if self.breaks and self.breaker.problem:
            self.problem = self.breaker.problem
            raise Stopped("incomplete")
        budget = self.options.time_budget
        if budget is not None and time.monotonic() - self._started >= budget:
            raise Stopped("partial")

    def check_limits(self) -> None:
        """Raise Stopped also if the run has looked at as many rows as it may."""
        self.check_stop()
        if self.options.limit is not None and self._looked_at >= self.options.limit:
            raise Stopped("partial")

    def attempt(self, action: Callable[[], Result], *, busy_seconds: float = PATIENCE_SECONDS) -> Result:
        """Return the action's result, after several tries if need be."""
        try:
            return attempt(lambda: self._noticing(action), self.stop, self.listener.waiting, busy_seconds=busy_seconds)
        except DBAPIError:
            self.check_stop()
            raise

    def _noticing(self, action: Callable[[], Result]) -> Result:
        """Do it, and notice if the connection is lost."""
        try:
            return action()
        except DBAPIError as error:
            self._was_disconnected |= trouble(error) is Trouble.LOST
            raise

    def report(self, state: State | None, counts: Counts | None = None) -> Report:
        """Return the report so far; without a state, of a run that goes on."""
        seconds = time.monotonic() - self._started
        report = make_report(counts or self.counts, self.times, state=state, walk=self.walk.name, seconds=seconds)
        report.problem = self.problem
        return report


def _facts(place: Place, counts: Counts) -> tuple[object, ...]:
    """Return what each commit changes some of, and nothing else does."""
    return place.cursor, place.sweep, counts.synced, counts.skipped, counts.failed, counts.batches
