"""While a bar is shown: where the log goes, and which reason to wait is named."""

import io
import logging
from pathlib import Path

import pytest
from rich.console import Console

from app.console.progress import ProgressBarView, shown_progress
from tests.cli.test_progress import Terminal


def test_a_log_in_a_file_stays_in_the_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Only what would be written on the terminal goes through the bar's console."""
    monkeypatch.setenv("TERM", "xterm")
    file = logging.FileHandler(tmp_path / "log")
    monkeypatch.setattr(logging.getLogger(), "handlers", [file])

    with shown_progress("text", Terminal()):
        logging.getLogger("app").warning("noted")
    file.close()

    assert (tmp_path / "log").read_text() == "noted\n"


def test_the_newest_reason_to_wait_is_shown() -> None:
    """A run may first wait for a row, and then for a replica."""
    view, drawn = ProgressBarView(), io.StringIO()
    view.waiting("rows are locked by somebody else")
    view.waiting("a replica is 3.0 s behind")

    Console(file=drawn, width=80).print(view)

    assert drawn.getvalue() == "waiting: a replica is 3.0 s behind\n"
