"""Drawings of the page: signs, bars and the course of a run, as SVG within HTML. Their colours stand in page.css."""

from collections.abc import Iterator, Sequence
from typing import Final

from app.console.durations import duration
from app.console.markup import Markup, element
from app.reports.coverage import Coverage
from app.reports.rates import Rates

SIGNS: Final = {
    "done": "M3 8.5 6.5 12 13 4.5",
    "running": "M5 3 13 8 5 13Z",
    "paused": "M5 3V13M11 3V13",
    "waiting": "M8 2A6 6 0 1 1 7.99 2ZM8 5V8.2L10 9.6",
    "stopped": "M4 4H12V12H4Z",
    "broken": "M4 4 12 12M12 4 4 12",
    "none": "M4 8H12",
}
"""A path in a square of 16 for each kind of state: its shape says what its colour says."""
KINDS: Final = {
    "with_id": "with their id",
    "failed": "for a person to look at",
    "nothing_to_recover": "with nothing to recover",
    "pending": "pending",
}
"""What is known about a row, in the order in which bars show it; each has a pattern of its own."""
LEAST_SHARE: Final = 0.006
"""What is there is seen, however little of the whole it is."""
WIDTH, HEIGHT = 640, 180
"""Of the picture of rates, in its own units."""
A_DAY: Final = 86_400.0
LINES: Final = (0.0, 0.5, 1.0)
"""Where the picture has lines across, as parts of its height."""


def sign(kind: str) -> Markup:
    """Return the sign of a kind of state; words beside it say the same."""
    path = element("path", d=SIGNS[kind])
    return element("svg", path, class_="sign", viewBox="0 0 16 16", aria_hidden="true")


def patterns() -> Markup:
    """Return what the bars of the page are filled with, which draws nothing by itself."""
    marks = {
        "failed": element("path", d="M-1 7 7 -1M3 11 11 3", class_="mark"),
        "nothing_to_recover": element("path", d="M0 4H8", class_="mark"),
        "pending": element("circle", cx=4, cy=4, r=1.4, class_="mark"),
    }
    defined = [
        element("pattern", element("rect", width=8, height=8), marks.get(kind, ""), **_pattern(kind)) for kind in KINDS
    ]
    return element("svg", element("defs", *defined), class_="patterns", width=0, height=0, aria_hidden="true")


def _pattern(kind: str) -> dict[str, object]:
    return {"id": f"fill-{kind}", "class_": kind, "width": 8, "height": 8, "patternUnits": "userSpaceOnUse"}


def coverage_bar(coverage: Coverage) -> Markup:
    """Return a bar of all rows, by what is known about them."""
    shares = _shares([getattr(coverage, kind) for kind in KINDS])
    told = ", ".join(f"{getattr(coverage, kind):,} {words}" for kind, words in KINDS.items())
    return _bar([(f"url(#fill-{kind})", share) for kind, share in zip(KINDS, shares, strict=True)], told)


def progress_bar(fraction: float) -> Markup:
    """Return a bar that is full only if all is done, in the colour of what surrounds it."""
    return _bar([(None, fraction)], f"{percent(fraction)} done")


def swatch(kind: str) -> Markup:
    """Return a square with the pattern of a kind of rows."""
    square = element("rect", width=14, height=14, fill=f"url(#fill-{kind})")
    return element("svg", square, class_="swatch", width=14, height=14, aria_hidden="true")


def percent(fraction: float) -> str:
    """Return a part of a whole, cut off: 100 % is all of it, and 0 % nothing."""
    if fraction in {0.0, 1.0}:
        return f"{fraction * 100:.0f} %"
    tenths = int(fraction * 1000)
    return f"{tenths / 10:.1f} %" if tenths else "< 0.1 %"


def rate_chart(rates: Rates) -> Markup:
    """Return the rows per second of a run over its time, as steps below a line."""
    top = nice_top(rates.fastest)
    steps = [
        (step.began / rates.seconds, step.ended / rates.seconds, step.rows_per_second / top) for step in rates.steps
    ]
    line = "".join(f"L{began * WIDTH:.1f} {_y(rate)}L{ended * WIDTH:.1f} {_y(rate)}" for began, ended, rate in steps)
    course = element("path", d=f"M0 {HEIGHT}{line}L{WIDTH} {HEIGHT}Z", class_="course")
    across = (element("path", d=f"M0 {_y(part)}H{WIDTH}", class_="across") for part in LINES)
    whole = f"0 0 {WIDTH} {HEIGHT}"
    drawn = element("svg", *across, course, viewBox=whole, preserveAspectRatio="none", aria_hidden="true")
    heights = element("div", *(element("span", f"{top * part:,.0f}") for part in reversed(LINES)), class_="heights")
    return element("div", heights, drawn, _moments(rates), class_="rates", role="img", aria_label=rates_in_words(rates))


def rates_in_words(rates: Rates) -> str:
    """Return what the picture says."""
    return f"{rates.average:,.0f} rows/s on average over {duration(rates.seconds)}, at most {rates.fastest:,.0f} rows/s"


def nice_top(fastest: float) -> float:
    """Return the next round number, of which half is a whole number as well."""
    size = 2.0
    while size * 10 < fastest:
        size *= 10
    return next(size * factor for factor in (1, 2, 3, 4, 5, 10) if size * factor >= fastest)


def _moments(rates: Rates) -> Markup:
    """Return when it began, was halfway and ended, with days where it went on for longer than one."""
    form = "%H:%M:%S" if rates.seconds < A_DAY else "%b %d %H:%M"
    moments = (rates.moment(rates.seconds * part).strftime(form) for part in LINES)
    return element("div", *(element("span", moment) for moment in moments), class_="moments")


def _y(part: float) -> float:
    return round(HEIGHT * (1 - part), 1)


def _bar(parts: Sequence[tuple[str | None, float]], told: str) -> Markup:
    return element("svg", *_segments(parts), class_="bar", role="img", aria_label=told)


def _segments(parts: Sequence[tuple[str | None, float]]) -> Iterator[Markup]:
    begins = 0.0
    for fill, share in parts:
        if share:
            place = {"x": f"{begins:.2%}", "width": f"{share:.2%}"}
            yield element("rect", **place, height="100%", fill=fill)
        begins += share


def _shares(numbers: Sequence[int]) -> list[float]:
    """Return the parts of a bar: in proportion, but for what would be too small to be seen."""
    whole = sum(numbers)
    seen = [max(number / whole, LEAST_SHARE) if number else 0.0 for number in numbers]
    return [share / sum(seen) for share in seen] if whole else seen
