"""Run the project's commands as processes of their own, as users do."""

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

SCRIPTS = Path(sys.executable).parent
ROOT = Path(__file__).resolve().parents[1]
SECONDS = 300
MOMENT = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ ", re.MULTILINE)


def environment(url: str | None, extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment of a command: no setting but those that are given."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MEDIA_IDS_")}
    kept.pop("DATABASE_URL", None)
    kept.pop("PYTHONDONTWRITEBYTECODE", None)  # without compiled modules each command takes seconds to start
    kept.pop("PYTHONUNBUFFERED", None)  # as users have it: what is printed is written when the program ends
    return kept | ({} if url is None else {"DATABASE_URL": url}) | dict(extra or {})


def run(
    program: str, *arguments: str, url: str | None, folder: Path = ROOT, extra: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run one of the installed console scripts to its end; lines of its log come without their times."""
    ended = subprocess.run(
        [SCRIPTS / program, *arguments],
        cwd=folder,
        env=environment(url, extra),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    ended.stderr = without_times(ended.stderr)
    return ended


def without_times(log: str) -> str:
    """Return what a command wrote to stderr without the moments that lines of the log begin with."""
    return MOMENT.sub("", log)
