"""Tables that Citus has distributed, on a real cluster: TEST_CITUS_URL names a database of its coordinator."""

import json
import os
import random
import signal
import time
from collections.abc import Iterator, Sequence

import psycopg
import pytest
import sqlalchemy as sa

from app.backfill.citus.shards import FilledByShards, Shards
from app.backfill.engine import backfill
from app.backfill.listener import Listener
from app.backfill.options import Options
from app.backfill.postgresql.catalogue import find_key
from app.backfill.postgresql.heaps import Heap, Part
from app.backfill.postgresql.target import Place, Target, heap_of
from app.backfill.rows import Recovered, TooManyRowsError
from app.backfill.transactions import Transactions
from app.database.engines import make_engine
from app.database.timestamps import now
from app.videos.recipe import MEDIA_IDS
from tests.conftest import Databases
from tests.live.test_locked_rows import HELD, failures
from tests.live.test_workers import filled_to
from tests.migrations.test_backfill import expected
from tests.support.plain_rows import count_filled, expected_ids, filled, filled_ids, insert_plain
from tests.support.processes import run_command, run_sync, run_upgrade, start_sync, start_upgrade, wait_until
from tests.support.responses import StoredRow, make_rows, named, recoverable
from tests.support.tables import COLUMNS_OF_VARIANT_A, INDEXED, TABLE, execute, query, read_all, store_body
from tests.support.walks import by_hand

pytestmark = pytest.mark.citus

RUNS = "media_generation_id_backfill_runs"
OURS = (TABLE, RUNS, "media_generation_id_backfill_failures", "alembic_version")
PROJECTS = 50
ROWS = 4_000
DISTRIBUTIONS = {"id": "id", "project_id": "project_id, id"}
"""The column by which the table is distributed, and the primary key that goes with it."""
WRITTEN_TOGETHER = (
    f"SELECT count(*) FROM {TABLE} WHERE media_generation_id IS NOT NULL GROUP BY tableoid::regclass::text, xmin::text"
)


@pytest.fixture
def cluster(databases_of_kind: dict[str, Databases]) -> Iterator[str]:
    """The URL of a cluster's coordinator, without our tables."""
    url = os.environ.get("TEST_CITUS_URL")
    if url is None:
        known = query(databases_of_kind["postgresql-16"].empty(), "SELECT name FROM pg_available_extensions")
        reason = "needs a cluster (TEST_CITUS_URL)" if ("citus",) in known else "this PostgreSQL has no extension citus"
        pytest.skip(reason)
    drop = [f"DROP TABLE IF EXISTS {table} CASCADE" for table in OURS]
    execute(url, *drop)
    yield url
    execute(url, *drop)


def distribute(url: str, by: str, *, partitioned: bool = False) -> None:
    """Create the application's table, distributed by a column."""
    key = DISTRIBUTIONS[by] + (", created_at" if partitioned else "")
    statements = [
        f"CREATE TABLE {TABLE} ({COLUMNS_OF_VARIANT_A}, PRIMARY KEY ({key}))"
        + (" PARTITION BY RANGE (created_at)" if partitioned else ""),
        *(f"CREATE INDEX idx_veo3_generations_{name} ON {TABLE}({name})" for name in INDEXED),
        f"SELECT create_distributed_table('{TABLE}', '{by}', shard_count := 32)",
    ]
    if partitioned:
        statements += [
            f"CREATE TABLE {TABLE}_2025 PARTITION OF {TABLE} FOR VALUES FROM ('2025') TO ('2026')",
            f"CREATE TABLE {TABLE}_other PARTITION OF {TABLE} DEFAULT",
        ]
    execute(url, *statements)


def insert(url: str, rows: Sequence[StoredRow]) -> None:
    """Insert rows of many projects and of two years."""
    values = [
        row.values() | {"project_id": f"project-{number % PROJECTS}", "created_at": f"{2025 + number % 2}-10-10"}
        for number, row in enumerate(rows)
    ]
    table = sa.table(TABLE, *(sa.column(name) for name in values[0]))
    with make_engine(url).begin() as connection:
        connection.execute(sa.insert(table), values)


@pytest.mark.parametrize("partitioned", [False, True], ids=["plain", "partitioned"])
@pytest.mark.parametrize("by", DISTRIBUTIONS)
def test_upgrade_fills_every_shard_and_a_rerun_finds_nothing(cluster: str, by: str, *, partitioned: bool) -> None:
    """Every kind of stored answer, compared as a whole table, column by column."""
    distribute(cluster, by, partitioned=partitioned)
    rows = make_rows(3_000)
    insert(cluster, rows)
    before = read_all(cluster)

    upgraded = run_upgrade(cluster)
    after = read_all(cluster)
    again = run_sync(cluster, "--json")

    assert (upgraded.code, after) == (0, expected(before, rows, after)), upgraded
    assert query(cluster, f"SELECT DISTINCT walk FROM {RUNS}") == [("shard",)]
    assert (again.code, json.loads(again.out)["synced"]) == (1, 0), again
    assert read_all(cluster) == after


@pytest.mark.parametrize("by", DISTRIBUTIONS)
def test_large_batches_are_filled_by_all_shards_at_once(cluster: str, by: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every kind of stored answer, a body that no shard can cast, and the bound all the same."""
    monkeypatch.setattr(Shards, "fewest_in_place", 100)
    distribute(cluster, by)
    assert run_upgrade(cluster).code == 0
    rows = make_rows(6_000)
    insert(cluster, rows)
    odd = next(row for row in rows if row.response.name.startswith("02"))
    store_body(cluster, odd.id, odd.response.body.replace("{", '{"x":"\\u0000",', 1))
    before = read_all(cluster)
    together: list[int] = []
    listener = HearsBatches(together)

    with make_engine(cluster).connect() as connection:
        report = backfill(connection, MEDIA_IDS, Options(batch_size=400), origin="sync", listener=listener)

    after = read_all(cluster)
    assert after == expected(before, rows, after)
    assert (report.synced, report.total) == (sum(row.response.outcome == "synced" for row in rows), 6_000)
    assert (max(together) <= 400, sum(together)) == (True, report.synced)
    assert max(query(cluster, WRITTEN_TOGETHER))[0] <= 400


class HearsBatches(Listener):
    """Notes how many rows each transaction filled."""

    def __init__(self, sizes: list[int]) -> None:
        self._sizes = sizes

    def filled(self, rows: Sequence[Recovered]) -> None:
        """Note a batch."""
        self._sizes.append(len(rows))


def test_more_rows_than_were_counted_undo_the_transaction(cluster: str) -> None:
    """The transaction is undone; the next window does them."""
    distribute(cluster, "id")
    assert run_upgrade(cluster).code == 0
    insert(cluster, make_rows(300, recoverable()))

    with make_engine(cluster).connect() as connection:
        key = find_key(connection, TABLE)
        target = Target(MEDIA_IDS, heap_of(MEDIA_IDS, key), key, sa.literal("a shard"), "id")
        in_place = FilledByShards(target, Part(Heap(label=TABLE, blocks=99), Place(), 99), most_rows=100)
        connection.rollback()
        transactions = Transactions(connection, owned_by_caller=False)
        with pytest.raises(TooManyRowsError), transactions.write(in_place.settings) as writing:
            in_place.fill(writing, now(), listed=True)

    assert count_filled(cluster) == 0


@pytest.mark.parametrize("by", DISTRIBUTIONS)
@pytest.mark.parametrize("batch_size", [7, 300])
def test_no_transaction_updates_more_rows_than_a_batch_may_have(cluster: str, by: str, batch_size: int) -> None:
    """As the shards have it: rows of one shard with one writer are one transaction's."""
    distribute(cluster, by)
    insert(cluster, make_rows(1_000, recoverable()))

    ended = run_upgrade(cluster, batch_size=batch_size)

    sizes = query(cluster, WRITTEN_TOGETHER)
    report = query(cluster, f"SELECT batches, synced FROM {RUNS}")
    assert (ended.code, max(sizes)[0] <= batch_size) == (0, True), ended
    assert report[0][1] == 1_000
    assert report[0][0] >= 1_000 / batch_size


def test_two_upgrades_at_once_both_succeed(cluster: str) -> None:
    """One works, the other waits and finds everything done."""
    distribute(cluster, "id")
    insert_plain(cluster, ROWS)

    both = [start_upgrade(cluster), start_upgrade(cluster)]
    codes = [process.finish().code for process in both]

    assert (codes, filled_ids(cluster)) == ([0, 0], expected_ids(ROWS))
    assert query(cluster, f"SELECT count(*), sum(synced) FROM {RUNS}") == [(1, len(expected_ids(ROWS)))]


@pytest.mark.parametrize("workers", [1, 4])
def test_kills_each_followed_by_a_rerun_lose_nothing(cluster: str, workers: int) -> None:
    """Whatever was open is found again, and what was filled keeps its timestamp."""
    distribute(cluster, "id")
    insert_plain(cluster, ROWS)
    chance = random.Random(7)
    first_seen: dict[str, tuple[object, ...]] = {}

    for fraction in (0.05, 0.2, 0.4, 0.6):
        process = start_upgrade(cluster, workers=workers, batch_size=50)
        filled_to(cluster, fraction * ROWS, process)
        time.sleep(chance.uniform(0, 0.1))
        process.send(signal.SIGKILL)
        process.finish()
        first_seen = filled(cluster) | first_seen
    last = run_upgrade(cluster, workers=workers)

    assert (last.code, filled_ids(cluster)) == (0, expected_ids(ROWS)), last
    assert {name: row for name, row in filled(cluster).items() if name in first_seen} == first_seen


def test_rows_that_change_after_they_were_read_are_the_applications(cluster: str) -> None:
    """Filled, or with a new answer: its values are kept, and the other rows of the batch are filled all the same."""
    distribute(cluster, "id")
    assert run_upgrade(cluster).code == 0
    rows = make_rows(5, recoverable())
    insert(cluster, rows)

    with by_hand(cluster) as walk:
        window = walk.read()
        execute(cluster, f"UPDATE {TABLE} SET media_generation_id = 'CAUSapplication' WHERE id = '{rows[0].id}'")
        store_body(cluster, rows[1].id, named("04").body)
        done = walk.fill(window.recovered)

    assert done == sorted(row.id for row in rows[2:])
    table = read_all(cluster)
    assert [table[row.id]["media_generation_id"] for row in rows[:2]] == ["CAUSapplication", None]


def test_a_body_that_cannot_be_cast_is_judged_all_the_same(cluster: str) -> None:
    """An escaped NUL can be read; a truncated body is a failure; the window goes on."""
    distribute(cluster, "id")
    assert run_upgrade(cluster).code == 0
    good, nul, cut = make_rows(3, (named("02"),))
    insert(cluster, [good, nul, cut])
    store_body(cluster, nul.id, nul.response.body.replace("{", '{"x":"\\u0000",', 1))
    store_body(cluster, cut.id, '{"x')

    ended = run_sync(cluster, "--json")

    assert (ended.code, json.loads(ended.out)["reasons"]) == (1, {"invalid_json": 1}), ended
    assert count_filled(cluster) == 2


@pytest.mark.parametrize("limit", [1, 10, 333])
def test_a_limit_is_exact_and_nothing_is_left_out(cluster: str, limit: int) -> None:
    """Though rows of all shards stand at the same places."""
    distribute(cluster, "id")
    insert(cluster, make_rows(400))
    assert run_upgrade(cluster, backfill="defer").code == 0

    with by_hand(cluster) as walk:
        cursor, sizes = None, []
        while True:
            window = walk.read(cursor, 1_000, limit=limit)
            sizes.append(window.found)
            cursor = window.cursor
            if cursor is None:
                break

    assert max(sizes) <= limit
    assert sum(sizes) == 400


def test_a_locked_row_on_a_shard_holds_up_nobody_else(cluster: str) -> None:
    """The time limit for locks reaches the shards: the run goes round the row and comes back."""
    distribute(cluster, "id")
    assert run_upgrade(cluster).code == 0
    insert_plain(cluster, ROWS)

    with psycopg.connect(cluster) as session:
        session.execute(f"UPDATE {TABLE} SET prompt = prompt WHERE operation_name = '{HELD}'")
        process = start_sync(cluster)
        wait_until(lambda: count_filled(cluster) == len(expected_ids(ROWS)) - 1)
        session.rollback()
    ended = process.finish()

    assert (ended.code, filled_ids(cluster), failures(cluster)) == (1, expected_ids(ROWS), []), ended


def test_status_failures_and_check_work_on_a_distributed_table(cluster: str) -> None:
    """The commands that look."""
    distribute(cluster, "id")
    insert(cluster, make_rows(480))
    assert run_upgrade(cluster).code == 0

    status = run_command("media-gen-ids", cluster, "status", "--json")
    listed = run_command("media-gen-ids", cluster, "failures", "--json")
    check = run_command("media-gen-ids", cluster, "check")
    retried = run_sync(cluster, "--retry-failed", "--all", "--json")

    assert (status.code, sum(json.loads(status.out)["total"].values())) == (0, 480), status
    assert (listed.code, len(json.loads(listed.out))) == (0, 80), listed
    assert "ok    nothing recoverable left" in check.out, check
    assert (retried.code, json.loads(retried.out)["failed"]) == (1, 80), retried


@pytest.mark.parametrize("by", DISTRIBUTIONS)
def test_failures_that_were_mended_are_filled_by_a_retry(cluster: str, by: str) -> None:
    """Rows of several shards at once, which cannot be locked together there."""
    distribute(cluster, by)
    rows = make_rows(30, (named("02"),))
    insert(cluster, rows)
    execute(cluster, f"UPDATE {TABLE} SET raw_response = 'cut off' WHERE id IS NOT NULL")
    assert run_sync_after_upgrade(cluster) == {"invalid_json": 30}
    for row in rows[:20]:
        store_body(cluster, row.id, row.response.body)

    retried = run_sync(cluster, "--retry-failed", "--json")

    report = json.loads(retried.out)
    assert (retried.code, report["synced"], count_filled(cluster)) == (0, 20, 20), retried


def run_sync_after_upgrade(url: str) -> dict[str, int]:
    """Upgrade, and return the reasons that a run reports."""
    assert run_upgrade(url).code == 0
    reasons: dict[str, int] = json.loads(run_sync(url, "--json").out)["reasons"]
    return reasons
