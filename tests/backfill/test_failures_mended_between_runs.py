"""A run that goes on with the sweep of another, and then makes a whole one, counts the failures that it saw itself."""

import json
from dataclasses import replace

from tests.conftest import Databases
from tests.support.processes import run_sync
from tests.support.responses import make_rows, named, recoverable
from tests.support.tables import insert, store_body


def test_a_failure_that_was_mended_behind_the_cursor_is_none_in_the_end(databases: Databases) -> None:
    """The only one; a run stops early, its answer becomes a good one, and the next run has nothing to complain of."""
    url = databases.upgraded()
    (mended,) = make_rows(1, recoverable())
    insert(url, [replace(mended, response=replace(mended.response, body="{"))])
    insert(url, make_rows(30, (named("13_"),), seed=2))

    stopped = run_sync(url, "--limit", "20", batch_size="10")
    store_body(url, mended.id, mended.response.body)
    ended = run_sync(url, "--json", batch_size="10")

    report = json.loads(ended.out)
    assert (stopped.code, ended.code) == (3, 0), ended
    assert [report[name] for name in ("state", "synced", "skipped", "failed")] == ["done", 1, 30, 0]
