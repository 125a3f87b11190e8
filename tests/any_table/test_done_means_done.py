"""A run that says `done` has left no row that it could fill: blank ids, encodings, triggers, faults of the table."""

import json

import pytest

from tests.conftest import Databases
from tests.support.any_table import FAILURES, RUNS, create, expected, row, store, stored, unfinished
from tests.support.migrations import recorded_version, upgrade
from tests.support.processes import run_command, run_sync, run_upgrade
from tests.support.tables import TABLE, execute, query

KEY = "PRIMARY KEY (id)"


@pytest.mark.parametrize("encoding", ["UTF-16le", "UTF-16be"])
@pytest.mark.parametrize("kind", ["", " WITHOUT ROWID"])
def test_files_in_utf_16_are_filled_whole(sqlite_empty: str, encoding: str, kind: str) -> None:
    """680 rows in windows of 50; some bodies are bytes, one is a number."""
    execute(sqlite_empty, f"PRAGMA encoding = '{encoding}'", create(KEY) + kind)
    rows = [row(seed) for seed in range(680)]
    rows[7] = row(7, raw_response=rows[7].raw_response.encode())
    store(sqlite_empty, rows)
    execute(sqlite_empty, f"UPDATE {TABLE} SET raw_response = 5, media_generation_id = NULL WHERE seed = 8")

    upgrade(sqlite_empty, batch_size=50)

    assert stored(sqlite_empty) == expected(rows) | {8: None}
    assert query(sqlite_empty, f"SELECT reason FROM {FAILURES}") == [("not_an_object",)]


BLANKS = ["", "   ", "\t\n"]


@pytest.mark.parametrize(("column", "batch_size"), [("TEXT", 1_000), ("TEXT NOT NULL DEFAULT ''", 50)])
def test_a_blank_id_is_no_id(databases: Databases, column: str, batch_size: int) -> None:
    """Filled where it can be; an id that somebody wrote stays as it is."""
    url = databases.empty()
    execute(url, create(KEY, media_generation_id=column))
    rows = [row(seed, media_generation_id=BLANKS[seed % 3]) for seed in range(300)]
    rows += [row(300, media_generation_id="own"), row(301, media_generation_id="", raw_response=unfinished(301))]
    store(url, rows)

    upgrade(url, batch_size=batch_size)
    status = json.loads(run_command("media-gen-ids", url, "status", "--json").out)["total"]
    check = run_command("media-gen-ids", url, "check")

    assert stored(url) == expected(rows)
    assert status == {"with_id": 301, "pending": 0, "nothing_to_recover": 1, "failed": 0}
    assert check.code == 0, check


def before_upgrade_blank(url: str) -> dict[str, int]:
    """Return what `status` counts in a table of two blank ids whose backfill was deferred."""
    execute(url, create(KEY))
    store(url, [row(1, media_generation_id=""), row(2, media_generation_id=None), row(3, media_generation_id="own")])
    upgrade(url, backfill="defer")
    counted: dict[str, int] = json.loads(run_command("media-gen-ids", url, "status", "--json").out)["total"]
    return counted


def test_status_counts_a_blank_id_as_pending(databases: Databases) -> None:
    """And not as one that is there."""
    counted = before_upgrade_blank(databases.empty())

    assert counted == {"with_id": 1, "pending": 2, "nothing_to_recover": 0, "failed": 0}


UNDO = {
    "sqlite": {
        "ignores it": ["CREATE TRIGGER undo BEFORE UPDATE ON {t} WHEN old.seed < 3 BEGIN SELECT RAISE(IGNORE); END"],
        "undoes it": [
            (
                "CREATE TRIGGER undo AFTER UPDATE ON {t} WHEN old.seed < 3"
                " BEGIN UPDATE {t} SET media_generation_id = NULL WHERE seed = old.seed; END"
            )
        ],
    },
    "postgresql": {
        "ignores it": [
            "CREATE FUNCTION undo() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
            "CREATE TRIGGER undo BEFORE UPDATE ON {t} FOR EACH ROW WHEN (old.seed < 3) EXECUTE FUNCTION undo()",
        ],
        "restores the column": [
            (
                "CREATE FUNCTION undo() RETURNS trigger LANGUAGE plpgsql AS"
                " 'BEGIN new.media_generation_id := old.media_generation_id; RETURN new; END'"
            ),
            "CREATE TRIGGER undo BEFORE UPDATE ON {t} FOR EACH ROW WHEN (old.seed < 3) EXECUTE FUNCTION undo()",
        ],
        "undoes it": [
            (
                "CREATE FUNCTION undo() RETURNS trigger LANGUAGE plpgsql AS"
                " 'BEGIN UPDATE {t} SET media_generation_id = NULL WHERE seed = new.seed; RETURN NULL; END'"
            ),
            (
                "CREATE TRIGGER undo AFTER UPDATE ON {t} FOR EACH ROW"
                " WHEN (old.seed < 3 AND new.media_generation_id IS NOT NULL) EXECUTE FUNCTION undo()"
            ),
        ],
    },
}
UNDOERS = [(kind, what) for kind, triggers in UNDO.items() for what in triggers]


def test_a_row_whose_update_is_undone_fails_once_where_only_its_place_names_it(
    databases_of_kind: dict[str, Databases],
) -> None:
    """An undone update would give it another place, at which a walk by single rows would meet it again and again."""
    url = databases_of_kind["postgresql-18"].empty()
    execute(
        url,
        create(),
        "CREATE FUNCTION undo() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN old; END'",
        f"CREATE TRIGGER undo BEFORE UPDATE ON {TABLE} FOR EACH ROW WHEN (old.seed < 3) EXECUTE FUNCTION undo()",
    )
    rows = [row(0, raw_response=unfinished(0)), *(row(seed) for seed in range(1, 14))]
    store(url, rows)

    upgrade(url, batch_size=1)

    assert stored(url) == expected(rows) | {1: None, 2: None}
    assert query(url, f"SELECT generation_id FROM {FAILURES} ORDER BY 1") == [("row-1",), ("row-2",)]
    assert query(url, f"SELECT synced, failed FROM {RUNS}") == [(11, 2)]


@pytest.mark.parametrize("batch_size", [1_000, 50])
@pytest.mark.parametrize("key", [KEY, "CHECK (seed >= 0)"], ids=["key", "no key"])
@pytest.mark.parametrize(("kind", "what"), UNDOERS)
def test_rows_whose_update_a_trigger_undoes_are_failures(  # what is tried
    databases_of_kind: dict[str, Databases], kind: str, what: str, key: str, batch_size: int
) -> None:
    """Three of 400 rows: not filled, not counted as filled, and named with what has happened."""
    url = databases_of_kind[kind if kind == "sqlite" else "postgresql-18"].empty()
    execute(url, create(key), *(statement.format(t=TABLE) for statement in UNDO[kind][what]))
    rows = [row(seed) for seed in range(400)]
    store(url, rows)

    done = run_upgrade(url, batch_size=batch_size)

    listed = query(url, f"SELECT generation_id, reason, detail FROM {FAILURES} ORDER BY 1")
    assert (done.code, recorded_version(url)) == (0, "media_ids_0003"), done
    assert stored(url) == expected(rows) | {0: None, 1: None, 2: None}
    assert [(key, reason) for key, reason, _ in listed] == [(f"row-{seed}", "update_failed") for seed in range(3)]
    assert all("a trigger drops or undoes the update" in detail for _, _, detail in listed)
    assert query(url, f"SELECT synced, failed FROM {RUNS}") == [(397, 3)]
    assert "other programs" not in done.err


LATE = [
    (
        "CREATE FUNCTION undo() RETURNS trigger LANGUAGE plpgsql AS"
        " 'BEGIN UPDATE {t} SET media_generation_id = NULL WHERE seed = new.seed; RETURN NULL; END'"
    ),
    (
        "CREATE CONSTRAINT TRIGGER undo AFTER UPDATE ON {t} DEFERRABLE INITIALLY DEFERRED FOR EACH ROW"
        " WHEN (new.seed < 5 AND new.media_generation_id IS NOT NULL) EXECUTE FUNCTION undo()"
    ),
]


def test_a_run_with_rows_that_it_cannot_account_for_is_incomplete(postgresql_empty: str) -> None:
    """A trigger undoes five rows while the batch is committed: not stamped, and told of three; sync ends with 1."""
    execute(postgresql_empty, create(KEY), *(statement.format(t=TABLE) for statement in LATE))
    rows = [row(seed) for seed in range(300)]
    store(postgresql_empty, rows)

    done = run_upgrade(postgresql_empty)
    synced = run_sync(postgresql_empty, "--json")

    assert (done.code, recorded_version(postgresql_empty)) == (255, "media_ids_0002"), done
    assert "5 rows can be filled and were not, among them row-0, row-1, row-2; " in done.out
    assert (synced.code, json.loads(synced.out)["state"]) == (1, "incomplete")
    assert stored(postgresql_empty) == expected(rows) | dict.fromkeys(range(5))
    assert {state for (state,) in query(postgresql_empty, f"SELECT state FROM {RUNS}")} == {"incomplete"}


def test_a_column_that_refuses_every_id_ends_the_run(databases: Databases) -> None:
    """A hundred rows are enough to tell; they are recorded, nothing is stamped, and the next run is right again."""
    url = databases.empty()
    execute(url, create(KEY, media_generation_id="TEXT CONSTRAINT odd CHECK (substr(media_generation_id, 1, 1) = 'X')"))
    rows = [row(seed) for seed in range(600)]
    store(url, rows)

    done = run_upgrade(url, batch_size=300)

    failures = query(url, f"SELECT count(*) FROM {FAILURES} WHERE reason = 'update_failed'")[0][0]
    assert (done.code, recorded_version(url)) == (255, "media_ids_0002"), done
    assert "the database refused all of the first 100 rows" in done.out
    assert (failures, set(stored(url).values())) == (100, {None})


REFUSE_MOST = {
    "sqlite": [
        (
            "CREATE TRIGGER most BEFORE UPDATE ON {t} WHEN old.seed > 100 AND old.seed - old.seed / 3 * 3 > 0"
            " BEGIN SELECT RAISE(ABORT, 'not this row'); END"
        )
    ],
    "postgresql": [
        "CREATE FUNCTION most() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE ''not this row''; END'",
        (
            "CREATE TRIGGER most BEFORE UPDATE ON {t} FOR EACH ROW"
            " WHEN (old.seed > 100 AND old.seed - old.seed / 3 * 3 > 0) EXECUTE FUNCTION most()"
        ),
    ],
}


def test_a_table_that_refuses_most_rows_ends_the_run(databases: Databases) -> None:
    """More than half of the last thousand: what could be filled is kept, the rest is recorded."""
    url = databases.empty()
    execute(url, create(KEY), *(part.format(t=TABLE) for part in REFUSE_MOST[databases.kind.split("-")[0]]))
    store(url, [row(seed) for seed in range(2_500)])

    done = run_upgrade(url, batch_size=100)

    assert (done.code, recorded_version(url)) == (255, "media_ids_0002"), done
    assert "of the last 1000 rows" in done.out
    assert 100 <= sum(media_id is not None for media_id in stored(url).values()) < 1_000
