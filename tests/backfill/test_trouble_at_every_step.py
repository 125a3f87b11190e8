"""A run meets trouble at each of its steps: a file that is locked, a request to stop, rows that change. On SQLite."""

import contextlib
import signal
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace

import pytest
import sqlalchemy as sa

from app.backfill.engine import backfill
from app.backfill.ledger.runs import RUNS
from app.backfill.listener import Listener, Progress
from app.backfill.options import Options
from app.backfill.report import Report
from app.database.engines import make_engine
from app.signals import StopRequest
from app.videos.recipe import MEDIA_IDS
from tests.support.any_table import RUNS as RUNS_TABLE
from tests.support.any_table import row, store, unfinished
from tests.support.tables import TABLE, execute, query, sqlite_path

OPTIONS = Options(batch_size=3, target_seconds=1_000.0)
BEFORE_THE_RUN = 3
"""Transactions in which the engine looks at the connection and the table: nothing is tried again there."""


class Impatient(StopRequest):
    """Nobody waits for long."""

    def wait(self, seconds: float) -> None:
        """Do not."""


class Acting(Listener):
    """Does something at each window, and when the run says that it waits."""

    def __init__(self, act: Callable[[Progress], None], waits: Callable[[], None] = lambda: None) -> None:
        self._act = act
        self._waits = waits

    def progress(self, progress: Progress) -> None:
        """Do it."""
        self._act(progress)

    def waiting(self, reason: str) -> None:  # noqa: ARG002
        """Do the other."""
        self._waits()


@pytest.fixture
def url(sqlite_database: str) -> str:
    """A file with rows of both kinds, which nobody waits for."""
    rows = [row(seed, **({"raw_response": unfinished(seed)} if seed % 2 else {})) for seed in range(8)]
    store(sqlite_database, rows)
    return f"{sqlite_database}?timeout=0"


@pytest.fixture
def other(sqlite_database: str) -> Iterator[sqlite3.Connection]:
    """Another program's connection to it."""
    with closing(sqlite3.connect(sqlite_path(sqlite_database), isolation_level=None)) as connection:
        yield connection


def run(url: str, listener: Listener, *, options: Options = OPTIONS, stop: StopRequest | None = None) -> Report:
    """Fill the table."""
    with make_engine(url).connect() as connection:
        return backfill(connection, MEDIA_IDS, options, origin="sync", listener=listener, stop=stop or Impatient())


def last(url: str, *names: str) -> tuple[object, ...]:
    """Return columns of the newest run."""
    return query(url, f"SELECT {', '.join(names)} FROM {RUNS.name} ORDER BY id DESC LIMIT 1")[0]


@pytest.mark.parametrize("dry_run", [False, True])
def test_each_transaction_of_a_run_is_tried_again(url: str, other: sqlite3.Connection, *, dry_run: bool) -> None:
    """Somebody locks the file before each of them, and lets it go when the run has told that it waits."""
    engine = make_engine(url)
    before = BEFORE_THE_RUN - dry_run  # which does not look how the file is written
    begun: list[bool] = []

    @sa.event.listens_for(engine, "begin")
    def lock(_: sa.Connection) -> None:
        begun.append(len(begun) >= before and not (begun and begun[-1]))
        if begun[-1]:
            other.execute("BEGIN EXCLUSIVE")

    listener = Acting(lambda _: None, other.rollback)
    options = replace(OPTIONS, dry_run=dry_run)
    with engine.connect() as connection:
        report = backfill(connection, MEDIA_IDS, options, origin="sync", listener=listener, stop=Impatient())

    assert (report.state, report.synced, report.skipped) == ("dry_run" if dry_run else "done", 4, 4)
    assert begun.count(True) == begun.count(False) - before


def test_a_run_that_is_to_stop_does_not_wait_for_a_locked_file_to_say_so(url: str, other: sqlite3.Connection) -> None:
    """Its report says what was done; the ledger cannot be told any more, and the next run goes on all the same."""
    stop = Impatient()

    def act(_: Progress) -> None:
        if not other.in_transaction:
            other.execute("BEGIN EXCLUSIVE")
            stop.ask(signal.SIGTERM)

    report = run(url, Acting(act), stop=stop)
    other.rollback()
    again = run(url, Listener())

    assert (report.state, report.synced) == ("stopped", 2)
    assert (again.state, again.synced, last(url, "state")) == ("done", 2, ("done",))


@pytest.mark.parametrize(
    "trouble", ["BEGIN EXCLUSIVE", f"UPDATE {RUNS_TABLE} SET state = 'superseded' WHERE state = 'running'"]
)
def test_the_error_that_ends_a_run_is_raised_though_the_ledger_cannot_be_told(
    url: str, other: sqlite3.Connection, trouble: str
) -> None:
    """Since the file is locked, or another run has taken over."""

    def act(_: Progress) -> None:
        other.execute(trouble)
        raise ValueError("what nobody expects")

    with pytest.raises(ValueError, match="what nobody expects"):
        run(url, Acting(act))


def test_rows_that_are_lost_again_and_again_are_come_back_to_five_times(url: str, other: sqlite3.Connection) -> None:
    """Then the run looks at what is left, and once more whether that stays; it says what it could not do."""

    def act(_: Progress) -> None:
        other.execute(f"UPDATE {TABLE} SET media_generation_id = NULL WHERE seed = 0")

    report = run(url, Acting(act))

    assert (report.state, last(url, "sweep")) == ("incomplete", (6,))
    assert report.problem == "1 rows can be filled and were not, among them row-0"


@pytest.mark.parametrize("limit", [None, 8])
def test_a_run_that_is_to_end_begins_no_other_sweep(url: str, other: sqlite3.Connection, limit: int | None) -> None:
    """Somebody has written, so that it would; a signal, or a limit that the first sweep has come to, goes before."""
    stop = Impatient()

    def act(progress: Progress) -> None:
        other.execute(f"UPDATE {TABLE} SET prompt = 'new'")
        if progress.report.total == 8 and limit is None:
            stop.ask(signal.SIGTERM)

    report = run(url, Acting(act), options=replace(OPTIONS, limit=limit), stop=stop)

    assert (report.state, report.total, last(url, "sweep")) == ("partial" if limit else "stopped", 8, (1,))


def test_a_signal_ends_the_look_at_what_is_left(url: str) -> None:
    """Which reads the whole table once more, where several runs have shared a sweep."""
    for limit in (None, 3):
        run(url, Listener(), options=replace(OPTIONS, limit=limit))
    stop, engine = Impatient(), make_engine(url)

    @sa.event.listens_for(engine, "before_cursor_execute")
    def ask(_: object, __: object, statement: str, *___: object) -> None:
        if statement.startswith("SELECT veo") and "LIMIT" not in statement:
            stop.ask(signal.SIGTERM)

    with engine.connect() as connection:
        report = backfill(connection, MEDIA_IDS, replace(OPTIONS, limit=9), origin="sync", stop=stop)

    assert (report.state, stop.signal_number, last(url, "state")) == ("stopped", signal.SIGTERM, ("stopped",))


def test_a_dry_run_whose_time_is_spent_says_so_before_it_has_read_a_row(url: str, other: sqlite3.Connection) -> None:
    """The table is gone when it looks how long that is; nobody would have waited for it."""
    engine = make_engine(url)

    @sa.event.listens_for(engine, "before_cursor_execute")
    def drop(_: object, __: object, statement: str, *___: object) -> None:
        if "data_version" in statement:
            with contextlib.suppress(sqlite3.OperationalError):
                other.execute(f"DROP TABLE {TABLE}")

    with engine.connect() as connection:
        options = replace(OPTIONS, dry_run=True, time_budget=0.0)
        report = backfill(connection, MEDIA_IDS, options, origin="sync", stop=Impatient())

    assert (report.state, report.found) == ("partial", 0)


def test_a_run_that_goes_on_with_a_sweep_and_fills_nothing_makes_a_whole_one(url: str) -> None:
    """What stands before its cursor has not been looked at since: here a row that has lost its id."""
    run(url, Listener(), options=replace(OPTIONS, limit=7))
    execute(url, f"UPDATE {TABLE} SET media_generation_id = NULL WHERE seed = 0")

    report = run(url, Listener())

    assert (report.synced, report.skipped, last(url, "sweep")) == (1, 4, (2,))
