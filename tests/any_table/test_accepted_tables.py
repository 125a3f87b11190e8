"""Tables that come near to what is refused, and are filled: the last that is allowed."""

from collections.abc import Sequence

import pytest

from tests.support.any_table import create, expected, row, store, stored
from tests.support.migrations import upgrade
from tests.support.tables import TABLE, execute

KEY = "PRIMARY KEY (id)"
ACCEPTED = {
    "just long enough": [create(KEY, media_generation_id="varchar(175)", updated_at="varchar(24)")],
    "inserts alone are published": [
        create(),
        f"CREATE PUBLICATION inserts FOR TABLE {TABLE} WITH (publish = 'insert')",
    ],
}


@pytest.mark.parametrize("statements", ACCEPTED.values(), ids=ACCEPTED)
def test_postgresql_accepts(postgresql_empty: str, statements: Sequence[str]) -> None:
    """What cannot stand in the way of an UPDATE is no reason to refuse a table."""
    execute(postgresql_empty, *statements)
    rows = [row(seed) for seed in range(30)]
    store(postgresql_empty, rows)

    upgrade(postgresql_empty)

    assert stored(postgresql_empty) == expected(rows)


@pytest.mark.parametrize("columns", [["rowid TEXT"], ["rowid TEXT", "oid TEXT"]], ids=["one", "two"])
def test_sqlite_finds_rows_where_columns_hide_names_of_the_rowid(sqlite_empty: str, columns: Sequence[str]) -> None:
    """A column called `rowid` holds the application's values; the number of the row has two other names."""
    execute(sqlite_empty, create(*columns))
    rows = [row(seed) for seed in range(150)]
    store(sqlite_empty, rows)

    upgrade(sqlite_empty, batch_size=50)

    assert stored(sqlite_empty) == expected(rows)
