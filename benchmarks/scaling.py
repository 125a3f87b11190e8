"""How the project's time and memory grow with the table, and what a second run costs when nothing is left to do."""

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median

from benchmarks.databases import Database
from benchmarks.measure import PROJECT, command
from benchmarks.processes import Process, launch
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
    """All rounds on one database, with tables of a tenth of `rows`, `rows` and twice as many."""

    database: str
    rows: int
    rounds: list[Scale]

    def ratios(self) -> Mapping[str, float]:
        """Return the medians' ratios."""
        few, many = self.rows // 10, self.rows * 2
        return {
            f"time, {many:,} rows / {self.rows:,}": self._time(many) / self._time(self.rows),
            f"peak memory, {many:,} rows / {few:,}": self._memory(many) / self._memory(few),
            f"second sync / first upgrade, {self.rows:,} rows": self._second(self.rows) / self._time(self.rows),
        }

    def _time(self, rows: int) -> float:
        return median(one.upgrade_seconds for one in self.rounds if one.rows == rows)

    def _memory(self, rows: int) -> float:
        return median(one.upgrade_peak_memory_bytes for one in self.rounds if one.rows == rows)

    def _second(self, rows: int) -> float:
        return median(one.second_sync_seconds for one in self.rounds if one.rows == rows)


class ProjectFailedError(Exception):
    """A command of the project ended with an error. Carries what it said."""

    def __init__(self, process: Process) -> None:
        """Build the message from the process."""
        super().__init__(f"exit code {process.exit_code}: {process.errors}")
        self.process = process


def measure_scale(database: Database, template: str, rows: int) -> Scale:
    """Upgrade a fresh copy of a template with this number of rows, then sync it again."""
    with database.copy(template) as copy:
        upgrade, sync = launch(command(PROJECT), copy.url), launch(SYNC, copy.url)
    for process in (upgrade, sync):
        if process.exit_code:
            raise ProjectFailedError(process)
    return Scale(
        rows=rows,
        upgrade_seconds=upgrade.seconds,
        upgrade_peak_memory_bytes=upgrade.peak_memory_bytes,
        second_sync_seconds=sync.seconds,
    )
