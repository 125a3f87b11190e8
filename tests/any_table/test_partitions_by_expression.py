"""Partitions that an expression tells apart: an UPDATE of the id may move a row, which no single partition allows."""

from tests.support.any_table import create, row, store, stored
from tests.support.migrations import recorded_version
from tests.support.processes import run_upgrade
from tests.support.tables import TABLE, execute


def test_rows_that_would_move_and_have_no_key_are_refused(postgresql_empty: str) -> None:
    """By whether they have an id: then no index can name them, and they cannot be filled where they stand."""
    execute(
        postgresql_empty,
        f"{create()} PARTITION BY LIST ((media_generation_id IS NULL))",
        f"CREATE TABLE without_id PARTITION OF {TABLE} FOR VALUES IN (true)",
        f"CREATE TABLE with_id PARTITION OF {TABLE} FOR VALUES IN (false)",
    )
    store(postgresql_empty, [row(1)])

    done = run_upgrade(postgresql_empty)

    assert (done.code, "nothing names its rows" in done.out, recorded_version(postgresql_empty)) == (255, True, None)
    assert stored(postgresql_empty) == {1: None}
