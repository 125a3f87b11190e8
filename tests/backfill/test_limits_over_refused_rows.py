"""Calling again with a limit comes to an end, though the database refuses a row of the table each time."""

import pytest

from tests.cli.test_looks_at_refused_rows import REFUSE_TWO
from tests.conftest import Databases
from tests.support.any_table import create, row, store, unfinished
from tests.support.migrations import upgrade
from tests.support.processes import run_sync
from tests.support.tables import execute


@pytest.mark.parametrize("kind", ["sqlite", "postgresql-18"])
def test_the_call_that_comes_to_the_end_says_that_rows_failed(
    databases_of_kind: dict[str, Databases], kind: str
) -> None:
    """26 rows in tens, of which the first two are refused: two calls leave rows, the third has looked at all."""
    url = databases_of_kind[kind].empty()
    execute(url, create("PRIMARY KEY (id)"), *REFUSE_TWO[kind.split("-", maxsplit=1)[0]])
    upgrade(url)
    store(url, [row(seed, **({"raw_response": unfinished(seed)} if seed > 1 else {})) for seed in range(26)])

    codes = [run_sync(url, "--limit", "10").code for _ in range(6)]

    assert codes == [3, 3, 1] * 2
