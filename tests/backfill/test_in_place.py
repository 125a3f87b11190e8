"""PostgreSQL fills the plain cases by itself: all of them, none twice, and no row that somebody else changes."""

import contextlib
import threading
from collections.abc import Iterator, Sequence

import psycopg
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from sqlalchemy.exc import DataError

from app.backfill.databases import choose_walk
from app.backfill.engine import backfill
from app.backfill.options import Options
from app.backfill.postgresql.local_heaps import LocalHeaps
from app.backfill.postgresql.strides import Stride, batches_of_strides
from app.backfill.rows import InPlace
from app.backfill.transactions import Transactions
from app.database.engines import make_engine
from app.database.timestamps import now
from app.videos.recipe import MEDIA_IDS
from tests.backfill.test_extraction_in_postgresql import Row, found_in_python, rows, store
from tests.support.processes import wait_until
from tests.support.responses import make_rows, named, recoverable, responses
from tests.support.tables import TABLE, execute, insert, insert_realistic, query, store_body

BATCH = 200
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"


class InPlaceByHand:
    """The parts of a table that the database can fill by itself, one at a time."""

    def __init__(self, connection: sa.Connection, batch: int = BATCH) -> None:
        self.transactions = Transactions(connection, owned_by_caller=False)
        with self.transactions.read() as reading:
            walk = choose_walk(reading, MEDIA_IDS)
            walk.start_sweep(reading)
        with self.transactions.read(walk.reading) as reading:
            self.plan = walk.plan(reading, walk.cut(None), batch)

    def fill(self, in_place: InPlace) -> list[str]:
        """Fill one part in a transaction and return the ids of its rows."""
        with self.transactions.write(in_place.settings) as writing:
            return sorted(str(row.row_id) for row in in_place.fill(writing, now(), listed=True).filled)


@pytest.fixture
def in_place(postgresql_database: str) -> Iterator[InPlaceByHand]:
    """A few rows that can be filled."""
    insert(postgresql_database, make_rows(4, (named("02"),)))
    with make_engine(postgresql_database).connect() as connection:
        yield InPlaceByHand(connection)


def ids(url: str) -> dict[str, str]:
    """Return the id of each row that has one."""
    return dict(query(url, f"SELECT id, media_generation_id FROM {TABLE} WHERE media_generation_id IS NOT NULL"))


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(stored=rows)
def test_what_is_filled_in_place_is_what_extract_finds(postgresql_database: str, stored: list[Row]) -> None:
    """Or nothing is, where a body cannot be cast; and the whole run then finds the rest."""
    store(postgresql_database, stored)
    expected = found_in_python(stored)
    engine = make_engine(postgresql_database)

    with engine.connect() as connection, contextlib.suppress(DataError):
        by_hand = InPlaceByHand(connection)
        for part in by_hand.plan.in_place:
            by_hand.fill(part)
    in_place = ids(postgresql_database)
    with engine.connect() as connection:
        backfill(connection, MEDIA_IDS, Options(), origin="sync")

    assert in_place.items() <= expected.items()
    assert ids(postgresql_database) == expected


def test_all_plain_cases_are_filled_at_once(postgresql_database: str) -> None:
    """Of the stored responses, all but the one whose row is the second of four; the next window has what is left."""
    readable = [response for response in responses() if response.reason != "invalid_json"]
    store(postgresql_database, [(item.body, item.operation_name, item.scene_id) for item in readable])

    with make_engine(postgresql_database).connect() as connection:
        by_hand = InPlaceByHand(connection)
        filled = [number for part in by_hand.plan.in_place for number in by_hand.fill(part)]

    left = [item.name[:2] for number, item in enumerate(readable) if f"{number:04}" not in filled]
    recoverable_left = [item.name[:2] for item in readable if item.media_generation_id and item.name[:2] in left]
    assert recoverable_left == ["08", "15"][-len(recoverable_left) :]
    assert "15" in recoverable_left


@pytest.mark.parametrize("listed", [True, False])
def test_rows_are_listed_only_where_somebody_wants_them(postgresql_database: str, *, listed: bool) -> None:
    """Else they are counted, without those whose update a trigger has undone; either way they are filled."""
    insert(postgresql_database, make_rows(4, (named("02"),)))
    first = f"old.id = (SELECT min(id) FROM {TABLE})"
    body = f"BEGIN IF {first} THEN RETURN old; END IF; RETURN new; END"
    execute(postgresql_database, f"CREATE FUNCTION undo() RETURNS trigger LANGUAGE plpgsql AS '{body}'")
    execute(postgresql_database, f"CREATE TRIGGER undo BEFORE UPDATE ON {TABLE} FOR EACH ROW EXECUTE FUNCTION undo()")

    with make_engine(postgresql_database).connect() as connection:
        by_hand = InPlaceByHand(connection)
        (part,) = by_hand.plan.in_place
        with by_hand.transactions.write(part.settings) as writing:
            filling = part.fill(writing, now(), listed=listed)

    assert (filling.rows, len(filling.filled), len(ids(postgresql_database))) == (3, 3 if listed else 0, 3)


def test_a_row_that_is_changed_while_the_statement_waits_for_it_is_left_alone(
    postgresql_database: str, in_place: InPlaceByHand
) -> None:
    """The application commits another answer: its row keeps it, and the others are filled."""
    (theirs, *ours) = sorted(row_id for (row_id,) in query(postgresql_database, f"SELECT id FROM {TABLE}"))
    filled: list[str] = []
    (part,) = in_place.plan.in_place
    thread = threading.Thread(target=lambda: filled.extend(in_place.fill(part)))

    with psycopg.connect(postgresql_database) as session, psycopg.connect(postgresql_database) as watching:
        session.execute(f"UPDATE {TABLE} SET raw_response = %s WHERE id = %s", (named("04").body, theirs))
        thread.start()
        while thread.is_alive() and not watching.execute(WAITING).fetchall()[0][0]:
            watching.rollback()
        session.commit()
        thread.join()

    assert filled == ours
    assert theirs not in ids(postgresql_database)


def test_a_body_that_cannot_be_cast_fails_the_part_and_not_the_run(postgresql_database: str) -> None:
    """What the database could not do at once is done row by row."""
    stored = make_rows(600, (named("02"),))
    insert(postgresql_database, stored)
    store_body(postgresql_database, stored[7].id, stored[7].response.body.replace("{", '{"x":"\\u0000",', 1))
    store_body(postgresql_database, stored[8].id, '{"x')

    with make_engine(postgresql_database).connect() as connection:
        report = backfill(connection, MEDIA_IDS, Options(), origin="sync")

    assert (report.synced, report.reasons) == (599, {"invalid_json": 1})


def test_most_new_versions_stay_on_their_pages(postgresql_database: str) -> None:
    """HOT updates, which touch no index: a page is pruned before the next stride comes to it."""
    insert_realistic(postgresql_database, 3_000)

    with make_engine(postgresql_database).connect() as connection:
        report = backfill(connection, MEDIA_IDS, Options(), origin="sync")

    with psycopg.connect(postgresql_database, autocommit=True) as session:
        statistics = "SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables WHERE relname = %s"
        wait_until(lambda: session.execute(statistics, (TABLE,)).fetchall()[0][0] >= report.synced)
        updated, hot = session.execute(statistics, (TABLE,)).fetchall()[0]

    assert hot > 0.5 * updated


def test_every_pending_row_is_in_one_part_and_no_part_is_larger_than_a_batch(
    postgresql_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the pages hold."""
    monkeypatch.setattr(LocalHeaps, "fewest_in_place", 10)
    insert(postgresql_database, make_rows(100, (named("02"),)))
    block_of = dict(query(postgresql_database, f"SELECT id, (ctid::text::point)[0]::integer FROM {TABLE}"))

    with make_engine(postgresql_database).connect() as connection:
        by_hand = InPlaceByHand(connection, batch=10)
        filled = [by_hand.fill(part) for part in by_hand.plan.in_place]

    together = [row for part in filled for row in part]
    last_block = max(block_of[row_id] for row_id in together)
    in_window = sorted(row_id for row_id, block in block_of.items() if block <= last_block)
    assert (max(map(len, filled)), sorted(together)) == (10, in_window)
    assert len(in_window) > 10


@pytest.mark.parametrize(
    ("strides", "batches"),
    [
        ([], []),
        ([Stride(2, '{"(0,1)","(1,1)"}')], ['{"(0,1)","(1,1)"}']),
        (
            [Stride(3, '{"(0,1)","(1,1)","(2,1)"}')],
            ['{"(0,1)","(1,1)"}', '{"(2,1)"}'],
        ),
        (
            [Stride(2, '{"(0,1)","(1,1)"}'), Stride(2, '{"(0,2)","(1,2)"}')],
            ['{"(0,1)","(1,1)"}', '{"(0,2)","(1,2)"}'],
        ),
    ],
)
def test_strides_are_cut_into_batches_of_two(strides: Sequence[Stride], batches: list[str]) -> None:
    """Arrays as PostgreSQL writes them."""
    assert batches_of_strides(strides, 2) == batches


def test_small_strides_are_put_together() -> None:
    """A transaction for a few rows costs as much as one for many."""
    strides = [Stride(9, "{…}"), Stride(2, '{"(0,2)","(1,2)"}'), Stride(1, '{"(0,3)"}')]

    assert batches_of_strides(strides, 10) == ["{…}", '{"(0,2)","(1,2)","(0,3)"}']


def test_a_limited_run_reads_before_it_fills(postgresql_database: str) -> None:
    """No more rows may be looked at than were asked for."""
    insert(postgresql_database, make_rows(500, recoverable()))

    with make_engine(postgresql_database).connect() as connection:
        report = backfill(connection, MEDIA_IDS, Options(limit=3), origin="sync")

    assert (report.state, report.found, len(ids(postgresql_database))) == ("partial", 3, 3)
