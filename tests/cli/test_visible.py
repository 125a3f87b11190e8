"""Control characters in data: shown as what they are, never sent to a terminal."""

import json

import pytest

from app.backfill.ledger.failures import FAILURES
from app.backfill.ledger.runs import RUNS
from app.console.visible import CONTROL, visible
from tests.cli.conftest import Command
from tests.support.migrations import upgrade
from tests.support.responses import make_rows, named
from tests.support.tables import TABLE, execute, insert

EVIL = "a\x1b[2J\x9bb\u202ec\u2028d"
SHOWN = "a\\x1b[2J\\x9bb\\u202ec\\u2028d"
COMMANDS = (["failures"], ["failures", "--json"], ["status"], ["status", "--json"], ["sync", "--verbose"], ["check"])


def test_a_text_is_shown_with_its_control_characters_written_out() -> None:
    """Other characters, emoji among them, stay as they are."""
    assert visible(EVIL + "é ⏭️ \u200d") == SHOWN + "é ⏭️ \u200d"


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_no_command_sends_one(sqlite_empty: str, command: Command, words: list[str]) -> None:
    """Neither from ids, status and dates of rows, nor from what the ledger has of failures and errors."""
    upgrade(sqlite_empty, "media_ids_0002")
    insert(sqlite_empty, make_rows(4, (named("33_"),)))
    execute(
        sqlite_empty,
        "PRAGMA ignore_check_constraints = ON",
        f"UPDATE {TABLE} SET id = char(27) || '[2J' || id, status = '{EVIL}', created_at = '{EVIL}'",
    )
    upgrade(sqlite_empty)
    execute(sqlite_empty, f"UPDATE {FAILURES.name} SET detail = '{EVIL}'", f"UPDATE {RUNS.name} SET error = '{EVIL}'")

    ran = command(*words, "--database", sqlite_empty)

    printed = ran.out + ran.err
    assert CONTROL.findall(printed.replace("\n", "")) == []
    assert "\\x1b" in printed or "\\u001b" in printed or words == ["check"]


def test_json_still_means_what_the_data_say(sqlite_database: str, command: Command) -> None:
    """Escaped within its strings, in JSON's own way."""
    execute(sqlite_database, f"UPDATE {RUNS.name} SET error = '{EVIL}'")

    assert json.loads(command("status", "--json", "--database", sqlite_database).out)["runs"][0]["error"] == EVIL
