"""How often a run comes back to a row that stays locked, before it is a failure."""

import psycopg
import pytest

from app.backfill import worker
from app.backfill.engine import backfill
from app.backfill.ledger.runs import RUNS
from app.backfill.options import Options
from app.database.engines import make_engine
from app.videos.recipe import MEDIA_IDS
from tests.conftest import Databases
from tests.support.responses import make_rows, recoverable
from tests.support.tables import TABLE, insert, query


def test_three_sweeps_leave_a_locked_row_and_the_fourth_records_it(
    postgresql: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All other rows are filled in the first; here nobody waits long for the row."""
    url = postgresql.upgraded()
    rows = make_rows(10, recoverable())
    insert(url, rows)
    monkeypatch.setattr(worker, "BUSY_ROW_SECONDS", 0.1)

    with psycopg.connect(url) as session, make_engine(url).connect() as connection:
        session.execute(f"SELECT 1 FROM {TABLE} WHERE id = '{rows[3].id}' FOR UPDATE")
        report = backfill(connection, MEDIA_IDS, Options(), origin="sync")

    assert query(url, f"SELECT sweep FROM {RUNS.name} ORDER BY id DESC LIMIT 1") == [(4,)]
    assert (report.state, report.synced, report.failed, report.reasons) == ("done", 9, 1, {"update_failed": 1})
