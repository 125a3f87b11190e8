"""A row that the application fills while a run waits for it is no failure: nobody has refused anything."""

import psycopg

from app.backfill.ledger.failures import FAILURES
from tests.live.test_second_look import PLAIN, WAITING, changed, database_of_table
from tests.support.processes import start_sync, wait_until
from tests.support.responses import StoredRow
from tests.support.tables import insert, query

__all__ = ["database_of_table"]


def test_a_row_that_got_its_id_meanwhile_needs_nobody(database_of_table: str) -> None:
    """Exit code 0, and nothing on the list, however the rows of the table are found."""
    row = StoredRow(id="0" * 32, response=PLAIN)
    insert(database_of_table, [row])

    with psycopg.connect(database_of_table) as session:
        changed(session, row, {"media_generation_id": "THEIRS"})
        process = start_sync(database_of_table)
        wait_until(lambda: query(database_of_table, WAITING) == [(1,)])
        session.commit()
    ended = process.finish()

    assert (ended.code, query(database_of_table, f"SELECT count(*) FROM {FAILURES.name}")) == (0, [(0,)]), ended
