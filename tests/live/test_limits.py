"""Limits: how much one call does, what it says when it ends early, and that calling again comes to an end."""

import contextlib
import json
import signal
from collections.abc import Callable
from dataclasses import replace

import psycopg

from app.backfill.ledger.failures import FAILURES
from support.postgres import PostgresServer
from tests.conftest import Databases
from tests.live.test_locked_rows import WAITING_FOR_A_ROW
from tests.support.plain_rows import count_filled, expected_ids, insert_plain
from tests.support.processes import Finished, run_sync, run_upgrade, start_sync, wait_until
from tests.support.replica import Replica
from tests.support.responses import StoredRow, make_rows, named
from tests.support.tables import TABLE, execute, insert, query, store_body

ROWS = 2_000
CALM_SECONDS = 3.0


def becomes_so(condition: Callable[[], bool]) -> bool:
    """Tell whether something becomes so within a few seconds. What never happens can only be waited for."""
    with contextlib.suppress(TimeoutError):
        wait_until(condition, CALM_SECONDS)
        return True
    return False


def insert_failing(url: str, count: int) -> list[StoredRow]:
    """Insert rows whose bodies are cut off, let them fail, and return them with the bodies that they should have."""
    rows = make_rows(count, (named("30_"),))
    insert(url, [replace(row, response=replace(row.response, body="{")) for row in rows])
    run_sync(url)
    return rows


def report(ended: Finished, *names: str) -> list[object]:
    """Return fields of a JSON report."""
    fields = json.loads(ended.out)
    return [fields[name] for name in names]


def test_calling_again_with_a_limit_comes_to_an_end_over_rows_that_cannot_be_filled(live_databases: Databases) -> None:
    """350 of them in hundreds: three calls leave rows, the fourth comes to the end, and so do the next four."""
    url = live_databases.upgraded()
    insert(url, make_rows(350, (named("04_"), named("13_"))))

    codes = [run_sync(url, "--limit", "100").code for _ in range(8)]

    assert codes == [3, 3, 3, 0] * 2


def test_a_dry_run_ends_on_its_time_budget_and_says_so(live_databases: Databases) -> None:
    """Exit code 3, after the first window, and nothing is written."""
    url = live_databases.upgraded()
    insert_plain(url, ROWS)

    ended = run_sync(url, "--dry-run", "--json", "--time-budget", "0.000001", batch_size="10")

    assert (ended.code, report(ended, "state")) == (3, ["partial"]), ended
    assert 0 < json.loads(ended.out)["found"] < ROWS
    assert count_filled(url) == 0


def test_a_dry_run_ends_on_a_signal_with_its_code(postgresql: Databases) -> None:
    """It came while the run waited for the table, which it did not go on to read."""
    url = postgresql.upgraded()
    insert_plain(url, ROWS)

    with psycopg.connect(url) as session:
        session.execute(f"LOCK TABLE {TABLE} IN ACCESS EXCLUSIVE MODE")
        process = start_sync(url, "--dry-run", "--json", batch_size="10")
        wait_until(lambda: query(url, WAITING_FOR_A_ROW) == [(1,)])
        process.send(signal.SIGTERM)
    ended = process.finish()

    assert (ended.code, report(ended, "state", "batches")) == (128 + signal.SIGTERM, ["stopped", 0]), ended
    assert json.loads(ended.out)["found"] < ROWS


def test_a_limited_retry_looks_at_so_many_failures_and_says_that_there_are_more(live_databases: Databases) -> None:
    """Exit code 3; without a limit all of them fail again, each once, though they are more than a batch."""
    url = live_databases.upgraded()
    insert(url, make_rows(7, (named("33_"), named("35_"))))
    run_sync(url)

    limited = run_sync(url, "--retry-failed", "--all", "--json", "--limit", "2")
    whole = run_sync(url, "--retry-failed", "--all", "--json", batch_size="3")

    assert (limited.code, report(limited, "state", "found", "failed")) == (3, ["partial", 2, 2]), limited
    assert (whole.code, report(whole, "state", "found", "failed")) == (1, ["done", 7, 7]), whole
    assert query(url, f"SELECT count(*) FROM {FAILURES.name}") == [(7,)]


def test_failures_that_are_mended_are_all_tried_in_several_batches(live_databases: Databases) -> None:
    """Seven of them three at a time: all are filled, and none is left on the list."""
    url = live_databases.upgraded()
    for row in insert_failing(url, 7):
        store_body(url, row.id, row.response.body)

    ended = run_sync(url, "--retry-failed", "--json", batch_size="3")

    assert (ended.code, report(ended, "state", "found", "synced")) == (0, ["done", 7, 7]), ended
    assert (count_filled(url), query(url, f"SELECT count(*) FROM {FAILURES.name}")) == (7, [(0,)])


def test_a_retry_forgets_failures_that_somebody_else_has_ended(live_databases: Databases) -> None:
    """One row has got its id by hand, one is gone; the third stays on the list."""
    url = live_databases.upgraded()
    filled, removed, kept = (row.id for row in insert_failing(url, 3))
    execute(
        url,
        f"UPDATE {TABLE} SET media_generation_id = 'CAUS' WHERE id = '{filled}'",
        f"DELETE FROM {TABLE} WHERE id = '{removed}'",
    )

    ended = run_sync(url, "--retry-failed", "--json")

    assert (ended.code, report(ended, "state", "found")) == (0, ["done", 0]), ended
    assert query(url, f"SELECT generation_id FROM {FAILURES.name}") == [(kept,)]


def test_a_paused_replica_brings_a_run_to_a_stand(own_server: PostgresServer) -> None:
    """The lag is measured again and again: nothing more is filled until the replica goes on."""
    url = own_server.create_database("replicated")
    assert run_upgrade(url).code == 0
    insert_plain(url, ROWS)

    with Replica(own_server) as replica, replica.connect() as standby:
        standby.execute("SELECT pg_wal_replay_pause()")
        process = start_sync(url, max_replica_lag="0.2", batch_size="20", nice="2")
        wait_until(lambda: "waiting: a replica is" in process.err)
        stood_at = count_filled(url)
        has_moved = becomes_so(lambda: count_filled(url) > stood_at)
        standby.execute("SELECT pg_wal_replay_resume()")
        ended = process.finish()

    assert (has_moved, 0 < stood_at < ROWS / 2) == (False, True), stood_at
    assert (ended.code, count_filled(url)) == (1, len(expected_ids(ROWS))), ended
