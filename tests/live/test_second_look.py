"""What the application commits between a run's look at a row and its UPDATE stays, on every kind of table."""

import psycopg
import pytest

from app.backfill.ledger.failures import FAILURES
from tests.support.migrations import upgrade
from tests.support.processes import start_sync, wait_until
from tests.support.responses import Response, StoredRow, make_rows, named
from tests.support.tables import COLUMNS_OF_VARIANT_A, TABLE, execute, insert, query

TABLES = {
    "blocks": (f"CREATE TABLE {TABLE} ({COLUMNS_OF_VARIANT_A}, PRIMARY KEY (id))",),
    "no key": (f"CREATE TABLE {TABLE} ({COLUMNS_OF_VARIANT_A})",),
    "by key": (
        f"CREATE TABLE {TABLE} ({COLUMNS_OF_VARIANT_A}, PRIMARY KEY (id, updated_at)) PARTITION BY RANGE (updated_at)",
        f"CREATE TABLE all_of_it PARTITION OF {TABLE} DEFAULT",
    ),
}
"""Without a key, and where `updated_at` decides about a row's partition, rows are walked in another way."""
PLAIN = named("01_")
OTHER = PLAIN.variant(2)
THEIRS = {
    "id": {"media_generation_id": "THEIRS"},
    "body": {"raw_response": named("13_").body},
    "operation": {"operation_name": "another operation"},
}
WAITING = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"


@pytest.fixture(params=TABLES)
def database_of_table(request: pytest.FixtureRequest, postgresql_empty: str) -> str:
    """A database at head, on each version of PostgreSQL, with each kind of table."""
    execute(postgresql_empty, *TABLES[request.param])
    upgrade(postgresql_empty)
    return postgresql_empty


def changed(session: psycopg.Connection, row: StoredRow, values: dict[str, str]) -> None:
    """Change a row in an open transaction."""
    assignments = ", ".join(f"{name} = %({name})s" for name in values)
    session.execute(f"UPDATE {TABLE} SET {assignments} WHERE id = %(key)s".encode(), {**values, "key": row.id})


def stored(url: str, row: StoredRow) -> tuple[object, ...]:
    """Return what a row has: its id, body and operation."""
    ((found,),) = query(
        url, f"SELECT ARRAY[media_generation_id, raw_response, operation_name] FROM {TABLE} WHERE id = '{row.id}'"
    )
    return tuple(found)


@pytest.mark.parametrize("change", THEIRS)
def test_what_is_committed_while_a_run_waits_for_the_row_is_not_overwritten(
    database_of_table: str, change: str
) -> None:
    """The run has read the row as it was; its id, its body or its operation is another one then."""
    row = StoredRow(id="0" * 32, response=PLAIN)
    insert(database_of_table, [row])

    with psycopg.connect(database_of_table) as session:
        changed(session, row, THEIRS[change])
        process = start_sync(database_of_table)
        wait_until(lambda: query(database_of_table, WAITING) == [(1,)])
        session.commit()
    process.finish()

    known = {"media_generation_id": None, "raw_response": PLAIN.body, "operation_name": PLAIN.operation_name}
    assert stored(database_of_table, row) == tuple((known | THEIRS[change]).values())


def test_a_row_that_has_changed_is_looked_at_again_though_nothing_else_was_filled(database_of_table: str) -> None:
    """It is the only one, and another good answer stands in it when the run has waited for it."""
    row = StoredRow(id="0" * 32, response=PLAIN)
    insert(database_of_table, [row])

    with psycopg.connect(database_of_table) as session:
        changed(session, row, {"raw_response": OTHER.body, "operation_name": OTHER.operation_name})
        process = start_sync(database_of_table)
        wait_until(lambda: query(database_of_table, WAITING) == [(1,)])
        session.commit()
    ended = process.finish()

    assert (ended.code, stored(database_of_table, row)[0]) == (0, OTHER.media_generation_id), ended


def test_the_only_row_left_is_locked_and_is_come_back_to(database_of_table: str) -> None:
    """The first sweep fills nothing, and is not the last: the row is filled when it is free."""
    row, *waiting = [*make_rows(1, (PLAIN,)), *make_rows(20, (unfinished(),), seed=2)]
    insert(database_of_table, [row, *waiting])

    with psycopg.connect(database_of_table) as session:
        session.execute(f"SELECT 1 FROM {TABLE} WHERE id = '{row.id}' FOR UPDATE")
        process = start_sync(database_of_table)
        wait_until(lambda: "a later sweep comes back to it" in process.err)
    ended = process.finish()

    assert (ended.code, stored(database_of_table, row)[0]) == (0, row.response.media_generation_id), ended
    assert query(database_of_table, f"SELECT count(*) FROM {FAILURES.name}") == [(0,)]


def unfinished() -> Response:
    """Return a response without an id."""
    return named("13_")
