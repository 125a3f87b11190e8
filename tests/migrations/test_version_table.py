"""The setting version_table: what it accepts, where it is heeded, and the ids of new revisions."""

import shutil
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy.exc import DBAPIError

from app.database.engines import make_engine
from app.database.errors import StrangeRevisionError
from app.database.version_table import recorded_revisions
from app.errors import ConfigurationError
from app.migration.scripts import revisions
from app.settings import DEFAULT_VERSION_TABLE, Settings
from tests.support.migrations import ROOT, alembic_config
from tests.support.other_chain import OURS, recorded, tables
from tests.support.tables import execute

REFUSED = ("", "a b", "a;drop table x", 'a"b', "a'b", "1a", "a.b.c", ".a", "a.", "ä", "x" * 60, "a\n")


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_plain_name_is_refused(name: str) -> None:
    """Before anything is opened."""
    with pytest.raises(ConfigurationError) as caught:
        Settings.load({"version_table": name})

    assert (caught.value.name, "must be a plain name" in caught.value.problem) == ("version_table", True)


@pytest.mark.parametrize("name", ["Alembic_Version_2", "x" * 59, "order"])
def test_any_plain_name_is_a_version_table(empty_database: str, name: str) -> None:
    """Upper case and reserved words too; the default table is not made."""
    command.upgrade(alembic_config(empty_database, version_table=name), "head")

    assert recorded(empty_database, f'"{name}"') == {OURS[-1]}
    assert "alembic_version" not in tables(empty_database)


def test_it_may_be_in_a_schema_of_postgresql(postgresql_empty: str) -> None:
    """The default table is not made, and the next upgrade finds it done."""
    execute(postgresql_empty, "CREATE SCHEMA ledger")
    config = alembic_config(postgresql_empty, version_table="ledger.versions")

    command.upgrade(config, "head")
    command.upgrade(config, "head")

    with make_engine(postgresql_empty).connect() as connection:
        read = recorded_revisions(connection, "ledger.versions", revisions())
    assert (recorded(postgresql_empty, "ledger.versions"), read) == ({OURS[-1]}, (OURS[-1],))
    assert "alembic_version" not in tables(postgresql_empty)


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("veo3_video_generations", "another table of media-gen-ids"),
        ("VEO3_Video_Generations", "another table of media-gen-ids"),
        ("main.versions", "SQLite has no schemas; use versions"),
        ("profiles", "no version table of Alembic"),
    ],
)
def test_what_is_no_version_table_is_refused(sqlite_empty: str, name: str, problem: str) -> None:
    """One line that names the setting; nothing is changed."""
    execute(sqlite_empty, "CREATE TABLE profiles (id TEXT)")

    with pytest.raises(CommandError, match=f"^version_table: .*{problem}"):
        command.upgrade(alembic_config(sqlite_empty, version_table=name), "head")

    assert tables(sqlite_empty) == {"profiles"}


def test_one_that_may_not_be_read_is_not_taken_for_an_empty_one(postgresql_database: str) -> None:
    """An upgrade would begin at the beginning; this role has no rights on any table of ours."""
    with make_engine(postgresql_database).connect() as connection:
        connection.exec_driver_sql("SET ROLE pg_monitor")

        with pytest.raises(DBAPIError, match="permission denied"):
            recorded_revisions(connection, DEFAULT_VERSION_TABLE, revisions())


def test_a_strange_revision_in_a_schema_is_told_with_its_schema(postgresql_empty: str) -> None:
    """There may be a table of that name in several."""
    execute(
        postgresql_empty,
        "CREATE SCHEMA ledger",
        "CREATE TABLE ledger.versions (version_num VARCHAR(32) NOT NULL)",
        "INSERT INTO ledger.versions VALUES ('0003')",
    )

    with make_engine(postgresql_empty).connect() as connection, pytest.raises(StrangeRevisionError) as caught:
        recorded_revisions(connection, "ledger.versions", revisions())

    assert (caught.value.version_table, caught.value.strange) == ("ledger.versions", ("0003",))


def test_a_ledger_that_another_version_table_records_is_left_alone(empty_database: str) -> None:
    """Whoever forgets the option is told; neither table is stamped, and the right one goes on being right."""
    command.upgrade(alembic_config(empty_database, version_table="ours"), "head")
    execute(empty_database, "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")

    with pytest.raises(
        CommandError, match=r"^table .*backfill_runs is there, but version table alembic_version records"
    ):
        command.upgrade(alembic_config(empty_database), "head")
    command.upgrade(alembic_config(empty_database, version_table="ours"), "head")

    assert recorded(empty_database) == set()
    assert recorded(empty_database, "ours") == {"media_ids_0003"}


def test_it_is_written_into_sql_too(capsys: pytest.CaptureFixture[str]) -> None:
    """From the first line on."""
    config = alembic_config("postgresql://host/name", version_table="ledger.versions")

    command.upgrade(config, "head", sql=True)

    written = capsys.readouterr().out
    assert ("CREATE TABLE ledger.versions" in written, "alembic_version" in written) == (True, False)


def test_a_new_revision_gets_an_id_that_nobody_else_has(tmp_path: Path) -> None:
    """The file keeps its number."""
    shutil.copytree(ROOT / "alembic", tmp_path / "alembic")
    config = Config()
    config.set_main_option("script_location", str(tmp_path / "alembic"))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")

    made = command.revision(config, "add something", rev_id="0004")

    assert not isinstance(made, list)
    assert made is not None
    assert (made.revision, made.down_revision, Path(made.path).name) == (
        "media_ids_0004",
        "media_ids_0003",
        "0004_add_something.py",
    )
