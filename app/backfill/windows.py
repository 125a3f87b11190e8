"""Windows: what one worker is to do next: it takes spans of the table, has them planned, and reads what is left."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from app.backfill.ahead import Ahead
from app.backfill.batch_size import Pace
from app.backfill.books import Books
from app.backfill.control.limits import Limits
from app.backfill.control.retrying import Patience
from app.backfill.rows import InPlace, Plan, Span, Window
from app.backfill.transactions import Transactions
from app.backfill.walk import Walk

FillInPlace: TypeAlias = Callable[[InPlace], bool]
"""Lets the database fill rows by itself, and tells whether it could."""


@dataclass(kw_only=True)
class Windows:
    """Yields the windows of one worker, on its connection."""

    transactions: Transactions
    walk: Walk
    books: Books
    limits: Limits
    patience: Patience
    pace: Pace
    ahead: Ahead | None = None
    """What prepares the next window meanwhile; a worker among several has none."""
    _next: Span | None = None
    """The span that is being prepared; it was taken from the sweep."""
    _plan_in_hand: Plan | None = None
    _disconnections: int = 0
    """How many lost connections were heeded."""

    def windows(self, fill: FillInPlace | None) -> Iterator[Window]:
        """Yield window after window until the table is handed out, or other workers are to take what is left.

        With `fill`, the database first fills by itself what it can of the rows that a window is read from.
        """
        self._next = None
        if self.ahead is not None:
            self.ahead.forget()
        while (span := self._take()) is not None:
            rest: Span | None = span
            while rest is not None:
                plan = self._plan(rest, fill) if fill and self._can_plan(rest) else None
                part = rest if plan is None else plan.part
                for window in self._read_part(part, is_rest=plan is not None):
                    window.span = span
                    if window.cursor is None and part.end != span.end:
                        window.cursor = part.end
                    yield window
                rest = None if part.end == span.end else Span(part.end, span.end)

    def _take(self) -> Span | None:
        """Return the next span to work on; None if there is none, or other workers are to take what is left."""
        span, self._next = self._next, None
        if not self.books.control.is_regrouping:
            return span or self.books.sweep.take()
        if span is not None:
            self.books.sweep.give_back(span)
        return None

    def _can_plan(self, span: Span) -> bool:
        return self.limits.most_rows is None and self.walk.can_plan(span, self.pace.size)

    def _plan(self, span: Span, fill: FillInPlace) -> Plan:
        """Let the database fill what it can by itself of the first part of a span, and return that part."""

        def make() -> Plan:
            with self.transactions.read(self.walk.reading) as connection:
                return self.walk.plan(connection, span, self.pace.size)

        plan = (self.ahead and self.ahead.plan(span)) or self.patience.attempt(make)
        self._plan_in_hand = plan
        self._look_ahead(plan, span)
        filled = []
        for in_place in plan.in_place:
            if in_place.most_rows > self.pace.bound:
                continue  # these rows are read instead, for batches as they are wanted by now
            self._step_ahead()
            filled.append(fill(in_place))
        self._step_ahead()
        self.walk.learn(plan, filled)
        return plan

    def _look_ahead(self, plan: Plan, span: Span) -> None:
        """Have prepared what comes after the planned part of a span."""
        if self.ahead is None or not self.ahead.is_possible:
            return
        if plan.part.end != span.end:
            following: Span | None = Span(plan.part.end, span.end)
        else:
            following = self._next = self.books.sweep.take()
        if following is not None and self._can_plan(following):
            self.ahead.start(following, self.pace.size)

    def _step_ahead(self) -> None:
        if self.ahead is not None:
            self.ahead.step()

    def forget_what_may_be_undone(self) -> None:
        """After a lost connection, forget what was prepared: a crash may have undone versions of rows.

        To be called before each try to write: `Books.settle` sees what is undone of this run, not of others.
        """
        if self._disconnections == self.books.disconnections or self._plan_in_hand is None:
            return
        self._disconnections = self.books.disconnections
        if self.ahead is not None:
            self.ahead.forget()
        for in_place in self._plan_in_hand.in_place:
            in_place.forget()

    def _read_part(self, part: Span, *, is_rest: bool) -> Iterator[Window]:
        rest: Span | None = part
        while rest is not None:
            window = self._read(rest, is_rest=is_rest)
            rest = None if window.cursor is None else Span(window.cursor, part.end)
            yield window

    def _read(self, span: Span, *, is_rest: bool) -> Window:
        """Read one window in a transaction of its own: nothing is locked while bodies are looked at."""

        def read() -> Window:
            with self.transactions.read(self.walk.reading) as connection:
                if self.limits.most_rows is None:
                    return self.walk.read(connection, span, self.pace.size, None, is_rest=is_rest)
                with self.limits.rows_left() as left:
                    window = self.walk.read(connection, span, self.pace.size, left)
                    self.limits.count(window.found)
                return window

        return self.patience.attempt(read)
