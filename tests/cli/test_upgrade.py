"""`upgrade`: what `alembic upgrade head` does, with its options as options and the exit codes of `sync`."""

import inspect
import json
import signal
from pathlib import Path

import pytest
from alembic.config import Config
from sqlalchemy.engine import make_url

from app.cli.upgrade import upgrade
from app.database.engines import make_engine
from app.database.lock import only_one
from app.database.urls import describe
from app.migration import upgrade as upgrades
from app.settings import OPTIONS
from tests.cli.conftest import Command
from tests.support.migrations import recorded_version
from tests.support.plain_rows import count_filled, insert_plain
from tests.support.processes import start, wait_until
from tests.support.responses import make_rows
from tests.support.tables import TABLE, create_variant, execute, insert, query

STEPS = [
    "Running upgrade  -> media_ids_0001, Create veo3_video_generations, or adopt the one that is there",
    "Running upgrade media_ids_0001 -> media_ids_0002, Create the backfill's ledger: its runs and its failures",
    "Running upgrade media_ids_0002 -> media_ids_0003, Backfill media_generation_id from the stored answers",
]
NOTHING_DONE = {"found": 0, "synced": 0, "skipped": 0, "failed": 0, "total": 0, "batches": 0, "walk": ""}


@pytest.fixture
def application(empty_database: str) -> str:
    """The application's database with 48 rows, 20 of which can be filled and 8 of which fail."""
    create_variant(empty_database, "A")
    insert(empty_database, make_rows(48))
    return empty_database


@pytest.fixture
def application_file(sqlite_empty: str) -> str:
    """The same in a SQLite file."""
    create_variant(sqlite_empty, "A")
    insert(sqlite_empty, make_rows(48))
    return sqlite_empty


def filled(url: str) -> int:
    """Return how many rows have an id."""
    count: int = query(url, f"SELECT count(media_generation_id) FROM {TABLE}")[0][0]
    return count


def test_it_does_what_alembic_does_and_a_second_one_has_nothing_to_do(application: str, command: Command) -> None:
    """The same lines, the same stamp; the summary of `sync` on stdout, and its exit code for rows that failed."""
    name = describe(make_url(application))

    first = command("upgrade", "--database", application)
    second = command("upgrade", "--database", application)

    summary = "📊 Summary:  ✅ Synced 20   ⏭️ Skipped 20   ❌ Failed 8   📈 Total 48"
    assert (first.code, first.out.splitlines()) == (1, ["Found 48 records to sync", summary])
    need = "8 rows need a person: see `media-gen-ids failures`"
    assert first.err.splitlines() == [f"{name}: 48 rows pending", *STEPS, need]
    assert (recorded_version(application), filled(application)) == ("media_ids_0003", 20)
    assert second == (0, "", f"{name}: at head, nothing to do\n")


def test_its_report_is_that_of_the_backfill(application_file: str, command: Command, tmp_path: Path) -> None:
    """Printed and in a file; at head all counts are zero, for nobody has looked at a row."""
    options = ("--json", "--report", str(tmp_path / "report.json"), "--database", application_file)

    first, written = json.loads(command("upgrade", *options).out), json.loads((tmp_path / "report.json").read_text())
    second = json.loads(command("upgrade", *options).out)

    assert first == written
    assert (first["state"], first["synced"], first["failed"], first["walk"]) == ("done", 20, 8, "rowid")
    assert sorted(second) == sorted(first)
    assert second == second | NOTHING_DONE | {"state": "done", "reasons": {}}


@pytest.mark.parametrize(
    ("options", "code", "state", "said"),
    [
        (("--on-failure", "abort"), 1, "done", "8 rows failed (20 rows filled and kept) and on_failure=abort"),
        (
            ("--time-budget", "0.000001", "--batch-size", "1"),
            3,
            "partial",
            "Revision not stamped; upgrade again to resume",
        ),
    ],
)
def test_an_upgrade_that_is_not_stamped_says_why(  # noqa: PLR0913, PLR0917  # how it is called, and how it ends
    application: str, command: Command, options: tuple[str, ...], code: int, state: str, said: str
) -> None:
    """By its exit code, one line, and the report all the same; the next one ends it."""
    ended = command("upgrade", *options, "--json", "--database", application)
    version = recorded_version(application)
    again = command("upgrade", "--database", application)

    assert (ended.code, json.loads(ended.out)["state"], version) == (code, state, "media_ids_0002")
    assert said in ended.err.splitlines()[-1]
    assert (again.code, recorded_version(application), filled(application)) == (1, "media_ids_0003", 20)


def test_an_incomplete_upgrade_ends_with_1(sqlite_empty: str, command: Command) -> None:
    """Here a trigger that leaves every row empty: not stamped, and nothing claims that it was."""
    create_variant(sqlite_empty, "A")
    insert_plain(sqlite_empty, 300)
    undo = f"UPDATE {TABLE} SET media_generation_id = NULL WHERE id = new.id"
    execute(sqlite_empty, f"CREATE TRIGGER undo AFTER UPDATE ON {TABLE} BEGIN {undo}; END")

    ended = command("upgrade", "--database", sqlite_empty)

    assert (ended.code, recorded_version(sqlite_empty), filled(sqlite_empty)) == (1, "media_ids_0002", 0)
    assert ended.err.splitlines()[-1].startswith("media-gen-ids: backfill incomplete: ")


def test_another_one_is_waited_for_as_long_as_it_is_said(application: str, filled_file: str, command: Command) -> None:
    """By `upgrade` and by `sync`; exit code 4."""
    with only_one(make_engine(application), 0), only_one(make_engine(filled_file), 0):
        upgraded = command("upgrade", "--lock-wait", "0.2", "--database", application)
        synced = command("sync", "--lock-wait", "0.2", "--database", filled_file)

    assert (upgraded.code, synced.code, recorded_version(application)) == (4, 4, None)
    assert "waiting up to 0 s for another upgrade or sync" in upgraded.err
    assert "waiting up to 0 s for another upgrade or sync" in synced.err


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_after_its_batch(application_file: str, number: signal.Signals) -> None:
    """Exit code 143 or 130, with the report of what was done."""
    insert_plain(application_file, 3_000)
    slowly = ("--batch-size", "20", "--nice", "2")
    process = start("media-gen-ids", "upgrade", *slowly, "--json", "--database", application_file)
    wait_until(lambda: count_filled(application_file) > 100)

    process.send(number)
    ended = process.finish()

    report = json.loads(ended.out)
    assert (ended.code, report["state"], recorded_version(application_file)) == (
        128 + number,
        "stopped",
        "media_ids_0002",
    )
    assert report["synced"] == filled(application_file)
    assert ended.err.splitlines()[-1].startswith(f"media-gen-ids: stopped by signal {int(number)}; ")


@pytest.mark.parametrize("name", ["upgrade", "sync"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_wait_for_another_one(filled_file: str, name: str, number: signal.Signals) -> None:
    """With an exit code of its own: process 1 of a container has nothing else that would end it."""
    execute(filled_file, "UPDATE alembic_version SET version_num = 'media_ids_0002'")
    with only_one(make_engine(filled_file), 0):
        process = start("media-gen-ids", name, "--lock-wait", "100", "--database", filled_file)
        wait_until(lambda: "waiting up to 100 s for another upgrade or sync" in process.err)

        process.send(number)
        ended = process.finish()

    assert (ended.code, ended.out, "Traceback" in ended.err) == (128 + number, "", False)


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (("--on-failure", "perhaps"), "on_failure: Input should be 'continue' or 'abort', got 'perhaps'"),
        (("--backfill", "later"), "backfill: Input should be 'run' or 'defer', got 'later'"),
        (("--workers", "2"), "workers: only PostgreSQL takes several; this database has one writer at a time"),
        (("--max-replica-lag", "1"), "max_replica_lag: only PostgreSQL has replicas to wait for; leave it out here"),
        (("--nice", "-1"), "nice: Input should be greater than or equal to 0, got -1.0"),
        (("--version-table", "a b"), "version_table: must be a plain name of at most 59 letters, digits and _"),
    ],
)
def test_a_wrong_option_changes_nothing(
    sqlite_empty: str, command: Command, options: tuple[str, str], line: str
) -> None:
    """One line and exit code 2; not even a file is made."""
    ended = command("upgrade", *options, "--database", sqlite_empty)

    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith(f"media-gen-ids: {line}")
    assert not Path(sqlite_empty.removeprefix("sqlite:///")).exists()


def test_a_database_of_a_later_version_is_left_alone(sqlite_database: str, command: Command) -> None:
    """Exit code 2, and what to do: Alembic would say that it cannot locate a revision."""
    execute(sqlite_database, "UPDATE alembic_version SET version_num = 'media_ids_9999'")

    ended = command("upgrade", "--database", sqlite_database)

    advice = "the database stands at media_ids_9999, which this version does not know: install the version that made it"
    assert (ended.code, ended.err.splitlines()[-1]) == (2, f"media-gen-ids: {advice}")


def test_a_table_of_somebody_else_is_refused(sqlite_empty: str, command: Command) -> None:
    """With the exit code of a wrong database, and one line."""
    execute(sqlite_empty, f"CREATE TABLE {TABLE} (video_id TEXT)")

    ended = command("upgrade", "--database", sqlite_empty)

    assert (ended.code, ended.err.count("\n"), recorded_version(sqlite_empty)) == (2, 1, None)
    assert "is not the table this migration is for" in ended.err


def test_the_rows_can_be_left_to_sync_and_the_version_stand_elsewhere(application: str, command: Command) -> None:
    """Deferred rows are no fault: exit code 0, and a report that does not say that all is done."""
    options = ("--backfill", "defer", "--version-table", "media_ids_version", "--database", application)

    ended = command("upgrade", "--json", *options)
    check = command("check", *options[2:])

    assert (ended.code, filled(application), recorded_version(application)) == (0, 0, None)
    assert check.out.splitlines()[2] == "ok    database at head"
    assert query(application, "SELECT version_num FROM media_ids_version") == [("media_ids_0003",)]
    assert json.loads(ended.out) == json.loads(ended.out) | NOTHING_DONE | {"state": "partial"}
    assert ended.err.splitlines()[-1].startswith("backfill deferred: ")


def test_verbose_shows_each_record(application_file: str, command: Command) -> None:
    """On stdout before the summary."""
    ended = command("upgrade", "--verbose", "--database", application_file)

    marks = [line[:3] for line in ended.out.splitlines()]
    assert (marks.count("✅ S"), marks.count("⏭️ "), marks.count("❌ F")) == (20, 20, 8)


def test_every_option_of_alembic_is_an_option_here() -> None:
    """One name for one thing."""
    options = set(inspect.signature(upgrade).parameters)

    assert options == OPTIONS | {"database", "desktop", "verbose", "report", "as_json"}


def test_what_alembic_refuses_is_one_line(
    sqlite_empty: str, command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Here revisions that are not there: exit code 2, in Alembic's own words."""
    monkeypatch.setattr(upgrades, "alembic_config", lambda: Config(tmp_path / "no.ini"))

    ended = command("upgrade", "--database", sqlite_empty)

    assert (ended.code, ended.err) == (2, "media-gen-ids: Alembic: No 'script_location' key found in configuration.\n")
