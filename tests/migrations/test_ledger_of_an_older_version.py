"""A ledger that an older version has made: refused by name, and mended as the message says."""

import pytest

from app.backfill.ledger.runs import RUNS
from tests.conftest import Databases
from tests.support.migrations import recorded_version
from tests.support.processes import alembic, media_gen_ids
from tests.support.responses import make_rows, recoverable
from tests.support.tables import TABLE, execute, insert, query


@pytest.fixture
def old(databases: Databases) -> str:
    """A database with two rows to fill, whose ledger lacks a column."""
    url = databases.upgraded()
    insert(url, make_rows(2, recoverable()))
    execute(url, f"ALTER TABLE {RUNS.name} DROP COLUMN orders")
    return url


def test_every_command_says_what_to_do_and_that_mends_it(old: str) -> None:
    """Nothing is written before; the rows are filled afterwards."""
    commands = ("sync", "status", "failures", "pause")
    refused = [media_gen_ids(command, url=old) for command in commands]
    filled_before = query(old, f"SELECT count(*) FROM {TABLE} WHERE media_generation_id IS NOT NULL")

    downgraded, upgraded = alembic("downgrade", "media_ids_0001", url=old), media_gen_ids("upgrade", url=old)

    assert [done.returncode for done in refused] == [2] * 4, refused
    assert all("lacks orders). Run `alembic downgrade media_ids_0001`" in done.stderr for done in refused)
    assert (filled_before, downgraded.returncode, upgraded.returncode) == ([(0,)], 0, 0)
    assert query(old, f"SELECT count(*) FROM {TABLE} WHERE media_generation_id IS NOT NULL") == [(2,)]
    assert recorded_version(old) == "media_ids_0003"


def test_an_upgrade_from_there_is_refused_as_well(old: str) -> None:
    """The revision is not stamped."""
    alembic("downgrade", "media_ids_0002", url=old)

    refused = alembic("upgrade", "head", url=old)

    assert (refused.returncode, recorded_version(old)) == (255, "media_ids_0002")
    assert "lacks orders). Run `alembic downgrade media_ids_0001`" in refused.stdout + refused.stderr
