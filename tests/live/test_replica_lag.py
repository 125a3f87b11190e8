"""`max_replica_lag`: the run waits for a replica that is behind, says so, and goes on."""

from support.postgres import PostgresServer
from tests.support.plain_rows import count_filled, expected_ids, filled_ids, insert_plain
from tests.support.processes import run_upgrade, start_sync, wait_until
from tests.support.replica import Replica

ROWS = 3_000


def test_run_waits_while_a_replica_does_not_replay_and_ends_when_it_does(own_server: PostgresServer) -> None:
    """Paused, the run comes to a stand and says why; resumed, it fills the rest."""
    url = own_server.create_database("replicated")
    assert run_upgrade(url).code == 0
    insert_plain(url, ROWS)

    with Replica(own_server) as replica, replica.connect() as standby:
        standby.execute("SELECT pg_wal_replay_pause()")
        process = start_sync(url, max_replica_lag="0.3", batch_size="20", nice="2")
        wait_until(lambda: "waiting: a replica is" in process.err)
        waiting_with = (process.poll(), count_filled(url))
        standby.execute("SELECT pg_wal_replay_resume()")
        ended = process.finish()

    assert waiting_with[0] is None
    assert 0 < waiting_with[1] < len(expected_ids(ROWS))
    assert "s behind, allowed are 0.3 s" in ended.err
    assert (ended.code, filled_ids(url)) == (1, expected_ids(ROWS)), ended
