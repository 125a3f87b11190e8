"""What a stranger's tables have shown: long and binary keys, other encodings, triggers that change other rows."""

import pytest

from support.postgres import PostgresServer
from tests.conftest import Databases
from tests.support.any_table import FAILURES, RUNS, body, create, expected, row, store, stored
from tests.support.migrations import upgrade
from tests.support.processes import run_command, run_sync, run_upgrade
from tests.support.tables import TABLE, execute, query

KEY = "PRIMARY KEY (id)"


def test_keys_that_are_bytes_come_in_their_order(sqlite_empty: str) -> None:
    """A table WITHOUT ROWID whose keys are blobs, most of whose rows have nothing to recover: the run ends."""
    execute(sqlite_empty, create(KEY) + " WITHOUT ROWID")
    rows = [row(seed, id=bytes([seed]), raw_response=body(seed) if seed > 140 else "{}") for seed in range(150)]
    rows[7] = row(7, id=bytes([7]), raw_response="{")
    store(sqlite_empty, rows)

    upgrade(sqlite_empty, batch_size=20)

    assert stored(sqlite_empty) == expected(rows)
    assert query(sqlite_empty, f"SELECT synced, skipped, failed FROM {RUNS}") == [(9, 140, 1)]
    assert run_sync(sqlite_empty, "--retry-failed", "--all").code == 1


def test_a_key_longer_than_an_index_holds_can_fail(databases: Databases) -> None:
    """The application's own index holds it; the ledger's need not."""
    url = databases.empty()
    execute(url, create(KEY))
    store(url, [row(1, id="".join(chr(0x4E00 + 7 * number) for number in range(860)), raw_response="{"), row(2)])

    upgrade(url)

    assert stored(url) == {1: None, 2: "CAUS000002"}
    assert query(url, f"SELECT reason FROM {FAILURES}") == [("invalid_json",)]


def test_a_trigger_that_changes_the_next_row_is_seen(sqlite_empty: str) -> None:
    """The row that comes later has another body by then, and nothing to recover."""
    execute(
        sqlite_empty,
        create(KEY),
        f"CREATE TRIGGER spread AFTER UPDATE OF media_generation_id ON {TABLE} WHEN new.seed IN (1, 3)"
        f" BEGIN UPDATE {TABLE} SET raw_response = '{{}}' WHERE seed = new.seed + 1; END",
    )
    store(sqlite_empty, [row(seed) for seed in range(1, 6)])

    upgrade(sqlite_empty)

    assert stored(sqlite_empty) == {1: "CAUS000001", 2: None, 3: "CAUS000003", 4: None, 5: "CAUS000005"}


@pytest.mark.parametrize("kind", ["name", "mood", "xml"])
def test_other_types_are_refused_before_anything_is_changed(postgresql_empty: str, kind: str) -> None:
    """A type that cuts values off, an enum, and one that SQLAlchemy does not know as text."""
    execute(postgresql_empty, "CREATE TYPE mood AS ENUM ('good', 'bad')")
    execute(postgresql_empty, create(KEY, media_generation_id=kind))

    done = run_upgrade(postgresql_empty)

    assert (done.code, f"column media_generation_id is {kind}" in done.out.lower()) == (255, True), done
    assert query(postgresql_empty, "SELECT to_regclass('alembic_version')") == [(None,)]


@pytest.fixture(scope="module")
def latin_database() -> object:
    """The URL of a database whose encoding does not know all characters."""
    with PostgresServer(18) as server:
        with server.connect() as connection:
            connection.execute("CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'")
        yield server.url("latin")


def test_characters_that_the_database_does_not_know_cost_no_other_row(latin_database: str) -> None:
    """In the name of another operation, and in what looks like an id."""
    execute(latin_database, create(KEY))
    strange = body(1).replace("op-1", "\\u4e2d")
    store(
        latin_database, [row(1, raw_response=strange), row(2, raw_response=body(2).replace("CAUS", "\\u4e2d")), row(3)]
    )

    done = run_upgrade(latin_database)

    assert (done.code, "Traceback" in done.err) == (0, False), done
    assert stored(latin_database) == {1: None, 2: None, 3: "CAUS000003"}
    reasons = query(latin_database, f"SELECT generation_id, reason FROM {FAILURES} ORDER BY 1")
    assert reasons == [("row-1", "operation_mismatch"), ("row-2", "update_failed")]


def test_the_encoding_of_a_session_makes_no_difference(postgresql_empty: str) -> None:
    """A body with characters that it lacks, where the database was told to speak LATIN1."""
    name = postgresql_empty.split("/")[3].split("?", maxsplit=1)[0]
    execute(postgresql_empty, create(KEY), f"ALTER DATABASE {name} SET client_encoding = 'LATIN1'")
    rows = [row(1, raw_response='{"operations": [], "prompt": "\u4e2d"}'), row(2), row(3)]
    store(postgresql_empty, rows)

    done = run_upgrade(postgresql_empty)

    assert (done.code, stored(postgresql_empty)) == (0, expected(rows)), done


def test_keys_that_are_floating_numbers_lose_no_digit(postgresql_empty: str) -> None:
    """Though the sessions of this database show fewer than there are."""
    execute(postgresql_empty, create("PRIMARY KEY (aspect_ratio)", aspect_ratio="float8 DEFAULT random()"))
    name = query(postgresql_empty, "SELECT current_database()")[0][0]
    execute(postgresql_empty, f'ALTER DATABASE "{name}" SET extra_float_digits = 0')
    rows = [row(seed) for seed in range(12)]
    store(postgresql_empty, rows)

    upgrade(postgresql_empty)

    assert stored(postgresql_empty) == expected(rows)


def test_ids_and_statuses_that_are_numbers_are_shown(sqlite_empty: str) -> None:
    """`sync --verbose` and `status` on columns without a type."""
    execute(sqlite_empty, create(KEY, id="", status=""))
    store(sqlite_empty, [row(1, id=1), row(2, id=2)])
    execute(sqlite_empty, f"UPDATE {TABLE} SET status = 5 WHERE seed = 1")
    upgrade(sqlite_empty, backfill="defer")

    synced = run_sync(sqlite_empty, "--verbose")
    status = run_command("media-gen-ids", sqlite_empty, "status")

    assert (synced.code, "Synced: 1... -> CAUS000001" in synced.out) == (0, True), synced
    assert status.code == 0, status
