"""A hand on a run while it goes on: it hears what people want with the next batch, and does it."""

import json
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from itertools import groupby

import pytest
from sqlalchemy.engine import make_url

from app.backfill.control import control, standby
from app.backfill.control.control import Control
from app.backfill.control.orders import Order
from app.backfill.ledger.started_by import person, version
from app.backfill.options import Options
from app.backfill.rows import Recovered
from app.database.engines import make_engine
from app.database.lock import only_one
from app.database.timestamps import now
from app.signals import StopRequest
from tests.support.control import Hand, last_run, leave_dead_run, run_with, tell_run
from tests.support.plain_rows import count_filled, expected_ids, filled_ids, insert_plain
from tests.support.processes import wait_until
from tests.support.tables import TABLE, execute, query

ROWS = 400
CONNECTIONS = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'media-gen%%'"
)


@pytest.fixture(autouse=True)
def hears_quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that writes nothing looks for orders much more often than it does elsewhere."""
    for module in (control, standby):
        monkeypatch.setattr(module, "HEAR_SECONDS", 0.02)
    monkeypatch.setattr(control, "SHORT_SECONDS", 0.02)


def test_a_smaller_batch_size_bounds_the_next_batch(database: str) -> None:
    """Also of rows that have been read for larger ones."""
    insert_plain(database, ROWS)
    hand = Hand(lambda: tell_run(database, {"batch_size": 3}))

    report = run_with(database, hand, batch_size=20)

    assert (hand.sizes[0] > 3, max(hand.sizes[2:])) == (True, 3)  # the second one hears of it
    assert (report.state, filled_ids(database)) == ("done", expected_ids(ROWS))


def test_a_smaller_batch_size_bounds_what_the_database_fills_by_itself(postgresql_database: str) -> None:
    """What was to be filled in place in larger batches is read instead; nothing is left out."""
    insert_plain(postgresql_database, 12 * ROWS)
    sizes: list[int] = []

    class InPlace(Hand):
        def filled(self, rows: Sequence[Recovered]) -> None:
            sizes.append(len(rows))
            if len(rows) > 60 >= max(sizes[:-1]):  # the first that is filled in place
                tell_run(postgresql_database, {"batch_size": 60})

    run_with(postgresql_database, InPlace())

    told_after = next(number for number, size in enumerate(sizes) if size > 60)
    assert max(sizes[told_after + 2 :]) <= 60  # the next one hears of it
    assert filled_ids(postgresql_database) == expected_ids(12 * ROWS)


def test_cancelled_it_keeps_its_place_and_the_next_run_goes_on(database: str) -> None:
    """Stopped by somebody who is named; nothing is done twice."""
    insert_plain(database, ROWS)

    report = run_with(database, Hand(lambda: tell_run(database, {"cancelled": True})), batch_size=20)
    kept, ended = count_filled(database), last_run(database, "state", "error")
    again = run_with(database, Hand())

    assert (report.state, ended) == ("stopped", ("stopped", f"cancelled by {person()}"))
    assert 0 < kept < len(expected_ids(ROWS)) == kept + again.synced


def test_paused_it_says_so_once_and_goes_on_when_it_is_resumed(database: str) -> None:
    """Its row tells who has paused it, and afterwards who has let it go on."""
    insert_plain(database, ROWS)
    hand = Hand(lambda: tell_run(database, {"paused": True}), lambda: tell_run(database, {"paused": False}))

    report = run_with(database, hand, batch_size=20)

    (orders,) = last_run(database, "orders")
    assert (report.state, hand.paused_by, filled_ids(database)) == ("done", [person()], expected_ids(ROWS))
    assert (json.loads(orders)["paused"]["value"], json.loads(orders)["paused"]["by"]) == (False, person())


@pytest.mark.parametrize("ending", ["cancel", "signal", "time budget"])
def test_a_pause_ends_with_the_run(sqlite_database: str, ending: str) -> None:
    """And no further batch is done."""
    insert_plain(sqlite_database, ROWS)
    stop, filled = StopRequest(), list[int]()

    def end() -> None:
        filled.append(count_filled(sqlite_database))
        if ending == "cancel":
            tell_run(sqlite_database, {"cancelled": True})
        elif ending == "signal":
            stop.ask(15)

    hand = Hand(lambda: tell_run(sqlite_database, {"paused": True}), end)
    report = run_with(
        sqlite_database, hand, stop=stop, time_budget=1 if ending == "time budget" else None, batch_size=20
    )

    assert report.state == ("partial" if ending == "time budget" else "stopped")
    assert [count_filled(sqlite_database)] == filled


def test_workers_come_and_go_within_a_sweep(postgresql_database: str) -> None:
    """One, then three, then two connections, and beside them those of the lock and of who counts them."""
    insert_plain(postgresql_database, 3 * ROWS)
    seen: list[int] = []
    wanted = {3: 3, 5: 2}

    class Watching(Hand):
        def filled(self, rows: Sequence[Recovered]) -> None:
            if len(rows) > 1 and seen[-1:] != [4]:
                looks = [query(postgresql_database, CONNECTIONS)[0][0] for _ in range(3)]
                seen.append(min(looks))  # the session of an earlier look may take a moment to end
                if (order := wanted.pop(seen[-1], None)) is not None:
                    tell_run(postgresql_database, {"workers": order})

    report = run_with(postgresql_database, Watching(), batch_size=20)

    assert [number for number, _ in groupby(seen)] == [3, 5, 4]
    assert (report.skipped, filled_ids(postgresql_database)) == (3 * ROWS // 5, expected_ids(3 * ROWS))


def test_as_many_work_as_the_server_lets_in(postgresql_database: str, caplog: pytest.LogCaptureFixture) -> None:
    """Of three connections one is the lock's; a line says that there are no more, and the run goes on."""
    insert_plain(postgresql_database, 3 * ROWS)
    role = f"limited_{make_url(postgresql_database).database}"
    execute(
        postgresql_database,
        f"CREATE ROLE {role} LOGIN CONNECTION LIMIT 3",
        f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {role}",
    )

    limited = postgresql_database.replace("postgres@", f"{role}@", 1)
    report = run_with(limited, Hand(lambda: tell_run(postgresql_database, {"workers": 9})), batch_size=20)

    assert (report.state, filled_ids(postgresql_database)) == ("done", expected_ids(3 * ROWS))
    assert "no more than 2 workers: " in caplog.text


def test_a_run_that_was_killed_leaves_no_orders(database: str) -> None:
    """The next one takes over and is not paused."""
    insert_plain(database, ROWS)
    run_with(database, Hand(), limit=20)
    leave_dead_run(database)
    with only_one(make_engine(database), 0):
        tell_run(database, {"paused": True})

    hand = Hand()
    report = run_with(database, hand)

    assert (report.state, hand.paused_by, last_run(database, "orders")) == ("done", [], ("{}",))


def test_a_table_that_is_locked_makes_the_run_say_since_when_it_waits(postgresql_database: str) -> None:
    """In the ledger, while it waits; and no longer once it goes on."""
    insert_plain(postgresql_database, ROWS)
    with make_engine(postgresql_database).connect() as other, ThreadPoolExecutor(1) as pool:
        lock = Hand(lambda: other.exec_driver_sql(f"LOCK TABLE {TABLE}").close())
        running = pool.submit(lambda: run_with(postgresql_database, lock, batch_size=20))
        wait_until(lambda: last_run(postgresql_database, "waiting_for") != (None,))
        (waiting,) = last_run(postgresql_database, "waiting_for")
        other.rollback()
        report = running.result()

    assert (waiting, report.state) == ("rows are locked by somebody else", "done")
    assert last_run(postgresql_database, "waiting_for", "waiting_since") == (None, None)


def test_the_ledger_knows_who_runs_what_and_how(database: str) -> None:
    """User, machine, process, version and options."""
    run_with(database, Hand(), batch_size=7)

    user, host, process, release, options = last_run(database, "user_name", "host", "process", "version", "options")
    assert (f"{user}@{host}", process, release) == (person(), os.getpid(), version())
    assert json.loads(options) == asdict(Options(batch_size=7))


def test_an_order_is_news_once() -> None:
    """However often the run looks if it may go on; a further one is news again."""
    known = Control(Options(), StopRequest())
    orders = [Order(True, "somebody", now()), Order(True, "somebody else", now())]  # noqa: FBT003  # its value

    assert [known.is_news(orders[number]) for number in (0, 0, 1, 1)] == [True, False, True, False]


def test_a_run_is_at_rest_when_all_who_still_work_are() -> None:
    """Of two workers one rests: the other may be in its batch, until it rests too, or has nothing more to do."""
    run = Control(Options(workers=2), StopRequest())
    run.start_work(2)

    with run.resting():
        one_of_two = run.is_at_rest
        with run.resting():
            both = run.is_at_rest
        run.leave_work()
        the_only_one = run.is_at_rest

    assert (one_of_two, both, the_only_one) == (False, True, True)
