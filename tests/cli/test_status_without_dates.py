"""`status` of a table whose rows need have neither a status nor a date, as adopted ones."""

import json

from tests.cli.conftest import Command
from tests.support.migrations import upgrade
from tests.support.responses import make_rows, named
from tests.support.tables import TABLE, create_variant, execute, insert


def test_rows_without_status_and_date_have_groups_of_their_own(empty_database: str, command: Command) -> None:
    """One row of three; another one, of which nobody knows when it changed, may have changed since the run."""
    create_variant(empty_database, "C")
    rows = make_rows(3, (named("13_"),))
    insert(empty_database, rows)
    execute(
        empty_database,
        f"UPDATE {TABLE} SET status = NULL, created_at = NULL WHERE id = '{rows[0].id}'",
        f"UPDATE {TABLE} SET updated_at = NULL WHERE id = '{rows[1].id}'",
    )
    upgrade(empty_database)

    shown = command("status", "--json", "--database", empty_database)
    drawn = command("status", "--database", empty_database)

    found = json.loads(shown.out)
    assert (shown.code, drawn.code) == (0, 0)
    assert {name: sum(group.values()) for name, group in found["by_month"].items()} == {"(no date)": 1, "2025-11": 2}
    assert found["by_status"]["(no status)"]["nothing_to_recover"] == 1
    assert found["total"] == {"with_id": 0, "pending": 1, "nothing_to_recover": 2, "failed": 0}


def test_a_status_that_is_no_text_is_shown_all_the_same(sqlite_empty: str, command: Command) -> None:
    """SQLite stores any bytes; what is none of a character is marked."""
    create_variant(sqlite_empty, "C")
    insert(sqlite_empty, make_rows(1, (named("13_"),)))
    odd = "CAST(x'32303235ff' AS TEXT)"
    execute(sqlite_empty, f"UPDATE {TABLE} SET status = {odd}, created_at = {odd}")
    upgrade(sqlite_empty)

    shown = json.loads(command("status", "--json", "--database", sqlite_empty).out)

    groups = (shown["by_status"], shown["by_month"])
    assert [[name for name, counts in group.items() if any(counts.values())] for group in groups] == [
        ["2025\N{REPLACEMENT CHARACTER}"]
    ] * 2
