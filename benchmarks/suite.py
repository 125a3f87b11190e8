"""What is measured, in which order. Each figure is kept at once: an interruption loses the one under way."""

import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial

import psycopg
import sqlalchemy as sa
from rich.console import Console

from benchmarks.data import Row, rows
from benchmarks.databases import open_database
from benchmarks.databases.base import Database
from benchmarks.measure import Run, Template, Waits, measure, measure_progress, measure_waits
from benchmarks.options import Options
from benchmarks.processes import ContestantFailedError
from benchmarks.results import Results
from benchmarks.scaling import Scaling, measure_scale
from benchmarks.shapes import SHAPES, Shape
from benchmarks.start import Start, measure_start
from support.postgres import PostgresServerError

progress = Console(stderr=True)
FAILURES = (
    ContestantFailedError,
    PostgresServerError,
    psycopg.Error,
    sa.exc.SQLAlchemyError,
    subprocess.SubprocessError,
    OSError,
    ValueError,  # a program has printed nothing, or not what was agreed
)
"""What a program or a database that fails under a measurement ends in. Faults of the benchmark itself do not count."""


@dataclass(frozen=True, kw_only=True)
class Measured:
    """Everything so far."""

    results: list[Results] = field(default_factory=list)
    scaling: list[Scaling] = field(default_factory=list)
    start: Start = field(default_factory=Start)
    failures: list[str] = field(default_factory=list)
    """What could not be measured, one sentence each."""


def run(options: Options, measured: Measured) -> None:
    """Measure the starts, then on one database after the other, each kind of bodies in turn."""
    if options.start:
        with or_go_on(measured, "the start of the commands"):
            measure_start(measured.start)
    for name in options.databases if options.only or options.scaling_sizes else ():
        with or_go_on(measured, name), open_database(name, options.postgresql_version) as database:
            for bodies in options.bodies:
                compare(database, SHAPES[bodies], options, measured)
                scale(database, SHAPES[bodies], options, measured)


@contextmanager
def or_go_on(measured: Measured, what: str) -> Iterator[None]:
    """Note the failure of what the block measures, say so, and go on after it."""
    try:
        yield
    except FAILURES as error:
        measured.failures.append(f"{what}: {type(error).__name__}: {error}")
        progress.print(f"failed: {measured.failures[-1]}", soft_wrap=True)


def compare(database: Database, shape: Shape, options: Options, measured: Measured) -> None:
    """Run the contestants in turn, round by round: alone, then beside a writer, then with their rows counted."""
    contestants = [name for name in options.only if name not in database.cannot_run]
    if not contestants:
        return
    results = Results(database=database.name, product=database.product, bodies=shape.name, rows=options.rows)
    measured.results.append(results)
    with loaded(database, shape, options.rows, malformed=options.malformed) as template:
        for contestant in contestants * options.runs:
            add(measured, results, contestant, partial(measure, database, template, contestant))
        for contestant in () if options.alone else contestants * options.runs:
            add(measured, results, contestant, partial(measure_waits, database, template, contestant))
        for contestant in contestants if options.plot else ():
            with or_go_on(measured, f"{database.name}, {contestant}, counting its rows"):
                results.progress[contestant] = measure_progress(database, template, contestant)


def add(measured: Measured, results: Results, contestant: str, measuring: Callable[[], Run | Waits]) -> None:
    """Measure a contestant once, keep what came out, and say it."""
    with or_go_on(measured, f"{results.database}, {results.bodies} bodies, {contestant}"):
        one = measuring()
        results.keep(one)
        tell(results.database, one)


def scale(database: Database, shape: Shape, options: Options, measured: Measured) -> None:
    """Run the project on tables of several sizes, one after the other: the disk has to hold one and a copy of it."""
    if not options.scaling_sizes:
        return
    scaling = Scaling(database=database.name, bodies=shape.name)
    measured.scaling.append(scaling)
    for size in options.scaling_sizes:
        with or_go_on(measured, f"{database.name}, {size:,} rows"), loaded(database, shape, size) as template:
            for _ in range(options.runs):
                scaling.rounds.append(measure_scale(database, template.name, size))
                tell(database.name, scaling.rounds[-1])


@contextmanager
def loaded(database: Database, shape: Shape, count: int, *, malformed: int = 0) -> Iterator[Template]:
    """Load a template with so many rows, keep what must come out of them, and remove it in the end."""
    expected: dict[str, str] = {}

    def remembered() -> Iterator[Row]:
        for row, media_generation_id in rows(count, malformed=malformed, shape=shape):
            if media_generation_id is not None:
                expected[row.id] = media_generation_id
            yield row

    name = f"rows_{count}"
    tell(database.name, f"loading {count:,} rows with {shape.name} bodies")
    database.load(name, shape, remembered())
    try:
        yield Template(name=name, expected=expected)
    finally:
        database.remove(name)


def tell(database: str, what: object) -> None:
    """Say what has just been measured, in one line."""
    progress.print(f"{database}: {what}", soft_wrap=True)
