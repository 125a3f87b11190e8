"""Output: what is printed, or cannot be, never stops a run, and never changes how it ends."""

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.console.streams import LenientStream, outlive_output
from support.commands import ROOT, SCRIPTS, SECONDS, environment, run
from tests.support.migrations import recorded_version
from tests.support.plain_rows import expected_ids, filled_ids, insert_plain
from tests.support.processes import alembic, media_gen_ids
from tests.support.responses import make_rows
from tests.support.tables import create_variant, execute, insert, query

ENCODINGS = (
    {"PYTHONIOENCODING": "ascii"},
    {"PYTHONIOENCODING": "cp1252"},
    {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
)
COMMANDS = {
    ("sync", "--verbose"): 1,
    ("sync", "--dry-run", "--json"): 0,
    ("status",): 0,
    ("failures", "--csv"): 0,
    ("check",): 0,
    ("--help",): 0,
}
"""Each command with how it ends on the rows of `filled_file`."""
FULL = "media-gen-ids: the output could not be written: No space left on device\n"
DETAIL = "ж \U0001f600 ─"


def run_to(redirection: str, program: str, *arguments: str, url: str, **extra: str) -> subprocess.CompletedProcess[str]:
    """Run a command with its output sent somewhere, as a shell does; returns what is left of it."""
    return subprocess.run(
        ["/bin/sh", "-c", f'exec "$@" {redirection}', "sh", SCRIPTS / program, *arguments],
        cwd=ROOT,
        env=environment(url, extra),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


def run_to_nobody(stream: str, program: str, *arguments: str, url: str) -> subprocess.CompletedProcess[str]:
    """Run a command whose reader has gone before it writes, of `stdout` or of `stderr`."""
    reading, writing = os.pipe()
    os.close(reading)
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, stream: writing}
    ended = subprocess.run(
        [SCRIPTS / program, *arguments],
        cwd=ROOT,
        env=environment(url),
        text=True,
        timeout=SECONDS,
        check=False,
        **streams,  # type: ignore[call-overload]
    )
    os.close(writing)
    assert isinstance(ended, subprocess.CompletedProcess)
    return ended


# --- media-gen-ids -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", [ENCODINGS[0], ENCODINGS[2]], ids=["ascii", "C"])
@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_an_encoding_that_lacks_characters(
    arguments: tuple[str, ...], encoding: dict[str, str], filled_file: str
) -> None:
    """The command ends as ever, and says what it says."""
    ended = media_gen_ids(*arguments, url=filled_file, **encoding)

    assert (ended.returncode, "Traceback" in ended.stderr, len(ended.stdout) > 100) == (
        COMMANDS[arguments],
        False,
        True,
    )


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_json_and_csv_lose_no_letter(encoding: str, filled_file: str) -> None:
    """JSON has escapes of its own; in CSV a letter becomes its number."""
    execute(filled_file, f"UPDATE media_generation_id_backfill_failures SET detail = '{DETAIL}'")

    as_json = run("media-gen-ids", "failures", "--json", url=filled_file, extra={"PYTHONIOENCODING": encoding})
    strictly = {"PYTHONIOENCODING": f"{encoding}:strict"}
    as_csv = run("media-gen-ids", "failures", "--csv", url=filled_file, extra=strictly).stdout

    assert {failure["detail"] for failure in json.loads(as_json.stdout)} == {DETAIL}
    assert {row["detail"] for row in csv.DictReader(io.StringIO(as_csv))} == {"\\u0436 ? ?"}


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_a_full_disk_behind_stdout(arguments: tuple[str, ...], filled_file: str) -> None:
    """One line says it; the exit code is the run's own."""
    ended = run_to(">/dev/full", "media-gen-ids", *arguments, url=filled_file)

    assert (ended.returncode, ended.stderr.splitlines(keepends=True)[-1]) == (COMMANDS[arguments], FULL)
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("redirection", [">&-", "2>&-", "<&- >&- 2>&-", "2>/dev/full", ">/dev/full 2>/dev/full"])
@pytest.mark.parametrize("arguments", list(COMMANDS)[:3], ids=" ".join)
def test_streams_that_are_closed_or_full(arguments: tuple[str, ...], redirection: str, filled_file: str) -> None:
    """The exit code is the run's own, and nothing of it ends up in the database."""
    ended = run_to(redirection, "media-gen-ids", *arguments, url=filled_file)

    assert (ended.returncode, "Traceback" in ended.stderr, "could not" in ended.stderr) == (
        COMMANDS[arguments],
        False,
        False,
    )
    assert query(filled_file, "PRAGMA integrity_check") == [("ok",)]


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
@pytest.mark.parametrize("arguments", list(COMMANDS)[:3], ids=" ".join)
def test_a_reader_that_has_gone(arguments: tuple[str, ...], stream: str, filled_file: str) -> None:
    """As with `| head -1`: it wants to read no more, so nothing is said of that."""
    ended = run_to_nobody(stream, "media-gen-ids", *arguments, url=filled_file)

    assert (ended.returncode, "Traceback" in (ended.stderr or ""), "could not" in (ended.stderr or "")) == (
        COMMANDS[arguments],
        False,
        False,
    )


def test_a_reader_that_goes_in_the_middle_does_not_stop_a_run(database: str) -> None:
    """Every row is filled, though far more lines are printed than a pipe takes."""
    insert_plain(database, 3_000)

    ended = run_to("| head -1; true", "media-gen-ids", "sync", "--verbose", url=database)

    assert (ended.stdout.count("\n"), "Traceback" in ended.stderr) == (1, False)
    assert filled_ids(database) == expected_ids(3_000)
    assert query(database, "SELECT state FROM media_generation_id_backfill_runs ORDER BY id DESC LIMIT 1") == [
        ("done",)
    ]


# --- alembic -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("redirection", [">&-", "2>&-", "<&- >&- 2>&-", ">/dev/full", "2>/dev/full"])
def test_an_upgrade_without_output(empty_database: str, redirection: str) -> None:
    """It is done and stamped, with exit code 0."""
    create_variant(empty_database, "A")
    insert(empty_database, make_rows(24))

    ended = run_to(redirection, "alembic", "upgrade", "head", url=empty_database)

    assert (ended.returncode, "Traceback" in ended.stderr, recorded_version(empty_database)) == (
        0,
        False,
        "media_ids_0003",
    ), ended


@pytest.mark.parametrize("encoding", ENCODINGS, ids=["ascii", "cp1252", "C"])
@pytest.mark.parametrize("log", ["text", "json"])
def test_an_upgrade_in_an_encoding_that_lacks_characters(sqlite_empty: str, encoding: dict[str, str], log: str) -> None:
    """Nor does a log line stop it; with JSON every line of ours is JSON."""
    ended = alembic("upgrade", "head", url=sqlite_empty, MEDIA_IDS_LOG=log, **encoding)

    assert (ended.returncode, "Traceback" in ended.stderr) == (0, False), ended


@pytest.mark.parametrize("redirection", [">&-", "2>&-", "<&- >&- 2>&-", ">/dev/full", "2>/dev/full"])
def test_an_upgrade_that_fails_without_output(redirection: str) -> None:
    """It ends with Alembic's code for that; where stdout is closed the line goes to stderr."""
    ended = run_to(redirection, "alembic", "upgrade", "head", url="mysql://nobody@127.0.0.1:1/x")

    assert (ended.returncode, "Traceback" in ended.stderr, "Exception" in ended.stderr) == (255, False, False), ended
    assert ("no support for mysql://" in ended.stderr) == (redirection == ">&-")


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_an_upgrade_whose_reader_has_gone(sqlite_empty: str, stream: str) -> None:
    """Done, or failed, as ever."""
    done = run_to_nobody(stream, "alembic", "upgrade", "head", url=sqlite_empty)
    failed = run_to_nobody(stream, "alembic", "upgrade", "head", url="mysql://nobody@127.0.0.1:1/x")

    assert (done.returncode, failed.returncode, recorded_version(sqlite_empty)) == (0, 255, "media_ids_0003")
    assert "Exception" not in (done.stderr or "") + (failed.stderr or "")


@pytest.mark.parametrize("revision", ["head", "media_ids_0001"])
def test_a_script_that_could_not_be_written_is_no_success(sqlite_empty: str, revision: str) -> None:
    """Half a script, applied, would be half an upgrade, however short."""
    full = run_to(">/dev/full", "alembic", "upgrade", revision, "--sql", url=sqlite_empty)
    gone = run_to_nobody("stdout", "alembic", "upgrade", revision, "--sql", url=sqlite_empty)

    assert (full.returncode, gone.returncode) == (255, 255)
    assert "the SQL script could not be written: No space left on device" in full.stderr
    assert "Traceback" not in full.stderr + gone.stderr


@pytest.mark.parametrize("url", ["sqlite:///x.db", "postgresql://nobody@127.0.0.1:1/nothing"])
def test_a_script_is_ascii(url: str) -> None:
    """In another encoding it would be another script."""
    ended = alembic("upgrade", "head", "--sql", url=url)

    assert (ended.returncode, ended.stdout.isascii()) == (0, True)


def test_the_configuration_is_ascii() -> None:
    """Alembic reads it in the encoding of the system, which may be any."""
    assert (ROOT / "alembic.ini").read_text(encoding="utf-8").isascii()


# --- the stream itself -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("redirection", [">&-", "2>&-", "<&- >&- 2>&-"])
def test_no_file_gets_the_number_of_a_stream_that_is_closed(redirection: str, tmp_path: Path) -> None:
    """A library that prints to a descriptor would write into a database."""
    script = tmp_path / "opens.py"
    script.write_text(
        "from app.console.streams import lenient_output\n"
        f"with lenient_output(), open({str(tmp_path / 'file')!r}, 'w') as file:\n"
        "    raise SystemExit(file.fileno() > 2)\n"
    )

    ended = run_to(redirection, "python", str(script), url="", PYTHONPATH=str(ROOT))

    assert ended.returncode == 1, ended


def test_a_stream_that_was_closed_takes_everything_and_writes_nothing() -> None:
    """As where a program closed what it gave us."""
    closed = io.StringIO()
    closed.close()
    stream = LenientStream(closed)

    written = stream.write("four")
    stream.flush()

    assert (written, stream.isatty(), str(stream.problem)) == (4, False, "I/O operation on closed file")


@pytest.mark.parametrize("closed", ["stdout", "stderr"])
def test_a_stream_that_is_not_there_becomes_one_that_drops_everything(
    monkeypatch: pytest.MonkeyPatch, closed: str
) -> None:
    """Whichever of the two it is: the other one is left as it was."""
    (other,) = {"stdout", "stderr"} - {closed}
    before = getattr(sys, other)
    monkeypatch.setattr(sys, closed, None)
    outlive_output.cache_clear()

    outlive_output()

    assert (type(getattr(sys, closed)), getattr(sys, other)) == (LenientStream, before)
