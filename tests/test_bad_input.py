"""Bad input: one clear line, no traceback, the right exit code, and nothing written."""

import subprocess
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from app.database.urls import describe
from app.settings import Settings
from tests.support.migrations import upgrade
from tests.support.processes import alembic, media_gen_ids
from tests.support.responses import make_rows
from tests.support.tables import FOREIGN_TABLE, create_variant, execute, insert, query, read_all, sqlite_path

SERVERLESS = "postgresql://nobody@127.0.0.1:1/nothing"
ALEMBIC_FAILURE = 255
REFUSED = (
    'connection failed: connection to server at "127.0.0.1", port 1 failed: Connection refused. '
    "Check host and port in the URL, and that the server runs"
)
CANNOT_OPEN = "unable to open database file. Check the path and its permissions"
NO_FILE = "no such file. Check the path; `media-gen-ids upgrade` makes a new one"
ONLY_POSTGRESQL = "only PostgreSQL has replicas to wait for; leave it out here"
FORMS = "use postgresql://user@host/name or sqlite:///file.db"
ADVICE = "Name a SQLite file with --database or DATABASE_URL"


def last_words(result: subprocess.CompletedProcess[str]) -> list[str]:
    """Return what a failed command said, without Alembic's own lines and the first, which names the database."""
    lines = (result.stdout + result.stderr).splitlines()
    return [line for line in lines if "[alembic.runtime.migration]" not in line and not line.endswith(" pending")]


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("nonsense", "DATABASE_URL: not a database URL; use postgresql://user@host/name or sqlite:///file.db"),
        ("", "DATABASE_URL: String should have at least 1 character, got ''"),
        ("oracle9://x/y", f"DATABASE_URL: no support for oracle9://; {FORMS}"),
        ("mysql://x/y", f"DATABASE_URL: no support for mysql://; {FORMS}"),
        (
            SERVERLESS,
            f"{SERVERLESS}: {REFUSED}",
        ),
        ("sqlite:////nowhere/at/all.db", f"sqlite:////nowhere/at/all.db: {CANNOT_OPEN}"),
    ],
)
def test_a_database_that_cannot_be_used(url: str, message: str) -> None:
    """The same words from both commands; sync also looks for the file first."""
    upgraded = alembic("upgrade", "head", url=url)
    synced = media_gen_ids("sync", url=url)

    assert (upgraded.returncode, last_words(upgraded)) == (ALEMBIC_FAILURE, [f"FAILED: {message}"])
    expected = message.replace(CANNOT_OPEN, NO_FILE)
    assert (synced.returncode, last_words(synced)) == (2, [f"media-gen-ids: {expected}"])


def test_sync_does_not_create_a_file_that_was_mistyped(tmp_path: Path) -> None:
    """Opening a SQLite file that is not there would make one."""
    result = media_gen_ids("sync", "--database", f"sqlite:///{tmp_path}/typo.db")

    assert (result.returncode, list(tmp_path.iterdir())) == (2, [])


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    """Neither command changes a byte of it, or leaves anything beside it."""
    file = tmp_path / "letter.db"
    file.write_text("Dear reader, this is no database. " * 100)
    before = file.read_bytes()

    upgraded = alembic("upgrade", "head", url=f"sqlite:///{file}")
    synced = media_gen_ids("sync", url=f"sqlite:///{file}")

    assert last_words(upgraded) == [f"FAILED: sqlite:///{file}: file is not a database. {ADVICE}"]
    assert last_words(synced) == [f"media-gen-ids: sqlite:///{file}: file is not a database. {ADVICE}"]
    assert (upgraded.returncode, synced.returncode) == (ALEMBIC_FAILURE, 2)
    assert (file.read_bytes(), list(tmp_path.iterdir())) == (before, [file])


def test_another_table_of_that_name_is_refused_before_anything_is_written(empty_database: str) -> None:
    """Variant B0: no version table, no new column, the rows as they were."""
    execute(
        empty_database, FOREIGN_TABLE, "INSERT INTO veo3_video_generations (id, video_id, title) VALUES ('1','2','3')"
    )
    before = read_all(empty_database)

    upgraded = alembic("upgrade", "head", url=empty_database)

    assert upgraded.returncode == ALEMBIC_FAILURE
    assert " ".join(last_words(upgraded)) == (
        "FAILED: table veo3_video_generations exists, but it is not the table this migration is for: "
        "it has no column raw_response; it has no column operation_name; it has no column profile_id; "
        "it has no column project_id. Nothing was changed; point DATABASE_URL at the right database, "
        "or rename that table"
    )
    assert read_all(empty_database) == before
    tables = (
        "SELECT name FROM sqlite_schema"
        if empty_database.startswith("sqlite")
        else ("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    )
    assert ("alembic_version",) not in query(empty_database, tables)


def test_a_read_only_file(sqlite_empty: str) -> None:
    """Both commands end with the reason, and nothing changes."""
    file = sqlite_path(sqlite_empty)
    create_variant(sqlite_empty, "A")
    insert(sqlite_empty, make_rows(24))
    before = file.read_bytes()
    url = f"sqlite:///file:{file}?mode=ro&uri=true"

    upgraded = alembic("upgrade", "head", url=url)
    upgrade(sqlite_empty, "media_ids_0002")
    between = file.read_bytes()
    synced = media_gen_ids("sync", url=url)

    problem = f"{describe(make_url(url))}: attempt to write a readonly database"
    assert (last_words(upgraded), last_words(synced)) == ([f"FAILED: {problem}"], [f"media-gen-ids: {problem}"])
    assert (upgraded.returncode, synced.returncode) == (ALEMBIC_FAILURE, 2)
    assert (between != before, file.read_bytes()) == (True, between)


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("batch_size=0", "batch_size: Input should be greater than or equal to 1, got '0'"),
        (
            "batch_size=many",
            "batch_size: Input should be a valid integer, unable to parse string as an integer, got 'many'",
        ),
        ("batch_size", "batch_size: Input should be a valid integer, unable to parse string as an integer, got ''"),
        ("batch_size=1000001", "batch_size: Input should be less than or equal to 1000000, got '1000001'"),
        ("workers=65", "workers: Input should be less than or equal to 64, got '65'"),
        ("max_replica_lag=0", "max_replica_lag: Input should be greater than 0, got '0'"),
        ("max_replica_lag=1", f"max_replica_lag: {ONLY_POSTGRESQL}"),
        ("nice=-1", "nice: Input should be greater than or equal to 0, got '-1'"),
        ("time_budget=nan", "time_budget: Input should be a finite number, got 'nan'"),
        ("on_failure=maybe", "on_failure: Input should be 'continue' or 'abort', got 'maybe'"),
        ("backfill=later", "backfill: Input should be 'run' or 'defer', got 'later'"),
    ],
)
def test_an_option_out_of_range(tmp_path: Path, option: str, message: str) -> None:
    """Named as it was written, and the database is not even made."""
    result = alembic("-x", option, "upgrade", "head", url=f"sqlite:///{tmp_path}/new.db")

    assert (result.returncode, last_words(result)) == (ALEMBIC_FAILURE, [f"FAILED: {message}"])
    assert list(tmp_path.iterdir()) == []


def test_the_greatest_values_that_are_taken() -> None:
    """One more is refused, by the environment and by the options of `sync` as well."""
    settings = Settings.load({"batch_size": "1000000", "workers": "64"})
    batch = media_gen_ids("sync", "--batch-size", "1000001", url="sqlite:///x.db")
    workers = media_gen_ids("sync", url="sqlite:///x.db", MEDIA_IDS_WORKERS="65")

    assert (settings.batch_size, settings.workers) == (1_000_000, 64)
    assert batch.stderr == "media-gen-ids: batch_size: Input should be less than or equal to 1000000, got 1000001\n"
    assert workers.stderr == "media-gen-ids: MEDIA_IDS_WORKERS: Input should be less than or equal to 64, got '65'\n"
    assert (batch.returncode, workers.returncode) == (2, 2)


def test_waiting_for_replicas_where_there_are_none(sqlite_database: str, tmp_path: Path) -> None:
    """From the environment, by both commands: nothing is filled, and no run begun; `status` may look."""
    insert(sqlite_database, make_rows(24))
    before = sqlite_path(sqlite_database).read_bytes()

    upgraded = alembic("upgrade", "head", url=f"sqlite:///{tmp_path}/new.db", MEDIA_IDS_MAX_REPLICA_LAG="5")
    ends = [
        media_gen_ids(*arguments, url=sqlite_database, MEDIA_IDS_MAX_REPLICA_LAG="5")
        for arguments in (("sync",), ("sync", "--retry-failed"), ("sync", "--dry-run"), ("status",))
    ]

    assert (upgraded.returncode, last_words(upgraded)) == (255, [f"FAILED: max_replica_lag: {ONLY_POSTGRESQL}"])
    assert [end.returncode for end in ends] == [2, 2, 2, 0]
    assert [last_words(end) for end in ends[:3]] == [[f"media-gen-ids: max_replica_lag: {ONLY_POSTGRESQL}"]] * 3
    assert (list(tmp_path.iterdir()), sqlite_path(sqlite_database).read_bytes() == before) == ([], True)


def test_an_unknown_option_lists_the_known_ones(tmp_path: Path) -> None:
    """On Alembic's command line, in the environment, and on our own."""
    url = f"sqlite:///{tmp_path}/new.db"
    known = (
        "backfill, batch_size, fail_on, lock_wait, max_replica_lag, nice, on_failure, target_seconds, time_budget,"
        " version_table, workers"
    )
    settings = (
        "api_timeout, api_token, api_url, backfill, batch_size, fail_on, lock_wait, log, max_replica_lag, nice,"
        " on_failure, require_url, target_seconds, time_budget, version_table, workers"
    )

    argument = alembic("-x", "nonsense=1", "upgrade", "head", url=url)
    variable = alembic("upgrade", "head", url=url, MEDIA_IDS_BATCHSIZE="5")
    ours = media_gen_ids("sync", "--batch-sise", "5", url=url)

    assert last_words(argument) == [f"FAILED: nonsense: unknown option; known are {known}"]
    assert last_words(variable) == [f"FAILED: MEDIA_IDS_BATCHSIZE: unknown setting; known are {settings}"]
    assert last_words(ours) == [
        "media-gen-ids: No such option: --batch-sise (Possible options: --batch-size). See `media-gen-ids sync --help`"
    ]
    assert (argument.returncode, variable.returncode, ours.returncode) == (ALEMBIC_FAILURE, ALEMBIC_FAILURE, 2)
    assert list(tmp_path.iterdir()) == []


def test_a_database_that_is_not_upgraded(empty_database: str) -> None:
    """The line says what to do."""
    execute(empty_database, "CREATE TABLE something_else (id INTEGER)")

    result = media_gen_ids("sync", url=empty_database)

    assert result.returncode == 2
    assert last_words(result)[0].endswith("no table veo3_video_generations. Run `media-gen-ids upgrade` first")


def test_debug_shows_the_traceback(database: str) -> None:
    """And only --debug does."""
    upgrade(database)

    result = media_gen_ids("sync", "--database", "nonsense", "--debug")

    assert "Traceback (most recent call last)" in result.stderr
