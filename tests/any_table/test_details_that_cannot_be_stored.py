"""What a failure says of a body may hold what no database stores as text: it is recorded all the same."""

import json

from tests.conftest import Databases
from tests.support.any_table import FAILURES, row, store
from tests.support.processes import run_sync
from tests.support.tables import TABLE, query

NAMES = ["a\x00b", "half \ud800 of a pair", "long " * 500]


def test_names_of_other_operations_are_told_in_characters_that_can_be_stored(databases: Databases) -> None:
    """An escaped NUL, half of a surrogate pair, and 2,500 characters; the good row beside them is filled."""
    url = databases.upgraded()
    bodies = [json.dumps({"operations": [{"operation": {"name": name}}]}) for name in NAMES]
    store(url, [row(seed, raw_response=body) for seed, body in enumerate(bodies)] + [row(3)])

    ended = run_sync(url, "--json")

    report = json.loads(ended.out)
    details = [detail for (detail,) in query(url, f"SELECT detail FROM {FAILURES} ORDER BY generation_id")]
    assert (ended.code, report["synced"], report["reasons"]) == (1, 1, {"operation_mismatch": 3}), ended
    told = ("a\\x00b", "half \\ud800 of a pair", "long " * 500)
    assert details == [f"body answers for {name}"[:500] for name in told]
    assert query(url, f"SELECT media_generation_id FROM {TABLE} WHERE id = 'row-3'") == [("CAUS000003",)]
