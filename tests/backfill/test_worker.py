"""What a worker does with rows that are locked or refused, and with commits whose answer is lost."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from datetime import datetime

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError

from app.backfill.books import Batch
from app.backfill.by_key.walk import KeyWalk
from app.backfill.control.limits import Stopped
from app.backfill.databases import choose_access
from app.backfill.ledger.failures import FAILURES
from app.backfill.ledger.runs import RUNS
from app.backfill.light_tables import table_of
from app.backfill.options import Options
from app.backfill.report import Report
from app.backfill.rows import Filling, Recovered
from app.backfill.run import Run
from app.backfill.transactions import NO_SETTINGS, Transactions
from app.backfill.worker import Worker
from app.database.engines import make_engine
from app.videos.recipe import MEDIA_IDS
from tests.backfill.test_books import Heard
from tests.backfill.test_retrying import LOCKED_ROW, LOST, NO_TABLE, REFUSED, Clock, clock
from tests.support.any_table import row, store, unfinished
from tests.support.tables import execute, query

__all__ = ["clock"]
OPTIONS = Options(batch_size=8, target_seconds=1_000.0)


def raised(original: psycopg.Error) -> DBAPIError:
    """Return an error as SQLAlchemy raises it."""
    return DBAPIError("UPDATE", None, original)


class Hindered(KeyWalk):
    """The walk over a SQLite file, where some rows cannot be updated."""

    hindrances: Mapping[str, psycopg.Error] = {}  # replaced, and never changed

    def fill(self, connection: sa.Connection, rows: Sequence[Recovered], moment: datetime) -> Filling:
        """Fill rows, unless one of them cannot be."""
        for one in rows:
            if error := self.hindrances.get(str(one.row_id)):
                raise raised(error)
        return super().fill(connection, rows, moment)


class Losing(Transactions):
    """Loses the answer to the first commit, which has arrived, or the commit itself."""

    loses: str | None = None

    @contextmanager
    def write(self, settings: Mapping[str, str] = NO_SETTINGS) -> Iterator[sa.Connection]:
        """Commit, and lose what is to be lost."""
        loses, self.loses = self.loses, None
        with super().write(settings) as connection:
            yield connection
            if loses == "commit":
                raise raised(LOST)
        if loses == "answer":
            raise raised(LOST)


@pytest.fixture
def url(sqlite_database: str) -> str:
    """A file with eight rows that can be filled, and one that cannot."""
    store(sqlite_database, [*(row(seed) for seed in range(8)), row(8, raw_response=unfinished(8))])
    return sqlite_database


@contextmanager
def run_over(url: str, clock: Clock, **hindrances: psycopg.Error) -> Iterator[tuple[Run, Heard]]:
    """Yield a run over the file."""
    with make_engine(url).connect() as connection:
        with connection.begin():
            access = choose_access(connection, MEDIA_IDS, by_place=False)
        walk, listener = Hindered(MEDIA_IDS, table_of(MEDIA_IDS), access, name="rowid"), Heard()
        walk.hindrances = {name.replace("_", "-"): error for name, error in hindrances.items()}
        connections = [Losing(connection, owned_by_caller=False)]
        yield (
            Run(walk=walk, options=OPTIONS, listener=listener, stop=clock, connections=connections, recipe=MEDIA_IDS),
            listener,
        )


def fill(url: str, clock: Clock, **hindrances: psycopg.Error) -> Report:
    """Fill the file."""
    with run_over(url, clock, **hindrances) as (run, _):
        return run.fill("sync")


def worker_of(run: Run) -> Worker:
    """Return the only worker of a run that has begun."""
    run._record.open("sync", OPTIONS)  # noqa: SLF001
    run._start_sweep()  # noqa: SLF001
    return run._crew.workers[0]  # noqa: SLF001


def listed(url: str) -> list[tuple[object, ...]]:
    """Return the failures."""
    return query(url, f"SELECT generation_id, reason, detail FROM {FAILURES.name}")


def test_a_row_that_is_refused_costs_itself_alone(url: str, clock: Clock) -> None:
    """The batch is split down to it at once; it is a failure with the database's words, and batches keep their size."""
    with run_over(url, clock, row_5=REFUSED) as (run, listener):
        report = run.fill("sync")
        size = run._crew.workers[0].pace.size  # noqa: SLF001

    assert (report.state, report.synced, report.failed, report.skipped) == ("done", 7, 1, 1)
    assert (listed(url), clock.now, size) == ([("row-5", "update_failed", "twice")], 0.0, 8)
    assert sorted(map(str, listener.rows)) == sorted(f"row-{seed}" for seed in range(8))


def test_a_row_that_stays_locked_is_come_back_to_three_times(
    url: str, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """Its batch is tried for 0.3 s and split; it is waited for ten seconds in each later sweep, and then a failure."""
    logging.getLogger("app.backfill.worker").addHandler(caplog.handler)
    with caplog.at_level("INFO", "app.backfill.worker"), run_over(url, clock, row_5=LOCKED_ROW) as (run, _):
        report = run.fill("sync")
    logging.getLogger("app.backfill.worker").removeHandler(caplog.handler)

    assert (report.state, report.synced, report.failed, report.found) == ("done", 7, 1, 9)
    assert query(url, f"SELECT sweep FROM {RUNS.name} ORDER BY id DESC LIMIT 1") == [(4,)]
    assert 30 + 4 * 0.3 <= clock.now <= 3 * 12.1 + 4 * 0.6
    said = {record.getMessage() for record in caplog.records if "locked" in record.getMessage()}
    assert (said, listed(url)) == (
        {"row row-5 is locked; a later sweep comes back to it"},
        [("row-5", "update_failed", "held")],
    )


def test_rows_that_are_locked_are_told_of_once_a_minute(
    url: str, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """Not once a row: two of them, each met in three sweeps."""
    logger = logging.getLogger("app.backfill.worker")
    logger.addHandler(caplog.handler)
    with caplog.at_level("INFO", logger.name), run_over(url, clock, row_5=LOCKED_ROW, row_6=LOCKED_ROW) as (run, _):
        report = run.fill("sync")
    logger.removeHandler(caplog.handler)

    said = [record.created for record in caplog.records if record.name == logger.name]
    assert (report.failed, len(set(said))) == (2, 1)


def test_a_walk_that_has_no_later_sweep_leaves_a_locked_row_as_a_failure(url: str, clock: Clock) -> None:
    """As a retry of the failures does."""
    with run_over(url, clock, row_5=LOCKED_ROW) as (run, _):
        run._walk.is_whole = False  # noqa: SLF001
        report = run.fill("sync")

    assert (report.synced, report.failed, listed(url)) == (7, 1, [("row-5", "update_failed", "held")])


@pytest.mark.parametrize(("original", "sizes"), [(LOCKED_ROW, (8, 1)), (REFUSED, (8, 8))])
def test_batches_are_halved_where_rows_are_locked(
    url: str, clock: Clock, original: psycopg.Error, sizes: tuple[int, int]
) -> None:
    """Four times: for the batch of eight, of four, of two, and of one; not where a row is refused."""
    with run_over(url, clock, row_5=original) as (run, _):
        worker = worker_of(run)
        before = worker.pace.size
        window = next(worker.windows(in_place=False))
        hindered = [one for one in window.recovered if one.row_id == "row-5"]
        for _ in range(4):
            worker._fill(Batch(rows=hindered))  # noqa: SLF001

    assert (before, worker.pace.size) == sizes


def test_an_error_that_is_of_no_row_ends_the_run(url: str, clock: Clock) -> None:
    """Nothing is split; what was not done is left."""
    with pytest.raises(DBAPIError) as caught:
        fill(url, clock, row_5=NO_TABLE)

    assert (caught.value.orig, clock.waits, listed(url)) == (NO_TABLE, [], [])
    assert query(url, f"SELECT state, synced FROM {RUNS.name} ORDER BY id DESC LIMIT 1") == [("failed", 0)]


def test_a_ledger_that_refuses_to_be_written_ends_the_run(url: str, clock: Clock) -> None:
    """A batch without rows cannot be split."""
    execute(url, f"CREATE TRIGGER no BEFORE UPDATE OF skipped ON {RUNS.name} BEGIN SELECT RAISE(ABORT, 'no'); END")
    execute(url, "UPDATE veo3_video_generations SET media_generation_id = 'own' WHERE seed < 8")

    with pytest.raises(IntegrityError, match="no"):
        fill(url, clock)


def test_how_long_a_batch_waits_for_a_locked_row(url: str, clock: Clock) -> None:
    """At first it goes round it, later it waits for the one that is left; a batch without rows waits for a minute."""
    rows = [Recovered((number,), f"row-{number}", "id") for number in range(2)]
    with run_over(url, clock) as (run, _):
        worker = worker_of(run)
        waits = [worker._busy_seconds(Batch(rows=rows[:number])) for number in range(3)]  # noqa: SLF001
        worker.books.place = worker.books.place.__class__(sweep=2)
        waits += [worker._busy_seconds(Batch(rows=rows[:number])) for number in range(3)]  # noqa: SLF001

    assert waits == [60.0, 0.3, 0.3, 60.0, 10.0, 0.3]


@pytest.mark.parametrize("loses", ["answer", "commit"])
def test_a_batch_whose_commit_is_lost_is_done_and_counted_once(url: str, clock: Clock, loses: str) -> None:
    """Whether it has arrived or not; the rows are told once."""
    with run_over(url, clock) as (run, listener):
        worker = worker_of(run)
        window = next(worker.windows(in_place=False))
        assert isinstance(worker.transactions, Losing)
        worker.transactions.loses = loses
        worker._fill(Batch(rows=window.recovered[:4]))  # noqa: SLF001
        worker._fill(Batch(rows=window.recovered[4:]))  # noqa: SLF001

    assert (worker.books.counts.synced, worker.books.counts.lost, worker.books.counts.batches) == (8, 0, 2)
    assert (worker.books.commits, listener.rows) == (2, [f"row-{seed}" for seed in range(8)])


def test_a_batch_that_fills_nothing_teaches_nothing(url: str, clock: Clock) -> None:
    """Its rows were somebody else's by then; the next batch is as large as it would have been."""
    with run_over(url, clock) as (run, _):
        worker = worker_of(run)
        worker.pace.bound = 1_000
        next(worker.windows(in_place=False))
        sizes = [worker.pace.size]
        for rows in ([Recovered((99,), "gone", "id")], [Recovered((1,), "row-0", "id")]):
            worker._fill(Batch(rows=rows))  # noqa: SLF001
            sizes.append(worker.pace.size)

    assert (sizes, worker.books.counts.synced, worker.books.times.last) == ([8, 8, 12], 1, 0.0)


@pytest.mark.parametrize("is_last", [False, True])
def test_a_table_that_refuses_all_ends_a_run_between_two_rows(url: str, clock: Clock, *, is_last: bool) -> None:
    """But the last row of a window finishes that first: what was counted of it is not lost."""
    with run_over(url, clock, row_5=REFUSED) as (run, _):
        worker = worker_of(run)
        window = next(worker.windows(in_place=False))
        worker.books.breaker.add(0, 99)
        batch = Batch(rows=window.recovered[5:6], closes=window if is_last else None)
        with pytest.raises(Stopped) if not is_last else nullcontext():
            worker._fill(batch)  # noqa: SLF001

    assert (worker.books.counts.failed, worker.books.place.cursor) == (1, window.cursor if is_last else None)
