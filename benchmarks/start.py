"""How long the commands take to start, next to the import of the two libraries that they cannot do without."""

import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.medians import middle, middle_ratio
from benchmarks.processes import ContestantFailedError, launch
from support.commands import SCRIPTS

ROUNDS = 15
IMPORT, HELP, UPGRADE = "import alembic.config, sqlalchemy", "media-gen-ids --help", "alembic upgrade head, at head"
UPGRADE_COMMAND = (str(SCRIPTS / "alembic"), "upgrade", "head")
COMMANDS: Mapping[str, Sequence[str]] = {
    IMPORT: (sys.executable, "-c", "import alembic.config, sqlalchemy"),
    HELP: (str(SCRIPTS / "media-gen-ids"), "--help"),
    UPGRADE: UPGRADE_COMMAND,
}


@dataclass(frozen=True, kw_only=True)
class Start:
    """The wall clock seconds of each command, in the order of the rounds."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in COMMANDS})

    def median(self, command: str) -> float | None:
        """Return the median of a command's rounds; None where there are none."""
        return middle(self.seconds[command])

    def ratio(self, command: str) -> float | None:
        """Return the median of the rounds' ratios to the import."""
        return middle_ratio(self.seconds[command], self.seconds[IMPORT])


def measure_start(start: Start, rounds: int = ROUNDS) -> None:
    """Start each command in turn, round by round, on a SQLite file that is at head. Raises ContestantFailedError."""
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        url = f"sqlite:///{Path(folder, 'head.db')}"
        for command in (UPGRADE_COMMAND, *COMMANDS.values()):
            _seconds(command, url)  # the first start of each compiles its modules
        for name, command in [*COMMANDS.items()] * rounds:
            start.seconds[name].append(_seconds(command, url))


def _seconds(command: Sequence[str], url: str) -> float:
    process = launch(command, url)
    if process.exit_code:
        raise ContestantFailedError(process)
    return process.seconds
