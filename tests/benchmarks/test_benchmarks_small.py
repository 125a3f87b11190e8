"""The benchmark, on so few rows that only its correctness shows."""

import json
from pathlib import Path

import pytest

from benchmarks.__main__ import main

DATABASES = "postgresql-small,sqlite"


def test_every_contestant_fills_every_row_on_both_kinds_of_database(tmp_path: Path) -> None:
    """The results are compared with what was put into the bodies, row by row."""
    file = tmp_path / "results.json"

    exit_code = main(["--rows=300", "--runs=1", "--alone", f"--databases={DATABASES}", f"--json={file}"])

    runs = [run for database in json.loads(file.read_text())["databases"] for run in database["runs"]]
    assert exit_code == 0
    assert [(run["contestant"], run["outcome"], run["filled"]) for run in runs] == [
        (contestant, "complete", 285) for contestant in ("project", "update", "orm", "limit")
    ] * 2


def test_a_writer_waits_and_the_rows_are_drawn(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Figures of a concurrent writer and a curve for each contestant, on both kinds of database."""
    results, drawing = tmp_path / "results.json", tmp_path / "rows.svg"

    main(
        [
            "--rows=300",
            "--runs=1",
            "--only=update",
            f"--databases={DATABASES}",
            f"--json={results}",
            f"--plot={drawing}",
        ]
    )

    waits = [database["waits"][0] for database in json.loads(results.read_text())["databases"]]
    assert [wait["longest_wait_seconds"] >= wait["p99_wait_seconds"] > 0 for wait in waits] == [True, True]
    assert drawing.read_text().count("<polyline") == 2
    assert "longest wait of a writer" in capsys.readouterr().out


def test_a_malformed_body_stops_the_single_update_and_not_the_project(tmp_path: Path) -> None:
    """One row that is no JSON fails the whole statement; the project fills all others."""
    file = tmp_path / "results.json"

    main(
        [
            "--rows=300",
            "--runs=1",
            "--alone",
            "--malformed=1",
            "--only=project,update",
            "--databases=sqlite",
            f"--json={file}",
        ]
    )

    runs = json.loads(file.read_text())["databases"][0]["runs"]
    assert [(run["outcome"], run["filled"]) for run in runs] == [("complete", 284), ("failed", 0)]
