"""Partitioned tables: every leaf is walked block by block, and everything else is as with an ordinary table."""

import json

import pytest

from tests.migrations.test_backfill import expected, record_updates, upgrade_then_sync
from tests.support.migrations import recorded_version, upgrade
from tests.support.partitions import PARTITIONINGS, create_partitioned
from tests.support.processes import alembic, media_gen_ids
from tests.support.responses import StoredRow, make_rows, recoverable
from tests.support.tables import (
    COLUMNS_OF_VARIANT_A,
    TABLE,
    execute,
    insert,
    query,
    read_all,
)

RUNS = "media_generation_id_backfill_runs"
SPREAD = (
    f"UPDATE {TABLE} SET created_at ="
    " (ARRAY['2025-10-10', '2025-11-11', '2026-01-01'])[1 + mod(abs(hashtext(id)), 3)] || 'T00:00:00.000Z'"
)


def fill(url: str, rows: list[StoredRow]) -> None:
    """Store rows and spread them over the partitions."""
    insert(url, rows)
    execute(url, SPREAD)


@pytest.mark.parametrize("partitioning", PARTITIONINGS)
def test_upgrade_fills_every_partition(postgresql_empty: str, partitioning: str) -> None:
    """Compared as a whole table, column by column; then a second run finds nothing, and status counts them all."""
    create_partitioned(postgresql_empty, partitioning)
    rows = make_rows(3_000)
    fill(postgresql_empty, rows)

    before, after, again = upgrade_then_sync(postgresql_empty)
    status = json.loads(media_gen_ids("status", "--json", url=postgresql_empty).stdout)

    assert after == expected(before, rows, after)
    assert query(postgresql_empty, f"SELECT DISTINCT walk FROM {RUNS}") == [("partition",)]
    assert (again.returncode, json.loads(again.stdout)["synced"]) == (1, 0)
    assert read_all(postgresql_empty) == after
    assert sum(status["total"].values()) == 3_000
    assert status["total"]["with_id"] == sum(row.response.outcome == "synced" for row in rows)


@pytest.mark.parametrize("batch_size", [1, 7])
def test_no_transaction_updates_more_rows_than_a_batch_may_have(postgresql_empty: str, batch_size: int) -> None:
    """Counted by a trigger inside the database; and no row is written twice."""
    create_partitioned(postgresql_empty, "two levels")
    fill(postgresql_empty, make_rows(200, recoverable()))
    upgrade(postgresql_empty, "media_ids_0002")
    record_updates(postgresql_empty, "")

    upgrade(postgresql_empty, batch_size=batch_size)

    sizes = query(postgresql_empty, "SELECT count(*) FROM audit GROUP BY transaction_name")
    assert (max(sizes)[0] <= batch_size, sum(size for (size,) in sizes)) == (True, 200)
    assert query(postgresql_empty, "SELECT count(DISTINCT id) FROM audit") == [(200,)]


def test_runs_that_stop_early_go_on_in_the_partition_where_they_stopped(postgresql_empty: str) -> None:
    """A portion at a time, each with a cursor that names a partition, until nothing is left."""
    create_partitioned(postgresql_empty, "two levels")
    rows = make_rows(400, recoverable())
    fill(postgresql_empty, rows)
    upgrade(postgresql_empty, backfill="defer")

    codes = [media_gen_ids("sync", "--limit", "90", url=postgresql_empty).returncode for _ in range(6)]

    cursors = query(postgresql_empty, f"SELECT DISTINCT cursor FROM {RUNS} WHERE cursor IS NOT NULL")
    assert codes in ([3, 3, 3, 3, 3, 0], [3, 3, 3, 3, 0, 0])
    assert {cursor.rpartition("_")[0] for (cursor,) in cursors} >= {f"public.{TABLE}_m0", f"public.{TABLE}_m1"}
    assert query(postgresql_empty, f"SELECT count(*) FROM {TABLE} WHERE media_generation_id IS NULL") == [(0,)]


def test_a_partition_that_goes_takes_its_cursor_with_it(postgresql_empty: str) -> None:
    """The run starts over: nothing is left out, and nothing fails."""
    create_partitioned(postgresql_empty, "hash of id")
    fill(postgresql_empty, make_rows(300, recoverable()))
    upgrade(postgresql_empty, backfill="defer")
    media_gen_ids("sync", "--limit", "150", url=postgresql_empty)
    stopped_in = query(postgresql_empty, f"SELECT split_part(split_part(cursor, '.', 2), ' ', 1) FROM {RUNS}")[0][0]
    execute(postgresql_empty, f"ALTER TABLE {TABLE} DETACH PARTITION {stopped_in}")

    done = media_gen_ids("sync", url=postgresql_empty)

    assert (done.returncode, stopped_in != "") == (0, True)
    assert query(postgresql_empty, f"SELECT count(*) FROM {TABLE} WHERE media_generation_id IS NULL") == [(0,)]


UNSUITABLE = {
    "updated_at decides about the partition": [
        f"CREATE TABLE {TABLE} ({{columns}}, PRIMARY KEY (id, updated_at)) PARTITION BY RANGE (updated_at)",
        f"CREATE TABLE {TABLE}_old PARTITION OF {TABLE} FOR VALUES FROM (MINVALUE) TO ('2026-06-01')",
        f"CREATE TABLE {TABLE}_new PARTITION OF {TABLE} DEFAULT",
    ],
    "children by inheritance": [
        f"CREATE TABLE {TABLE} ({{columns}}, PRIMARY KEY (id))",
        f"CREATE TABLE child (PRIMARY KEY (id)) INHERITS ({TABLE})",
    ],
}


@pytest.mark.parametrize("statements", UNSUITABLE.values(), ids=UNSUITABLE)
def test_what_cannot_be_walked_by_blocks_is_walked_by_key(postgresql_empty: str, statements: list[str]) -> None:
    """The rows may even move to another partition when they are filled."""
    execute(postgresql_empty, *(statement.format(columns=COLUMNS_OF_VARIANT_A) for statement in statements))
    rows = make_rows(300)
    insert(postgresql_empty, rows)
    before = read_all(postgresql_empty)

    upgrade(postgresql_empty, batch_size=50)

    after = read_all(postgresql_empty)
    assert after == expected(before, rows, after)
    assert query(postgresql_empty, f"SELECT walk FROM {RUNS}") == [("key",)]


def test_adoption_adds_columns_to_a_partitioned_table(postgresql_empty: str) -> None:
    """The parent gets them, and so does each partition."""
    create_partitioned(postgresql_empty, "two levels")
    for column in ("media_generation_id", "fife_url", "serving_base_uri"):
        execute(postgresql_empty, f"ALTER TABLE {TABLE} DROP COLUMN {column}")
    execute(postgresql_empty, f"CREATE TABLE {TABLE}_late PARTITION OF {TABLE} FOR VALUES FROM ('2027') TO ('2028')")

    done = alembic("upgrade", "head", url=postgresql_empty)
    check = media_gen_ids("check", url=postgresql_empty)

    assert (done.returncode, recorded_version(postgresql_empty), check.returncode) == (0, "media_ids_0003", 0), (
        check.stdout
    )
