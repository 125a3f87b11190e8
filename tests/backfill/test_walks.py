"""Walks: which one is chosen, that each meets every pending row once, and what happens between reading and filling."""

import pytest

from app.backfill.by_key import walk as by_key
from app.backfill.by_key.walk import LOOKED_UP_ROWS
from tests.conftest import Databases
from tests.support.any_table import body, store
from tests.support.any_table import row as any_row
from tests.support.responses import make_rows, named, recoverable
from tests.support.tables import execute, insert, query, read_all, store_body
from tests.support.walks import by_hand

WITHOUT_ROWID = (
    "CREATE TABLE veo3_video_generations (id TEXT PRIMARY KEY, scene_id TEXT, operation_name TEXT,"
    " media_generation_id TEXT, raw_response TEXT, updated_at TEXT) WITHOUT ROWID"
)


def test_the_walk_is_chosen_by_the_kind_of_table(databases: Databases) -> None:
    """Physical order where the table has one, key order elsewhere."""
    url = databases.upgraded()
    other = databases.empty()
    execute(other, WITHOUT_ROWID.removesuffix("WITHOUT ROWID" if databases.server else ""))

    with by_hand(url) as walk, by_hand(other) as walk_of_other:
        names = walk.walk.name, walk_of_other.walk.name

    assert names == (("block", "block") if databases.server else ("rowid", "key"))


@pytest.mark.parametrize("rows_of_a_batch", [1, 7, 1_000])
def test_every_pending_row_is_met_once_and_in_batches_within_the_bound(database: str, rows_of_a_batch: int) -> None:
    """In whatever windows the table is cut."""
    rows = make_rows(300)
    insert(database, rows)

    with by_hand(database) as walk:
        windows = walk.read_all(rows_of_a_batch)

    refused = [str(row.row_id) for window in windows for row in (*window.skips, *window.failures)]
    recovered = [str(row.row_id) for window in windows for row in window.recovered]
    batches = [batch for window in windows for batch in window.batches]
    assert sorted(refused + recovered) == sorted(row.id for row in rows)
    assert max(len(batch) for batch in batches) <= rows_of_a_batch
    assert sorted(str(row.row_id) for batch in batches for row in batch) == sorted(
        row.id for row in rows if row.response.outcome == "synced"
    )


def test_long_bodies_end_a_window_before_its_rows_do(sqlite_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A batch is bounded in bytes too; a body that is longer by itself stands alone."""
    lengths = [300, 300, 300, 300, 300, 5_000, 5_000, 300]
    store(sqlite_database, (any_row(seed, raw_response=body(seed).ljust(n)) for seed, n in enumerate(lengths)))
    monkeypatch.setattr(by_key, "WINDOW_BYTES", 900)

    with by_hand(sqlite_database) as walk:
        windows = walk.read_all()

    assert [len(window.recovered) for window in windows] == [3, 3, 1, 1]


def test_a_limit_is_exact_and_the_cursor_goes_on_behind_it(database: str) -> None:
    """Not a row more, and none is left out."""
    rows = make_rows(100)
    insert(database, rows)

    with by_hand(database) as walk:
        first = walk.read(None, 1_000, limit=3)
        rest = walk.read_all(1_000, first.cursor)

    assert (first.found, sum(window.found for window in rest)) == (3, 97)


def test_a_table_of_key_order_is_walked_and_filled(sqlite_empty: str) -> None:
    """SQLite WITHOUT ROWID: the key is the application's, and the database compares it."""
    execute(sqlite_empty, WITHOUT_ROWID)
    rows = make_rows(100)
    insert(sqlite_empty, rows)

    with by_hand(sqlite_empty) as walk:
        windows = walk.read_all(rows=7)
        filled = [id_ for window in windows for batch in window.batches for id_ in walk.fill(list(batch))]

    assert sorted(filled) == sorted(row.id for row in rows if row.response.outcome == "synced")


CHANGES = {
    "filled": "UPDATE veo3_video_generations SET media_generation_id = 'CAUSapplication' WHERE id = '{id}'",
    "new body": "UPDATE veo3_video_generations SET raw_response = '{body}' WHERE id = '{id}'",
    "other operation": "UPDATE veo3_video_generations SET operation_name = 'other' WHERE id = '{id}'",
    "body removed": "UPDATE veo3_video_generations SET raw_response = NULL WHERE id = '{id}'",
    "deleted": "DELETE FROM veo3_video_generations WHERE id = '{id}'",
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_row_that_the_application_changes_after_it_was_read_is_the_applications(database: str, change: str) -> None:
    """Between the scan and the update: its value is kept, and the other rows of the batch are filled all the same."""
    rows = make_rows(3, recoverable())
    insert(database, rows)
    theirs, *ours = rows

    with by_hand(database) as walk:
        window = walk.read()
        execute(database, change.format(id=theirs.id, body=named("04").body))
        before = read_all(database)
        filled = walk.fill(window.recovered)

    assert filled == sorted(row.id for row in ours)
    assert read_all(database).get(theirs.id) == before.get(theirs.id)


def test_a_change_to_another_row_keeps_nobody_from_being_filled(database: str) -> None:
    """Somebody writes all the time: rows that are the same are filled."""
    rows = make_rows(3, recoverable())
    insert(database, rows)

    with by_hand(database) as walk:
        window = walk.read()
        insert(database, make_rows(1, seed=2))
        filled = walk.fill(window.recovered)

    assert filled == sorted(row.id for row in rows)


def test_more_rows_than_are_looked_up_at_once_are_filled_after_a_second_look(sqlite_database: str) -> None:
    """Somebody has written to the file meanwhile, but to none of them."""
    rows = make_rows(LOOKED_UP_ROWS + 1, recoverable())
    insert(sqlite_database, rows)

    with by_hand(sqlite_database) as walk:
        window = walk.read(rows=LOOKED_UP_ROWS + 1)
        insert(sqlite_database, make_rows(1, seed=2))
        filled = walk.fill(window.recovered)

    assert filled == sorted(row.id for row in rows)


def test_a_body_that_postgresql_cannot_cast_is_judged_all_the_same(database: str) -> None:
    """NUL, a lone surrogate and NaN can be read; a truncated body is a failure; the window goes on."""
    good, nul, lone, nan, cut = make_rows(5, (named("02"),))
    insert(database, [good, nul, lone, nan, cut])
    for row, odd in ((nul, '{"x":"\\u0000",'), (lone, '{"x":"\\ud83d",'), (nan, '{"x":NaN,')):
        store_body(database, row.id, row.response.body.replace("{", odd, 1))
    store_body(database, cut.id, '{"x')

    with by_hand(database) as walk:
        window = walk.read()
        filled = walk.fill(window.recovered)

    assert filled == sorted(row.id for row in (good, nul, lone, nan))
    assert [(failure.row_id, failure.reason) for failure in window.failures] == [(cut.id, "invalid_json")]
    ids = query(database, "SELECT media_generation_id FROM veo3_video_generations ORDER BY media_generation_id")
    assert {media_id for (media_id,) in ids} == {row.response.media_generation_id for row in (good, nul, lone, nan)} | {
        None
    }
