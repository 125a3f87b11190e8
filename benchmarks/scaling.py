"""How the project's time and memory grow with the table, and what a second run costs when nothing is left to do."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median

from benchmarks.contestant_names import PROJECT
from benchmarks.databases.base import Database
from benchmarks.measure import command
from benchmarks.processes import ContestantFailedError, launch
from support.commands import SCRIPTS

SYNC = (str(SCRIPTS / "media-gen-ids"), "sync")


@dataclass(frozen=True, kw_only=True)
class Scale:
    """One round at one size: the upgrade, and then a `sync` that finds nothing more to fill."""

    rows: int
    upgrade_seconds: float
    upgrade_peak_memory_bytes: int
    second_sync_seconds: float


@dataclass(frozen=True, kw_only=True)
class Scaling:
    """All rounds on one database, those of a smaller table before those of a larger one."""

    database: str
    bodies: str
    rounds: list[Scale] = field(default_factory=list)

    def ratios(self) -> Mapping[str, float]:
        """Return the medians' ratios: each table to the next smaller one, and to itself when nothing is left to do."""
        sizes = sorted({one.rows for one in self.rounds})
        found = {}
        for few, many in pairwise(sizes):
            found[f"time, {many:,} rows / {few:,}"] = self.time(many) / self.time(few)
            found[f"peak memory, {many:,} rows / {few:,}"] = self.memory(many) / self.memory(few)
        for size in sizes:
            found[f"second sync / first upgrade, {size:,} rows"] = self._second(size) / self.time(size)
        return found

    def time(self, rows: int) -> float:
        """Return the median seconds of an upgrade of so many rows. Raises StatisticsError where there are none."""
        return median(one.upgrade_seconds for one in self.rounds if one.rows == rows)

    def memory(self, rows: int) -> float:
        """Return the median peak memory of an upgrade of so many rows. Raises StatisticsError where there are none."""
        return median(one.upgrade_peak_memory_bytes for one in self.rounds if one.rows == rows)

    def _second(self, rows: int) -> float:
        return median(one.second_sync_seconds for one in self.rounds if one.rows == rows)


def measure_scale(database: Database, template: str, rows: int) -> Scale:
    """Upgrade a fresh copy of a template with this number of rows, then sync it again. Raises ContestantFailedError."""
    with database.copy(template) as copy:
        upgrade, sync = launch(command(PROJECT), copy.url), launch(SYNC, copy.url)
    for process in (upgrade, sync):
        if process.exit_code:
            raise ContestantFailedError(process)
    return Scale(
        rows=rows,
        upgrade_seconds=upgrade.seconds,
        upgrade_peak_memory_bytes=upgrade.peak_memory_bytes,
        second_sync_seconds=sync.seconds,
    )
