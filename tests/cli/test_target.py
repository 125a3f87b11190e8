"""Which database: the first line names it, a path will do for a URL, and no file is made where nobody asked for one."""

import logging
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from sqlalchemy.engine import make_url

from app.database.engines import make_engine
from app.database.urls import describe, parse_url
from app.errors import ConfigurationError
from app.reports import target
from app.reports.target import name_target
from support.commands import ROOT, run
from tests.support.migrations import recorded_version
from tests.support.processes import media_gen_ids
from tests.support.responses import make_rows
from tests.support.tables import TABLE, create_variant, execute, insert, insert_realistic, sqlite_path

MADE = "WARNING [app.settings] DATABASE_URL is not set and there is no veo3.db here: a new file is made"
HUSHED = "hush-hush"
NOT_SET = "DATABASE_URL: not set; name the database"


@pytest.fixture
def adopted(empty_database: str) -> str:
    """A database of variant A with 24 rows, not upgraded, on each kind of database, by a URL with a password."""
    create_variant(empty_database, "A")
    insert(empty_database, make_rows(24))
    if empty_database.startswith("sqlite"):
        return empty_database
    return make_url(empty_database).set(password=HUSHED).render_as_string(hide_password=False)


def upgrade_in(folder: Path, url: str | None = None, **extra: str) -> CompletedProcess[str]:
    """Run `alembic upgrade head` in a folder."""
    return run("alembic", "-c", str(ROOT / "alembic.ini"), "upgrade", "head", url=url, folder=folder, extra=extra)


def test_the_first_line_names_the_database_and_what_is_pending(adopted: str, tmp_path: Path) -> None:
    """Of an upgrade and of sync; without the password."""
    upgraded = upgrade_in(tmp_path, adopted).stderr
    synced = media_gen_ids("sync", url=adopted).stderr

    name = describe(make_url(adopted))
    assert upgraded.splitlines()[0] == f"INFO    [app.reports.target] {name}: 24 rows pending"
    assert synced.splitlines() == [f"{name}: 14 rows pending"]
    assert HUSHED not in upgraded + synced


def test_a_table_that_lacks_the_column_counts_too(empty_database: str, caplog: pytest.LogCaptureFixture) -> None:
    """Every answer is pending there."""
    caplog.set_level(logging.INFO, "app")
    create_variant(empty_database, "A0")
    execute(
        empty_database,
        f"INSERT INTO {TABLE} SELECT 'a', 'profile', 'p', 's', 'o', 'x', 1, '', 'failed', "
        "NULL, NULL, NULL, '{}', '', '', NULL",
    )

    with make_engine(empty_database).connect() as connection:
        name_target(connection)

    assert caplog.messages == [f"{describe(make_url(empty_database))}: 1 rows pending"]


def test_a_large_table_is_estimated_from_statistics(postgresql_database: str, caplog: pytest.LogCaptureFixture) -> None:
    """Nothing reads it; the number says that it is about. A table of that name in another schema is another one."""
    caplog.set_level(logging.INFO, "app")
    insert_realistic(postgresql_database, 2_000)
    execute(
        postgresql_database,
        f"UPDATE {TABLE} SET media_generation_id = 'x' WHERE right(id, 1) < '8'",
        f"UPDATE {TABLE} SET raw_response = NULL WHERE right(id, 1) = 'f'",
        "CREATE SCHEMA other",
        f"CREATE TABLE other.{TABLE} AS SELECT NULL AS raw_response, NULL AS media_generation_id",
        f"ANALYZE {TABLE}",
        f"ANALYZE other.{TABLE}",
    )
    pending = (
        "SELECT count(*) FROM veo3_video_generations WHERE raw_response IS NOT NULL AND media_generation_id IS NULL"
    )

    with make_engine(postgresql_database).connect() as connection:
        exact = connection.exec_driver_sql(pending).scalar_one()
        name_target(connection, large=1_000)

    assert 0 < exact < 2_000
    assert caplog.messages == [f"{describe(make_url(postgresql_database))}: about {exact:,} rows pending"]


def test_a_count_that_takes_long_is_given_up(
    postgresql_database: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Here since the table is locked. The transaction goes on, and its settings are as they were."""
    caplog.set_level(logging.INFO, "app")
    monkeypatch.setattr(target, "LONGEST_COUNT", {"statement_timeout": "50ms"})
    engine = make_engine(f"{postgresql_database}&options=-clock_timeout%3D30s")

    with engine.connect() as connection, engine.begin() as other:
        other.exec_driver_sql(f"LOCK TABLE {TABLE} IN ACCESS EXCLUSIVE MODE")
        name_target(connection)
        timeout = connection.exec_driver_sql("SHOW statement_timeout").scalar_one()

    assert [message.partition(": ")[2] for message in caplog.messages] == ["rows not counted"]
    assert timeout == "0"


def test_a_new_file_is_announced(tmp_path: Path) -> None:
    """Where nobody named a database, and none is there; the second time it is."""
    first, second = upgrade_in(tmp_path), upgrade_in(tmp_path)

    assert first.stderr.splitlines()[:2] == [
        MADE,
        f"INFO    [app.reports.target] sqlite:///veo3.db: a new table {TABLE}",
    ]
    assert second.stderr.splitlines() == ["INFO    [app.migration.gate] sqlite:///veo3.db: at head, nothing to do"]
    assert (first.returncode, second.returncode) == (0, 0)


@pytest.mark.parametrize("setting", [{"KUBERNETES_SERVICE_HOST": "10.0.0.1"}, {"MEDIA_IDS_REQUIRE_URL": "1"}])
def test_no_file_is_made_where_it_would_be_lost(tmp_path: Path, setting: dict[str, str]) -> None:
    """In a container of Kubernetes, and where a URL is required."""
    result = upgrade_in(tmp_path, **setting)
    counted = run("media-gen-ids", "sync", "--dry-run", url=None, folder=tmp_path, extra=setting)

    assert (result.returncode, result.stdout.strip()) == (255, f"FAILED: {NOT_SET}")
    assert (counted.returncode, counted.stderr) == (2, f"media-gen-ids: {NOT_SET}\n")
    assert not (tmp_path / "veo3.db").exists()


def test_a_file_that_is_there_is_used_unless_a_url_is_required(tmp_path: Path) -> None:
    """By all commands alike."""
    upgrade_in(tmp_path)

    mounted = upgrade_in(tmp_path, KUBERNETES_SERVICE_HOST="10.0.0.1")
    required = upgrade_in(tmp_path, MEDIA_IDS_REQUIRE_URL="1")
    status = run("media-gen-ids", "status", url=None, folder=tmp_path, extra={"MEDIA_IDS_REQUIRE_URL": "1"})

    assert (mounted.returncode, required.returncode, status.returncode) == (0, 255, 2)
    assert status.stderr == f"media-gen-ids: {NOT_SET}\n"


def test_a_dry_run_names_the_database_too(sqlite_database: str) -> None:
    """It counts by itself."""
    ended = media_gen_ids("sync", "--dry-run", url=sqlite_database)

    assert ended.stderr == f"{sqlite_database}: a dry run, which writes nothing\n"


@pytest.mark.parametrize("path", ["{folder}/some.db", "some.db", "./some.db"])
def test_the_path_of_a_file_will_do_for_a_url(tmp_path: Path, path: str) -> None:
    """For both commands; relative ones start in this folder."""
    named = path.format(folder=tmp_path)

    upgraded = upgrade_in(tmp_path, named)
    checked = run("media-gen-ids", "check", "--database", named, url=None, folder=tmp_path)

    assert (upgraded.returncode, checked.returncode) == (0, 0), upgraded.stderr + checked.stderr
    assert recorded_version(f"sqlite:///{tmp_path}/some.db") == "media_ids_0003"


@pytest.mark.parametrize(
    "path", ["a b.sqlite", "x.db3", "100%.db", "x?y=1.db", "C:\\videos\\veo3.DB", "postgres:x.db", "ü.sqlite3"]
)
def test_any_name_of_a_file_is_taken_as_it_is(path: str) -> None:
    """Nothing in it means anything, as it would in a URL."""
    assert (parse_url(path).drivername, parse_url(path).database) == ("sqlite", path)


def test_a_file_of_any_name_is_known_if_it_is_there(tmp_path: Path) -> None:
    """Else the text may be a URL that was cut off."""
    file = tmp_path / "videos"
    with pytest.raises(ConfigurationError):
        parse_url(str(file))

    file.touch()

    assert parse_url(str(file)).database == str(file)
    assert sqlite_path(f"sqlite:///{file}") == file
