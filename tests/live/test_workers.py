"""Several workers on PostgreSQL: as one, but side by side."""

import json
import signal
import time
from random import Random

import pytest

from support.postgres import PostgresServer
from tests.conftest import Databases
from tests.live.test_kill import without_timestamp
from tests.live.test_locked_rows import HELD, failures, row_held
from tests.migrations.test_backfill import record_updates
from tests.support.migrations import recorded_version
from tests.support.partitions import create_partitioned
from tests.support.plain_rows import count_filled, expected_ids, filled, filled_ids, insert_plain
from tests.support.processes import Finished, Process, run_sync, run_upgrade, start_sync, start_upgrade, wait_until
from tests.support.responses import make_rows, recoverable
from tests.support.tables import TABLE, create_variant, execute, insert, query

ROWS = 4_000
KILLS = 10
FOUR_SLOWLY = {"workers": 4, "batch_size": 20, "nice": 6}
RUNS = "media_generation_id_backfill_runs"
ONE_WRITER = "workers: only PostgreSQL takes several; this database has one writer at a time"
FILLING_SESSIONS = "SELECT count(DISTINCT pid) FROM writers"


def filled_to(url: str, rows: float, process: Process) -> None:
    """Wait until so many rows are filled, or the run has ended."""
    wait_until(lambda: count_filled(url) >= rows or process.poll() is not None)


def test_kills_with_four_workers_each_followed_by_a_rerun_end_like_an_undisturbed_run(postgresql: Databases) -> None:
    """The cursor never passed a window that was not finished: whatever was open is found again."""
    undisturbed, url = postgresql.empty(), postgresql.empty()
    for database in (undisturbed, url):
        create_variant(database, "A")
        insert_plain(database, ROWS)
    run_upgrade(undisturbed)
    random = Random(4)
    first_seen: dict[str, tuple[object, ...]] = {}

    codes = set()
    for fraction in sorted(random.uniform(0, 0.75) for _ in range(KILLS)):
        process = start_upgrade(url, **FOUR_SLOWLY)
        filled_to(url, fraction * ROWS, process)
        time.sleep(random.uniform(0, 0.1))
        process.send(signal.SIGKILL)
        codes.add(process.finish().code)
        first_seen = filled(url) | first_seen
    last = run_upgrade(url, workers=4)

    assert (codes, last.code, recorded_version(url)) == ({-signal.SIGKILL}, 0, "media_ids_0003"), last
    assert len(first_seen) > ROWS / 2
    assert {name: row for name, row in filled(url).items() if name in first_seen} == first_seen
    assert without_timestamp(url) == without_timestamp(undisturbed)


@pytest.mark.parametrize("partitioning", [None, "two levels"])
def test_a_killed_runs_cursor_leaves_nothing_behind(postgresql: Databases, partitioning: str | None) -> None:
    """What stands before it, in the order of the walk, is done: asked of the table itself."""
    url = postgresql.empty()
    create_partitioned(url, partitioning) if partitioning else create_variant(url, "A")
    insert_plain(url, ROWS)
    process = start_upgrade(url, **FOUR_SLOWLY)
    filled_to(url, ROWS / 2, process)
    process.send(signal.SIGKILL)
    process.finish()

    cursor = query(url, f"SELECT cursor FROM {RUNS} ORDER BY id DESC LIMIT 1")[0][0]
    heap, _, place = cursor.rpartition(" ")
    left_behind = query(
        url,
        f"SELECT count(*) FROM {TABLE} WHERE media_generation_id IS NULL AND raw_response LIKE '%CAUS%}}]}}'"
        f" AND (tableoid::regclass::text < split_part('{heap}', '.', 2)"
        f"      OR tableoid = '{heap}'::regclass AND ctid < '{place}')".replace("%", "%%"),
    )

    assert left_behind == [(0,)], cursor


def test_several_connections_fill_and_no_transaction_has_more_rows_than_a_batch(postgresql: Databases) -> None:
    """Counted by triggers inside the database; and no row is written twice."""
    url = postgresql.empty()
    create_variant(url, "A")
    insert(url, make_rows(2_000, recoverable()))
    run_upgrade(url, "media_ids_0002")
    record_updates(url, "")
    execute(
        url,
        "CREATE TABLE writers (pid int)",
        "CREATE FUNCTION note_writer() RETURNS trigger LANGUAGE plpgsql AS"
        " 'BEGIN INSERT INTO writers VALUES (pg_backend_pid()); RETURN NULL; END'",
        f"CREATE TRIGGER writers AFTER UPDATE ON {TABLE} FOR EACH STATEMENT EXECUTE FUNCTION note_writer()",
    )

    ended = run_upgrade(url, workers=3, batch_size=30)

    sizes = query(url, "SELECT count(*) FROM audit GROUP BY transaction_name")
    assert (ended.code, max(sizes)[0] <= 30, sum(size for (size,) in sizes)) == (0, True, 2_000), ended
    assert query(url, "SELECT count(DISTINCT id) FROM audit") == [(2_000,)]
    assert query(url, FILLING_SESSIONS) == [(3,)]
    assert query(url, f"SELECT batches FROM {RUNS}") == [(len(sizes),)]


def report_of(ended: Finished) -> dict[str, object]:
    """Return the counts of a report."""
    report = json.loads(ended.out)
    return {name: report[name] for name in ("state", "found", "synced", "skipped", "failed", "total", "reasons")}


def test_report_and_failures_are_those_of_one_worker(postgresql: Databases) -> None:
    """Every outcome, counted once."""
    urls = postgresql.upgraded(), postgresql.upgraded()
    rows = make_rows(3_000)
    for url in urls:
        insert(url, rows)

    one, four = (
        run_sync(url, "--json", "--batch-size", "50", "--workers", workers)
        for url, workers in zip(urls, "14", strict=True)
    )
    recorded = [query(url, "SELECT generation_id, reason FROM media_generation_id_backfill_failures") for url in urls]

    assert (one.code, four.code) == (1, 1), four
    assert report_of(one) == report_of(four)
    assert sorted(recorded[0]) == sorted(recorded[1])


def test_a_limit_holds_for_all_of_them_together(postgresql: Databases) -> None:
    """Not a row more is looked at."""
    url = postgresql.upgraded()
    insert(url, make_rows(500, recoverable()))

    ended = run_sync(url, "--json", "--limit", "101", "--workers", "4", batch_size="10")

    assert (ended.code, json.loads(ended.out)["found"], count_filled(url)) == (3, 101, 101), ended


def test_a_signal_ends_all_of_them_after_their_batches(postgresql: Databases) -> None:
    """Exit code 143, marked stopped; the next run goes on."""
    url = postgresql.upgraded()
    insert_plain(url, ROWS)
    process = start_sync(url, "--json", **FOUR_SLOWLY)
    filled_to(url, 200, process)

    process.send(signal.SIGTERM)
    ended = process.finish()
    synced, kept = json.loads(ended.out)["synced"], filled(url)
    again = run_sync(url, "--workers", "4")

    assert (ended.code, query(url, f"SELECT state FROM {RUNS} ORDER BY id")[1:]) == (143, [("stopped",), ("done",)])
    assert synced == len(kept)
    assert (again.code, filled_ids(url)) == (1, expected_ids(ROWS)), again
    assert {name: row for name, row in filled(url).items() if name in kept} == kept


def test_a_run_that_another_one_took_over_stops_with_all_of_its_workers(postgresql: Databases) -> None:
    """The fence: nothing is written after it."""
    url = postgresql.upgraded()
    insert_plain(url, ROWS)
    process = start_sync(url, **FOUR_SLOWLY)
    filled_to(url, 200, process)

    execute(url, f"UPDATE {RUNS} SET state = 'superseded' WHERE state = 'running'")
    kept = filled(url)
    ended = process.finish()

    said = [line for line in ended.err.splitlines() if line.startswith("media-gen-ids: ")]
    assert (ended.code, ended.err.splitlines()[-1:], len(said)) == (4, said, 1), ended
    assert said[0].endswith(" was taken over by another run; its open batch was rolled back")
    assert "Traceback" not in ended.err
    assert filled(url) == kept


def test_a_locked_row_holds_up_nobody_else(postgresql: Databases) -> None:
    """All other rows are filled while it is held, and that one in the end."""
    url = postgresql.upgraded()
    insert_plain(url, ROWS)

    with row_held(url):
        process = start_sync(url, "--workers", "3")
        wait_until(lambda: count_filled(url) == len(expected_ids(ROWS)) - 1)
    ended = process.finish()

    assert (ended.code, filled_ids(url), failures(url)) == (1, expected_ids(ROWS), []), (ended, HELD)


def test_all_of_them_go_on_after_the_server_was_stopped_and_started(own_server: PostgresServer) -> None:
    """Each connects again; a commit whose answer was lost is counted once."""
    url = own_server.create_database("stopped")
    assert run_upgrade(url).code == 0
    insert_plain(url, ROWS)
    process = start_sync(url, "--json", **FOUR_SLOWLY)
    filled_to(url, 400, process)

    own_server.stop("immediate")
    own_server.start()
    kept = filled(url)
    ended = process.finish()

    assert (ended.code, filled_ids(url)) == (1, expected_ids(ROWS)), ended
    assert json.loads(ended.out)["synced"] == len(expected_ids(ROWS))
    assert {name: row for name, row in filled(url).items() if name in kept} == kept


def test_sqlite_takes_one_worker_and_says_so(sqlite: Databases) -> None:
    """One line, exit code 2, and nothing is written."""
    upgraded, empty = sqlite.upgraded(), sqlite.empty()
    insert_plain(upgraded, 10)

    synced = run_sync(upgraded, "--workers", "2")
    migrated = run_upgrade(empty, workers=2)

    assert (synced.code, synced.out) == (2, ""), synced
    assert synced.err == f"media-gen-ids: {ONE_WRITER}\n"
    assert (migrated.code, ONE_WRITER in migrated.out + migrated.err) == (255, True), migrated
    assert (count_filled(upgraded), query(empty, "SELECT count(*) FROM sqlite_master")) == (0, [(0,)])
