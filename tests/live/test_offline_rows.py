"""The script of `--sql` writes into the row that the id comes from, whatever key the table has, and if it has none."""

import sqlite3
import threading
from contextlib import closing

import psycopg
import pytest

from tests.conftest import Databases
from tests.live.test_offline import PLAIN, run_script, write_and_run_script
from tests.support.migrations import upgrade
from tests.support.plain_rows import expected_ids, filled_ids, insert_plain
from tests.support.processes import run_upgrade, wait_until
from tests.support.responses import make_rows, named
from tests.support.tables import (
    COLUMNS_OF_VARIANT_A,
    TABLE,
    create_variant,
    execute,
    insert,
    query,
    sqlite_path,
    store_body,
)

ROWS = 9_000
KEYLESS = f"CREATE TABLE {TABLE} ({COLUMNS_OF_VARIANT_A})".replace("id TEXT NOT NULL", "id TEXT", 1)
SHARED_IDS = (
    f"UPDATE {TABLE} SET id = CASE WHEN seed % 10 = 0 THEN NULL WHEN seed % 3 = 0 THEN 'shared' ELSE id END"
).replace("%", "%%")
BY_CREATION = (
    KEYLESS + " PARTITION BY HASH (operation_name)",
    *(f"CREATE TABLE p{n} PARTITION OF {TABLE} FOR VALUES WITH (MODULUS 3, REMAINDER {n})" for n in range(3)),
)
LARGEST_TRANSACTION = (
    f"SELECT max(rows) FROM (SELECT count(*) AS rows FROM {TABLE}"
    " WHERE media_generation_id IS NOT NULL GROUP BY xmin::text) AS transactions"
)
WAITING = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"


def insert_shared(url: str) -> None:
    """Insert rows in one statement, a third of which share an id, and a tenth of which have none."""
    insert_plain(url, ROWS)
    percent = SHARED_IDS if url.startswith("postgresql") else SHARED_IDS.replace("%%", "%")
    execute(url, percent)


def test_rows_that_share_an_id_or_have_none_get_their_own_media_ids(empty_database: str) -> None:
    """No key, no index, thousands of rows with one `id` from one statement: each media id is its operation's."""
    execute(empty_database, KEYLESS)
    insert_shared(empty_database)

    write_and_run_script(empty_database)

    assert filled_ids(empty_database) == expected_ids(ROWS)


def test_rows_of_partitions_that_stand_in_the_same_place_get_their_own_media_ids(postgresql_empty: str) -> None:
    """A place names a row within its partition alone."""
    execute(postgresql_empty, *BY_CREATION)
    insert_shared(postgresql_empty)

    write_and_run_script(postgresql_empty)

    assert filled_ids(postgresql_empty) == expected_ids(ROWS)


@pytest.mark.parametrize("table", [(KEYLESS,), BY_CREATION], ids=["no key", "partitions"])
def test_no_transaction_of_the_script_updates_more_than_a_thousand_rows(
    postgresql_empty: str, table: tuple[str, ...]
) -> None:
    """Nor a few only: pages end where partitions do."""
    execute(postgresql_empty, *table)
    insert_shared(postgresql_empty)

    write_and_run_script(postgresql_empty)

    ((largest,),) = query(postgresql_empty, LARGEST_TRANSACTION)
    assert 300 < largest <= 1_000


def test_a_table_without_rowid_is_filled_too(sqlite_empty: str) -> None:
    """The script needs no name for a row."""
    execute(sqlite_empty, f"CREATE TABLE {TABLE} ({COLUMNS_OF_VARIANT_A}, PRIMARY KEY (id)) WITHOUT ROWID")
    insert_plain(sqlite_empty, 100)

    write_and_run_script(sqlite_empty)

    assert filled_ids(sqlite_empty) == expected_ids(100)


def test_a_file_in_utf_16_is_filled_too(sqlite_empty: str) -> None:
    """Every second byte of it is a NUL, which is no end of a text there."""
    with closing(sqlite3.connect(sqlite_path(sqlite_empty))) as file:
        file.executescript("PRAGMA encoding = 'UTF-16le'; CREATE TABLE something (id TEXT);")
    create_variant(sqlite_empty, "A")
    insert_plain(sqlite_empty, 100)

    write_and_run_script(sqlite_empty)

    assert query(sqlite_empty, "PRAGMA encoding") == [("UTF-16le",)]
    assert filled_ids(sqlite_empty) == expected_ids(100)


@pytest.mark.parametrize("blank", ["", "  "])
def test_blank_means_empty(database: str, blank: str) -> None:
    """Forms and other programs store it; a row with an id keeps what it has."""
    first, second = make_rows(2, (PLAIN,))
    insert(database, [first, second])
    execute(
        database,
        f"UPDATE {TABLE} SET media_generation_id = '{blank}' WHERE id = '{first.id}'",
        f"UPDATE {TABLE} SET media_generation_id = 'THEIRS' WHERE id = '{second.id}'",
    )

    run_script(database, run_upgrade(database, "media_ids_0002:head", "--sql").out)

    assert query(database, f"SELECT id, media_generation_id FROM {TABLE} ORDER BY updated_at DESC") == [
        (first.id, first.response.media_generation_id),
        (second.id, "THEIRS"),
    ]


def test_a_row_whose_body_changes_under_the_update_is_left_alone(postgresql_database: str) -> None:
    """The script waits for the row; the application commits another answer, whose id is not the one that was read."""
    theirs, *others = make_rows(20, (PLAIN,))
    insert(postgresql_database, [theirs, *others])
    script = run_upgrade(postgresql_database, "media_ids_0002:head", "--sql").out.replace("'200ms'", "'60s'")
    thread = threading.Thread(target=run_script, args=(postgresql_database, script))

    with psycopg.connect(postgresql_database) as session:
        session.execute(f"UPDATE {TABLE} SET raw_response = %s WHERE id = %s", (named("13_").body, theirs.id))
        thread.start()
        wait_until(lambda: query(postgresql_database, WAITING) == [(1,)])
        session.commit()
    thread.join(60)

    filled = query(postgresql_database, f"SELECT id FROM {TABLE} WHERE media_generation_id IS NOT NULL")
    assert (thread.is_alive(), sorted(filled)) == (False, sorted((row.id,) for row in others))


def test_a_row_that_is_filled_under_the_update_keeps_its_id(postgresql_database: str) -> None:
    """Nothing is ever overwritten, whatever the script has read."""
    rows = make_rows(20, (PLAIN,))
    insert(postgresql_database, rows)
    script = run_upgrade(postgresql_database, "media_ids_0002:head", "--sql").out.replace("'200ms'", "'60s'")
    thread = threading.Thread(target=run_script, args=(postgresql_database, script))

    with psycopg.connect(postgresql_database) as session:
        session.execute(f"UPDATE {TABLE} SET media_generation_id = 'THEIRS' WHERE id = %s", (rows[5].id,))
        thread.start()
        wait_until(lambda: query(postgresql_database, WAITING) == [(1,)])
        session.commit()
    thread.join(60)

    kept = query(postgresql_database, f"SELECT id FROM {TABLE} WHERE media_generation_id = 'THEIRS'")
    assert (thread.is_alive(), kept) == (False, [(rows[5].id,)])


def test_a_body_that_can_be_filled_does_not_stop_at_one_that_cannot(databases: Databases) -> None:
    """Cut off in the middle of 30 others: the database refuses the cast of one, and the script goes round it."""
    url = databases.empty()
    upgrade(url, "media_ids_0002")
    cut, *others = make_rows(30, (PLAIN,))
    insert(url, [*others[:15], cut, *others[15:]])
    store_body(url, cut.id, cut.response.body[:200])

    run_script(url, run_upgrade(url, "media_ids_0002:head", "--sql").out)

    filled = query(url, f"SELECT id FROM {TABLE} WHERE media_generation_id IS NOT NULL")
    assert sorted(filled) == sorted((row.id,) for row in others)
