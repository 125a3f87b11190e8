"""Frontier: which parts of a sweep are handed out, and how far it is done without a gap."""

from collections.abc import Callable

from app.backfill.rows import Span


class Frontier:
    """Hands out the spans of a sweep, one after another, and knows the place up to which all of them are finished.

    Whoever calls it holds a lock where several workers share it.
    """

    def __init__(self, start: str | None, cut: Callable[[str | None], Span]) -> None:
        """Take where the sweep starts, and what cuts the next span from there on."""
        self._next = start
        self._cut = cut
        self._is_cut_up = False
        self._open: dict[Span, str | None] = {}

    def take(self) -> Span | None:
        """Return the next span; None: the table is handed out to its end."""
        if self._is_cut_up:
            return None
        span = self._cut(self._next)
        self._open[span] = span.start
        self._next, self._is_cut_up = span.end, span.end is None
        return span

    @property
    def is_through(self) -> bool:
        """Whether all is handed out and finished."""
        return self._is_cut_up and not self._open

    def cursor_after(self, span: Span, reached: str | None) -> str | None:
        """Return the place before which nothing is left once a span is done up to `reached`; None: to its end.

        None as a result: the table's start, or its end if the sweep is through.
        """
        places = {**self._open, span: reached}
        if reached is None:
            del places[span]
        return next(iter(places.values()), self._next)

    def advance(self, span: Span, reached: str | None) -> None:
        """Note that a span is done up to `reached`; None: to its end."""
        if reached is None:
            del self._open[span]
        else:
            self._open[span] = reached
