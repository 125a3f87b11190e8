"""While a window is filled, the next one is prepared; nothing is written but to rows that are still as they were."""

import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import wait
from contextlib import contextmanager

import psycopg
import pytest
import sqlalchemy as sa

from app.backfill import ahead as ahead_module
from app.backfill.ahead import Ahead
from app.backfill.databases import choose_walk
from app.backfill.engine import backfill
from app.backfill.options import Options
from app.backfill.postgresql import local_heaps
from app.backfill.postgresql.local_heaps import FilledByPlace, LocalHeaps
from app.backfill.postgresql.walk import BlockWalk
from app.backfill.rows import InPlace, Plan, Span
from app.backfill.sweep import Sweep
from app.backfill.transactions import Transactions
from app.backfill.worker import Worker
from app.database.engines import make_engine
from app.database.timestamps import now
from app.videos.recipe import MEDIA_IDS
from tests.support.responses import make_rows, named
from tests.support.tables import TABLE, execute, insert, insert_realistic, query, store_body

ROWS = 2_000
FILLED = f"SELECT id FROM {TABLE} WHERE media_generation_id IS NOT NULL ORDER BY id"
COUNT = f"SELECT count(*) FROM {TABLE}"
CUT_OFF = (
    "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
    " WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
)


@pytest.fixture(autouse=True)
def small_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows of a few batches, so that few rows are many windows."""
    monkeypatch.setattr(LocalHeaps, "fewest_in_place", 10)
    monkeypatch.setattr(LocalHeaps, "window_rows", lambda _, rows: 2 * rows)


@contextmanager
def two_connections(url: str) -> Iterator[tuple[BlockWalk, Transactions, Callable[[], Transactions]]]:
    """Yield a walk over the table, a connection, and what opens another."""
    engine = make_engine(url)
    with engine.connect() as connection, engine.connect() as second:
        transactions = Transactions(connection, owned_by_caller=False)
        with transactions.read() as reading:
            walk = choose_walk(reading, MEDIA_IDS)
            walk.start_sweep(reading)
        assert isinstance(walk, BlockWalk)
        yield walk, transactions, lambda: Transactions(second, owned_by_caller=False)


def prepared(ahead: Ahead, span: Span, rows: int, steps: int) -> Plan:
    """Let so many steps be taken, and return the plan."""
    ahead.start(span, rows)
    for _ in range(steps):
        ahead.step()
        assert ahead._running is not None  # noqa: SLF001
        ahead._running.result()  # noqa: SLF001  # opening the connection is waited for, too
    plan = ahead.plan(span)
    assert plan is not None
    return plan


def fill(transactions: Transactions, in_place: InPlace, *, listed: bool = False) -> int:
    """Fill one part in a transaction of its own, and return how many rows it was."""
    with transactions.write(in_place.settings) as writing:
        return in_place.fill(writing, now(), listed=listed).rows


def backfill_all(url: str, options: Options | None = None) -> int:
    """Run over the table and return how many rows were filled."""
    with make_engine(url).connect() as connection:
        return backfill(connection, MEDIA_IDS, options or Options(), origin="sync").synced


def test_a_run_fills_from_what_was_prepared(postgresql_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every row, and most windows are ready when the worker comes to them."""
    insert_realistic(postgresql_database, ROWS)
    handed_out: list[Plan | None] = []
    plan = Ahead.plan

    def hand_out(self: Ahead, span: Span) -> Plan | None:
        handed_out.append(plan(self, span))
        return handed_out[-1]

    monkeypatch.setattr(Ahead, "plan", hand_out)
    (without_id,) = query(postgresql_database, f"SELECT count(*) FROM {TABLE} WHERE media_generation_id IS NULL")[0]

    synced = backfill_all(postgresql_database, Options(batch_size=50))

    left = query(postgresql_database, f"SELECT count(*) FROM {TABLE} WHERE media_generation_id IS NULL")[0][0]
    assert synced == without_id - left > ROWS / 2
    assert len([made for made in handed_out if made is not None]) > len(handed_out) / 2 > 2


@pytest.mark.parametrize("listed", [True, False])
def test_a_prepared_row_that_has_changed_is_left_alone(postgresql_database: str, *, listed: bool) -> None:
    """The application has stored another answer since; so it has for a row that was deleted and written again."""
    rows = make_rows(4, (named("02"),))
    insert(postgresql_database, rows)
    changed, replaced = rows[0].id, rows[1].id

    with two_connections(postgresql_database) as (walk, transactions, another):
        (part,) = prepared(Ahead(walk, another), walk.cut(None), 10, steps=2).in_place
        execute(postgresql_database, f"UPDATE {TABLE} SET raw_response = '{{}}' WHERE id = '{changed}'")
        execute(
            postgresql_database,
            f"CREATE TEMPORARY TABLE kept AS SELECT * FROM {TABLE} WHERE id = '{replaced}';"
            f"DELETE FROM {TABLE} WHERE id = '{replaced}'; INSERT INTO {TABLE} SELECT * FROM kept",
        )
        filled = fill(transactions, part, listed=listed)

    assert filled == 2
    assert not {changed, replaced} & {row_id for (row_id,) in query(postgresql_database, FILLED)}


def test_a_row_without_a_key_is_not_prepared(postgresql_database: str) -> None:
    """Another row may come to its place, written by the same transaction; so its body is read by the UPDATE."""
    insert(postgresql_database, make_rows(4, (named("02"),)))
    execute(postgresql_database, f"ALTER TABLE {TABLE} DROP CONSTRAINT pk_{TABLE}")

    with two_connections(postgresql_database) as (walk, transactions, another):
        (part,) = prepared(Ahead(walk, another), walk.cut(None), 10, steps=2).in_place
        execute(postgresql_database, f"DELETE FROM {TABLE} WHERE ctid = '(0,1)'")
        with psycopg.connect(postgresql_database, autocommit=True) as session:
            session.execute(f"VACUUM FULL {TABLE}")
        filled = fill(transactions, part)

    assert filled == len(query(postgresql_database, FILLED)) == 3


def test_what_was_prepared_serves_for_one_try(postgresql_database: str) -> None:
    """A second one may follow a crash of the server, which takes back what was read: it reads the rows itself."""
    insert(postgresql_database, make_rows(4, (named("02"),)))

    with two_connections(postgresql_database) as (walk, transactions, another):
        (part,) = prepared(Ahead(walk, another), walk.cut(None), 10, steps=2).in_place
        assert isinstance(part, FilledByPlace)
        with transactions.write(part.settings) as writing:
            first_try = writing.begin_nested()
            part.fill(writing, now(), listed=False)
            first_try.rollback()
        execute(postgresql_database, f"UPDATE {TABLE} SET prompt = prompt WHERE ctid = '(0,1)'")
        with psycopg.connect(postgresql_database, autocommit=True) as session:
            session.execute(f"VACUUM FULL {TABLE}")  # there is a row at each place again
        filled = fill(transactions, part)

    assert filled == 4


def test_a_row_that_was_written_since_the_sweep_began_is_not_prepared(postgresql_database: str) -> None:
    """A crash of the server may undo it, and its number be given out again; the worker reads it."""
    rows = make_rows(4, (named("02"),))
    insert(postgresql_database, rows)

    with two_connections(postgresql_database) as (walk, transactions, another):
        execute(postgresql_database, f"UPDATE {TABLE} SET prompt = 'another' WHERE id = '{rows[0].id}'")
        (part,) = prepared(Ahead(walk, another), walk.cut(None), 10, steps=2).in_place
        filled = fill(transactions, part)

    assert filled == 3
    assert rows[0].id not in {row_id for (row_id,) in query(postgresql_database, FILLED)}


def test_what_was_prepared_long_ago_is_read_anew(postgresql_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Columns may have changed their names since; no version of a row tells that."""
    insert(postgresql_database, make_rows(4, (named("02"),)))
    monkeypatch.setattr(local_heaps, "PREPARED_SECONDS", 0.0)

    with two_connections(postgresql_database) as (walk, transactions, another):
        (part,) = prepared(Ahead(walk, another), walk.cut(None), 10, steps=2).in_place
        renamed = f"ALTER TABLE {TABLE} RENAME raw_response TO old", f"ALTER TABLE {TABLE} ADD raw_response text"
        execute(postgresql_database, *renamed)
        filled = fill(transactions, part)

    assert filled == 0


def test_a_body_that_cannot_be_cast_is_left_to_the_worker(postgresql_database: str) -> None:
    """The run comes to its end, and the row is a failure."""
    rows = make_rows(600, (named("02"),))
    insert(postgresql_database, rows)
    store_body(postgresql_database, rows[400].id, "{")

    synced = backfill_all(postgresql_database, Options(batch_size=50))

    assert synced == 599


def test_a_second_connection_is_not_needed(postgresql_database: str) -> None:
    """A server that lets nobody else in gets the same rows filled."""
    insert(postgresql_database, make_rows(600, (named("02"),)))
    engine = sa.create_engine(make_engine(postgresql_database).url, pool_size=1, max_overflow=0, pool_timeout=0)

    with engine.connect() as connection:
        report = backfill(connection, MEDIA_IDS, Options(batch_size=50), origin="sync")
    engine.dispose()

    assert report.synced == 600


def test_a_span_that_is_given_back_is_handed_out_again() -> None:
    """Though the sweep has no other left; until it is done, the sweep is not through."""
    sweep = Sweep(lambda cursor: Span(cursor, None), None)
    span = sweep.take()
    assert span is not None

    sweep.give_back(span)

    assert (sweep.is_through, sweep.take(), sweep.take()) == (False, span, None)


def test_no_plan_is_handed_out_for_another_span(postgresql_database: str) -> None:
    """Nor one that was forgotten."""
    insert(postgresql_database, make_rows(4, (named("02"),)))

    with two_connections(postgresql_database) as (walk, _, another):
        ahead, span = Ahead(walk, another), walk.cut(None)
        prepared(ahead, span, 10, steps=1)
        other = ahead.plan(Span("other"))
        prepared(ahead, span, 10, steps=1)
        ahead.forget()

    assert (other, ahead.plan(span)) == (None, None)


def test_a_lost_connection_makes_the_worker_forget(postgresql_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever was prepared before; the rows are filled all the same."""
    insert(postgresql_database, make_rows(600, (named("02"),)))
    forgotten: list[InPlace] = []

    def forget(self: FilledByPlace) -> None:
        forgotten.append(self)

    monkeypatch.setattr(FilledByPlace, "forget", forget)
    fill_part, calls = FilledByPlace.fill, iter(range(1_000))

    def fill_or_be_cut_off(self: FilledByPlace, connection: sa.Connection, *args: object, **named: object) -> object:
        if next(calls) == 3:
            with psycopg.connect(postgresql_database, autocommit=True) as session:
                (process,) = connection.exec_driver_sql("SELECT pg_backend_pid()").one()
                session.execute("SELECT pg_terminate_backend(%s)", (process,))
        return fill_part(self, connection, *args, **named)  # type: ignore[arg-type]  # as it was called

    monkeypatch.setattr(FilledByPlace, "fill", fill_or_be_cut_off)

    synced = backfill_all(postgresql_database, Options(batch_size=50))

    assert synced == 600
    assert forgotten


def test_what_was_prepared_before_a_crash_is_not_written(
    postgresql_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though the batch is the first to meet it: others' writes may be undone, and their numbers given out again."""
    insert(postgresql_database, make_rows(600, (named("02"),)))
    fill_in_place, cut_off = Worker._fill_in_place, list[str]()  # noqa: SLF001

    def cut_off_and_fill(self: Worker, in_place: FilledByPlace) -> bool:
        if (text := in_place._prepared) and not cut_off:  # noqa: SLF001
            cut_off.append(text)
            in_place._prepared = text.replace('"found_id" : "', '"found_id" : "UNDONE')  # noqa: SLF001
            execute(postgresql_database, CUT_OFF)
        return fill_in_place(self, in_place)

    monkeypatch.setattr(Worker, "_fill_in_place", cut_off_and_fill)

    backfill_all(postgresql_database, Options(batch_size=50))

    assert cut_off
    assert query(postgresql_database, f"{COUNT} WHERE media_generation_id NOT LIKE 'UNDONE%%'") == [(600,)]


def test_a_pool_without_room_keeps_its_connection_for_the_run(
    postgresql_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody waits for one in the pool's queue: the run would lose its own to them when it has to connect again."""
    insert(postgresql_database, make_rows(600, (named("02"),)))
    engine = sa.create_engine(make_engine(postgresql_database).url, pool_size=1, max_overflow=0)
    plan, waiting = Ahead.plan, list[int]()

    def plan_and_cut_off(self: Ahead, span: Span) -> Plan | None:
        if not waiting and self._thread is not None:
            waiting.append(1)
            execute(postgresql_database, CUT_OFF)
        return plan(self, span)

    monkeypatch.setattr(Ahead, "plan", plan_and_cut_off)
    with engine.connect() as connection:
        report = backfill(connection, MEDIA_IDS, Options(batch_size=50), origin="sync")
    engine.dispose()

    assert (report.synced, waiting) == (600, [1])


def test_a_connection_that_has_rested_is_not_asked(postgresql_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its peer may be gone without a word: here it is stopped, and the step would wait for it."""
    insert(postgresql_database, make_rows(4, (named("02"),)))
    monkeypatch.setattr(ahead_module, "REST_SECONDS", 0.0)

    with two_connections(postgresql_database) as (walk, transactions, another):
        second = another()
        fresh = iter([second, transactions])
        ahead, span = Ahead(walk, lambda: next(fresh)), walk.cut(None)
        prepared(ahead, span, 10, steps=1)
        with second.read() as reading:
            (process,) = reading.exec_driver_sql("SELECT pg_backend_pid()").one()
        ahead.start(span, 10)
        os.kill(process, signal.SIGSTOP)
        try:
            ahead.step()
            assert ahead._running is not None  # noqa: SLF001
            waited_for = wait([ahead._running], timeout=2).not_done  # noqa: SLF001
        finally:
            os.kill(process, signal.SIGCONT)

    assert not waited_for
