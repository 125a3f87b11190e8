"""Adopting the application's table with everything that refers to it: nothing is lost, unlinked or rebuilt."""

from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.util import CommandError

from app.database.engines import make_engine
from tests.conftest import Databases
from tests.support.migrations import alembic_config, recorded_version
from tests.support.responses import make_rows
from tests.support.tables import FOREIGN_TABLE, TABLE, VARIANTS, create_variant, execute, insert, query, read_all

ADDED = {"media_generation_id", "fife_url", "serving_base_uri"}
UPSCALES = (
    "CREATE TABLE veo3_video_upscales (id TEXT PRIMARY KEY, status TEXT,"
    " source_generation_id TEXT REFERENCES veo3_video_generations(id) ON DELETE {action})"
)
TABLES = ("profiles", "veo3_video_upscales", TABLE)
ROWS = 96


def create_application(url: str, variant: str, action: str) -> None:
    """Create the application's tables with rows in all of them: an upscale for every third video."""
    create_variant(url, variant)
    rows = make_rows(ROWS)
    insert(url, rows)
    upscales = [f"('upscale-{number}', 'done', '{row.id}')" for number, row in enumerate(rows[::3])]
    execute(url, UPSCALES.format(action=action), f"INSERT INTO veo3_video_upscales VALUES {', '.join(upscales)}")


def engine_with_foreign_keys(url: str) -> sa.Engine:
    """Return an engine whose SQLite connections enforce foreign keys, as the application's do."""
    engine = make_engine(url)
    if engine.dialect.name == "sqlite":
        sa.event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA foreign_keys=ON"))
    return engine


def upgrade_with_foreign_keys(url: str) -> None:
    """Upgrade on the caller's engine."""
    config = alembic_config(url)
    config.attributes["connection"] = engine_with_foreign_keys(url)
    command.upgrade(config, "head")


def contents(url: str) -> dict[str, dict[str, dict[str, Any]]]:
    """Return all rows of all the application's tables, without what an upgrade may add or fill."""
    filled = {*ADDED, "updated_at"}
    return {
        table: {
            key: {name: row[name] for name in row if name not in filled} for key, row in read_all(url, table).items()
        }
        for table in TABLES
    }


def definitions(url: str) -> dict[str, Any]:
    """Return keys, constraints, indexes and the columns that were there before."""
    inspector = sa.inspect(make_engine(url))
    return {
        table: (
            [str(column) for column in inspector.get_columns(table) if column["name"] not in ADDED],
            inspector.get_foreign_keys(table),
            inspector.get_unique_constraints(table),
            inspector.get_check_constraints(table),
            sorted(map(str, inspector.get_indexes(table))),
        )
        for table in TABLES
    }


@pytest.mark.parametrize("action", ["CASCADE", "SET NULL"])
@pytest.mark.parametrize("variant", VARIANTS)
def test_adoption_keeps_every_row_and_reference(live_databases: Databases, variant: str, action: str) -> None:
    """Each variant in the wild, with foreign keys enforced; also after going down and up again."""
    url = live_databases.empty()
    create_application(url, variant, action)
    before = (contents(url), definitions(url))

    upgrade_with_foreign_keys(url)
    once = (contents(url), definitions(url))
    command.downgrade(alembic_config(url), "base")
    upgrade_with_foreign_keys(url)

    expected = {row.id: row.response.media_generation_id for row in make_rows(ROWS)}
    assert once == before
    assert (contents(url), definitions(url)) == before
    assert {key: row["media_generation_id"] for key, row in read_all(url).items()} == expected
    assert recorded_version(url) == "media_ids_0003"


def test_another_programs_table_is_left_exactly_as_it_was(live_databases: Databases) -> None:
    """No column, no index, no version: nothing is written before the refusal."""
    url = live_databases.empty()
    execute(url, FOREIGN_TABLE)
    before = sa.inspect(make_engine(url)).get_columns(TABLE)

    with pytest.raises(CommandError, match="it is not the table this migration is for"):
        command.upgrade(alembic_config(url), "head")

    inspector = sa.inspect(make_engine(url))
    assert inspector.get_table_names() == [TABLE]
    assert list(map(str, inspector.get_columns(TABLE))) == list(map(str, before))
    assert query(url, f"SELECT count(*) FROM {TABLE}") == [(0,)]
