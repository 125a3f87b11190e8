"""A connection that is lost while a batch is committed: what has not arrived is done again."""

import json

from app.backfill.ledger.failures import FAILURES
from tests.conftest import Databases
from tests.live.test_limits import insert_failing
from tests.support.plain_rows import count_filled
from tests.support.processes import run_sync
from tests.support.tables import TABLE, execute, query, store_body

LOSE_THE_FIRST = (
    "CREATE SEQUENCE tried",  # its numbers stay taken when the transaction is undone
    (
        "CREATE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " IF nextval('tried') = 1 THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF; RETURN NULL; END $$"
    ),
    (
        f"CREATE CONSTRAINT TRIGGER lose AFTER UPDATE OF media_generation_id ON {TABLE} DEFERRABLE INITIALLY DEFERRED"
        " FOR EACH ROW EXECUTE FUNCTION lose()"
    ),
)


def test_a_retry_whose_commit_is_lost_fills_the_rows_after_all(postgresql: Databases) -> None:
    """The session is ended at the commit of the only batch; no later sweep would come back to its rows."""
    url = postgresql.upgraded()
    for row in insert_failing(url, 5):
        store_body(url, row.id, row.response.body)
    execute(url, *LOSE_THE_FIRST)

    ended = run_sync(url, "--retry-failed", "--json")

    report = json.loads(ended.out)
    assert query(url, "SELECT last_value > 1 FROM tried") == [(True,)]
    assert (ended.code, report["state"], report["synced"], report["total"]) == (0, "done", 5, 5), ended
    assert (count_filled(url), query(url, f"SELECT count(*) FROM {FAILURES.name}")) == (5, [(0,)])
