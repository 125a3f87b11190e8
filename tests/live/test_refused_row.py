"""A row that the database refuses to update costs that one row."""

from tests.conftest import Databases
from tests.support.migrations import recorded_version
from tests.support.plain_rows import expected_ids, filled_ids, insert_plain
from tests.support.processes import run_sync, run_upgrade
from tests.support.tables import TABLE, create_variant, execute, query

ROWS = 3_000
REFUSED = "00000777"
REFUSE = {
    "postgresql": (
        """CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
           $$ BEGIN RAISE EXCEPTION 'not this row'; END $$""",
        f"""CREATE TRIGGER refuse BEFORE UPDATE ON {TABLE} FOR EACH ROW
            WHEN (old.operation_name = '{REFUSED}') EXECUTE FUNCTION refuse()""",
    ),
    "sqlite": (
        f"""CREATE TRIGGER refuse BEFORE UPDATE ON {TABLE} WHEN old.operation_name = '{REFUSED}'
            BEGIN SELECT RAISE(ABORT, 'not this row'); END""",
    ),
}


def refused(url: str) -> list[tuple[object, ...]]:
    """Return the rows that the database refused, as they are recorded."""
    return query(
        url,
        f"SELECT operation_name, reason, detail FROM media_generation_id_backfill_failures"
        f" JOIN {TABLE} ON id = generation_id WHERE reason = 'update_failed'",
    )


def test_trigger_that_raises_for_one_row_costs_that_row_and_is_reported(live_databases: Databases) -> None:
    """The upgrade goes through; sync ends with exit code 1; without the trigger the row is filled."""
    url = live_databases.empty()
    create_variant(url, "A")
    insert_plain(url, ROWS)
    execute(url, *REFUSE[live_databases.kind.split("-")[0]])

    upgraded = run_upgrade(url)
    left = expected_ids(ROWS).keys() - filled_ids(url).keys()
    recorded = refused(url)
    synced = run_sync(url)
    execute(url, f"DROP TRIGGER refuse ON {TABLE}" if live_databases.server else "DROP TRIGGER refuse")
    last = run_sync(url)

    assert (upgraded.code, recorded_version(url), left) == (0, "media_ids_0003", {REFUSED}), upgraded
    assert [(name, reason) for name, reason, _ in recorded] == [(REFUSED, "update_failed")]
    assert "not this row" in str(recorded[0][2])
    assert "rows need a person: see `media-gen-ids failures`" in upgraded.err
    assert (synced.code, "❌ Failed 3" in synced.out) == (1, True), synced  # and two bodies that are cut off
    assert (last.code, "❌ Failed 2" in last.out, filled_ids(url), refused(url)) == (1, True, expected_ids(ROWS), [])
