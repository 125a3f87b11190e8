"""Sweep: one pass over the table: which spans are handed out, and up to where every row is finished."""

import threading
from collections.abc import Callable

from app.backfill.rows import Span, Window


class Sweep:
    """Hands out the table in spans to the workers, from a cursor to its end. It lives as long as the pass."""

    def __init__(self, cut: Callable[[str | None], Span], cursor: str | None) -> None:
        """Take what cuts the next span from a cursor on, and where the pass starts."""
        self._cut = cut
        self._next = cursor
        self._is_cut_up = False
        self._given_back: list[Span] = []
        self._open: dict[Span, str | None] = {}
        """The cursor where the unfinished rest of each handed-out span begins, in the table's order."""
        self._fraction: float | None = None
        self._turn = threading.Lock()

    def take(self) -> Span | None:
        """Return the next part of the table that nobody works on; None: there is none."""
        with self._turn:
            if self._given_back:
                return self._given_back.pop()
            if self._is_cut_up:
                return None
            span = self._cut(self._next)
            self._open[span] = span.start
            self._next, self._is_cut_up = span.end, span.end is None
            return span

    def give_back(self, span: Span) -> None:
        """Take back a span of which nothing was done, for the next who asks."""
        with self._turn:
            self._given_back.append(span)

    @property
    def is_through(self) -> bool:
        """Whether all is handed out and finished."""
        with self._turn:
            return self._is_cut_up and not self._open

    def cursor_after(self, window: Window) -> str | None:
        """Return the cursor to store once a window is done: every row before it is finished.

        None: the table's start, or its end if the sweep is through.
        """
        with self._turn:
            places = {**self._open, window.span: window.cursor}
            if window.cursor is None:
                del places[window.span]
            return next(iter(places.values()), self._next)

    def advance(self, window: Window) -> None:
        """Note that a window is done. Its span is handed out until all of its windows are."""
        with self._turn:
            if window.cursor is None:
                del self._open[window.span]
            else:
                self._open[window.span] = window.cursor

    def fraction_after(self, window: Window) -> float | None:
        """Return the part of the table that is done, 0 to 1, by the window that reaches furthest; None: unknown.

        For a window without a fraction, the last known fraction is returned.
        """
        with self._turn:
            if window.fraction is not None:
                self._fraction = max(self._fraction or 0.0, window.fraction)
            return self._fraction
