"""A body that is nested deeper than a parser goes costs its own row, in the database as in Python."""

import json

import pytest

from tests.conftest import Databases
from tests.support.any_table import FAILURES, row, store, stored
from tests.support.processes import run_sync
from tests.support.tables import query

DEPTH = 100_000
TOO_DEEP = '{"operations": ' + "[" * DEPTH + "]" * DEPTH + "}"


@pytest.mark.parametrize("batch_size", ["1000", "50"])
def test_the_rows_round_a_body_that_is_too_deep_are_filled(databases: Databases, batch_size: str) -> None:
    """One of 300; it is a failure, since nobody can tell what stands in it."""
    url = databases.upgraded()
    rows = [row(seed, **({"raw_response": TOO_DEEP} if seed == 120 else {})) for seed in range(300)]
    store(url, rows)

    ended = run_sync(url, "--json", batch_size=batch_size)

    report = json.loads(ended.out)
    assert (ended.code, report["state"], report["synced"], report["failed"]) == (1, "done", 299, 1), ended
    assert query(url, f"SELECT generation_id, reason FROM {FAILURES}") == [("row-120", "invalid_json")]
    assert [seed for seed, found in stored(url).items() if found is None] == [120]
