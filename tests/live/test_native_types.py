"""Tables with PostgreSQL's own types: filled like those of text, and nothing else in them changes."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from alembic import command

from tests.conftest import Databases
from tests.live.test_adoption import UPSCALES, contents, definitions
from tests.live.test_offline import run_script
from tests.live.test_writers import lost_writes
from tests.support.migrations import alembic_config, recorded_version, upgrade
from tests.support.native import COLUMNS, LAYOUTS, create_native, native_rows
from tests.support.processes import run_sync, run_upgrade, start_sync
from tests.support.tables import TABLE, execute, insert, query, read_all
from tests.support.writers import Writer
from tests.test_callers import psycopg2_engine, run_asynchronously, upgrade_with

ROWS = 96
LEFT = (
    f"SELECT count(*) FROM {TABLE} WHERE media_generation_id IS NULL"
    """ AND CAST(raw_response AS text) ~ '"mediaGenerationId": "REFRESHED'"""
)
"""Rows with an answer of the application's that holds an id, which they do not have."""
TYPE_OF_ID = {"N1": "uuid", "N2": "bigint"}


def create_application(url: str, variant: str, layout: str) -> None:
    """Create the application's tables with rows in all of them; what has no key of its own id cannot be referred to."""
    create_native(url, variant, layout)
    rows = native_rows(variant, ROWS)
    insert(url, rows)
    refers = UPSCALES.format(action="CASCADE").replace("source_generation_id TEXT", f"source_id {TYPE_OF_ID[variant]}")
    if "PRIMARY KEY (id)" not in LAYOUTS[layout][0] and "UNIQUE (id)" not in LAYOUTS[layout][0]:
        refers = refers.partition(" REFERENCES")[0] + ")"
    values = ", ".join(f"('upscale-{number}', 'done', '{row.id}')" for number, row in enumerate(rows[::3]))
    execute(url, refers, f"INSERT INTO veo3_video_upscales VALUES {values}")


def media_ids(table: Mapping[str, Mapping[str, Any]]) -> dict[str, str | None]:
    """Return the media id of each row."""
    return {key: row["media_generation_id"] for key, row in table.items()}


@pytest.mark.parametrize("layout", ["one table", "by id", "by creation", "by update", "no key"])
@pytest.mark.parametrize("variant", COLUMNS)
def test_adoption_keeps_every_row_and_reference(postgresql: Databases, variant: str, layout: str) -> None:
    """As the variants of text, partitioned and not; after going down and up again, too."""
    url = postgresql.empty()
    create_application(url, variant, layout)
    before, untouched = (contents(url), definitions(url)), read_all(url)

    upgrade(url)
    once = (contents(url), definitions(url))
    command.downgrade(alembic_config(url), "base")
    upgrade(url)

    expected = {row.id: row.response.media_generation_id for row in native_rows(variant, ROWS)}
    after = read_all(url)
    assert once == before == (contents(url), definitions(url))
    assert media_ids(after) == expected
    assert {key for key, row in after.items() if row["updated_at"] > untouched[key]["updated_at"]} == {
        key for key, media_id in expected.items() if media_id
    }
    assert recorded_version(url) == "media_ids_0003"


@pytest.mark.parametrize(("variant", "layout"), [("N1", "one table"), ("N2", "by creation")])
def test_script_and_sync_give_what_an_online_upgrade_gives(postgresql_empty: str, variant: str, layout: str) -> None:
    """One script for every table: what the columns are is known when it runs."""
    create_native(postgresql_empty, variant, layout)
    rows = native_rows(variant, 460)
    insert(postgresql_empty, rows)

    run_script(postgresql_empty, run_upgrade(postgresql_empty, "head", "--sql").out)
    by_script = {key: media_id for key, media_id in media_ids(read_all(postgresql_empty)).items() if media_id}
    synced = run_sync(postgresql_empty)

    expected = {row.id: row.response.media_generation_id for row in rows}
    assert len(by_script) >= 140
    assert by_script == {key: expected[key] for key in by_script}
    assert (synced.code, media_ids(read_all(postgresql_empty))) == (1, expected)


@pytest.mark.parametrize("variant", COLUMNS)
def test_a_moment_is_stored_in_utc_whatever_the_time_zone_of_a_session_is(postgresql: Databases, variant: str) -> None:
    """By the upgrade and by the script; a timestamp without a zone is UTC."""
    online, offline = postgresql.empty(), postgresql.empty()
    for url in (online, offline):
        create_native(url, variant)
        insert(url, native_rows(variant, 23))
        execute(url, f"ALTER DATABASE {url.split('/')[3].split('?')[0]} SET timezone = 'Asia/Kolkata'")

    upgrade(online)
    run_script(offline, run_upgrade(offline, "head", "--sql").out)

    late = "abs(extract(epoch FROM CAST(updated_at AS timestamp) - timezone('UTC', now()))) < 600"
    late = late if variant == "N2" else "abs(extract(epoch FROM updated_at - now())) < 600"
    well = f"SELECT bool_and({late}) FROM {TABLE} WHERE media_generation_id IS NOT NULL"
    assert [query(url, well) for url in (online, offline)] == [[(True,)], [(True,)]]


def test_no_write_of_the_application_is_lost_or_overwritten(postgresql: Databases) -> None:
    """It writes prompts, ids and newer answers from before the run's start to its end."""
    url = postgresql.empty()
    create_native(url, "N1", "by id")
    rows = native_rows("N1", 1_150)
    upgrade(url)
    insert(url, rows)
    execute(url, f"CREATE INDEX writer ON {TABLE} (operation_name)")
    names = [row.response.operation_name for row in rows if row.response.media_generation_id]

    with Writer(url, names) as writer:
        ended = start_sync(url, batch_size=10).finish()

    found = {
        row["operation_name"]: row | {"raw_response": dumps(row["raw_response"])} for row in read_all(url).values()
    }
    writer.written.bodies = {name: dumps(json.loads(body)) for name, body in writer.written.bodies.items()}
    assert (ended.code, writer.written.failed, lost_writes(writer.written, found)) == (1, [], [])
    assert min(len(writer.written.prompts), len(writer.written.media_ids), len(writer.written.bodies)) > 10
    assert run_sync(url).code == 1
    assert query(url, LEFT) == [(0,)]


def dumps(body: object) -> str:
    """Return a body as text that is the same for the same body."""
    return json.dumps(body, sort_keys=True)


@pytest.mark.parametrize("driver", ["psycopg2", "asyncpg"])
def test_a_callers_driver_fills_such_a_table_too(postgresql: Databases, driver: str) -> None:
    """Each sends values in its own way."""
    url = postgresql.empty()
    create_native(url, "N1")
    rows = native_rows("N1", 46)
    insert(url, rows)

    if driver == "psycopg2":
        upgrade_with(psycopg2_engine(url), url)
    else:
        run_asynchronously(url, f"postgresql+{driver}", in_transaction=True)

    assert media_ids(read_all(url)) == {row.id: row.response.media_generation_id for row in rows}
    assert recorded_version(url) == "media_ids_0003"
