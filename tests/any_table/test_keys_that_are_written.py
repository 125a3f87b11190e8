"""Keys that hold the moment of the change: where a trigger may undo that, the rest of the key names a filled row."""

from dataclasses import replace

import pytest

from app.backfill.engine import backfill
from app.backfill.options import Options
from app.backfill.retry_failures import retry_failed
from app.database.engines import make_engine
from app.videos.recipe import MEDIA_IDS
from tests.conftest import Databases
from tests.support.any_table import create, expected, row, store, stored
from tests.support.tables import TABLE, execute

KEY = "PRIMARY KEY (id, updated_at)"
TABLES = {
    "sqlite": [
        create(KEY) + " WITHOUT ROWID",
        f"CREATE TRIGGER same BEFORE UPDATE ON {TABLE} BEGIN SELECT 1; END",
    ],
    "block": [create(KEY)],
    "partition": [create(KEY) + " PARTITION BY LIST (updated_at)", f"CREATE TABLE one PARTITION OF {TABLE} DEFAULT"],
}
SAME = (
    "CREATE FUNCTION same() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END'",
    f"CREATE TRIGGER same BEFORE UPDATE ON {TABLE} FOR EACH ROW EXECUTE FUNCTION same()",
)


@pytest.mark.parametrize("kind", TABLES)
def test_rows_whose_key_was_written_are_filled_rows(databases_of_kind: dict[str, Databases], kind: str) -> None:
    """A trigger is there, and undoes nothing: no row is taken for one that was left without its id."""
    url = databases_of_kind["sqlite" if kind == "sqlite" else "postgresql-18"].upgraded()
    execute(url, f"DROP TABLE {TABLE}", *TABLES[kind], *(() if kind == "sqlite" else SAME))
    rows = [row(seed) for seed in range(8)]
    store(url, rows)

    with make_engine(url).connect() as connection:
        report = backfill(connection, MEDIA_IDS, Options(batch_size=3), origin="sync")

    assert (report.state, report.synced, report.failed) == ("done", 8, 0)
    assert stored(url) == expected(rows)


@pytest.mark.parametrize(("undone", "outcome"), [(False, (2, 0)), (True, (1, 1))])
def test_failures_without_a_key_are_mended_though_their_rows_move(
    databases_of_kind: dict[str, Databases], outcome: tuple[int, int], *, undone: bool
) -> None:
    """An UPDATE gives each another place; a trigger undoes the one of a row, or none."""
    url = databases_of_kind["postgresql-18"].upgraded()
    restore = "IF old.seed = 1 THEN new.media_generation_id := NULL; END IF;" if undone else ""
    function = SAME[0].replace("BEGIN", f"BEGIN {restore}", 1)
    execute(url, f"DROP TABLE {TABLE}", create(), function, SAME[1])
    store(url, [row(seed, operation_name="other") for seed in range(2)])
    newer = replace(MEDIA_IDS, version=99, derive=lambda *_: "CAUSnew")

    with make_engine(url).connect() as connection:
        backfill(connection, MEDIA_IDS, Options(), origin="sync")
        report = retry_failed(connection, newer, Options(), everything=False)

    assert (report.synced, report.failed) == outcome
    assert stored(url) == {0: "CAUSnew", 1: None if undone else "CAUSnew"}
