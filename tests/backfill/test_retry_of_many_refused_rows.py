"""A retry tries every failure, though the database refuses each of them again: the breaker is for whole tables."""

import json

import pytest

from tests.conftest import Databases
from tests.support.any_table import FAILURES, create, row, store
from tests.support.migrations import upgrade
from tests.support.processes import run_sync
from tests.support.tables import TABLE, execute, query

THIRD = "old.seed - old.seed / 3 * 3 = 0"
REFUSE_A_THIRD = {
    "sqlite": [
        f"CREATE TRIGGER third BEFORE UPDATE ON {TABLE} WHEN {THIRD} BEGIN SELECT RAISE(ABORT, 'not this row'); END"
    ],
    "postgresql": [
        "CREATE FUNCTION third() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE ''not this row''; END'",
        f"CREATE TRIGGER third BEFORE UPDATE ON {TABLE} FOR EACH ROW WHEN ({THIRD}) EXECUTE FUNCTION third()",
    ],
}


@pytest.mark.parametrize("kind", ["sqlite", "postgresql-18"])
def test_a_hundred_and_fifty_rows_that_are_refused_again_are_all_tried(
    databases_of_kind: dict[str, Databases], kind: str
) -> None:
    """None of them is filled, and the retry is done all the same; each is a failure as before."""
    url = databases_of_kind[kind].empty()
    execute(url, create("PRIMARY KEY (id)"), *REFUSE_A_THIRD[kind.split("-", maxsplit=1)[0]])
    store(url, [row(seed) for seed in range(450)])
    upgrade(url)

    again = run_sync(url, "--retry-failed", "--all", "--json", batch_size="20")

    report = json.loads(again.out)
    assert (again.code, report["state"], report["synced"], report["failed"]) == (1, "done", 0, 150), again
    assert query(url, f"SELECT count(*) FROM {FAILURES} WHERE reason = 'update_failed'") == [(150,)]
