"""Measures `alembic upgrade head` next to what a user would otherwise write, on fresh copies of the same table.

Contestants: `project`, the whole command, with the start of Python; `workers`, the same with two workers (PostgreSQL);
`large`, the same with batches of up to 20,000 rows; `update`, one unbounded UPDATE in plain SQL; `orm`, the obvious
SQLAlchemy loop in key order; `limit`, the loop on `IS NULL LIMIT 1000`.
"""

import argparse
import json
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from benchmarks import databases, plot, report
from benchmarks.data import Row, rows
from benchmarks.databases import Database, open_database
from benchmarks.measure import CONTESTANTS, DEFAULT, WORKERS, Template, measure, measure_progress, measure_waits
from benchmarks.results import Results, wrong_runs
from benchmarks.scaling import Scaling, measure_scale
from support.postgres import DEFAULT_VERSION, available_versions

progress = Console(stderr=True)
output = Console(width=None if sys.stdout.isatty() else 140)


@dataclass(frozen=True, kw_only=True)
class Options:
    """What to measure."""

    rows: int
    malformed: int
    databases: tuple[str, ...]
    only: tuple[str, ...]
    runs: int
    alone: bool
    postgresql_version: int
    scaling: bool
    json: Path | None
    plot: Path | None


def parse(arguments: Sequence[str]) -> Options:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__, allow_abbrev=False)
    parser.add_argument("--rows", type=int, default=200_000, help="rows of the table (default: %(default)s)")
    parser.add_argument("--malformed", type=int, default=0, help="how many of them are no JSON (default: none)")
    parser.add_argument(
        "--databases", type=choice(databases.NAMES), default=databases.ORDINARY, help="which, by commas"
    )
    parser.add_argument("--only", type=choice(CONTESTANTS), default=DEFAULT, help="contestants, by commas")
    parser.add_argument("--runs", type=int, default=3, help="rounds (default: %(default)s)")
    parser.add_argument("--alone", action="store_true", help="leave out the runs beside a concurrent writer")
    parser.add_argument("--postgresql-version", type=int, choices=available_versions(), default=DEFAULT_VERSION)
    parser.add_argument("--scaling", action="store_true", help="also run the project on 0.1, 1 and 2 times the rows")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything that was measured")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw the rows done over time, as SVG")
    return Options(**vars(parser.parse_args(arguments)))


def choice(names: Sequence[str]) -> Callable[[str], tuple[str, ...]]:
    """Return a reader of some of these names, separated by commas."""

    def read(text: str) -> tuple[str, ...]:
        chosen = tuple(name for name in text.split(",") if name)
        if unknown := set(chosen) - set(names):
            raise argparse.ArgumentTypeError(f"unknown: {', '.join(sorted(unknown))}; choose from {', '.join(names)}")
        return chosen

    return read


def load(database: Database, template: str, count: int, *, malformed: int = 0) -> Template:
    """Load a template with so many rows and keep what must come out of them."""
    expected: dict[str, str] = {}

    def loaded() -> Iterator[Row]:
        for row, media_generation_id in rows(count, malformed=malformed):
            if media_generation_id is not None:
                expected[row.id] = media_generation_id
            yield row

    tell(database, f"loading {count:,} rows")
    database.load(template, loaded())
    return Template(name=template, expected=expected)


def compare(database: Database, options: Options, results: Results) -> None:
    """Run the contestants in turn, round by round: alone, then beside a writer, then with their rows counted."""
    template = load(database, "comparison", options.rows, malformed=options.malformed)
    contestants = [name for name in options.only if name != WORKERS or not database.has_one_writer]
    for contestant in contestants * options.runs:
        results.runs.append(measure(database, template, contestant))
        tell(database, results.runs[-1])
    for contestant in () if options.alone else contestants * options.runs:
        results.waits.append(measure_waits(database, template, contestant))
        tell(database, results.waits[-1])
    for contestant in contestants if options.plot else ():
        results.progress[contestant] = measure_progress(database, template, contestant)


def tell(database: Database, what: object) -> None:
    """Say what has just been measured, in one line."""
    progress.print(f"{database.name}: {what}", soft_wrap=True)


def scale(database: Database, options: Options) -> Scaling:
    """Run the project on a tenth of the rows, on all and on twice as many, round by round."""
    sizes = (options.rows // 10, options.rows, options.rows * 2)
    templates = {size: load(database, f"scaling_{size}", size) for size in sizes}
    rounds = []
    for size in sizes * options.runs:
        rounds.append(measure_scale(database, templates[size].name, size))
        tell(database, rounds[-1])
    return Scaling(database=database.name, rows=options.rows, rounds=rounds)


def run(options: Options, results: list[Results], scaling: list[Scaling]) -> None:
    """Measure on one database after the other and add to the lists."""
    for name in options.databases:
        with open_database(name, options.postgresql_version) as database:
            if options.only:
                results.append(Results(database=database.name, product=database.product, rows=options.rows))
                compare(database, options, results[-1])
            if options.scaling:
                scaling.append(scale(database, options))


def write(options: Options, results: Sequence[Results], scaling: Sequence[Scaling]) -> None:
    """Print the tables and write the files that were asked for."""
    for one in results:
        output.print(report.comparison(one))
    if scaling:
        output.print(report.scaling_table(scaling))
    if options.json:
        options.json.write_text(json.dumps(report.as_json(results, scaling), indent=2) + "\n", encoding="utf-8")
    if options.plot:
        options.plot.write_text(plot.svg(results), encoding="utf-8")


def main(arguments: Sequence[str]) -> int:
    """Measure and report, also what there is when interrupted; return 1 if a contestant's result is wrong."""
    options = parse(arguments)
    results: list[Results] = []
    scaling: list[Scaling] = []
    try:
        run(options, results, scaling)
    except KeyboardInterrupt:
        progress.print("interrupted; this is what was measured")
    write(options, results, scaling)
    for wrong in wrong_runs(results):
        progress.print(f"wrong result: {wrong}")
    return 1 if wrong_runs(results) else 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(main(sys.argv[1:]))
