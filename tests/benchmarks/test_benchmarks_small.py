"""The benchmark, on so few rows that only its correctness shows."""

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.__main__ import main


def benchmark(folder: Path, *options: str) -> tuple[int, list[Any]]:
    """Run the benchmark on 300 rows, once; return its exit code and what it wrote about each database."""
    file = folder / "results.json"
    exit_code = main(["--rows=300", "--runs=1", f"--json={file}", *options])
    return exit_code, json.loads(file.read_text())["databases"]


def test_programs_fill_every_row_on_both_kinds_of_database(tmp_path: Path) -> None:
    """The results are compared with what was put into the bodies, row by row."""
    contestants = "--only=project,workers,update,known"

    exit_code, databases = benchmark(tmp_path, "--alone", "--databases=postgresql-small,sqlite", contestants)

    runs = [(run["contestant"], run["outcome"], run["filled"]) for one in databases for run in one["runs"]]
    assert exit_code == 0
    names = ["project", "workers", "update", "known", "project", "update", "known"]
    assert runs == [(name, "complete", 285) for name in names]


def test_a_writer_waits_and_the_rows_are_drawn(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Figures of a concurrent writer in the table, and a curve in the drawing."""
    drawing = tmp_path / "rows.svg"

    _, (sqlite,) = benchmark(tmp_path, "--only=update", "--databases=sqlite", f"--plot={drawing}")

    (waits,) = sqlite["waits"]
    assert waits["longest_wait_seconds"] >= waits["p99_wait_seconds"] > 0
    assert drawing.read_text().count("<polyline") == 1
    assert "longest wait of a writer" in capsys.readouterr().out


def test_a_malformed_body_stops_the_single_update_and_not_the_project(tmp_path: Path) -> None:
    """One row that is no JSON fails the whole statement; the project fills all others."""
    _, (sqlite,) = benchmark(tmp_path, "--alone", "--malformed=1", "--only=project,update", "--databases=sqlite")

    assert [(run["outcome"], run["filled"]) for run in sqlite["runs"]] == [("complete", 284), ("failed", 0)]
