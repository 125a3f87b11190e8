"""Every option of `sync` and `upgrade` is heeded: a value that cannot be is refused by its name."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Command
from tests.support.responses import make_rows
from tests.support.tables import create_variant, insert

BOTH = {
    "batch_size": "1000001",
    "target_seconds": "0",
    "time_budget": "0",
    "workers": "65",
    "nice": "-1",
    "max_replica_lag": "0",
    "lock_wait": "-1",
}
UPGRADE = {"on_failure": "perhaps", "backfill": "later", "version_table": "a b"}
OPTIONS = [("sync", BOTH), ("upgrade", BOTH | UPGRADE), ("check", {"version_table": "a b"})]
CASES = [(name, option, value) for name, options in OPTIONS for option, value in options.items()]


@pytest.mark.parametrize(("name", "option", "value"), CASES)
def test_an_option_is_heeded(name: str, option: str, value: str, command: Command) -> None:
    """It stands in the settings as it was written; nothing is opened."""
    ended = command(name, f"--{option.replace('_', '-')}", value, "--database", "sqlite:///no-such-file.db")

    assert (ended.code, ended.out, ended.err.startswith(f"media-gen-ids: {option}: ")) == (2, "", True)
    assert not Path("no-such-file.db").exists()


@pytest.mark.parametrize(("name", "option"), [("sync", "--batch-size"), ("sync", "--limit"), ("upgrade", "--workers")])
def test_there_is_no_number_below_one(name: str, option: str, command: Command) -> None:
    """Said by the command line itself."""
    ended = command(name, option, "0", "--database", "sqlite:///no-such-file.db")

    line = f"media-gen-ids: Invalid value for '{option}': Input should be greater than or equal to 1."
    assert ended == (2, "", f"{line} See `media-gen-ids {name} --help`\n")


def test_an_upgrade_of_the_desktop_application_wants_its_file(
    command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """And nothing else: not DATABASE_URL."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/other.db")

    ended = command("upgrade", "--desktop")

    assert (ended.code, list(tmp_path.iterdir())) == (2, [])
    assert ended.err.startswith("media-gen-ids: --desktop: no file ")


def test_an_upgrade_tries_the_report_before_the_work(sqlite_empty: str, command: Command, tmp_path: Path) -> None:
    """And writes it also where it then fails."""
    create_variant(sqlite_empty, "A")
    insert(sqlite_empty, make_rows(24))
    file = tmp_path / "report.json"

    refused = command("upgrade", "--report", str(tmp_path), "--database", sqlite_empty)
    before = command("status", "--json", "--database", sqlite_empty)
    aborted = command("upgrade", "--on-failure", "abort", "--report", str(file), "--database", sqlite_empty)

    assert (refused.code, json.loads(before.out)["total"]["with_id"], aborted.code) == (2, 0, 1)
    assert refused.err == f"media-gen-ids: --report: {tmp_path} is a folder; name a file\n"
    assert json.loads(file.read_text())["failed"] == 4
    assert file.read_text().endswith("}\n")


def test_without_a_command_there_is_the_list_of_them(command: Command) -> None:
    """As with --help, but nothing was done: exit code 2."""
    bare, asked = command(), command("--help")

    assert (bare.code, bare.out.strip(), bare.err) == (2, asked.out.strip(), "")
