"""`status` and `sync --dry-run` before the first upgrade: what there is to do, and nothing written at all."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from app.backfill.ledger.failures import FAILURES
from app.backfill.ledger.runs import RUNS
from app.database.engines import make_engine
from app.reports.untouched import ADVICE, as_upgraded
from tests.cli.conftest import Command
from tests.conftest import POSTGRESQL_KINDS, Databases, LazyDatabases
from tests.support.partitions import create_partitioned
from tests.support.responses import make_rows
from tests.support.tables import FOREIGN_TABLE, TABLE, create_variant, execute, insert, query, sqlite_path

LOOKS = (("sync", "--dry-run"), ("sync", "--dry-run", "--json"), ("status",), ("status", "--json"), ("failures",))
COUNTS = ("found", "synced", "skipped", "failed", "total", "reasons")
READ_ONLY = "-cdefault_transaction_read_only%3Don"


def whole_sqlite(url: str) -> dict[str, bytes]:
    """Return every file of a SQLite database, byte for byte."""
    file = sqlite_path(url)
    return {path.name: path.read_bytes() for path in file.parent.glob(f"{file.name}*")}


def whole_postgresql(url: str) -> dict[str, list[tuple[Any, ...]]]:
    """Return where the server's WAL stands, all that the catalogue has, and the rows of every table."""
    inspector = sa.inspect(make_engine(url))
    names = inspector.get_table_names()
    rows = {name: query(url, f"SELECT t::text, t.xmin::text FROM {name} t ORDER BY 1") for name in names}
    catalogue = "SELECT c::text FROM pg_class c UNION ALL SELECT a::text FROM pg_attribute a ORDER BY 1"
    return rows | {"catalogue": query(url, catalogue), "wal": query(url, "SELECT pg_current_wal_insert_lsn()")}


def made(url: str, variant: str) -> str:
    """Make the application's table with 48 rows, 20 of which can be filled and 8 of which fail."""
    create_variant(url, variant)
    insert(url, make_rows(48))
    return url


@pytest.mark.parametrize("variant", ["A", "A0", "E"])
def test_a_dry_run_counts_what_the_first_upgrade_then_does(
    databases: Databases, command: Command, variant: str
) -> None:
    """By reason too, also where the table lacks the column that is to be filled; it tells about how long."""
    url = made(databases.empty(), variant)

    text = command("sync", "--dry-run", "--verbose", "--database", url)
    looked = json.loads(command("sync", "--dry-run", "--json", "--database", url).out)
    done = json.loads(command("upgrade", "--json", "--database", url).out)

    assert (looked["state"], done["state"], text.code) == ("dry_run", "done", 0)
    assert {name: looked[name] for name in COUNTS} == {name: done[name] for name in COUNTS}
    assert (looked["synced"], looked["failed"], text.out.count("❌ Failed: ")) == (20, 8, 8)
    assert "⏱️  Estimate: " in text.out.splitlines()[-1]
    assert text.err.splitlines()[1:] == [ADVICE["ledger"]]


@pytest.mark.parametrize("variant", ["A", "E"])
def test_status_says_that_no_upgrade_has_run_and_what_is_pending(
    databases: Databases, command: Command, variant: str
) -> None:
    """All with an answer are; the JSON object has the fields that it always has."""
    url = made(databases.empty(), variant)
    execute(url, f"UPDATE {TABLE} SET raw_response = NULL WHERE status = 'failed'")

    text, status = command("status", "--database", url), command("status", "--json", "--database", url)
    command("upgrade", "--database", url)
    later = json.loads(command("status", "--json", "--database", url).out)

    shown = json.loads(status.out)
    assert (text.code, " ".join(text.out.split()).startswith(f"N{ADVICE['ledger'][1:]}.")) == (0, True)
    assert " all         ░░░░░░░░░░░░        0       46           2       0    48" in text.out
    assert shown["total"] == {"with_id": 0, "pending": 46, "nothing_to_recover": 2, "failed": 0}
    assert (shown["runs"], shown["running"], shown["pending_by_reason"]) == ([], None, {})
    assert (list(shown), status.err) == (list(later), ADVICE["ledger"] + "\n")


@pytest.mark.parametrize("journal", ["delete", "wal"])
@pytest.mark.parametrize("variant", ["A", "E"])
def test_not_a_byte_of_a_sqlite_file_changes(sqlite_empty: str, command: Command, variant: str, journal: str) -> None:
    """Whichever of the looks is taken; nor is there another file beside it."""
    execute(sqlite_empty, f"PRAGMA journal_mode = {journal}")
    before = whole_sqlite(made(sqlite_empty, variant))

    codes = [command(*look, "--database", sqlite_empty).code for look in LOOKS]

    assert codes == [0, 0, 0, 0, 2]
    assert whole_sqlite(sqlite_empty) == before


@pytest.mark.parametrize("kind", POSTGRESQL_KINDS)
@pytest.mark.parametrize("make", [lambda url: made(url, "A"), lambda url: made(url, "E"), str])
def test_nothing_of_a_postgresql_database_changes(
    kind: str, make: Callable[[str], str], quiet_databases: LazyDatabases, command: Command
) -> None:
    """Neither catalogue nor rows, nor is a byte of WAL written, in a session that may not write."""
    url = make(quiet_databases[kind].empty())
    looks = [(*look, "--database", f"{url}&options={READ_ONLY}") for look in LOOKS]
    command(*looks[0])  # the first to read a row notes in it that its writer has committed, whoever that is
    before = whole_postgresql(url)

    codes = [command(*look).code for look in looks]

    assert codes == [0, 0, 0, 0, 2]
    assert whole_postgresql(url) == before


def test_a_database_without_the_table_has_nothing_to_do(empty_database: str, command: Command) -> None:
    """And stays as it is: both say what makes the table."""
    execute(empty_database, "CREATE TABLE something (id TEXT)")

    looked, status = (command(*look, "--database", empty_database) for look in (LOOKS[1], LOOKS[2]))

    assert (looked.code, status.code) == (0, 0)
    assert json.loads(looked.out) | {"state": "dry_run", "found": 0, "total": 0} == json.loads(looked.out)
    assert looked.err.splitlines()[1:] == [ADVICE["table"]]
    assert status.out.startswith("There is no table veo3_video_generations yet: `media-gen-ids upgrade` makes it.\n")
    assert sa.inspect(make_engine(empty_database)).get_table_names() == ["something"]


@pytest.mark.parametrize("look", LOOKS)
def test_a_file_that_is_not_there_is_not_made(tmp_path: Path, command: Command, look: tuple[str, ...]) -> None:
    """Each look says in one line that it is not there, and what makes it."""
    ended = command(*look, "--database", f"{tmp_path}/veo3.db")

    assert ended.code == (2 if look[0] == "failures" else 0)
    assert "no such file" in ended.out + ended.err
    assert "`media-gen-ids upgrade` makes" in ended.out + ended.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("look", LOOKS)
def test_a_folder_that_is_not_there_is_a_wrong_path(tmp_path: Path, command: Command, look: tuple[str, ...]) -> None:
    """An upgrade could not make a file in it."""
    ended = command(*look, "--database", f"{tmp_path}/no/veo3.db")

    assert (ended.code, ended.out) == (2, "")
    assert "no such file. Check the path" in ended.err


def test_what_stands_for_the_ledger_is_empty_and_gone_with_its_block(sqlite_empty: str) -> None:
    """Whatever the connection is used for afterwards, it finds what is there."""
    execute(made(sqlite_empty, "A"), "CREATE TABLE other (id TEXT)")

    with make_engine(sqlite_empty).connect() as connection:
        with as_upgraded(connection):
            found = [connection.execute(sa.select(table)).all() for table in (RUNS, FAILURES)]
        with pytest.raises(OperationalError, match="no such table"):
            connection.execute(sa.select(RUNS))

    assert found == [[], []]


@pytest.mark.parametrize("look", LOOKS[:4])
def test_another_programs_table_is_refused_as_ever(
    empty_database: str, command: Command, look: tuple[str, ...]
) -> None:
    """It is not the table before its first upgrade: exit code 2 and one line."""
    execute(empty_database, FOREIGN_TABLE)

    ended = command(*look, "--database", empty_database)

    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1)
    assert "is not the table this migration is for" in ended.err


def test_a_table_with_partitions_is_looked_at_leaf_by_leaf(postgresql_empty: str, command: Command) -> None:
    """As the upgrade walks it."""
    create_partitioned(postgresql_empty, "hash of id")
    insert(postgresql_empty, make_rows(48))

    looked = json.loads(command("sync", "--dry-run", "--json", "--database", postgresql_empty).out)

    assert (looked["synced"], looked["failed"], looked["walk"]) == (20, 8, "partition")


@pytest.mark.parametrize("name", ["sync", "sync --dry-run --retry-failed", "failures"])
def test_what_needs_the_ledger_says_what_makes_it(empty_database: str, command: Command, name: str) -> None:
    """In one line, with exit code 2."""
    made(empty_database, "A")

    ended = command(*name.split(), "--database", empty_database)

    assert (ended.code, ended.out) == (2, "")
    need = "no table media_generation_id_backfill_runs. Run `media-gen-ids upgrade` first\n"
    assert ended.err.endswith(need)


def test_a_table_that_is_gone_after_an_upgrade_is_no_first_time(database: str, command: Command) -> None:
    """An upgrade would not make it again."""
    execute(database, f"DROP TABLE {TABLE}")

    ends = [command(*look, "--database", database) for look in LOOKS]

    assert [(end.code, "no table veo3_video_generations. Run" in end.err) for end in ends] == [(2, True)] * 5
