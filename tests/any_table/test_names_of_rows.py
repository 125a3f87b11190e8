"""Whatever names a row, or nothing: no row gets the id of another one."""

import pytest

from tests.conftest import Databases
from tests.support.any_table import create, expected, row, store, stored, touched, unfinished
from tests.support.migrations import upgrade
from tests.support.processes import run_sync, run_upgrade
from tests.support.tables import TABLE, execute, query

ROWS = [
    row(seed, id=f"id-{seed // 4}", **({"raw_response": unfinished(seed)} if seed % 4 == 1 else {}))
    for seed in range(1_200)
]
"""Four rows of each id, one of which has no id in its body."""
KEYLESS = {
    "nothing": [create()],
    "an index that is not unique": [create(), f"CREATE INDEX not_unique ON {TABLE} (id)"],
    "a unique index of a part": [create(), f"CREATE UNIQUE INDEX part ON {TABLE} (id) WHERE status = 'nothing'"],
    "a unique index that admits NULL": [create(), f"CREATE UNIQUE INDEX admits_null ON {TABLE} (seed, prompt)"],
}


@pytest.mark.parametrize("batch_size", [1_000, 50])
@pytest.mark.parametrize("statements", KEYLESS.values(), ids=KEYLESS)
def test_rows_that_share_an_id_get_each_its_own(databases: Databases, statements: list[str], batch_size: int) -> None:
    """All were inserted by one transaction, so that nothing but their place tells them apart."""
    url = databases.empty()
    execute(url, *statements)
    store(url, ROWS)

    upgrade(url, batch_size=batch_size)

    assert stored(url) == expected(ROWS)
    assert touched(url) == {one.seed for one in ROWS if one.expected}


@pytest.mark.parametrize("batch_size", [1_000, 50])
def test_included_columns_are_no_part_of_a_key(postgresql_empty: str, batch_size: int) -> None:
    """A primary key INCLUDEs what every UPDATE changes, and what is NULL."""
    execute(postgresql_empty, create("PRIMARY KEY (id) INCLUDE (updated_at, prompt)"))
    rows = [row(seed) for seed in range(600)]
    store(postgresql_empty, rows)

    upgrade(postgresql_empty, batch_size=batch_size)

    assert stored(postgresql_empty) == expected(rows)


UNIQUE = {
    "a unique constraint": "UNIQUE (id)",
    "several columns": "UNIQUE (project_id, seed)",
    "a key in another order": "PRIMARY KEY (seed, id)",
    "a key that is checked late": "PRIMARY KEY (id) DEFERRABLE INITIALLY DEFERRED",
}


@pytest.mark.parametrize("key", UNIQUE.values(), ids=UNIQUE)
def test_any_key_names_the_rows(postgresql_empty: str, key: str) -> None:
    """Whichever columns are unique and never NULL, also where PostgreSQL looks at it only at the end."""
    execute(postgresql_empty, create(key, id="TEXT NOT NULL", project_id="TEXT NOT NULL"))
    execute(postgresql_empty, f"ALTER TABLE {TABLE} ALTER seed SET NOT NULL")
    rows = [row(seed) for seed in range(300)]
    store(postgresql_empty, rows)

    upgrade(postgresql_empty, batch_size=50)

    assert stored(postgresql_empty) == expected(rows)


def test_children_that_repeat_the_parents_ids_get_each_its_own(postgresql_empty: str) -> None:
    """A table that inherits has a key of its own, and both see the rows of one query."""
    execute(postgresql_empty, create("PRIMARY KEY (id)"))
    execute(postgresql_empty, f"CREATE TABLE child (PRIMARY KEY (id)) INHERITS ({TABLE})")
    rows = [row(seed, id=f"id-{seed % 150}") for seed in range(300)]
    store(postgresql_empty, rows[:150])
    store(postgresql_empty, rows[150:], "child")

    upgrade(postgresql_empty, batch_size=50)

    assert stored(postgresql_empty) == expected(rows)


def test_a_table_whose_children_have_no_key_is_refused_before_anything_is_changed(postgresql_empty: str) -> None:
    """Nothing would name their rows across the whole tree."""
    execute(postgresql_empty, create("PRIMARY KEY (id)"), f"CREATE TABLE child () INHERITS ({TABLE})")
    store(postgresql_empty, [row(1)])

    done = run_upgrade(postgresql_empty)

    assert (done.code, "nothing names its rows" in done.out) == (255, True)
    assert query(postgresql_empty, "SELECT to_regclass('alembic_version')") == [(None,)]
    assert stored(postgresql_empty) == {1: None}


def test_partitions_whose_names_read_alike_are_told_apart(postgresql_empty: str) -> None:
    """`"a.b".c` and `a."b.c"`: neither their rows nor their failures are mixed up."""
    execute(
        postgresql_empty,
        create(id="TEXT NOT NULL") + " PARTITION BY RANGE (id)",
        'CREATE SCHEMA "a.b"',
        "CREATE SCHEMA a",
        f"CREATE TABLE \"a.b\".c PARTITION OF {TABLE} FOR VALUES FROM (MINVALUE) TO ('m')",
        f"CREATE TABLE a.\"b.c\" PARTITION OF {TABLE} FOR VALUES FROM ('m') TO (MAXVALUE)",
    )
    rows = [row(seed, id=f"{'az'[seed % 2]}{seed}") for seed in range(300)]
    rows += [row(300, id="a-", raw_response="{"), row(301, id="z-", raw_response="{")]
    store(postgresql_empty, rows)

    upgrade(postgresql_empty, batch_size=50)

    failures = query(postgresql_empty, "SELECT generation_id FROM media_generation_id_backfill_failures ORDER BY 1")
    assert stored(postgresql_empty) == expected(rows)
    assert failures == [("a-",), ("z-",)]


def test_failures_without_a_key_are_named_by_their_place_and_tried_again(databases: Databases) -> None:
    """Two rows of one id fail; one is mended, and only its failure goes away."""
    url = databases.empty()
    execute(url, create())
    store(url, [row(seed, id="same", raw_response="{") for seed in (1, 2)] + [row(3)])
    upgrade(url)
    before = query(url, "SELECT generation_id, reason FROM media_generation_id_backfill_failures")
    execute(url, f"UPDATE {TABLE} SET raw_response = '{row(1).raw_response}' WHERE seed = 1")

    synced = run_sync(url)
    listed = query(url, "SELECT generation_id, reason FROM media_generation_id_backfill_failures")

    assert before == [("same", "invalid_json")] * 2
    assert (synced.code, listed) == (1, [("same", "invalid_json")])
    assert stored(url) == {1: "CAUS000001", 2: None, 3: "CAUS000003"}


def test_a_retry_finds_failures_by_their_place(databases: Databases) -> None:
    """`--retry-failed` on a table without any key."""
    url = databases.empty()
    execute(url, create())
    store(url, [row(seed, id="same", raw_response="{") for seed in (1, 2)])
    upgrade(url)

    again = run_sync(url, "--retry-failed", "--all", "--json")

    assert (again.code, '"failed": 2' in again.out) == (1, True), again
