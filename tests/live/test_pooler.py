"""Behind a transaction pooler: nothing depends on the session, and nothing stays behind in it."""

import pytest

from support.postgres import PostgresServer
from tests.support.migrations import recorded_version
from tests.support.plain_rows import count_filled, expected_ids, filled_ids, insert_plain
from tests.support.pooler import PROGRAM, transaction_pooler
from tests.support.processes import run_sync, run_upgrade, start_upgrade, wait_until
from tests.support.tables import TABLE, create_variant, execute, query

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="pgbouncer is not installed (Debian: apt install pgbouncer)")

ROWS = 3_000
LOCKS = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"
SETTINGS = "SELECT current_setting('lock_timeout'), current_setting('statement_timeout')"


def test_upgrade_sync_and_two_at_once_work_and_no_lock_or_setting_stays(own_server: PostgresServer) -> None:
    """Two upgrades and a sync share three sessions of the server."""
    direct = own_server.create_database("pooled")
    create_variant(direct, "A")
    insert_plain(direct, ROWS)

    with transaction_pooler(own_server) as pooler:
        url = f"postgresql://postgres@/pooled{pooler}"
        both = [process.finish() for process in (start_upgrade(url), start_upgrade(url))]
        upgraded, version = filled_ids(direct), recorded_version(url)
        execute(direct, f"UPDATE {TABLE} SET media_generation_id = NULL WHERE seed < 500")
        synced = run_sync(url)
        left = (query(direct, LOCKS), [query(url, SETTINGS) for _ in range(3)])

    assert ([process.code for process in both], version, upgraded) == ([0, 0], "media_ids_0003", expected_ids(ROWS)), (
        both
    )
    assert sum("Running upgrade media_ids_0002 -> media_ids_0003" in process.err for process in both) == 1
    assert (synced.code, filled_ids(direct)) == (1, expected_ids(ROWS)), synced
    assert left == ([(0,)], [[("0", "0")]] * 3)


def test_second_run_behind_the_pooler_finds_the_first_one_active(own_server: PostgresServer) -> None:
    """The lock holds between clients that share the server's sessions."""
    direct = own_server.create_database("pooled")
    create_variant(direct, "A")
    insert_plain(direct, ROWS)

    with transaction_pooler(own_server) as pooler:
        url = f"postgresql://postgres@/pooled{pooler}"
        first = start_upgrade(url, batch_size=20, nice=2)
        wait_until(lambda: count_filled(direct) > 100)
        second = run_sync(url)
        impatient = run_upgrade(url, lock_wait=0)
        ended = first.finish()

    assert (second.code, impatient.code, ended.code) == (4, 255, 0), (second, impatient, ended)
    assert "another upgrade or sync is active (server process" in second.err
    assert filled_ids(direct) == expected_ids(ROWS)
