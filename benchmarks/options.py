"""The command line."""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import databases
from benchmarks.contestant_names import CONTESTANTS, DEFAULT
from benchmarks.shapes import OUT_OF_LINE, SHAPES
from support.postgres import DEFAULT_VERSION, available_versions

DESCRIPTION = """
Measures `alembic upgrade head` next to what a user would otherwise write, on fresh copies of the same table.
Contestants: `project`, the whole command, with the start of Python; `workers`, the same with two workers (PostgreSQL);
`large`, the same with batches of up to 20,000 rows; `update`, one unbounded UPDATE in plain SQL; `batches`, UPDATEs of
1,000 rows in the order of the key; `known`, one UPDATE that joins ids which are known already; `orm`, the obvious
SQLAlchemy loop in key order; `limit`, the loop on `IS NULL LIMIT 1000`.
Bodies: `out-of-line`, 1.9 to 4.8 KB that hardly compress; `in-line`, 2.2 KB that compress to 1.3 KB and stay in the
row; `long`, as out of line, but every fifth has 100 KB.
"""


@dataclass(frozen=True, kw_only=True)
class Options:
    """What to measure."""

    rows: int
    malformed: int
    bodies: tuple[str, ...]
    databases: tuple[str, ...]
    only: tuple[str, ...]
    runs: int
    alone: bool
    postgresql_version: int
    scaling: bool
    scaling_rows: tuple[int, ...]
    start: bool
    json: Path | None
    plot: Path | None

    @property
    def scaling_sizes(self) -> tuple[int, ...]:
        """The sizes of the tables that growth is measured on, smallest first; none if it is not asked for."""
        if self.scaling_rows:
            return tuple(sorted(self.scaling_rows))
        return (self.rows // 10, self.rows, self.rows * 2) if self.scaling else ()


def parse(arguments: Sequence[str]) -> Options:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=DESCRIPTION, allow_abbrev=False)
    parser.add_argument("--rows", type=int, default=200_000, help="rows of the table (default: %(default)s)")
    parser.add_argument("--malformed", type=int, default=0, help="how many of them are no JSON (default: none)")
    parser.add_argument("--bodies", type=choice([*SHAPES]), default=(OUT_OF_LINE.name,), help=f"of {', '.join(SHAPES)}")
    parser.add_argument(
        "--databases", type=choice(databases.NAMES), default=databases.ORDINARY, help="which, by commas"
    )
    parser.add_argument("--only", type=choice(CONTESTANTS), default=DEFAULT, help="contestants, by commas, or none")
    parser.add_argument("--runs", type=int, default=3, help="rounds (default: %(default)s)")
    parser.add_argument("--alone", action="store_true", help="leave out the runs beside a concurrent writer")
    parser.add_argument("--postgresql-version", type=int, choices=available_versions(), default=DEFAULT_VERSION)
    _add_more(parser)
    return Options(**vars(parser.parse_args(arguments)))


def _add_more(parser: argparse.ArgumentParser) -> None:
    """Add what is measured besides the comparison, and where everything goes."""
    parser.add_argument("--scaling", action="store_true", help="also run the project on 0.1, 1 and 2 times the rows")
    parser.add_argument(
        "--scaling-rows", type=sizes, default=(), metavar="N,N", help="also run it on tables of these sizes"
    )
    parser.add_argument("--start", action="store_true", help="also measure how long the commands take to start")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything that was measured")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw the rows done over time, as SVG")


def choice(names: Sequence[str]) -> Callable[[str], tuple[str, ...]]:
    """Return a reader of some of these names, separated by commas."""

    def read(text: str) -> tuple[str, ...]:
        chosen = tuple(name for name in text.split(",") if name)
        if unknown := set(chosen) - set(names):
            raise argparse.ArgumentTypeError(f"unknown: {', '.join(sorted(unknown))}; choose from {', '.join(names)}")
        return chosen

    return read


def sizes(text: str) -> tuple[int, ...]:
    """Read at least two different numbers of rows, separated by commas."""
    found = tuple({int(size) for size in text.split(",") if size})
    if len(found) < 2 or min(found) < 1:  # noqa: PLR2004  # growth is between two
        raise argparse.ArgumentTypeError("give two numbers of rows or more, as in 200000,1000000")
    return found
