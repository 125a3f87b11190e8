"""Sweep: the cursor stands at the oldest window that is not finished, whoever is faster."""

import itertools

from app.backfill.rows import Span, Window
from app.backfill.sweep import Sweep

ENDS = {None: "a", "a": "b", "b": "c", "c": None}


def cut(cursor: str | None) -> Span:
    """Cut a table into four."""
    return Span(cursor, ENDS[cursor])


def take_all(sweep: Sweep) -> list[Span]:
    """Take every span."""
    return list(iter(sweep.take, None))


def test_every_span_is_handed_out_once_from_the_start_on() -> None:
    """And from a cursor on, only what is left."""
    assert take_all(Sweep(cut, None)) == [(None, "a"), ("a", "b"), ("b", "c"), ("c", None)]
    assert take_all(Sweep(cut, "b")) == [("b", "c"), ("c", None)]


def test_the_cursor_never_passes_an_unfinished_span_in_whatever_order_they_end() -> None:
    """All orders of four spans: at any time it is the start of the first that is open."""
    for order in itertools.permutations(range(4)):
        sweep = Sweep(cut, None)
        spans = take_all(sweep)
        finished: set[int] = set()
        for number in order:
            finished.add(number)
            first_open = next((span.start for other, span in enumerate(spans) if other not in finished), None)
            assert sweep.cursor_after(Window(span=spans[number])) == first_open
            sweep.advance(Window(span=spans[number]))
            assert sweep.is_through == (len(finished) == 4)


def test_what_is_not_handed_out_is_not_passed_either() -> None:
    """The cursor stands where the next span begins."""
    sweep = Sweep(cut, None)
    first = sweep.take()
    assert first is not None

    assert sweep.cursor_after(Window(span=first)) == "a"
    sweep.advance(Window(span=first))
    assert not sweep.is_through


def test_a_span_that_is_done_in_part_holds_the_cursor_at_that_part() -> None:
    """A window that was cut short by its rows: the rest of the span is still to do."""
    sweep = Sweep(cut, None)
    first, second, *_ = take_all(sweep)

    sweep.advance(Window(span=second))

    assert sweep.cursor_after(Window(span=first, cursor="within a")) == "within a"
    sweep.advance(Window(span=first, cursor="within a"))
    assert (sweep.cursor_after(Window(span=Span("b", "c"))), sweep.is_through) == ("within a", False)


def test_the_part_that_is_done_never_gets_smaller() -> None:
    """Windows come in whatever order; one that tells nothing changes nothing."""
    sweep = Sweep(cut, "b")
    before = sweep.fraction_after(Window())
    fractions = [sweep.fraction_after(Window(fraction=part)) for part in (0.25, 0.75, 0.5, None, 1.0)]

    assert (sweep.take(), before, fractions) == (("b", "c"), None, [0.25, 0.75, 0.75, 0.75, 1.0])
