"""The commands that the documents show: found in their fenced blocks, run in a folder of their own."""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy.engine import make_url

from app.database.urls import describe
from support.commands import ROOT, SCRIPTS, environment
from tests.support.responses import make_rows
from tests.support.tables import create_variant, insert

DOCUMENTS = ("README.md", "CONTRIBUTING.md", *(f"docs/{file.name}" for file in sorted((ROOT / "docs").glob("*.md"))))
SHOWN_SERVER = "postgresql://app@db.example.com/videos"
"""Where the documents show PostgreSQL, the commands meet a server of the tests."""
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
CHANGING = (
    (r"\d{4}-\d\d-\d\d \d\d:\d\d", "2026-01-01 00:00"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?", "2026-01-01T00:00:00"),
    (r"\b\d+\.\d+ s\b", "0.0 s"),
    (r"[\d,]+ rows/s", "1 rows/s"),
)
"""What differs from run to run: moments, times, rates."""
UV = '#!/bin/sh\n[ "$1" = run ] && shift\nexec "$@"\n'


@dataclass
class Step:
    """A command and what it is shown to print."""

    command: str
    output: list[str] = field(default_factory=list)

    @property
    def bare(self) -> str:
        """The command without a remark."""
        return self.command.partition(" #")[0].strip()


def blocks(document: str) -> list[tuple[str, str]]:
    """Return (language, text) of each fenced block of a document."""
    return BLOCK.findall((ROOT / document).read_text())


def steps(text: str) -> list[Step]:
    """Return the commands of a console block: lines that start with `$ `, each followed by its output."""
    found: list[Step] = []
    for line in text.splitlines():
        if line.startswith("$ "):
            found.append(Step(line[2:]))
        elif found:
            found[-1].output.append(line)
    return found


def steps_of(document: str) -> list[Step]:
    """Return the commands of all console blocks of a document, in order."""
    return [step for language, text in blocks(document) if language == "console" for step in steps(text)]


def prepare(folder: Path, document: str) -> None:
    """Make a folder look like a fresh clone with the application's database, which is not ./veo3.db in the README."""
    for name in ("alembic.ini", "alembic", "app"):
        (folder / name).symlink_to(ROOT / name)
    (folder / "bin").mkdir()
    uv = folder / "bin" / "uv"  # the real one would look for the project, and pytest runs inside it already
    uv.write_text(UV)
    uv.chmod(0o755)
    url = f"sqlite:///{folder}/{'application.db' if document == 'README.md' else 'veo3.db'}"
    create_variant(url, "A")
    insert(url, make_rows(2_400))


def run(command: str, folder: Path, server: str) -> list[str]:
    """Run a command as a shell does in that folder, and return the lines that it prints on a terminal."""
    result = subprocess.run(
        [shutil.which("sh") or "sh", "-c", command.replace(SHOWN_SERVER, f"'{server}'")],
        cwd=folder,
        env=environment(None) | {"PATH": f"{folder / 'bin'}:{SCRIPTS}:{os.environ['PATH']}", "COLUMNS": "80"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    printed = result.stdout.replace(describe(make_url(server)), SHOWN_SERVER)
    return [line.rstrip() for line in printed.splitlines()]


def stable(lines: list[str]) -> list[str]:
    """Return the lines without what differs from run to run."""
    for pattern, constant in CHANGING:
        lines = [re.sub(pattern, constant, line) for line in lines]
    return [line.rstrip() for line in lines]
