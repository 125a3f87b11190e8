"""`sync --dry-run`: what would be done and about how long it would take, and nothing written at all."""

import json

import pytest

from tests.cli.conftest import Command
from tests.conftest import POSTGRESQL_KINDS, LazyDatabases
from tests.support.responses import make_rows
from tests.support.tables import execute, insert, query, sqlite_path

RUNS = "media_generation_id_backfill_runs"


def test_it_counts_what_a_run_then_does(database: str, command: Command) -> None:
    """By reason too; the run itself finds the same."""
    insert(database, make_rows(240))

    looked = json.loads(command("sync", "--dry-run", "--json", "--database", database).out)
    done = json.loads(command("sync", "--json", "--database", database).out)

    same = ("found", "synced", "skipped", "failed", "total", "reasons", "walk")
    assert (looked["state"], done["state"]) == ("dry_run", "done")
    assert {name: looked[name] for name in same} == {name: done[name] for name in same}
    assert (looked["synced"], looked["batches"]) == (100, 0)


def test_not_a_byte_of_the_file_changes(sqlite_database: str, command: Command) -> None:
    """Nor is there a file beside it afterwards."""
    insert(sqlite_database, make_rows(240))
    file = sqlite_path(sqlite_database)
    before = (file.read_bytes(), file.stat().st_mtime_ns)

    result = command("sync", "--dry-run", "--verbose", "--database", sqlite_database)

    assert (result.code, "Synced 100" in result.out) == (0, True)
    assert (file.read_bytes(), file.stat().st_mtime_ns) == before
    assert [path.name for path in file.parent.glob(f"{file.name}*")] == [file.name]


@pytest.mark.parametrize("kind", POSTGRESQL_KINDS)
def test_postgresql_writes_no_wal_and_no_table_changes(
    kind: str, quiet_databases: LazyDatabases, command: Command
) -> None:
    """Even a session that may write nothing can do it, and all tables are as they were."""
    url = quiet_databases[kind].upgraded()
    insert(url, make_rows(240))
    looking = ("sync", "--dry-run", "--database", f"{url}&options={READ_ONLY}")
    command(*looking)  # the first to read a row notes in it that its writer has committed, whoever that is
    before = _state(url)

    result = command(*looking)

    assert (result.code, "Synced 100" in result.out) == (0, True)
    assert _state(url) == before


READ_ONLY = "-cdefault_transaction_read_only%3Don"


def _state(url: str) -> list[tuple[object, ...]]:
    """Return the WAL's position and the contents of every table."""
    tables = ("veo3_video_generations", RUNS, "media_generation_id_backfill_failures", "alembic_version")
    contents = [query(url, f"SELECT md5(string_agg(t::text, '' ORDER BY t::text)) FROM {name} t") for name in tables]
    return [*query(url, "SELECT pg_current_wal_insert_lsn()"), *(rows[0] for rows in contents)]


def test_without_experience_the_estimate_says_what_it_assumes(sqlite_database: str, command: Command) -> None:
    """Where the report is JSON, it goes to stderr."""
    insert(sqlite_database, make_rows(48))

    text = command("sync", "--dry-run", "--database", sqlite_database)
    as_json = command("sync", "--dry-run", "--json", "--database", sqlite_database)

    assert "writing is assumed at 5,000 rows/s)" in text.out.splitlines()[-1]
    assert as_json.err.splitlines()[-1].startswith("⏱️  Estimate: ")


def test_with_experience_the_estimate_rests_on_the_last_long_run(sqlite_database: str, command: Command) -> None:
    """A run that did 600 rows in 60 seconds: 48 rows take about five."""
    execute(sqlite_database, f"UPDATE {RUNS} SET synced = 5000, skipped = 500, failed = 500, seconds = 600.0")
    insert(sqlite_database, make_rows(48))

    text = command("sync", "--dry-run", "--database", sqlite_database)

    assert text.out.splitlines()[-1] == "⏱️  Estimate: about 5 s (the last long run did 10 rows/s)"
