"""Our revisions under an application's standard env.py: settings, lock, refusals and errors are as under our own."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.util import CommandError

from app.database.engines import make_engine
from app.database.errors import AnotherRunIsActiveError
from app.database.lock import only_one
from tests.support.migrations import alembic_config
from tests.support.other_chain import OURS, other_chain, recorded, tables, their_tables
from tests.support.processes import wait_until
from tests.support.responses import make_rows
from tests.support.tables import (
    FOREIGN_KEY,
    FOREIGN_TABLE,
    TABLE,
    VARIANTS,
    column_names,
    create_variant,
    execute,
    insert,
    query,
    read_all,
)

PER_MIGRATION = "transaction_per_migration=True"
ENVIRONMENTS = ["", PER_MIGRATION, "transactional_ddl=True", f"transactional_ddl=True, {PER_MIGRATION}"]
FILLED = f"SELECT count(media_generation_id) FROM {TABLE}"
BEGIN_AT_ONCE = """
    from sqlalchemy import event
    event.listen(engine, "connect", lambda driver, _: setattr(driver, "isolation_level", None))
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
"""
"""SQLAlchemy's own recipe for SQLite."""


@pytest.fixture
def adopted(empty_database: str) -> str:
    """A database of variant A with 24 rows, one of every kind, not upgraded, on each kind of database."""
    create_variant(empty_database, "A")
    insert(empty_database, make_rows(24))
    return empty_database


def ids(url: str) -> dict[str, object]:
    """Return the id of every row, by the row's own."""
    return {name: row["media_generation_id"] for name, row in read_all(url).items()}


@pytest.mark.parametrize("options", ENVIRONMENTS)
def test_it_fills_what_it_fills_under_ours(adopted: str, tmp_path: Path, options: str) -> None:
    """And stamps every revision, with and without a transaction for each."""
    command.upgrade(other_chain(tmp_path, adopted, with_ours=True, options=options), "heads")
    found = ids(adopted)
    execute(adopted, f"UPDATE {TABLE} SET media_generation_id = NULL")

    execute(adopted, "DROP TABLE media_generation_id_backfill_runs", "DROP TABLE media_generation_id_backfill_failures")
    command.upgrade(alembic_config(adopted, version_table="a_second_one"), "head")

    assert (recorded(adopted), len(list(filter(None, found.values())))) == ({"0003", OURS[-1]}, 10)
    assert ids(adopted) == found


def test_a_sqlite_engine_that_begins_by_itself(sqlite_empty: str, tmp_path: Path) -> None:
    """Its hooks do not keep the batches from being committed, nor the stamp."""
    create_variant(sqlite_empty, "A")
    insert(sqlite_empty, make_rows(24))

    command.upgrade(other_chain(tmp_path, sqlite_empty, with_ours=True, before=BEGIN_AT_ONCE), "heads")

    assert (recorded(sqlite_empty), query(sqlite_empty, FILLED)) == ({"0003", OURS[-1]}, [(10,)])


def test_settings_are_read_without_our_env_py(adopted: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From `-x`, where others may have options of their own, and from the environment."""
    config = other_chain(tmp_path, adopted, with_ours=True)
    config.cmd_opts = alembic_config(adopted, backfill="defer", tenant="somebody").cmd_opts
    monkeypatch.setenv("DATABASE_URL", "mysql://theirs")

    command.upgrade(config, "heads")

    assert (recorded(adopted), query(adopted, FILLED)) == ({"0003", OURS[-1]}, [(0,)])


@pytest.mark.parametrize("options", ENVIRONMENTS)
def test_a_setting_out_of_range_is_one_line(
    empty_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: str
) -> None:
    """Nothing of ours is created."""
    monkeypatch.setenv("MEDIA_IDS_BATCH_SIZE", "0")

    with pytest.raises(CommandError, match=r"^MEDIA_IDS_BATCH_SIZE: "):
        command.upgrade(other_chain(tmp_path, empty_database, with_ours=True, options=options), "media_ids@head")

    assert tables(empty_database) <= {"alembic_version"}


@pytest.mark.parametrize("options", ENVIRONMENTS)
def test_a_foreign_table_is_refused(empty_database: str, tmp_path: Path, options: str) -> None:
    """As it is; nothing of ours is created or recorded."""
    execute(empty_database, FOREIGN_TABLE)

    with pytest.raises(CommandError, match=f"^table {TABLE} exists, but it is not the table"):
        command.upgrade(other_chain(tmp_path, empty_database, with_ours=True, options=options), "media_ids@head")

    assert tables(empty_database) <= {"alembic_version", TABLE}


@pytest.mark.parametrize("options", ENVIRONMENTS)
def test_a_table_that_cannot_be_filled_is_refused(empty_database: str, tmp_path: Path, options: str) -> None:
    """Before a column is added to it."""
    generated = "media_generation_id TEXT GENERATED ALWAYS AS (scene_id || 'x') STORED"
    execute(empty_database, f"CREATE TABLE {TABLE} ({VARIANTS['A0']}, {generated})".replace(FOREIGN_KEY + ",", ""))

    with pytest.raises(CommandError, match=r"cannot be filled: column media_generation_id is generated"):
        command.upgrade(other_chain(tmp_path, empty_database, with_ours=True, options=options), "media_ids@head")

    assert tables(empty_database) <= {"alembic_version", TABLE}
    assert "fife_url" not in column_names(empty_database)


@pytest.mark.parametrize("options", ENVIRONMENTS)
def test_a_revision_and_its_stamp_are_one_transaction(empty_database: str, tmp_path: Path, options: str) -> None:
    """On SQLite too, where Python's driver would commit each CREATE by itself."""
    config = other_chain(
        tmp_path, empty_database, with_ours=True, options=f"on_version_apply=note, {options}", before=NOTE
    )
    config.attributes["note"] = lambda **_: 1 / 0

    with pytest.raises(ZeroDivisionError):
        command.upgrade(config, "media_ids@head")

    assert tables(empty_database) <= {"alembic_version"}


@pytest.mark.parametrize("options", ENVIRONMENTS)
def test_failed_rows_can_keep_it_from_being_stamped(
    adopted: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: str
) -> None:
    """The good rows stay, and so do the revisions before it."""
    monkeypatch.setenv("MEDIA_IDS_ON_FAILURE", "abort")

    with pytest.raises(CommandError, match=r"^4 rows failed .10 rows filled and kept. and on_failure=abort"):
        command.upgrade(other_chain(tmp_path, adopted, with_ours=True, options=options), "heads")

    assert (OURS[1] in recorded(adopted), query(adopted, FILLED)) == (True, [(10,)])


@pytest.mark.parametrize("options", ENVIRONMENTS)
def test_a_transaction_that_it_will_not_let_go_is_one_line(adopted: str, tmp_path: Path, options: str) -> None:
    """Which says what to change in env.py; nothing of ours is created."""
    before = tables(adopted)
    config = other_chain(tmp_path, adopted, with_ours=True, options=options, opened="begin()")

    with pytest.raises(CommandError, match=r"a transaction is open.*In env.py: open .* connect\(\), not begin\(\)"):
        command.upgrade(config, "media_ids@head")

    assert tables(adopted) - before <= {"alembic_version"}


def test_a_connection_that_commits_by_itself_is_one_line(postgresql_empty: str, tmp_path: Path) -> None:
    """On PostgreSQL, where no lock would hold."""
    opened = "execution_options(isolation_level='AUTOCOMMIT').connect()"

    with pytest.raises(CommandError, match=r"commits each statement by itself. In env.py: leave out"):
        command.upgrade(other_chain(tmp_path, postgresql_empty, with_ours=True, opened=opened), "media_ids@head")

    assert tables(postgresql_empty) == {"alembic_version"}


@pytest.mark.parametrize("options", ENVIRONMENTS)
def test_the_lock_is_held_until_env_py_closes_its_connection(adopted: str, tmp_path: Path, options: str) -> None:
    """Through every stamp of ours, and not for longer."""
    config = other_chain(
        tmp_path, adopted, with_ours=True, options=f"on_version_apply=note, {options or ''}", before=NOTE
    )
    free: list[bool] = []
    config.attributes["note"] = lambda **_: free.append(is_free(adopted))

    command.upgrade(config, "media_ids@head")

    assert (free, is_free(adopted)) == ([False] * 3, True)


NOTE = 'note = context.config.attributes["note"]'


def is_free(url: str) -> bool:
    """Tell whether the lock can be had."""
    try:
        with only_one(make_engine(url), 0.0):
            return True
    except AnotherRunIsActiveError:
        return False


def test_it_waits_for_the_lock_and_for_no_longer_than_asked(
    adopted: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same line as under ours, and the application's own revisions need no lock."""
    monkeypatch.setenv("MEDIA_IDS_LOCK_WAIT", "0")
    config = other_chain(tmp_path, adopted, with_ours=True)
    command.upgrade(config, "0001@head")

    with only_one(make_engine(adopted), 0.0), pytest.raises(CommandError, match=r"^another upgrade or sync is active"):
        command.upgrade(config, "heads")

    assert (recorded(adopted), their_tables(adopted)) == ({"0003"}, {"billing", "invoices"})


@pytest.mark.parametrize("options", ENVIRONMENTS)
def test_what_another_upgrade_did_meanwhile_is_not_done_again(
    adopted: str, tmp_path: Path, caplog: pytest.LogCaptureFixture, options: str
) -> None:
    """Alembic has read the version before the lock was there: a line says to run it again."""
    caplog.set_level("INFO")
    config = other_chain(tmp_path, adopted, with_ours=True, options=options)
    command.upgrade(config, "0001@head")
    with only_one(make_engine(adopted), 0.0):
        ended = in_thread(lambda: command.upgrade(config, "heads"))
        wait_until(lambda: "waiting up to 600 s for another upgrade" in caplog.text)
        execute(adopted, f"INSERT INTO alembic_version VALUES ('{OURS[0]}')")

    assert (
        str(ended()) == f"{OURS[0]} was run by another process while this one waited. Run it again to go on from there"
    )
    assert recorded(adopted) == {"0003", OURS[0]}


def in_thread(action: Callable[[], object]) -> Callable[[], Any]:
    """Start it; return what waits for its end and returns the error it ended with."""
    errors: list[Exception] = []

    def run() -> None:
        try:
            action()
        except Exception as error:  # noqa: BLE001  # it is looked at
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()

    def wait() -> Exception | None:
        thread.join(timeout=60)
        return errors[0] if errors else None

    return wait


def test_sql_is_written_under_another_env_py(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The whole of it, backfill included."""
    config = other_chain(tmp_path, "postgresql+psycopg://host/name", with_ours=True)

    command.upgrade(config, "media_ids@head", sql=True)

    written = capsys.readouterr().out
    assert ("DO $" in written, "media_ids_0003" in written) == (True, True)
