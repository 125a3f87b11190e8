"""Turns results into tables for a terminal and into JSON."""

import os
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import version
from typing import Any

from rich.table import Table

from benchmarks.measure import Outcome
from benchmarks.results import COMPARED_FIGURES, RATIOS, Results
from benchmarks.scaling import Scaling

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


def comparison(results: Results) -> Table:
    """Return one database's table: a line for each figure, a column for each contestant and each ratio."""
    table = Table(title=f"{results.database} ({results.product}), {results.rows:,} rows")
    table.add_column("median")
    names, ratios = results.contestants(), [pair for pair in RATIOS if {*pair} <= {*results.contestants()}]
    for name in (*names, *(f"{one} / {other}" for one, other in ratios)):
        table.add_column(name, justify="right")
    for label, figure, write in LINES:
        medians = [results.median(name, figure) for name in names]
        quotients = [results.ratio(one, other, figure) if figure in COMPARED_FIGURES else None for one, other in ratios]
        if any(value is not None for value in medians):
            table.add_row(label, *(_cell(one, write) for one in medians), *(_cell(one, _ratio) for one in quotients))
    table.add_row("result", *(_outcomes(results, name) for name in names), *("" for _ in ratios))
    return table


def scaling_table(results: Sequence[Scaling]) -> Table:
    """Return the table of how the project's time and memory grow."""
    table = Table("database", "figure", "ratio", title="Scaling of the project")
    for one in results:
        for label, ratio in one.ratios().items():
            table.add_row(one.database, label, _ratio(ratio))
    return table


def as_json(results: Sequence[Results], scaling: Sequence[Scaling]) -> Mapping[str, Any]:
    """Return everything that was measured, and on what."""
    return {
        "machine": machine(),
        "databases": [one.as_json() for one in results],
        "scaling": [{**asdict(one), "ratios": one.ratios()} for one in scaling],
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
