"""What counts once it is committed: commits whose answer was lost, and those that a crash has undone."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from app.backfill.books import Batch, Books, Rewound
from app.backfill.control.limits import Stopped
from app.backfill.counts import Counts
from app.backfill.databases import choose_walk
from app.backfill.ledger.runs import RUNS, Place, open_ledger
from app.backfill.listener import Listener
from app.backfill.options import Options
from app.backfill.rows import Filling, Recovered, Refused, Window
from app.database.engines import make_engine
from app.videos.recipe import MEDIA_IDS
from tests.support.tables import query

ROWS = [Recovered((number, f"row-{number}"), f"row-{number}", f"id-{number}") for number in range(5)]


class Heard(Listener):
    """Notes what it is told."""

    def __init__(self) -> None:
        self.rows: list[str | None] = []

    def filled(self, rows: object) -> None:
        """Note it."""
        assert isinstance(rows, list | tuple)
        self.rows += [row.row_id for row in rows]

    failed = filled


@pytest.fixture
def connection(sqlite_database: str) -> Iterator[sa.Connection]:
    """A connection to a file at head."""
    with make_engine(sqlite_database).connect() as connection:
        yield connection


@pytest.fixture
def books(connection: sa.Connection) -> Books:
    """The books of a run that has begun its first sweep."""
    with connection.begin():
        walk = choose_walk(connection, MEDIA_IDS)
        books = Books(walk, Heard())
        books.ledger, books.place = open_ledger(connection, MEDIA_IDS, "sync", walk.name, Options())
    books.start_sweep()
    books.sweep.take()
    return books


def commit(connection: sa.Connection, books: Books, batch: Batch, filling: Filling) -> None:
    """Record a batch, and commit what was recorded; nobody hears of it."""
    with connection.begin():
        books.record(connection, batch, filling)


def keep(connection: sa.Connection, books: Books, batch: Batch, filling: Filling, seconds: float = 0.0) -> None:
    """Record a batch, commit it, and count it."""
    with connection.begin():
        done = books.record(connection, batch, filling)
    books.keep(done, seconds)


def settle(connection: sa.Connection, books: Books) -> bool:
    """Find out what became of the last commits; return True if some were undone."""
    with connection.begin():
        try:
            books.settle(connection)
        except Rewound:
            return True
    return False


def heard(books: Books) -> list[str | None]:
    """Return the rows that the listener has been told of."""
    listener = books._listener  # noqa: SLF001
    assert isinstance(listener, Heard)
    return listener.rows


def test_nothing_counts_before_it_is_kept(connection: sa.Connection, books: Books) -> None:
    """What stands in the ledger then counts, with its time, and is told."""
    keep(connection, books, Batch(rows=ROWS[:3]), Filling(ROWS[:1], ROWS[1:2]), 0.5)
    before = books.counts.copy(), books.place, books.commits
    commit(connection, books, Batch(rows=ROWS[3:]), Filling(ROWS[3:]))

    assert (books.counts, books.place, books.commits) == before
    assert (books.counts.synced, books.counts.lost, books.counts.failed, books.counts.batches) == (1, 1, 1, 1)
    assert (books.place.sweep_filled, books.times.last, heard(books)) == (2, 0.5, ["row-0", "row-1"])


def test_a_commit_whose_answer_was_lost_counts_if_it_has_arrived(connection: sa.Connection, books: Books) -> None:
    """Once, and its rows are told; so it is whether or not anybody has noticed that a connection was lost."""
    commit(connection, books, Batch(rows=ROWS[:2]), Filling(ROWS[:2]))

    rewound = [settle(connection, books), settle(connection, books)]

    assert (rewound, books.counts.synced, books.counts.batches, books.commits) == ([False, False], 2, 1, 1)
    assert heard(books) == ["row-0", "row-1"]


def test_a_commit_that_has_not_arrived_does_not_count(connection: sa.Connection, books: Books) -> None:
    """Its transaction was undone; the next one is as it would have been."""
    keep(connection, books, Batch(rows=ROWS[:1]), Filling(ROWS[:1]))
    with connection.begin() as transaction:
        books.record(connection, Batch(rows=ROWS[1:3]), Filling(ROWS[1:3]))
        transaction.rollback()
    books.note_disconnection()

    rewound = settle(connection, books)
    keep(connection, books, Batch(rows=ROWS[1:3]), Filling(ROWS[1:3]))

    assert (rewound, books.counts.synced, books.counts.batches) == (False, 3, 2)
    assert heard(books) == ["row-0", "row-1", "row-2"]


@pytest.mark.parametrize("name", ["synced", "skipped", "failed", "batches", "sweep", "cursor"])
def test_a_run_stands_where_the_ledger_does_once_a_crash_has_undone_commits(
    connection: sa.Connection, books: Books, name: str
) -> None:
    """Whatever of it is another than the run remembers; it is told of it until it goes on, and is done with it then."""
    keep(connection, books, Batch(rows=ROWS[:2]), Filling(ROWS[:2]))
    value = 77 if name != "cursor" else "77"
    with connection.begin():
        connection.exec_driver_sql(f"UPDATE {RUNS.name} SET {name} = '{value}' WHERE id = {books.ledger.run_id}")
    books.note_disconnection()
    unnoticed = settle(connection, books), settle(connection, books)
    with pytest.raises(Rewound):
        books.check()
    books.go_on()
    books.check()

    stands = {**vars(books.counts), **vars(books.place)}
    assert (unnoticed, stands[name], settle(connection, books)) == (
        (True, True),
        value,
        False,
    )


def test_commits_before_a_sweep_are_on_disk(connection: sa.Connection, books: Books) -> None:
    """What somebody writes into the ledger between two sweeps is no crash."""
    keep(connection, books, Batch(rows=ROWS[:2]), Filling(ROWS[:2]))
    books.start_sweep()
    with connection.begin():
        connection.exec_driver_sql(f"UPDATE {RUNS.name} SET synced = 0 WHERE id = {books.ledger.run_id}")
    books.note_disconnection()

    assert (settle(connection, books), books.commits) == (False, 0)


def test_a_connection_that_was_not_lost_asks_the_ledger_nothing(connection: sa.Connection, books: Books) -> None:
    """Every batch would pay for it."""
    keep(connection, books, Batch(rows=ROWS[:2]), Filling(ROWS[:2]))
    with connection.begin():
        connection.exec_driver_sql(f"UPDATE {RUNS.name} SET synced = 0 WHERE id = {books.ledger.run_id}")
        books.settle(connection)

    assert books.counts.synced == 2


def test_the_last_batch_of_a_window_finishes_it(connection: sa.Connection, books: Books, sqlite_database: str) -> None:
    """Its rows are counted and its failures recorded with the batch; without rows of its own it is none."""
    failure = Refused("row-9", "invalid_json", "detail", "digest", name='["row-9"]')
    window = Window(cursor="[3]", skips=[Refused("row-8", "not_finished")], failures=[failure])
    window.span = next(iter(books.sweep._open))  # noqa: SLF001

    keep(connection, books, Batch(closes=window), Filling())

    row = query(sqlite_database, f"SELECT cursor, skipped, failed, batches, found FROM {RUNS.name} ORDER BY id DESC")[0]
    assert row == ("[3]", 1, 1, 0, 2)
    assert (books.place, books.counts.batches, books.times.last) == (Place(cursor="[3]"), 0, 0.0)
    assert books.sweep.cursor_after(Window(span=window.span, cursor="[4]")) == "[4]"


def test_rows_that_a_later_sweep_has_to_come_back_to_make_it_come(books: Books) -> None:
    """They count as found, and the sweep has not come to nothing."""
    books.lose(2)

    assert (books.counts, books.place) == (Counts(lost=2), Place(sweep_filled=2))
    assert (books.report(None).found, books.report("done").walk) == (2, "rowid")


def test_a_table_that_refuses_all_ends_a_run_with_the_reason_in_its_report(books: Books) -> None:
    """Rows that were only counted have been filled, too."""
    books.breaker.add(0, 100)
    with pytest.raises(Stopped):
        books.check()

    assert books.report("incomplete").problem == "the database refused all of the first 100 rows that were to be filled"


def test_rows_that_are_only_counted_are_filled_rows(connection: sa.Connection, books: Books) -> None:
    """Where nobody wants to know which: for the counts, the times, and what tells that a table refuses most rows."""
    keep(connection, books, Batch(in_place=object()), Filling(counted=7), 0.25)  # type: ignore[arg-type]  # any
    books.breaker.add(0, 100)

    assert (books.counts.synced, books.counts.lost, books.counts.batches, books.times.last) == (7, 0, 1, 0.25)
    assert (books.breaker.problem, books.place.sweep_filled) == ("", 7)
