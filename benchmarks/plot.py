"""Draws the rows done over time as an SVG, one panel for each database, one line for each contestant."""

from collections.abc import Iterator, Sequence
from xml.sax.saxutils import escape

from benchmarks.contestant_names import CONTESTANTS
from benchmarks.measure import Sample
from benchmarks.results import Results

WIDTH, PANEL_HEIGHT = 720, 300
LEFT, RIGHT, TOP, BOTTOM = 80, 120, 40, 40
TICKS = 4
SHADES = ("#1a7f37", "#116329", "#4ac26b", "#cf222e", "#bc4c00", "#6e7781", "#0969da", "#8250df")
COLOURS = dict(zip(CONTESTANTS, SHADES, strict=True))
STYLE = (
    "text{font:12px sans-serif;fill:#57606a}.title{font-weight:bold}"
    "line{stroke:#d0d7de}polyline{fill:none;stroke-width:2}"
)


def svg(results: Sequence[Results]) -> str:
    """Return the whole drawing."""
    height = PANEL_HEIGHT * len(results)
    panels = (
        f'<g transform="translate(0 {PANEL_HEIGHT * number})">{"".join(panel(one))}</g>'
        for number, one in enumerate(results)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}">'
        f'<style>{STYLE}</style><rect width="100%" height="100%" fill="white"/>{"".join(panels)}</svg>\n'
    )


def panel(results: Results) -> Iterator[str]:
    """Yield the parts of one database's panel."""
    longest = max((samples[-1].seconds for samples in results.progress.values()), default=1.0)
    title = escape(f"{results.database}, {results.bodies} bodies: rows filled over seconds")
    yield f'<text class="title" x="{LEFT}" y="20">{title}</text>'
    yield from grid(longest, results.rows)
    for contestant, samples in results.progress.items():
        yield line(contestant, samples, longest, results.rows)


def grid(longest: float, rows: int) -> Iterator[str]:
    """Yield the lines and numbers behind the curves."""
    for tick in range(TICKS + 1):
        x, y = position(longest * tick / TICKS, rows * tick / TICKS, longest, rows)
        yield f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y}" y2="{y}"/>'
        yield f'<text x="{LEFT - 8}" y="{y + 4}" text-anchor="end">{rows * tick // TICKS:,}</text>'
        yield f'<text x="{x}" y="{PANEL_HEIGHT - BOTTOM + 20}" text-anchor="middle">{longest * tick / TICKS:.1f}</text>'


def line(contestant: str, samples: Sequence[Sample], longest: float, rows: int) -> str:
    """Return one contestant's curve, with its name at the end."""
    points = [position(sample.seconds, sample.filled, longest, rows) for sample in samples]
    path, (x, y), colour = " ".join(f"{x},{y}" for x, y in points), points[-1], COLOURS[contestant]
    name = f'<text x="{x + 6}" y="{y + 4}" style="fill:{colour}">{escape(contestant)}</text>'
    return f'<polyline points="{path}" stroke="{colour}"/>{name}'


def position(seconds: float, filled: float, longest: float, rows: int) -> tuple[float, float]:
    """Return where a moment and a number of rows lie in the panel."""
    x = LEFT + (WIDTH - LEFT - RIGHT) * seconds / longest
    y = PANEL_HEIGHT - BOTTOM - (PANEL_HEIGHT - TOP - BOTTOM) * filled / rows
    return round(x, 1), round(y, 1)
