"""Frontier: the cursor stands at the oldest window that is not finished, whoever is faster."""

import itertools
from types import SimpleNamespace
from typing import cast

from app.backfill.frontier import Frontier
from app.backfill.rows import Span, Window
from app.backfill.sweep import Sweep
from app.backfill.walk import Walk

ENDS = {None: "a", "a": "b", "b": "c", "c": None}


def cut(cursor: str | None) -> Span:
    """Cut a table into four."""
    return Span(cursor, ENDS[cursor])


def take_all(frontier: Frontier) -> list[Span]:
    """Take every span."""
    return list(iter(frontier.take, None))


def test_every_span_is_handed_out_once_from_the_start_on() -> None:
    """And from a cursor on, only what is left."""
    assert take_all(Frontier(None, cut)) == [(None, "a"), ("a", "b"), ("b", "c"), ("c", None)]
    assert take_all(Frontier("b", cut)) == [("b", "c"), ("c", None)]


def test_the_cursor_never_passes_an_unfinished_span_in_whatever_order_they_end() -> None:
    """All orders of four spans: at any time it is the start of the first that is open."""
    for order in itertools.permutations(range(4)):
        frontier = Frontier(None, cut)
        spans = take_all(frontier)
        finished: set[int] = set()
        for number in order:
            finished.add(number)
            first_open = next((span.start for other, span in enumerate(spans) if other not in finished), None)
            assert frontier.cursor_after(spans[number], None) == first_open
            frontier.advance(spans[number], None)
            assert frontier.is_through == (len(finished) == 4)


def test_what_is_not_handed_out_is_not_passed_either() -> None:
    """The cursor stands where the next span begins."""
    frontier = Frontier(None, cut)
    first = frontier.take()
    assert first is not None

    assert frontier.cursor_after(first, None) == "a"
    frontier.advance(first, None)
    assert not frontier.is_through


def test_a_span_that_is_done_in_part_holds_the_cursor_at_that_part() -> None:
    """A window that was cut short by its rows: the rest of the span is still to do."""
    frontier = Frontier(None, cut)
    first, second, *_ = take_all(frontier)

    frontier.advance(second, None)

    assert frontier.cursor_after(first, "within a") == "within a"
    frontier.advance(first, "within a")
    assert (frontier.cursor_after(Span("b", "c"), None), frontier.is_through) == ("within a", False)


def test_the_part_that_is_done_never_gets_smaller() -> None:
    """Windows come in whatever order; where nobody can tell, nobody does."""
    sweep = Sweep(cast("Walk", SimpleNamespace(cut=cut)), "b")
    fractions = [sweep.fraction_after(Window(fraction=part)) for part in (0.25, 0.75, 0.5, None, 1.0)]

    assert (sweep.take(), fractions) == (("b", "c"), [0.25, 0.75, 0.75, None, 1.0])
