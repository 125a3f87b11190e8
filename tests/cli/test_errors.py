"""Errors: one line that says what to do, exit code 2, no traceback unless it is asked for."""

import sqlite3
from pathlib import Path

import pytest

from app.reports.failures import MEANINGS
from tests.cli.conftest import Command
from tests.support.commands import alembic, media_gen_ids
from tests.support.tables import execute, sqlite_path

LOOKS = ("sync", "status", "failures")
NEED_THE_LEDGER = ("sync", "failures")


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("sync", "--jsn"), "No such option: --jsn (Possible options: --json). See `media-gen-ids sync --help`"),
        (("syn",), "No such command 'syn'. Did you mean 'sync'? See `media-gen-ids --help`"),
        (("status", "extra"), "Got unexpected extra argument(s) (extra). See `media-gen-ids status --help`"),
        (("sync", "--all"), "--all: only together with --retry-failed"),
        (("failures", "--csv", "--json"), "--csv: not together with --json; choose one"),
        (("status", "--json", "--prometheus"), "--prometheus: not together with --json; choose one"),
        (("sync", "--time-budget", "0"), "time_budget: Input should be greater than 0, got 0.0"),
        (
            ("status", "--database", "nonsense"),
            "DATABASE_URL: not a database URL; use postgresql://user@host/name or sqlite:///file.db",
        ),
        (("failures", "--reason", "a\n b"), f"--reason: unknown reason a b; known are {', '.join(MEANINGS)}"),
        (("sync", "--nice", "-1"), "nice: Input should be greater than or equal to 0, got -1.0"),
        (("sync", "--target-seconds", "0"), "target_seconds: Input should be greater than 0, got 0.0"),
        (("sync", "--max-replica-lag", "0"), "max_replica_lag: Input should be greater than 0, got 0.0"),
        (("sync", "--lock-wait", "-1"), "lock_wait: Input should be greater than or equal to 0, got -1.0"),
        (
            ("failures", "--database", "sqlite:///no-such-file.db"),
            "sqlite:///no-such-file.db: no such file. Check the path; `media-gen-ids upgrade` makes a new one",
        ),
    ],
)
def test_a_mistake_on_the_command_line_is_one_line(arguments: tuple[str, ...], line: str, command: Command) -> None:
    """It names what was written and where to read on."""
    assert command(*arguments) == (2, "", f"media-gen-ids: {line}\n")


@pytest.mark.parametrize("name", [*LOOKS, "check"])
def test_an_unreachable_server_is_one_line_without_the_password(name: str, command: Command) -> None:
    """Nobody listens on port 1."""
    result = command(name, "--database", "postgresql://user:secret@127.0.0.1:1/videos")

    assert (result.code, result.out.replace("ok    one head\n      - head is media_ids_0003\n", "")) == (2, "")
    assert result.err.startswith("media-gen-ids: postgresql://user:***@127.0.0.1:1/videos: connection failed: ")
    assert result.err.endswith("Connection refused. Check host and port in the URL, and that the server runs\n")
    assert result.err.count("\n") == 1


@pytest.mark.parametrize("name", NEED_THE_LEDGER)
def test_a_database_without_the_tables_is_one_line(name: str, empty_database: str, command: Command) -> None:
    """Another program's database, or one that was never upgraded."""
    execute(empty_database, "CREATE TABLE something (id TEXT)")

    result = command(name, "--database", empty_database)

    assert (result.code, result.out) == (2, "")
    assert result.err.endswith(": no table veo3_video_generations. Run `media-gen-ids upgrade` first\n")
    assert result.err.count("\n") == 1


def test_a_file_that_another_program_holds_is_one_line(sqlite_database: str, command: Command) -> None:
    """Locked exclusively; SQLite waits as long as it is told to, five seconds by itself."""
    holder = sqlite3.connect(sqlite_path(sqlite_database), isolation_level=None)
    holder.execute("PRAGMA locking_mode = EXCLUSIVE")
    holder.execute("BEGIN EXCLUSIVE")

    url = f"{sqlite_database}?timeout=0.1"

    result = command("status", "--database", url)

    holder.close()
    line = f"media-gen-ids: {url}: database is locked. Another program holds it: close that, or try again\n"
    assert result == (2, "", line)


def test_debug_shows_the_traceback() -> None:
    """Anywhere on the command line."""
    url = "postgresql://user@127.0.0.1:1/videos"

    plain, debug = media_gen_ids("status", url=url), media_gen_ids("status", "--debug", url=url)

    assert (plain.returncode, "Traceback" in plain.stderr, len(plain.stderr.splitlines())) == (2, False, 1)
    assert "Traceback" in debug.stderr
    assert "app.errors.DatabaseError" in debug.stderr


def test_alembic_shows_the_same_line() -> None:
    """Through Alembic's own command."""
    result = alembic("upgrade", "head", url="postgresql://user@127.0.0.1:1/videos")

    assert result.returncode != 0
    assert "Traceback" not in result.stderr
    assert "Check host and port in the URL, and that the server runs" in result.stdout + result.stderr


@pytest.mark.parametrize("name", ["", "upgrade", "sync", "status", "failures", "check", "demo"])
def test_help_fits_a_terminal_of_80_columns(name: str, command: Command) -> None:
    """And says what the exit codes mean, where there are several."""
    result = command(*filter(None, (name, "--help")))

    assert result.code == 0
    assert max(map(len, result.out.splitlines())) <= 80
    assert result.out.startswith(f"Usage: media-gen-ids {name}".rstrip())


def test_a_folder_that_is_missing_is_found_before_the_work(sqlite_database: str, tmp_path: Path) -> None:
    """A report that cannot be written is no reason to run first."""
    result = media_gen_ids("sync", "--report", str(tmp_path / "no" / "report.json"), url=sqlite_database)

    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == f"media-gen-ids: --report: no folder {tmp_path / 'no'}\n"
