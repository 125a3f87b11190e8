"""The main job: `alembic upgrade head` recovers the media ids of a database."""

import json
import subprocess
from typing import Any, TypeAlias

import pytest

from tests.support.migrations import downgrade, recorded_version, upgrade
from tests.support.processes import alembic, media_gen_ids
from tests.support.responses import StoredRow, make_rows, recoverable, unrecoverable
from tests.support.tables import create_variant, execute, insert, query, read_all

Table: TypeAlias = dict[str, dict[str, Any]]
"""A whole table by id."""


def expected(before: dict[str, dict[str, Any]], rows: list[StoredRow], after: dict[str, Any]) -> dict[str, Any]:
    """Return the table as it must be: recoverable rows have their id and a new timestamp, all else is as before."""
    ids = {row.id: row.response.media_generation_id for row in rows}
    return {
        key: values
        if ids[key] is None
        else values | {"media_generation_id": ids[key], "updated_at": after[key]["updated_at"]}
        for key, values in before.items()
    }


def upgrade_then_sync(url: str) -> tuple[Table, Table, subprocess.CompletedProcess[str]]:
    """Return the table before and after an upgrade, and how a sync after it ended."""
    before = read_all(url)
    upgrade(url)
    return before, read_all(url), media_gen_ids("sync", "--json", url=url)


def test_upgrade_fills_exactly_what_can_be_recovered_and_changes_nothing_else(empty_database: str) -> None:
    """10,000 rows of variant A, compared as a whole table, column by column; then a second run finds nothing."""
    create_variant(empty_database, "A")
    rows = make_rows(10_000)
    insert(empty_database, rows)

    before, after, again = upgrade_then_sync(empty_database)

    assert after == expected(before, rows, after)
    assert {len(after[row.id]["updated_at"]) for row in rows} == {24}
    assert min(after[row.id]["updated_at"] for row in rows if row.response.outcome == "synced") > "2026"
    assert (again.returncode, json.loads(again.stdout)["synced"]) == (1, 0)
    assert read_all(empty_database) == after


def test_rows_that_cannot_be_recovered_and_come_first_in_every_order_starve_nobody(empty_database: str) -> None:
    """5,000 of them lie first in key order and in physical order, and each window starts among them."""
    create_variant(empty_database, "A")
    hopeless = [StoredRow(id=f"0{row.id[1:]}", response=row.response) for row in make_rows(5_000, unrecoverable())]
    good = [StoredRow(id=f"f{row.id[1:]}", response=row.response) for row in make_rows(200, recoverable(), seed=2)]
    insert(empty_database, hopeless)
    insert(empty_database, good)

    upgrade(empty_database, batch_size=100)

    filled = query(
        empty_database,
        "SELECT id, media_generation_id FROM veo3_video_generations WHERE media_generation_id IS NOT NULL ORDER BY id",
    )
    assert filled == sorted((row.id, row.response.media_generation_id) for row in good)


def test_no_media_id_of_the_application_is_ever_overwritten(empty_database: str) -> None:
    """A row that has an id keeps it and its timestamp, even where the body says otherwise."""
    create_variant(empty_database, "A")
    rows = [StoredRow(id=row.id, response=row.response, media_generation_id="CAUSown") for row in make_rows(48)]
    insert(empty_database, rows)
    before = read_all(empty_database)

    upgrade(empty_database)

    assert read_all(empty_database) == before


def record_updates(url: str, transaction: str) -> None:
    """Make the database itself write down every update of a row, with the transaction that made it."""
    if url.startswith("sqlite"):
        execute(
            url,
            "CREATE TABLE audit (transaction_name TEXT, id TEXT)",
            "CREATE TRIGGER audit AFTER UPDATE ON veo3_video_generations"
            f" BEGIN INSERT INTO audit VALUES (({transaction}), NEW.id); END",
        )
        return
    execute(
        url,
        "CREATE TABLE audit (transaction_name TEXT, id TEXT)",
        "CREATE FUNCTION write_audit() RETURNS trigger LANGUAGE plpgsql AS"
        " 'BEGIN INSERT INTO audit VALUES (pg_current_xact_id()::text, NEW.id); RETURN NEW; END'",
        "CREATE TRIGGER audit AFTER UPDATE ON veo3_video_generations FOR EACH ROW EXECUTE FUNCTION write_audit()",
    )


@pytest.mark.parametrize(("batch_size", "number"), [(1, 60), (7, 300), (1_000, 3_000)])
def test_no_transaction_updates_more_rows_than_a_batch_may_have(
    empty_database: str, batch_size: int, number: int
) -> None:
    """Counted by a trigger inside the database, down to one row a transaction; and no row is written twice."""
    create_variant(empty_database, "A")
    insert(empty_database, make_rows(number, recoverable()))
    upgrade(empty_database, "media_ids_0002")
    record_updates(empty_database, "SELECT batches FROM media_generation_id_backfill_runs ORDER BY id DESC LIMIT 1")

    upgrade(empty_database, batch_size=batch_size)

    sizes = query(empty_database, "SELECT count(*) FROM audit GROUP BY transaction_name")
    batches = query(empty_database, "SELECT batches FROM media_generation_id_backfill_runs")
    assert (max(sizes)[0] <= batch_size, sum(size for (size,) in sizes)) == (True, number)
    assert len(sizes) == batches[0][0]
    assert query(empty_database, "SELECT count(DISTINCT id) FROM audit") == [(number,)]


def test_downgrades_lose_no_row_and_no_id(empty_database: str) -> None:
    """0003 does nothing, 0002 drops its own two tables, 0001 leaves the table."""
    create_variant(empty_database, "A")
    insert(empty_database, make_rows(24))
    upgrade(empty_database)
    after = read_all(empty_database)

    downgrade(empty_database, "base")

    assert read_all(empty_database) == after
    upgrade(empty_database)
    assert read_all(empty_database) == after


def test_current_says_head_after_a_fresh_start_and_after_nothing_was_pending(empty_database: str) -> None:
    """The command itself, as a process of its own, on an empty database and once more on an empty table."""
    first = alembic("upgrade", "head", url=empty_database)
    current = alembic("current", url=empty_database)
    second = alembic("upgrade", "head", url=empty_database)

    assert (first.returncode, current.returncode, second.returncode) == (0, 0, 0)
    assert current.stdout.split() == ["media_ids_0003", "(head)"]
    assert recorded_version(empty_database) == "media_ids_0003"


def test_a_run_that_stops_early_is_not_stamped_and_the_next_resumes(empty_database: str) -> None:
    """Batches are committed, the version is not; the rerun starts at the cursor and stamps."""
    create_variant(empty_database, "A")
    rows = make_rows(2_000)
    insert(empty_database, rows)

    stopped = alembic("-x", "time_budget=0.0001", "-x", "batch_size=50", "upgrade", "head", url=empty_database)
    between = (
        recorded_version(empty_database),
        query(empty_database, "SELECT state, cursor IS NULL FROM media_generation_id_backfill_runs"),
    )
    filled = query(empty_database, "SELECT count(*) FROM veo3_video_generations WHERE media_generation_id IS NOT NULL")
    resumed = alembic("upgrade", "head", url=empty_database)

    assert (stopped.returncode, resumed.returncode) == (255, 0)
    assert stopped.stdout.strip().startswith("FAILED: backfill stopped early: time_budget of 0.0001 s spent;")
    assert between[0] == "media_ids_0002"
    assert between[1][0][0] == "partial"
    assert 0 < filled[0][0] < 1_000
    assert recorded_version(empty_database) == "media_ids_0003"
    ids = query(empty_database, "SELECT id, media_generation_id FROM veo3_video_generations ORDER BY id")
    assert ids == sorted((row.id, row.response.media_generation_id) for row in rows)
