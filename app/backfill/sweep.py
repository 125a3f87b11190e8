"""Sweep: one pass over the table: which parts of it are handed out, and how far it is done."""

import threading

from app.backfill.frontier import Frontier
from app.backfill.rows import Span, Window
from app.backfill.walk import Walk


class Sweep:
    """Hands out the table to the workers, from a cursor to its end. It lives as long as the pass."""

    def __init__(self, walk: Walk, cursor: str | None) -> None:
        """Take the walk, which has prepared for the pass, and where the pass starts."""
        self._frontier = Frontier(cursor, walk.cut)
        self._fraction = 0.0
        self._turn = threading.Lock()

    def take(self) -> Span | None:
        """Return the next part of the table that nobody works on; None: there is none."""
        with self._turn:
            return self._frontier.take()

    @property
    def is_through(self) -> bool:
        """Whether nothing is left to do."""
        with self._turn:
            return self._frontier.is_through

    def cursor_after(self, window: Window) -> str | None:
        """Return the cursor to store once a window is done: every row before it is finished. None: start, or end."""
        with self._turn:
            return self._frontier.cursor_after(window.span, window.cursor)

    def advance(self, window: Window) -> None:
        """Note that a window is done. Its span is handed out until all of its windows are."""
        with self._turn:
            self._frontier.advance(window.span, window.cursor)

    def fraction_after(self, window: Window) -> float | None:
        """Return the part of the table that is done, 0 to 1, by the window that reaches furthest; None: untold."""
        if window.fraction is None:
            return None
        with self._turn:
            self._fraction = max(self._fraction, window.fraction)
            return self._fraction
