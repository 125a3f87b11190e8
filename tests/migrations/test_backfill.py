"""The main job: `alembic upgrade head` recovers the media ids of a database."""

from typing import Any

from tests.support.migrations import upgrade
from tests.support.responses import StoredRow, make_rows
from tests.support.tables import create_variant, insert, read_all

FILLED = ("media_generation_id", "updated_at")


def expected(before: dict[str, dict[str, Any]], rows: list[StoredRow], after: dict[str, Any]) -> dict[str, Any]:
    """Return the table as it must be: recoverable rows have their id and a new timestamp, all else is as before."""
    by_id = {row.id: row.response for row in rows}
    return {
        key: values
        if by_id[key].outcome != "synced"
        else values | {"media_generation_id": by_id[key].media_generation_id, "updated_at": after[key]["updated_at"]}
        for key, values in before.items()
    }


def test_upgrade_fills_exactly_what_can_be_recovered_and_changes_nothing_else(empty_database: str) -> None:
    """10,000 rows of variant A, compared as a whole table, column by column."""
    create_variant(empty_database, "A")
    rows = make_rows(10_000)
    insert(empty_database, rows)
    before = read_all(empty_database)

    upgrade(empty_database)

    after = read_all(empty_database)
    assert after == expected(before, rows, after)
    assert {len(after[row.id]["updated_at"]) for row in rows} == {24}
    assert min(after[row.id]["updated_at"] for row in rows if row.response.outcome == "synced") > "2026"
