"""The ledger: what a run takes over from the one before, and what becomes of failures."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
import sqlalchemy as sa

from app.backfill.counts import Counts
from app.backfill.errors import RunSupersededError
from app.backfill.ledger.failures import FAILURES
from app.backfill.ledger.required import require_ledger
from app.backfill.ledger.runs import RETRY_WALK, RUNS, Ledger, Place, last_runs, open_ledger
from app.backfill.options import Options
from app.backfill.recipe import Recipe
from app.backfill.report import Report, RunState
from app.database.engines import make_engine
from app.errors import NotUpgradedError
from app.videos.recipe import MEDIA_IDS
from tests.backfill.test_second_recipe import DOMAINS
from tests.support.tables import TABLE, execute, query

STOOD = Place(cursor="[7]", sweep=3, sweep_filled=5)


@pytest.fixture
def connection(sqlite_database: str) -> Iterator[sa.Connection]:
    """A connection to a file at head."""
    with make_engine(sqlite_database).connect() as connection:
        yield connection


def begin(connection: sa.Connection, walk: str = "key", recipe: Recipe = MEDIA_IDS) -> tuple[Ledger, Place]:
    """Start a run."""
    with connection.begin():
        return open_ledger(connection, recipe, "sync", walk, Options(batch_size=77))


def end(connection: sa.Connection, ledger: Ledger, state: RunState, place: Place = STOOD) -> None:
    """End a run at some place."""
    with connection.begin():
        ledger.finish(connection, place, Report(), state)


def runs(url: str, *names: str) -> list[tuple[object, ...]]:
    """Return columns of all runs but the upgrade's, in their order."""
    return query(url, f"SELECT {', '.join(names)} FROM {RUNS.name} ORDER BY id")[1:]


@pytest.mark.parametrize(
    ("state", "walk", "stands"),
    [
        ("stopped", "key", STOOD),
        ("partial", "key", STOOD),
        ("failed", "key", STOOD),
        ("incomplete", "key", STOOD),
        ("done", "key", Place()),
        ("stopped", "block", Place()),
    ],
)
def test_a_run_goes_on_where_the_one_before_stood_unless_that_was_done(
    connection: sa.Connection, state: RunState, walk: str, stands: Place
) -> None:
    """Or went over the table in another way."""
    before, _ = begin(connection, walk)
    end(connection, before, state)

    _, place = begin(connection)

    assert place == stands


def test_runs_over_the_failures_and_of_other_recipes_change_nothing_of_that(
    connection: sa.Connection, sqlite_database: str
) -> None:
    """The newest run over this table counts, and none of another; a run of each goes on meanwhile."""
    before, _ = begin(connection)
    end(connection, before, "done", Place())
    newest, _ = begin(connection)
    end(connection, newest, "stopped")
    begin(connection, recipe=DOMAINS)
    retry, at = begin(connection, RETRY_WALK)
    end(connection, retry, "stopped", Place(cursor="other"))

    _, place = begin(connection)

    assert (at, place) == (Place(), STOOD)
    assert runs(sqlite_database, "state") == [
        (state,) for state in ("done", "stopped", "running", "stopped", "running")
    ]


def test_a_run_that_never_ended_is_taken_over_and_writes_no_more(
    connection: sa.Connection, sqlite_database: str
) -> None:
    """The fence; the row says when it was taken over."""
    lost, _ = begin(connection)
    newer, _ = begin(connection)

    with pytest.raises(RunSupersededError) as caught, connection.begin():
        lost.save(connection, Place(), Report())

    assert (caught.value.run_id, newer.run_id) == (lost.run_id, lost.run_id + 1)
    assert runs(sqlite_database, "state", "finished_at IS NULL") == [("superseded", 0), ("running", 1)]


def test_the_row_of_a_run_says_what_it_is(connection: sa.Connection, sqlite_database: str) -> None:
    """From its start on; times are those of its start, and the place is where the one before stood."""
    before, _ = begin(connection)
    end(connection, before, "stopped")
    with connection.begin():
        open_ledger(connection, replace(MEDIA_IDS, version=9), "upgrade", "key", Options(batch_size=5))

    names = "backfill", "origin", "state", "walk", "cursor", "sweep", "sweep_filled", "batch_size", "extractor_version"
    assert runs(sqlite_database, *names)[1:] == [
        (MEDIA_IDS.name, "upgrade", "running", "key", "[7]", 3, 5, 5, 9),
    ]
    assert runs(sqlite_database, "started_at = progress_at", "finished_at IS NULL", "reasons")[1:] == [(1, 1, "{}")]


def test_what_is_saved_is_what_is_read_again(connection: sa.Connection) -> None:
    """After a commit whose answer was lost: place and counts."""
    ledger, _ = begin(connection)
    report = Report(found=21, synced=1, skipped=2, failed=3, batches=4, reasons={"not_finished": 2})
    with connection.begin():
        ledger.save(connection, STOOD, report)

    with connection.begin():
        place, counts = ledger.saved(connection)

    assert place == STOOD
    assert counts == Counts(synced=1, lost=15, skipped=2, failed=3, batches=4, reasons=counts.reasons)
    assert counts.reasons == {"not_finished": 2}


def test_progress_is_timed_and_the_end_too(connection: sa.Connection, sqlite_database: str) -> None:
    """Each save says when; only the end is an end."""
    ledger, _ = begin(connection)
    execute(sqlite_database, f"UPDATE {RUNS.name} SET progress_at = '2001' WHERE id = {ledger.run_id}")
    with connection.begin():
        ledger.save(connection, STOOD, Report(found=3))
    saved = runs(sqlite_database, "progress_at > '2020'", "finished_at IS NULL", "found", "sweep")
    end(connection, ledger, "partial", Place())

    assert saved == [(1, 1, 3, 3)]
    assert runs(sqlite_database, "state", "finished_at > '2020'", "found", "cursor") == [("partial", 1, 0, None)]


def test_the_newest_runs_come_first(connection: sa.Connection) -> None:
    """As many as are asked for, of one recipe."""
    ids = [begin(connection)[0].run_id for _ in range(3)]
    begin(connection, recipe=DOMAINS)

    with connection.begin():
        found = [run["id"] for run in last_runs(connection, MEDIA_IDS.name, 2)]

    assert found == [ids[2], ids[1]]


@pytest.mark.parametrize("missing", [TABLE, RUNS.name, FAILURES.name])
def test_a_database_that_lacks_a_table_is_named_with_what_is_missing(
    connection: sa.Connection, sqlite_database: str, missing: str
) -> None:
    """The table that is filled, or one of the ledger's."""
    with connection.begin():
        require_ledger(connection, TABLE)
    execute(sqlite_database, f"DROP TABLE {missing}")

    with pytest.raises(NotUpgradedError) as caught:
        require_ledger(connection, TABLE)

    assert caught.value.missing == f"no table {missing}"
