"""The bars that the project is held to, and what was measured of them. They stand here and nowhere else.

They are about tables of 200,000 rows, medians of three rounds, on a quiet machine.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from benchmarks.contestant_names import BATCHES, PROJECT, UPDATE, WORKERS
from benchmarks.results import Results
from benchmarks.scaling import Scaling
from benchmarks.shapes import IN_LINE, OUT_OF_LINE
from benchmarks.start import HELP, UPGRADE, Start

CACHED, SMALL, SQLITE = "postgresql-cached", "postgresql-small", "sqlite"
EVERYWHERE = (CACHED, SMALL, SQLITE)
FEW, MANY = 200_000, 1_000_000
TITLE = "Bars (of 200,000 rows, medians of three, a quiet machine)"
HELD = (OUT_OF_LINE.name, IN_LINE.name)


@dataclass(frozen=True, kw_only=True)
class Bar:
    """A ratio of two contestants' figures, and the most that it may be on these databases."""

    databases: tuple[str, ...]
    figure: str
    label: str
    most: float
    most_in_line: float | None = None
    """For bodies that stay in the row, where that is another number."""
    contestant: str = PROJECT
    other: str = UPDATE

    def limit(self, bodies: str) -> float:
        """Return the most that it may be for these bodies."""
        return self.most_in_line if bodies == IN_LINE.name and self.most_in_line is not None else self.most


BARS: Final = (
    Bar(databases=(CACHED,), figure="seconds", label="time", most=0.80, most_in_line=1.00),
    Bar(databases=(CACHED,), figure="seconds", label="time", most=0.50, most_in_line=0.65, contestant=WORKERS),
    Bar(databases=(CACHED,), figure="wal_bytes", label="WAL", most=0.95),
    Bar(databases=(SMALL,), figure="seconds", label="time", most=0.75),
    Bar(databases=(SMALL,), figure="wal_bytes", label="WAL", most=0.58),
    Bar(databases=(SMALL, CACHED), figure="heap_bytes", label="heap afterwards", most=0.70),
    Bar(databases=(SMALL,), figure="seconds", label="time", most=0.60, other=BATCHES),
    Bar(databases=(SQLITE,), figure="seconds", label="time", most=0.80),
    Bar(databases=EVERYWHERE, figure="longest_wait_seconds", label="longest wait of a writer", most=0.05),
)
MOST_TIME_OF_MANY: Final = 5.2
MOST_MEMORY_OF_MANY: Final = 1.15
MOST_OF_STARTS: Final = {HELP: 0.30, UPGRADE: 1.25}


@dataclass(frozen=True, kw_only=True)
class Held:
    """What was measured of one bar."""

    figure: str
    most: float
    measured: float

    @property
    def is_met(self) -> bool:
        """Whether it is no more than it may be."""
        return self.measured <= self.most

    def as_json(self) -> Mapping[str, Any]:
        """Return it with the verdict."""
        return {**asdict(self), "is_met": self.is_met}


def held(results: Results) -> Iterator[Held]:
    """Yield every bar of a comparison whose contestants have run."""
    for bar in BARS if results.bodies in HELD else ():
        ratio = results.ratio(bar.contestant, bar.other, bar.figure) if results.database in bar.databases else None
        if ratio is not None:
            figure = f"{results.database}, {results.bodies}: {bar.contestant} / {bar.other}, {bar.label}"
            yield Held(figure=figure, most=bar.limit(results.bodies), measured=ratio)


def held_growth(scaling: Scaling) -> Iterator[Held]:
    """Yield the bars of growth where both sizes of them were measured."""
    if {FEW, MANY} <= {one.rows for one in scaling.rounds}:
        named: tuple[tuple[str, Callable[[int], float], float], ...] = (
            ("time", scaling.time, MOST_TIME_OF_MANY),
            ("peak memory", scaling.memory, MOST_MEMORY_OF_MANY),
        )
        for label, figure, most in named:
            name = f"{scaling.database}, {scaling.bodies}: {label}, {MANY:,} rows / {FEW:,}"
            yield Held(figure=name, most=most, measured=figure(MANY) / figure(FEW))


def held_start(start: Start) -> Iterator[Held]:
    """Yield the bars of the commands' start."""
    for command, most in MOST_OF_STARTS.items():
        ratio = start.ratio(command)
        if ratio is not None:
            yield Held(figure=f"{command} / import of the libraries, wall clock", most=most, measured=ratio)
