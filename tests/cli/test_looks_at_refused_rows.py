"""Rows that the database is known to refuse: nobody is told that a run would fill them."""

import json

from tests.cli.conftest import Command
from tests.conftest import Databases
from tests.support.any_table import create, row, store
from tests.support.migrations import upgrade
from tests.support.tables import TABLE, execute

REFUSE_TWO = {
    "sqlite": [f"CREATE TRIGGER two BEFORE UPDATE ON {TABLE} WHEN old.seed < 2 BEGIN SELECT RAISE(ABORT, 'no'); END"],
    "postgresql": [
        "CREATE FUNCTION two() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE ''no''; END'",
        f"CREATE TRIGGER two BEFORE UPDATE ON {TABLE} FOR EACH ROW WHEN (old.seed < 2) EXECUTE FUNCTION two()",
    ],
}


def test_a_dry_run_and_check_call_them_failures(databases: Databases, command: Command) -> None:
    """Two of ten; the others have their ids."""
    url = databases.empty()
    execute(url, create("PRIMARY KEY (id)"), *REFUSE_TWO[databases.kind.split("-", maxsplit=1)[0]])
    store(url, [row(seed) for seed in range(10)])
    upgrade(url)

    looked = json.loads(command("sync", "--dry-run", "--json", "--database", url).out)
    checked = command("check", "--database", url)

    counts = [looked[name] for name in ("state", "found", "synced", "failed", "total", "reasons")]
    assert counts == ["dry_run", 2, 0, 2, 2, {"update_failed": 2}]
    assert (checked.code, "2 rows need a person" in checked.out, "can be recovered" in checked.out) == (0, True, False)
