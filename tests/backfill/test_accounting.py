"""What is left in a table that could be filled, and the failed rows as they stand in it; checkpoints of SQLite."""

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.backfill import accounting
from app.backfill.accounting import LeftOver, count_pending, find_left_over
from app.backfill.control.limits import Stopped
from app.backfill.databases import choose_access
from app.backfill.engine import backfill
from app.backfill.judge import digest
from app.backfill.ledger import failed_rows
from app.backfill.ledger.failed_rows import find_failing
from app.backfill.ledger.runs import open_ledger
from app.backfill.light_tables import column_named, table_of
from app.backfill.options import Options
from app.backfill.rows import Refused
from app.backfill.sqlite import checkpoints
from app.backfill.sqlite.checkpoints import Checkpoints
from app.database.engines import make_engine
from app.videos.recipe import MEDIA_IDS
from tests.backfill.test_second_recipe import DOMAINS
from tests.support.any_table import body, row, store, unfinished
from tests.support.tables import TABLE, execute

TABLE_OF_MEDIA = table_of(MEDIA_IDS)


@pytest.fixture
def connection(sqlite_database: str) -> Iterator[sa.Connection]:
    """A connection to a file with four rows that can be filled, and four others."""
    odd = [
        row(4, raw_response=unfinished(4)),
        row(5, raw_response="{"),
        row(6, raw_response=None),
        row(7, media_generation_id="own"),
    ]
    store(sqlite_database, [*map(row, range(4)), *odd])
    with make_engine(sqlite_database).connect() as connection:
        yield connection


def left_over(connection: sa.Connection, *refused: str) -> dict[str, LeftOver]:
    """Return what can be filled, but for rows that are known to be refused."""
    access = choose_access(connection, MEDIA_IDS)
    found = find_left_over(
        connection, MEDIA_IDS, table=TABLE_OF_MEDIA, access=access, refused=set(refused), check_stop=lambda: None
    )
    return dict(found)


def test_what_can_be_filled_is_left_over(connection: sa.Connection) -> None:
    """By its name, with its id and its body's digest; a row that the database refuses is accounted for."""
    found = left_over(connection, '["row-2"]')

    assert found == {f'["row-{seed}"]': LeftOver(f"row-{seed}", digest(body(seed))) for seed in (0, 1, 3)}
    assert count_pending(connection, TABLE_OF_MEDIA) == 6


def test_bytes_that_are_no_text_are_not_left_over(connection: sa.Connection, sqlite_database: str) -> None:
    """They are a failure; the other rows are told all the same, and the connection reads text as before."""
    execute(sqlite_database, f"UPDATE {TABLE} SET operation_name = CAST(x'ff' AS TEXT) WHERE seed = 1")

    found = left_over(connection)

    assert sorted(found) == ['["row-0"]', '["row-2"]', '["row-3"]']
    assert connection.connection.driver_connection.text_factory is str  # type: ignore[union-attr]


def test_where_many_are_left_some_are_as_good_as_all(
    connection: sa.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten thousand are told apart; here two."""
    assert accounting.MOST_ROWS == 10_000
    monkeypatch.setattr(accounting, "MOST_ROWS", 2)

    assert sorted(left_over(connection)) == ['["row-0"]', '["row-1"]']


def test_whoever_is_to_stop_looks_no_further(connection: sa.Connection) -> None:
    """A table may be large."""

    def stop() -> None:
        raise Stopped("stopped")

    access = choose_access(connection, MEDIA_IDS)
    with pytest.raises(Stopped):
        find_left_over(connection, MEDIA_IDS, table=TABLE_OF_MEDIA, access=access, refused=frozenset(), check_stop=stop)


def test_a_failed_row_is_found_as_it_stands_in_the_table(
    connection: sa.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the order of the names, looked up a few at a time; not one that has its id, nor another recipe's."""
    monkeypatch.setattr(failed_rows, "LOOKED_UP_ROWS", 1)
    connection.rollback()
    backfill(connection, MEDIA_IDS, Options(), origin="sync")
    with connection.begin():
        for recipe, names in ((DOMAINS, ['["row-4"]']), (MEDIA_IDS, ['["row-7"]', '["gone"]', '["row-6"]'])):
            ledger, _ = open_ledger(connection, recipe, "sync", "key", Options())
            ledger.record_failures(connection, 1, [Refused("row", "some", name=name) for name in names])
        connection.exec_driver_sql(f"UPDATE {TABLE} SET raw_response = '[' WHERE seed = 6")
        connection.exec_driver_sql(f"UPDATE {TABLE} SET prompt = CAST(x'ff' AS TEXT) WHERE seed = 5")
    table = sa.table(TABLE, *map(sa.column, ("id", "raw_response", "media_generation_id", "seed", "prompt")))

    columns = column_named(table, "seed"), column_named(table, "prompt")
    found = [(name, *values) for name, values in find_failing(connection, MEDIA_IDS, table, *columns)]

    assert found == [('["row-5"]', 5, "\udcff"), ('["row-6"]', 6, None)]


def test_a_checkpoint_is_made_of_enough_pages(tmp_path: Path) -> None:
    """Each two megabytes that are not copied yet; it is waited for before more is written, and at the end."""
    file, threads, started = tmp_path / "some.db", threading.active_count(), []
    with closing(sqlite3.connect(file, isolation_level=None)) as writer:
        writer.execute("PRAGMA journal_mode = WAL")
        writer.execute("CREATE TABLE some (one)")
        copying = Checkpoints(str(file))
        for pages in (400, 400, 0, 400, 500):
            if pages:
                writer.execute("INSERT INTO some VALUES (zeroblob(?))", (4_096 * pages,))
            copying.start()
            running = copying._running  # noqa: SLF001
            started.append(running is not None)
            if pages < 500:
                copying.wait()
        copying.close()

    assert (started, running is not None and running.done()) == ([False, True, False, False, True], True)
    assert threading.active_count() == threads


def test_no_lock_is_lost_by_a_look_at_the_log(tmp_path: Path) -> None:
    """SQLite's lock on the index, byte 128, keeps others from emptying it; closing the index here would give it up."""
    file, lock = tmp_path / "some.db", "import fcntl, sys; fcntl.lockf(open(sys.argv[1], 'r+b'), 6, 1, 128)"
    with closing(sqlite3.connect(file, isolation_level=None)) as writer:
        writer.executescript("PRAGMA journal_mode = WAL; CREATE TABLE some (one)")
        with closing(Checkpoints(str(file))) as copying:
            copying.start()
            other = subprocess.run(
                [sys.executable, "-S", "-c", lock, f"{file}-shm"], capture_output=True, text=True, check=False
            )

    assert "BlockingIOError" in other.stderr


def test_a_log_that_cannot_be_read_is_copied_each_time(tmp_path: Path) -> None:
    """Where its length cannot be known, since SQLite keeps it elsewhere."""
    file = tmp_path / "some.db"
    with closing(sqlite3.connect(file, isolation_level=None)), closing(Checkpoints(str(file))) as copying:
        copying.start()

        assert copying._running is not None  # noqa: SLF001


def test_what_is_no_sqlite_file_has_no_checkpoints(tmp_path: Path) -> None:
    """No thread is left of the try."""
    (tmp_path / "text").write_text("no database, and long enough to be read as the beginning of one" * 20)
    threads = threading.active_count()

    for name in ("text", "no folder/file"):
        with pytest.raises(sqlite3.Error):
            Checkpoints(str(tmp_path / name))

    assert threading.active_count() == threads


def test_nothing_is_copied_once_a_run_has_ended(sqlite_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its last transactions wait for the disk by themselves; here each row is worth a checkpoint."""
    monkeypatch.setattr(checkpoints, "CHECKPOINT_PAGES", 1)
    execute(sqlite_database, "PRAGMA journal_mode = WAL")
    store(sqlite_database, map(row, range(4)))

    with make_engine(sqlite_database).connect() as connection:
        report = backfill(connection, MEDIA_IDS, Options(batch_size=2), origin="sync")

    assert (report.state, report.synced) == ("done", 4)
