"""Turns results into tables for a terminal and into JSON."""

import os
import platform
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import version
from typing import Any

from rich.markup import escape
from rich.table import Table

from benchmarks import bars
from benchmarks.bars import Held
from benchmarks.measure import Outcome
from benchmarks.results import COMPARED_FIGURES, RATIOS, Results
from benchmarks.scaling import Scaling
from benchmarks.start import Start
from benchmarks.suite import Measured

MEGABYTE = 1_000_000
LIBRARIES = ("alembic", "sqlalchemy", "psycopg", "orjson")
Format = Callable[[float], str]


def seconds(value: float) -> str:
    """Write a duration of seconds."""
    return f"{value:.2f} s"


def milliseconds(value: float) -> str:
    """Write a duration of less than a few seconds."""
    return f"{value * 1000:,.0f} ms"


def megabytes(value: float) -> str:
    """Write a number of bytes."""
    return f"{value / MEGABYTE:,.0f} MB"


def percent(value: float) -> str:
    """Write a share of one."""
    return f"{value:.0%}"


def whole(value: float) -> str:
    """Write a number of things."""
    return f"{value:,.0f}"


LINES: Sequence[tuple[str, str, Format]] = (
    ("time", "seconds", seconds),
    ("processor time, with the server's", "processor_seconds", seconds),
    ("WAL written", "wal_bytes", megabytes),
    ("written to disk", "written_bytes", megabytes),
    ("table, indexes and bodies afterwards", "table_bytes", megabytes),
    ("rows alone (heap) afterwards", "heap_bytes", megabytes),
    ("HOT updates", "hot_share", percent),
    ("peak memory", "peak_memory_bytes", megabytes),
    ("longest batch", "longest_batch_seconds", milliseconds),
    ("p99 batch", "p99_batch_seconds", milliseconds),
    ("longest wait of a writer", "longest_wait_seconds", milliseconds),
    ("p99 wait of a writer", "p99_wait_seconds", milliseconds),
    ("rows filled", "filled", whole),
)


def tables(measured: Measured) -> Iterator[Table]:
    """Yield a table for whatever was measured at least once."""
    for one in measured.results:
        if one.runs:
            yield comparison(one)
            yield from ratios(one)
    if any(one.rounds for one in measured.scaling):
        yield scaling_table(measured.scaling)
    if any(measured.start.seconds.values()):
        yield start_table(measured.start)
    if held := held_bars(measured):
        yield bars_table(held)
    if measured.failures:
        yield failures_table(measured.failures)


def comparison(results: Results) -> Table:
    """Return one database's table: a line for each figure, a column for each contestant."""
    table = Table(title=f"{results.database} ({results.product}), {results.rows:,} rows, {results.bodies} bodies")
    table.add_column("median")
    names = results.contestants()
    for name in names:
        table.add_column(name, justify="right")
    for label, figure, write in LINES:
        medians = [results.median(name, figure) for name in names]
        if any(value is not None for value in medians):
            table.add_row(label, *(_cell(one, write) for one in medians))
    table.add_row("result", *(_outcomes(results, name) for name in names))
    return table


def ratios(results: Results) -> Iterator[Table]:
    """Yield the table of what two contestants' figures are to each other, if there are two to compare."""
    pairs = [pair for pair in RATIOS if {*pair} <= {*results.contestants()}]
    table = Table("ratio", title=f"{results.database}, {results.bodies} bodies: ratios")
    for one, other in pairs:
        table.add_column(f"{one} / {other}", justify="right")
    for label, figure, _ in LINES:
        quotients = [results.ratio(*pair, figure) if figure in COMPARED_FIGURES else None for pair in pairs]
        if any(value is not None for value in quotients):
            table.add_row(label, *(_cell(one, _ratio) for one in quotients))
    if pairs:
        yield table


def scaling_table(results: Sequence[Scaling]) -> Table:
    """Return the table of how the project's time and memory grow."""
    table = Table("database", "bodies", "figure", "ratio", title="Scaling of the project")
    for one in results:
        for label, ratio in one.ratios().items():
            table.add_row(one.database, one.bodies, label, _ratio(ratio))
    return table


def start_table(start: Start) -> Table:
    """Return the table of how long the commands take to start."""
    table = Table("command", "median", "to the import", title="Start, wall clock")
    for command in start.seconds:
        table.add_row(command, _cell(start.median(command), seconds), _cell(start.ratio(command), _ratio))
    return table


def held_bars(measured: Measured) -> list[Held]:
    """Return every bar whose figures were measured."""
    compared = [held for one in measured.results for held in bars.held(one)]
    grown = [held for one in measured.scaling for held in bars.held_growth(one)]
    return [*compared, *grown, *bars.held_start(measured.start)]


def bars_table(held: Sequence[Held]) -> Table:
    """Return the table of the bars."""
    table = Table("figure", "bar", "measured", "", title=bars.TITLE)
    for one in held:
        table.add_row(one.figure, f"<= {one.most:.2f}", _ratio(one.measured), "met" if one.is_met else "missed")
    return table


def failures_table(failures: Sequence[str]) -> Table:
    """Return the table of what could not be measured."""
    table = Table("what failed", title="Not measured")
    for failure in failures:
        table.add_row(escape(failure))
    return table


def as_json(measured: Measured) -> Mapping[str, Any]:
    """Return everything that was measured, and on what."""
    return {
        "machine": machine(),
        "databases": [one.as_json() for one in measured.results],
        "scaling": [{**asdict(one), "ratios": one.ratios()} for one in measured.scaling],
        "start": measured.start.seconds,
        "bars": [one.as_json() for one in held_bars(measured)],
        "failures": measured.failures,
    }


def machine() -> Mapping[str, Any]:
    """Return the facts of the machine that a reader needs; no names and no paths."""
    return {
        "system": platform.system(),
        "architecture": platform.machine(),
        "processors": os.cpu_count(),
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "python": platform.python_version(),
        **{name: version(name) for name in LIBRARIES},
    }


def _cell(value: float | None, write: Format) -> str:
    return "" if value is None else write(value)


def _ratio(value: float) -> str:
    return f"{value:.2f}" if value >= 0.1 else f"{value:.3f}"  # noqa: PLR2004  # two digits that say something


def _outcomes(results: Results, contestant: str) -> str:
    outcomes = {run.outcome for run in results.runs if run.contestant == contestant}
    return ", ".join(one.value for one in Outcome if one in outcomes)
