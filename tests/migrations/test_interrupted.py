"""An upgrade or a downgrade that ends between any two of its statements goes on when it is run again."""

import signal
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from itertools import count

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy.exc import OperationalError

from app.migration.errors import StoppedBySignalError
from app.migration.live_ddl import wait_for_lock
from tests.conftest import Databases
from tests.support.catalogue import catalogue
from tests.support.migrations import alembic_config, downgrade, recorded_version, upgrade
from tests.support.processes import start_upgrade, wait_until
from tests.support.responses import make_rows
from tests.support.tables import create_variant, insert, read_all, sqlite_path

CHANGES = ("CREATE", "ALTER", "DROP", "INSERT", "UPDATE", "DELETE")


class InterruptedRunError(BaseException):
    """Ends a run as Ctrl-C does: nobody catches it, and what is not committed is lost, as after a kill."""


@contextmanager
def interrupted_before(change: int) -> Iterator[None]:
    """End the block before that statement of those that change something, on whatever connection."""
    numbers = count(1)

    def interrupt(*arguments: object) -> None:
        if str(arguments[2]).lstrip().upper().startswith(CHANGES) and next(numbers) == change:
            raise InterruptedRunError

    sa.event.listen(sa.Engine, "before_cursor_execute", interrupt)
    try:
        yield
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", interrupt)


def was_interrupted(run: Callable[[Config, str], None], url: str, revision: str, change: int) -> bool:
    """Run until that change; tell whether there were so many."""
    try:
        with interrupted_before(change):
            run(alembic_config(url), revision)
    except InterruptedRunError:
        return True
    return False


def new(databases: Databases) -> str:
    """Return an empty database."""
    return databases.empty()


def adopted(databases: Databases) -> str:
    """Return the database of an application that has no columns for the ids yet."""
    url = databases.empty()
    create_variant(url, "A0")
    insert(url, make_rows(24))
    return url


@pytest.mark.parametrize("start", [new, adopted])
def test_an_upgrade_that_ends_before_any_change_is_finished_by_the_next(
    databases: Databases, start: Callable[[Databases], str]
) -> None:
    """Never a table without its indexes, nor one that is there already."""
    undisturbed = start(databases)
    upgrade(undisturbed)
    expected = catalogue(undisturbed), without_timestamp(undisturbed)

    for change in count(1):
        url = start(databases)
        if not was_interrupted(command.upgrade, url, "head", change):
            break
        assert recorded_version(url) in {None, "media_ids_0001", "media_ids_0002"}
        upgrade(url)
        assert (change, catalogue(url), without_timestamp(url)) == (change, *expected)

    assert change > 10


def without_timestamp(url: str) -> dict[str, dict[str, object]]:
    """Return the whole table but for the time of each change."""
    return {key: row | {"updated_at": ""} for key, row in read_all(url).items()}


def test_a_downgrade_that_ends_before_any_change_is_finished_by_the_next(databases: Databases) -> None:
    """The ledger's tables go together, and with the version."""
    for change in count(1):
        url = databases.upgraded()
        if not was_interrupted(command.downgrade, url, "base", change):
            break
        downgrade(url, "base")
        assert (change, sorted(catalogue(url))) == (change, ["veo3_video_generations"])

    assert change > 5


def test_an_upgrade_waits_longer_for_a_locked_file_than_the_driver_does(
    sqlite_empty: str, caplog: pytest.LogCaptureFixture
) -> None:
    """From the version table on; a driver waits five seconds, here a tenth of one."""
    caplog.set_level("INFO", "app")
    create_variant(sqlite_empty, "A0")
    insert(sqlite_empty, make_rows(24))
    config = alembic_config(sqlite_empty)
    config.attributes["connection"] = sa.create_engine(sqlite_empty, connect_args={"timeout": 0.1})

    with ThreadPoolExecutor(1) as pool, closing(sqlite3.connect(sqlite_path(sqlite_empty))) as other:
        other.execute("BEGIN IMMEDIATE")
        upgrading = pool.submit(command.upgrade, config, "head")
        wait_until(lambda: "database is locked" in caplog.text or upgrading.done())  # the driver has given up once
        still_waiting = not upgrading.done()
        other.rollback()
        upgrading.result(timeout=60)

    assert (still_waiting, recorded_version(sqlite_empty)) == (True, "media_ids_0003")


@pytest.mark.parametrize("is_free", [True, False])
def test_a_signal_while_an_upgrade_waits_for_a_lock_is_not_lost(*, is_free: bool) -> None:
    """Whether or not the lock has come free meanwhile; the driver's wait cannot be broken off."""

    def wait() -> None:
        signal.raise_signal(signal.SIGTERM)
        if not is_free:
            raise OperationalError("BEGIN IMMEDIATE", None, sqlite3.OperationalError("database is locked"))

    with pytest.raises(StoppedBySignalError) as stopped:
        wait_for_lock(wait)

    assert stopped.value.exit_code == 143


def test_a_signal_while_an_upgrade_waits_for_a_locked_file_ends_it(sqlite_empty: str) -> None:
    """In one line, with the exit code of every other moment, and nothing written."""
    create_variant(sqlite_empty, "A0")
    before = catalogue(sqlite_empty)

    with closing(sqlite3.connect(sqlite_path(sqlite_empty))) as other:
        other.execute("BEGIN IMMEDIATE")
        process = start_upgrade(f"{sqlite_empty}?timeout=0.1")
        wait_until(lambda: "waiting to change the table" in process.err)
        process.send(signal.SIGTERM)
        ended = process.finish()

    assert (ended.code, "Traceback" in ended.err) == (143, False), ended
    assert "stopped by signal 15; what is committed is kept." in ended.err.splitlines()[-1]
    assert (recorded_version(sqlite_empty), catalogue(sqlite_empty)) == (None, before)
