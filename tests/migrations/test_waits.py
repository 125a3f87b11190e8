"""While the lock is somebody else's: what needs none goes on, and what waits is in nobody's way."""

import io
from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic import command

from app.database.engines import make_engine
from app.database.lock import only_one
from tests.support.migrations import alembic_config, recorded_version
from tests.support.processes import wait_until
from tests.support.responses import make_rows
from tests.support.tables import TABLE, create_variant, insert, query


def test_a_command_that_only_reads_takes_no_lock(database: str) -> None:
    """Also where it could not have one."""
    config = alembic_config(database, lock_wait=0)
    config.stdout = io.StringIO()

    with only_one(make_engine(database), 0):
        command.current(config)

    assert config.stdout.getvalue() == "media_ids_0003 (head)\n"


def test_an_upgrade_that_waits_for_another_one_holds_no_lock_on_the_table(
    postgresql_empty: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The other one could not add a column to it: each would wait for the other."""
    caplog.set_level("INFO", "app")
    create_variant(postgresql_empty, "A0")
    insert(postgresql_empty, make_rows(5))
    config = alembic_config(postgresql_empty, lock_wait=60)
    config.attributes["connection"] = make_engine(postgresql_empty)
    locks = f"SELECT count(*) FROM pg_locks WHERE relation = CAST('{TABLE}' AS regclass)"

    with ThreadPoolExecutor(1) as pool:
        with only_one(make_engine(postgresql_empty), 0):
            upgrading = pool.submit(command.upgrade, config, "head")
            wait_until(lambda: "waiting up to 60 s" in caplog.text or upgrading.done())
            held = query(postgresql_empty, locks)
        upgrading.result(timeout=60)

    assert (held, recorded_version(postgresql_empty)) == ([(0,)], "media_ids_0003")
