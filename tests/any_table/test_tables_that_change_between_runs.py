"""A run stops early, the table becomes one of another kind, and the next run walks it in another way."""

from tests.support.any_table import RUNS, create, expected, row, store, stored
from tests.support.migrations import upgrade
from tests.support.processes import run_sync
from tests.support.tables import TABLE, execute, query


def test_a_place_in_one_walk_is_no_place_in_another(postgresql_empty: str) -> None:
    """The table gets a child, whose rows no block of it holds: the next run starts over, by key."""
    execute(postgresql_empty, create("PRIMARY KEY (id)"))
    rows = [row(seed) for seed in range(60)]
    store(postgresql_empty, rows)
    upgrade(postgresql_empty, backfill="defer")

    first = run_sync(postgresql_empty, "--limit", "20", batch_size="10")
    execute(postgresql_empty, f"CREATE TABLE child (PRIMARY KEY (id)) INHERITS ({TABLE})")
    second = run_sync(postgresql_empty)

    assert (first.code, second.code, stored(postgresql_empty)) == (3, 0, expected(rows)), second
    assert query(postgresql_empty, f"SELECT walk FROM {RUNS} ORDER BY id") == [("block",), ("key",)]
