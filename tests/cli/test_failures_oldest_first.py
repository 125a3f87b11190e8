"""The list of failures begins with the one that has stood there for the longest time."""

import json

from app.backfill.ledger.failures import FAILURES
from tests.cli.conftest import Command
from tests.support.tables import execute, query


def test_failures_are_listed_by_when_they_were_first_seen(filled_database: str, command: Command) -> None:
    """Though a later run has seen the oldest of them last; another backfill's have no place there."""
    names = [name for (name,) in query(filled_database, f"SELECT generation_id FROM {FAILURES.name} ORDER BY 1")]
    for number, name in enumerate(names):
        first, last = f"2026-01-{20 - number:02}T00:00:00.000Z", f"2026-02-{number + 1:02}T00:00:00.000Z"
        execute(
            filled_database,
            f"UPDATE {FAILURES.name} SET first_seen_at = '{first}', last_seen_at = '{last}'"
            f" WHERE generation_id = '{name}'",
        )

    _copy_for_another_backfill(filled_database)

    listed = json.loads(command("failures", "--json", "--database", filled_database).out)

    assert [failure["id"] for failure in listed] == names[::-1]


def _copy_for_another_backfill(url: str) -> None:
    """Let the same rows have failed for something else."""
    columns = ", ".join(column.name for column in FAILURES.c if column.name != "backfill")
    execute(url, f"INSERT INTO {FAILURES.name} (backfill, {columns}) SELECT 'another', {columns} FROM {FAILURES.name}")
