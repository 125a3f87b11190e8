"""What was measured on one database, and the figures that follow from it: medians, and ratios between contestants."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from benchmarks.contestant_names import BATCHES, KNOWN, LARGE, LIMIT, ORM, PROJECT, UPDATE, WORKERS
from benchmarks.measure import Outcome, Run, Sample, Waits
from benchmarks.medians import middle, middle_ratio

RATIOS = (
    (PROJECT, UPDATE),
    (PROJECT, ORM),
    (PROJECT, BATCHES),
    (PROJECT, KNOWN),
    (WORKERS, PROJECT),
    (WORKERS, UPDATE),
    (LARGE, UPDATE),
)
COST_FIGURES = (
    "seconds",
    "processor_seconds",
    "wal_bytes",
    "written_bytes",
    "table_bytes",
    "heap_bytes",
    "peak_memory_bytes",
    "longest_batch_seconds",
    "p99_batch_seconds",
)
WAIT_FIGURES = ("longest_wait_seconds", "p99_wait_seconds")
COMPARED_FIGURES = (*COST_FIGURES, *WAIT_FIGURES)
FIGURES = (*COMPARED_FIGURES, "hot_share", "filled")


@dataclass(frozen=True, kw_only=True)
class Results:
    """Everything that was measured on one database; runs of a contestant stand in the order of the rounds."""

    database: str
    product: str
    bodies: str
    rows: int
    runs: list[Run] = field(default_factory=list)
    waits: list[Waits] = field(default_factory=list)
    progress: dict[str, list[Sample]] = field(default_factory=dict)

    def contestants(self) -> list[str]:
        """Return who has run, in the order of their first run."""
        return list(dict.fromkeys(run.contestant for run in self.runs))

    def keep(self, one: Run | Waits) -> None:
        """Add what was measured last."""
        if isinstance(one, Run):
            self.runs.append(one)
        else:
            self.waits.append(one)

    def values(self, contestant: str, figure: str) -> list[float | None]:
        """Return a figure of each round; None where it does not exist, or the contestant has failed."""
        source: Iterable[Run | Waits] = self.waits if figure in WAIT_FIGURES else self.runs
        return [None if _has_failed(one) else getattr(one, figure) for one in source if one.contestant == contestant]

    def median(self, contestant: str, figure: str) -> float | None:
        """Return the median of all rounds."""
        return middle(self.values(contestant, figure))

    def ratio(self, one: str, other: str, figure: str) -> float | None:
        """Return the median of the rounds' ratios."""
        return middle_ratio(self.values(one, figure), self.values(other, figure))

    def unacceptable(self) -> list[Run]:
        """Return the runs with a wrong result.

        The loop with LIMIT ends early by its nature. Whether the other contestants survive a malformed body is their
        affair; the project must.
        """
        return [run for run in self.runs if not _is_acceptable(run)]

    def as_json(self) -> Mapping[str, Any]:
        """Return everything, with the figures that follow."""
        return {
            **asdict(self),
            "medians": {name: {one: self.median(name, one) for one in FIGURES} for name in self.contestants()},
            "ratios": {f"{a}/{b}": {one: self.ratio(a, b, one) for one in COMPARED_FIGURES} for a, b in RATIOS},
        }


def _has_failed(one: Run | Waits) -> bool:
    return isinstance(one, Run) and one.outcome is Outcome.FAILED


def _is_acceptable(run: Run) -> bool:
    if run.contestant == PROJECT:
        return run.outcome is Outcome.COMPLETE
    if run.outcome is Outcome.INCOMPLETE:
        return run.contestant == LIMIT
    return run.outcome in {Outcome.COMPLETE, Outcome.FAILED}


def wrong_runs(results: Sequence[Results]) -> list[Run]:
    """Return the runs with a wrong result on any database."""
    return [run for one in results for run in one.unacceptable()]
