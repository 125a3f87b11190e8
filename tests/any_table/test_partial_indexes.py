"""A unique index over some of the rows names none of the others."""

import pytest

from tests.support.any_table import create, expected, row, store, stored
from tests.support.migrations import upgrade
from tests.support.tables import TABLE, execute


@pytest.mark.parametrize("batch_size", [1_000, 50])
def test_rows_outside_a_partial_unique_index_get_each_its_own_id(postgresql_empty: str, batch_size: int) -> None:
    """Ten rows share each id, and the index has none of them."""
    execute(
        postgresql_empty,
        create(id="TEXT NOT NULL"),
        f"CREATE UNIQUE INDEX part ON {TABLE} (id) WHERE status = 'unheard of'",
    )
    rows = [row(seed, id=f"row-{seed // 10}") for seed in range(300)]
    store(postgresql_empty, rows)

    upgrade(postgresql_empty, batch_size=batch_size)

    assert stored(postgresql_empty) == expected(rows)
