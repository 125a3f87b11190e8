"""A benchmark that ends early, or whose contestants fail, tells what it has."""

import io
import json
import signal
from pathlib import Path

import pytest
from rich.console import Console

from benchmarks import suite
from benchmarks.__main__ import main
from benchmarks.measure import Waits
from benchmarks.processes import ContestantFailedError, Process
from benchmarks.results import Results

PROCESS = Process(
    seconds=1,
    processor_seconds=1,
    peak_memory_bytes=1,
    written_bytes=1,
    exit_code=1,
    output="",
    errors="Traceback\n  in b\nsqlalchemy.exc.OperationalError: no room\n[SQL: SELECT 1]\n(Background: there)\n",
)


class Interrupting(io.StringIO):
    """A terminal at which somebody interrupts as soon as the first figure is there."""

    def __init__(self, number: signal.Signals) -> None:
        """Take the signal to send."""
        super().__init__()
        self._number = number

    def write(self, text: str) -> int:
        """Take what is printed."""
        if "Run(" in text:
            signal.raise_signal(self._number)
        return super().write(text)


@pytest.mark.parametrize(("number", "exit_code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["INT", "TERM"])
def test_an_interrupted_benchmark_prints_what_it_has(
    number: signal.Signals,
    exit_code: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The table and the file of one run of nine, and the exit code of the signal, whose handler is as before."""
    monkeypatch.setattr(suite, "progress", Console(file=Interrupting(number), width=200))
    file, handler = tmp_path / "results.json", signal.getsignal(number)

    ended = main(["--rows=100", "--runs=9", "--alone", "--only=update", "--databases=sqlite", f"--json={file}"])

    (sqlite,) = json.loads(file.read_text())["databases"]
    assert (ended, [run["outcome"] for run in sqlite["runs"]]) == (exit_code, ["complete"])
    assert "100 rows" in capsys.readouterr().out
    assert signal.getsignal(number) is handler


def test_a_contestant_that_fails_is_noted_and_the_next_one_is_measured() -> None:
    """With the line of its traceback that names the error."""
    measured, results = suite.Measured(), Results(database="sqlite", product="SQLite", bodies="long", rows=1)
    waits = Waits(contestant="orm", writes=1, longest_wait_seconds=1, p99_wait_seconds=1)

    def fail() -> Waits:
        raise ContestantFailedError(PROCESS)

    suite.add(measured, results, "update", fail)
    suite.add(measured, results, "orm", lambda: waits)

    what, _, error = measured.failures[0].partition(": ")
    assert (what, len(measured.failures)) == ("sqlite, long bodies, update", 1)
    assert error == "ContestantFailedError: exit code 1: sqlalchemy.exc.OperationalError: no room"
    assert results.waits == [waits]


def test_a_database_that_cannot_be_reached_does_not_lose_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The benchmark ends with 1 and says which one failed."""
    monkeypatch.setenv("TEST_CITUS_URL", f"postgresql:///postgres?host={tmp_path}")
    file = tmp_path / "results.json"

    ended = main(["--rows=50", "--runs=1", "--alone", "--only=update", "--databases=citus,sqlite", f"--json={file}"])

    written = json.loads(file.read_text())
    assert (ended, [one["database"] for one in written["databases"]]) == (1, ["sqlite"])
    assert [failure.split(":")[:2] for failure in written["failures"]] == [["citus", " OperationalError"]]
