"""`alembic upgrade head --sql`: the script fills plain cases, agrees with extract(), and sync does the rest."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from random import Random

import psycopg
import pytest
import sqlalchemy as sa

from app.database.engines import make_engine
from app.media_ids.extraction import Found, extract
from tests.support.migrations import recorded_version
from tests.support.processes import run_sync, run_upgrade
from tests.support.responses import StoredRow, make_rows, named, recoverable
from tests.support.tables import FOREIGN_TABLE, TABLE, create_variant, execute, insert, query, read_all, sqlite_path

PIECES = ('{"operations":[', '"mediaGenerationId":', '"operation":{', '"raw":{', "null", "\\u0041", "{", "]", '"', ",")
WELL_FILLED = (
    f"SELECT count(media_generation_id) FROM {TABLE} WHERE updated_at ~ '^20[0-9-]{{8}}T[0-9:]{{8}}[.][0-9]{{3}}Z$'"
)
PLAIN = named("30_")
"""One operation whose only id is the nested one."""


def run_script(url: str, script: str) -> None:
    """Run a script as psql and sqlite3 -bail do: each statement commits by itself unless the script says BEGIN."""
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(sqlite_path(url))) as connection:
            connection.executescript(script)
        return
    with psycopg.connect(url, autocommit=True) as session:
        for statement in script.split(";\n\n"):
            session.execute(statement.encode())


def write_and_run_script(url: str) -> None:
    """Write the script for a database, and run it there."""
    run_script(url, run_upgrade(url, "head", "--sql").out)


def found(row: StoredRow) -> str | None:
    """Return the id that extract() finds for a row."""
    outcome = extract(row.response.body, row.response.operation_name, row.response.scene_id)
    return outcome.media_generation_id if isinstance(outcome, Found) else None


def ids(url: str) -> dict[str, str | None]:
    """Return the media id of each row."""
    return {key: row["media_generation_id"] for key, row in read_all(url).items()}


def column_names(url: str) -> str:
    """Return the names of the table's columns."""
    return " ".join(column["name"] for column in sa.inspect(make_engine(url)).get_columns(TABLE))


def damaged(row: StoredRow, random: Random) -> StoredRow:
    """Return a row whose body was cut, doubled or changed at a random place."""
    body = row.response.body
    first, last = sorted(random.choices(range(len(body) + 1), k=2))
    piece, other = random.choice(PIECES), random.choice(PIECES)
    bodies = (
        body[:first] + body[first + 1 :],
        body[:last] + body[first:last] + body[last:],
        body[:first] + piece + body[first:],
        body.replace(piece, other, 1),
        body.replace(piece, f'{piece}"x",{piece}', 1),
        body.replace('"operations":', '"operations":[],"operations":', 1),
    )
    return replace(row, response=replace(row.response, body=random.choice(bodies)))


@pytest.mark.parametrize("variant", ["A", "C"])
def test_script_and_sync_give_what_an_online_upgrade_gives(empty_database: str, variant: str) -> None:
    """The version is stamped by the script; what it leaves is filled by the command that it names."""
    create_variant(empty_database, variant)
    rows = make_rows(480)
    insert(empty_database, rows)

    written = run_upgrade(empty_database, "head", "--sql")
    run_script(empty_database, written.out)
    after_script = ids(empty_database)
    synced = run_sync(empty_database)

    expected = {row.id: row.response.media_generation_id for row in rows}
    assert (written.code, "run `media-gen-ids sync`" in written.err, synced.code) == (0, True, 1)
    assert recorded_version(empty_database) == "media_ids_0003"
    assert len([value for value in after_script.values() if value]) >= 140  # the plain seven of 24 kinds
    assert ids(empty_database) == expected
    assert {key: value for key, value in after_script.items() if value} == {
        key: value for key, value in expected.items() if after_script[key]
    }


def test_script_creates_an_empty_database_like_the_revisions(empty_database: str) -> None:
    """A first deploy by script ends at the same version, with tables that the command accepts."""
    write_and_run_script(empty_database)

    assert recorded_version(empty_database) == "media_ids_0003"
    assert run_sync(empty_database).code == 0


def test_script_agrees_with_extract_or_leaves_the_row_alone(database: str) -> None:
    """3,000 bodies damaged at random: whatever the script writes is what extract() finds."""
    random = Random(7)
    rows = [damaged(row, random) for row in make_rows(3_000, (*recoverable(), *recoverable(), named("33_")))]
    insert(database, rows)
    execute(database, "UPDATE alembic_version SET version_num = 'media_ids_0002'")

    run_script(database, run_upgrade(database, "media_ids_0002:head", "--sql").out)

    filled = {key: value for key, value in ids(database).items() if value}
    assert filled == {row.id: found(row) for row in rows if row.id in filled}
    assert len(filled) > 300


@pytest.mark.parametrize(
    ("body", "plain"),
    [
        pytest.param(PLAIN.body, True, id="plain"),
        pytest.param(PLAIN.body.replace('{"operations":', '{"operations":[{}],"operations":', 1), False, id="twice"),
        pytest.param(PLAIN.body.replace('"mediaG', '"mediaGenerationId":"x","mediaG'), False, id="id twice"),
        pytest.param(PLAIN.body + "\x00", False, id="NUL at the end"),
        pytest.param(PLAIN.body.replace("mediaGenerationId", "media\\u0047enerationId"), False, id="escaped key"),
        pytest.param(PLAIN.body.replace("{", "{" + '"deep":' + "[" * 600 + "]" * 600 + ",", 1), False, id="deep"),
        pytest.param(PLAIN.body.replace("{", '{"control":"\x01",', 1), False, id="control character"),
        pytest.param(PLAIN.body[:-1], False, id="truncated"),
        pytest.param(PLAIN.body.replace("{", '{"nan":NaN,', 1), False, id="NaN"),
        pytest.param(PLAIN.body.replace("{", "{single:'quoted',", 1), False, id="JSON5"),
    ],
)  # fmt: skip
def test_script_for_sqlite_leaves_bodies_that_sqlite_may_read_differently(
    sqlite_database: str, body: str, *, plain: bool
) -> None:
    """Each trap alone; the body without one is filled."""
    row = StoredRow(id="0" * 32, response=replace(PLAIN, body=body))
    insert(sqlite_database, [row])
    execute(sqlite_database, "UPDATE alembic_version SET version_num = 'media_ids_0002'")

    run_script(sqlite_database, run_upgrade(sqlite_database, "media_ids_0002:head", "--sql").out)

    assert ids(sqlite_database) == {row.id: PLAIN.media_generation_id if plain else None}


def test_script_for_postgresql_keeps_finished_batches_when_it_ends_early(postgresql_database: str) -> None:
    """2,500 rows are eight batches; the disk is full in the last one, and the script runs again when it is not."""
    rows = make_rows(2_500, (PLAIN,))
    insert(postgresql_database, rows)
    execute(
        postgresql_database,
        "UPDATE alembic_version SET version_num = 'media_ids_0002'",
        "CREATE FUNCTION fill_disk() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION USING ERRCODE = 'disk_full'; END $$",
        f"CREATE TRIGGER fill_disk BEFORE UPDATE ON {TABLE} FOR EACH ROW"
        f" WHEN (old.id = '{rows[7].id}') EXECUTE FUNCTION fill_disk()",
    )
    script = run_upgrade(postgresql_database, "media_ids_0002:head", "--sql").out

    with pytest.raises(psycopg.errors.DiskFull):
        run_script(postgresql_database, script)
    kept, version = query(postgresql_database, WELL_FILLED), recorded_version(postgresql_database)
    execute(postgresql_database, f"DROP TRIGGER fill_disk ON {TABLE}")
    run_script(postgresql_database, script)

    assert (kept, version) == ([(2_188,)], "media_ids_0002")
    assert (query(postgresql_database, WELL_FILLED), recorded_version(postgresql_database)) == (
        [(2_500,)],
        "media_ids_0003",
    )


def test_script_for_postgresql_goes_round_rows_that_are_locked_or_refused(postgresql_database: str) -> None:
    """One row is held by another session and one raises in a trigger; all others are filled."""
    rows = make_rows(1_200, (PLAIN,))
    held, refused = rows[100].id, rows[900].id
    insert(postgresql_database, rows)
    execute(
        postgresql_database,
        "UPDATE alembic_version SET version_num = 'media_ids_0002'",
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$",
        "CREATE TRIGGER refuse BEFORE UPDATE ON veo3_video_generations FOR EACH ROW"
        f" WHEN (old.id = '{refused}') EXECUTE FUNCTION refuse()",
    )

    with make_engine(postgresql_database).connect() as session:
        session.exec_driver_sql(f"SELECT 1 FROM veo3_video_generations WHERE id = '{held}' FOR UPDATE")
        run_script(postgresql_database, run_upgrade(postgresql_database, "media_ids_0002:head", "--sql").out)

    assert {key for key, value in ids(postgresql_database).items() if value is None} == {held, refused}


def test_script_for_postgresql_adds_the_columns_that_a_variant_lacks(
    empty_postgresql_database: str,
) -> None:
    """Variant E has no column for the media id."""
    create_variant(empty_postgresql_database, "E")
    rows = make_rows(48)
    insert(empty_postgresql_database, rows)

    write_and_run_script(empty_postgresql_database)

    filled = {key: value for key, value in ids(empty_postgresql_database).items() if value}
    assert len(filled) >= 14
    assert filled == {row.id: found(row) for row in rows if row.id in filled}


def test_script_stops_at_a_foreign_table_and_leaves_it_as_it_was(empty_database: str) -> None:
    """Another program's table of that name gets no column, no index and no version."""
    execute(empty_database, FOREIGN_TABLE)
    script = run_upgrade(empty_database, "head", "--sql").out

    with pytest.raises((psycopg.Error, sqlite3.Error)) as caught:
        run_script(empty_database, script)

    assert "it is not the table" in str(caught.value) or "no such column" in str(caught.value)
    assert recorded_version(empty_database) is None
    assert column_names(empty_database) == "id video_id title metadata progress_percent status created_at updated_at"


def test_script_for_another_database_is_refused_before_a_line_of_it_is_written() -> None:
    """Writing nothing, or half, would stamp a backfill that was not done."""
    written = run_upgrade("mysql://somebody@nowhere/nothing", "head", "--sql")

    forms = "use postgresql://user@host/name or sqlite:///file.db"
    assert (written.code, written.out) == (255, f"FAILED: DATABASE_URL: no support for mysql://; {forms}\n")
