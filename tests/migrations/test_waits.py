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
from tests.support.tables import create_variant, insert, query


def test_a_command_that_only_reads_takes_no_lock(database: str) -> None:
    """Also where it could not have one."""
    config = alembic_config(database, lock_wait=0)
    config.stdout = io.StringIO()

    with only_one(make_engine(database), 0):
        command.current(config)

    assert config.stdout.getvalue() == "media_ids_0003 (head)\n"


def test_an_upgrade_that_waits_for_another_one_holds_no_transaction_but_that_of_its_lock(
    postgresql_empty: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A server may end one that stands idle, and what that has read nobody could change meanwhile."""
    caplog.set_level("INFO", "app")
    create_variant(postgresql_empty, "A0")
    insert(postgresql_empty, make_rows(5))
    config = alembic_config(postgresql_empty, lock_wait=60)
    config.attributes["connection"] = make_engine(postgresql_empty)

    with ThreadPoolExecutor(1) as pool:
        with only_one(make_engine(postgresql_empty), 0):
            upgrading = pool.submit(command.upgrade, config, "head")
            wait_until(lambda: "waiting up to 60 s" in caplog.text or upgrading.done())
            transactions = query(postgresql_empty, OPEN)
        upgrading.result(timeout=60)

    assert (transactions, recorded_version(postgresql_empty)) == ([(2,)], "media_ids_0003")


OPEN = (
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE xact_start IS NOT NULL AND datname = current_database() AND pid <> pg_backend_pid()"
)
"""Here those of the two locks: the one that is held, and the one that is tried."""
