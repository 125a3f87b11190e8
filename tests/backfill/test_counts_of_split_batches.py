"""A batch that is split down to the row that is to blame finishes its window once."""

import json

from tests.support.any_table import create, row, store, unfinished
from tests.support.migrations import upgrade
from tests.support.processes import run_sync
from tests.support.tables import TABLE, execute

REFUSE_ONE = f"CREATE TRIGGER one BEFORE UPDATE ON {TABLE} WHEN old.seed = 7 BEGIN SELECT RAISE(ABORT, 'no'); END"


def test_rows_beside_one_that_is_refused_count_once(sqlite_empty: str) -> None:
    """20 that can be filled but for one, 20 that are not finished, and one that is cut off, all in one window."""
    execute(sqlite_empty, create("PRIMARY KEY (id)"), REFUSE_ONE)
    upgrade(sqlite_empty)
    store(sqlite_empty, [row(seed) for seed in range(20)])
    store(sqlite_empty, [row(seed, raw_response=unfinished(seed)) for seed in range(20, 40)])
    store(sqlite_empty, [row(40, raw_response="{")])

    report = json.loads(run_sync(sqlite_empty, "--json").out)

    counts = [report[name] for name in ("state", "found", "synced", "skipped", "failed", "total")]
    assert counts == ["done", 41, 19, 20, 2, 41]
    assert report["reasons"] == {"invalid_json": 1, "not_finished": 20, "update_failed": 1}
