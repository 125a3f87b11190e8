"""Failures of one SQLite table, some named by their key and some, whose key is NULL, by their rowid."""

import json

from tests.support.any_table import FAILURES, body, create, row, store, stored
from tests.support.migrations import upgrade
from tests.support.processes import run_command, run_sync
from tests.support.tables import TABLE, execute, query


def test_both_kinds_are_listed_and_tried_again(sqlite_empty: str) -> None:
    """Two rows of each; one of each gets a good answer, is filled by a retry, and leaves the list."""
    execute(sqlite_empty, create("PRIMARY KEY (id)"))
    store(sqlite_empty, [row(seed, id=None if seed > 2 else f"row-{seed}", raw_response="{") for seed in (1, 2, 3, 4)])
    upgrade(sqlite_empty)
    listed = json.loads(run_command("media-gen-ids", sqlite_empty, "failures", "--json").out)
    for seed in (1, 3):
        execute(sqlite_empty, f"UPDATE {TABLE} SET raw_response = '{body(seed)}' WHERE seed = {seed}")

    again = run_sync(sqlite_empty, "--retry-failed")

    assert sorted(failure["id"] for failure in listed) == ["row-1", "row-2", "rowid 3", "rowid 4"]
    assert stored(sqlite_empty) == {1: "CAUS000001", 2: None, 3: "CAUS000003", 4: None}
    assert (again.code, query(sqlite_empty, f"SELECT count(*) FROM {FAILURES}")) == (0, [(2,)]), again
