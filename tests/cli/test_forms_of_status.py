"""The forms of `status`: one line, drawn again and again, more or fewer runs; and which do not go together."""

import json
import os
import pty
import select
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from app.backfill.ledger.runs import RUNS
from app.console import watching
from support.commands import ROOT, SCRIPTS, environment
from tests.cli.conftest import Command
from tests.support.responses import make_rows, named
from tests.support.tables import execute, insert

UNFINISHED = named("04_")
SECONDS = 20.0
"""The longest wait for a process."""


def test_one_line_tells_the_last_run_and_the_rows(filled_file: str, command: Command) -> None:
    """For people who look often, and for the line of a shell."""
    line = command("status", "--brief", "--database", filled_file).out

    command("sync", "--database", filled_file)
    later = command("status", "--brief", "--database", filled_file).out

    assert (line.startswith("Run 1 done 20"), later.startswith("Run 2 done 20")) == (True, True)
    assert line.endswith(" UTC; 20 with id, 0 pending, 20 with nothing to recover, 8 failed\n")


def test_one_line_before_the_first_upgrade(sqlite_empty: str, command: Command) -> None:
    """There is nothing to count."""
    line = command("status", "--brief", "--database", sqlite_empty).out

    assert line.startswith("there is no such file yet: `media-gen-ids upgrade` makes it; 0 with id")


def test_runs_that_went_on_where_another_had_stopped_are_one(database: str, command: Command) -> None:
    """Their counts and times are added up, from the start of the first; what came before and after is not of them."""
    insert(database, make_rows(50, (UNFINISHED,)))
    for limit in ("20", "20", "20", "100"):
        command("sync", "--limit", limit, "--database", database)
    execute(database, f"UPDATE {RUNS.name} SET seconds = id, started_at = '2026-01-0' || id || 'T00:00:00.000Z'")

    table = command("status", "--database", database).out
    _, one, _ = passes = json.loads(command("status", "--json", "--database", database).out)["passes"]

    facts = {name: one[name] for name in ("first", "last", "runs", "state", "seconds", "started_at", "skipped")}
    assert [each["first"] for each in passes] == [5, 2, 1]
    assert facts == {
        "first": 2,
        "last": 4,
        "runs": 3,
        "state": "done",
        "seconds": 9.0,
        "started_at": "2026-01-02T00:00:00.000Z",
        "skipped": 50,
    }
    assert " 2-4  sync (3 runs)  done   2026-01-02 00:00  9.0 s       0       50       0" in table


def test_as_many_runs_are_shown_as_wanted(sqlite_database: str, command: Command) -> None:
    """Newest first; five if nobody says how many."""
    for _ in range(6):
        command("sync", "--database", sqlite_database)

    shown = [
        json.loads(command("status", "--json", *words, "--database", sqlite_database).out)["runs"]
        for words in ([], ["--runs", "2"], ["--runs", "99"])
    ]

    assert [[run["id"] for run in runs] for runs in shown] == [[7, 6, 5, 4, 3], [7, 6], [7, 6, 5, 4, 3, 2, 1]]


def test_what_ended_a_run_is_told(sqlite_database: str, command: Command) -> None:
    """Below the runs, with the state that it left."""
    execute(sqlite_database, f"UPDATE {RUNS.name} SET state = 'failed', error = 'disk full'")

    assert "Run 1 failed: disk full" in command("status", "--database", sqlite_database).out


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["--brief", "--json"], "--json: not together with --brief; choose one"),
        (["--watch", "--brief"], "--watch: not together with --brief; choose one"),
        (["--watch", "--svg", "x.svg"], "--svg: not together with --watch; choose one"),
        (["--watch"], "--watch: there is no terminal to draw on; leave it out, or use --brief or --html"),
    ],
)
def test_forms_that_do_not_go_together_are_refused(
    sqlite_database: str, command: Command, words: list[str], problem: str
) -> None:
    """One line, exit code 2."""
    ran = command("status", *words, "--database", sqlite_database)

    assert (ran.code, ran.err, ran.out) == (2, f"media-gen-ids: {problem}\n", "")


@pytest.mark.parametrize("runs", ["0", "10001", "100000000000000000000"])
def test_more_runs_than_anybody_reads_are_refused(sqlite_database: str, command: Command, runs: str) -> None:
    """And none; a number that no database takes is no fault of this program."""
    ran = command("status", "--runs", runs, "--database", sqlite_database)

    assert (ran.code, "Invalid value for '--runs': Input should be" in ran.err, ran.out) == (2, True, "")


@contextmanager
def watched(url: str) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """Watch a database on a terminal; yield the process and our end of it."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [SCRIPTS / "media-gen-ids", "status", "--watch", "--database", url],
        cwd=ROOT,
        env=environment(None, {"TERM": "xterm", "COLUMNS": "100", "LINES": "60"}),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    try:
        yield process, ours
    finally:
        process.kill()
        process.wait()
        os.close(ours)


def read_until(terminal: int, words: str) -> str:
    """Read what a terminal shows until some words stand there. Raises TimeoutError if nothing more comes."""
    shown = b""
    while words.encode() not in shown:
        if not select.select([terminal], [], [], SECONDS)[0]:
            raise TimeoutError(shown)
        shown += os.read(terminal, 4096)
    return shown.decode(errors="replace")


def test_it_is_drawn_again_until_somebody_types_q(filled_file: str) -> None:
    """On a terminal; and it shows what has changed since."""
    with watched(filled_file) as (process, terminal):
        read_until(terminal, "upgrade")
        execute(filled_file, f"UPDATE {RUNS.name} SET origin = 'sync'")
        read_until(terminal, "sync")
        os.write(terminal, b"q")
        code = process.wait(timeout=SECONDS)

    assert code == 0


def test_ctrl_c_ends_it_as_well(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """What was drawn last stays."""
    monkeypatch.setattr(watching, "is_watchable", lambda: True)
    views = iter(["the first", "the last"])

    def view() -> str:
        if (text := next(views, None)) is None:
            raise KeyboardInterrupt
        return text

    watching.watch(view, seconds=0)

    assert capsys.readouterr().out == "the last"
