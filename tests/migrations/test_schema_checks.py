"""Checks of the revisions as a whole: what CI asks of every change to the schema."""

import re
import subprocess
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.script import ScriptDirectory

from app.database.base import Base
from app.database.engines import make_engine
from app.migration.environment import OUR_TABLES
from app.reports.schema_differences import SchemaDifferences, schema_differences
from support.commands import SCRIPTS
from tests.conftest import Databases
from tests.support.catalogue import catalogue
from tests.support.migrations import ROOT, alembic_config, downgrade, upgrade
from tests.support.processes import alembic
from tests.support.responses import make_rows
from tests.support.tables import TABLE, column_names, create_variant, execute, insert, query, read_all

SQUAWK_EXCEPTIONS = (
    "require-lock-timeout",  # new tables, which nobody else holds
    "require-statement-timeout",
    "prefer-bigint-over-int",  # seeds as the application has them; sweeps and versions, which stay small
    "prefer-identity",  # the ledger numbers its runs itself, under the lock
)
SQUAWK_OPTIONS = [f"--exclude={rule}" for rule in SQUAWK_EXCEPTIONS]
REVISIONS = [script.revision for script in ScriptDirectory(ROOT / "alembic").walk_revisions()][::-1]


def test_there_is_one_head() -> None:
    """Counted, since `alembic heads` exits 0 with two."""
    heads = ScriptDirectory.from_config(alembic_config("sqlite://")).get_heads()

    assert heads == [REVISIONS[-1]]


def test_alembic_check_finds_nothing_to_migrate(database: str) -> None:
    """Autogenerate sees no difference between the models and a database at head, and no tables of other programs."""
    execute(database, "CREATE TABLE of_another_program (id TEXT PRIMARY KEY)")

    result = alembic("check", url=database)

    assert (result.returncode, result.stdout.strip()) == (0, "No new upgrade operations detected.")


def test_each_revision_goes_up_down_and_up_again_with_rows_in_the_table(empty_database: str) -> None:
    """A stairway: whatever is in the table when a revision is left and entered again is still there."""
    create_variant(empty_database, "A")
    insert(empty_database, make_rows(48))

    climbed = [_climb(empty_database, revision) for revision in REVISIONS]

    assert climbed == [True] * len(REVISIONS)
    assert query(empty_database, f"SELECT count(*) FROM {TABLE} WHERE media_generation_id IS NOT NULL") == [(20,)]


def _climb(url: str, revision: str) -> bool:
    """Go up, down and up again; tell whether every row is as it was after the first time."""
    upgrade(url, revision)
    before = read_all(url)
    downgrade(url, _before(revision))
    upgrade(url, revision)
    return read_all(url) == before


def test_an_upgraded_database_has_the_catalogue_of_the_models(databases: Databases) -> None:
    """Columns, keys, indexes and the text of every CHECK, which `alembic check` does not compare."""
    created = databases.empty()
    Base.metadata.create_all(make_engine(created))

    upgraded = databases.upgraded()

    assert catalogue(upgraded) == catalogue(created)
    assert sorted(catalogue(upgraded)) == sorted(OUR_TABLES) == sorted(Base.metadata.tables)


@pytest.mark.parametrize("revisions", ["media_ids_0001", "media_ids_0001:media_ids_0002"])
def test_squawk_finds_no_unsafe_statement_in_the_schema_revisions(revisions: str, tmp_path: Path) -> None:
    """The SQL of a revision alone, without Alembic's bookkeeping and transaction."""
    written = alembic("upgrade", revisions, "--sql", url="postgresql://user@host/name").stdout
    file = tmp_path / "schema.sql"
    file.write_text("".join(_statements(written)))

    result = subprocess.run(
        [SCRIPTS / "squawk", "--assume-in-transaction", "--reporter", "gcc", *SQUAWK_OPTIONS, file],
        capture_output=True,
        text=True,
        check=False,
    )

    assert "CREATE TABLE" in file.read_text()
    assert (result.returncode, [line for line in result.stdout.splitlines() if "warning" in line]) == (0, [])


def test_the_backfill_names_only_columns_that_exist_at_its_revision(databases: Databases) -> None:
    """A column that the models gain later must not join what 0003 sends to an older schema."""
    url = databases.empty()
    create_variant(url, "A")
    insert(url, make_rows(48))
    upgrade(url, "media_ids_0002")
    known = column_names(url)
    sent: list[str] = []
    engine = make_engine(url)
    sa.event.listen(engine, "before_cursor_execute", lambda *arguments: sent.append(arguments[2]))
    config = alembic_config(url)
    config.attributes["connection"] = engine

    command.upgrade(config, "media_ids_0003")

    about_rows = [statement for statement in sent if re.search(rf"(FROM|UPDATE|INTO) (public\.)?{TABLE}\b", statement)]
    assert len(about_rows) >= 2
    assert {name for statement in about_rows for name in model_columns_in(statement)} <= known


def test_differences_that_no_adopted_table_has_are_reported(database: str) -> None:
    """What `check` must not accept: a missing column, and a change to this project's own tables."""
    with make_engine(database).begin() as connection:
        connection.exec_driver_sql("DROP INDEX idx_veo3_generations_status")
        connection.exec_driver_sql("ALTER TABLE media_generation_id_backfill_runs ADD COLUMN note TEXT")
        connection.exec_driver_sql(f"ALTER TABLE {TABLE} DROP COLUMN fife_url")
        connection.exec_driver_sql(f"ALTER TABLE {TABLE} ADD COLUMN note TEXT")

    with make_engine(database).connect() as connection:
        found = schema_differences(connection)

    assert found == SchemaDifferences(
        accepted=("index idx_veo3_generations_status is missing", f"{TABLE} also has column note"),
        unknown=("media_generation_id_backfill_runs also has column note", f"{TABLE} lacks column fife_url"),
    )


def model_columns_in(statement: str) -> set[str]:
    """Return the names in a statement that are qualified by the table, or assigned."""
    qualified = re.findall(rf"\b{TABLE}\.(\w+)", statement)
    assigned = re.findall(r"(?:SET|,) (\w+)=", statement)
    return {*qualified, *assigned} - {"ctid", "xmin", "rowid"}


def _before(revision: str) -> str:
    index = REVISIONS.index(revision)
    return REVISIONS[index - 1] if index else "base"


def _statements(written: str) -> list[str]:
    """Return the statements about this project's tables."""
    parts = [part.strip() for part in re.sub(r"--.*", "", written).split(";")]
    return [f"{part};\n" for part in parts if "alembic_version" not in part and part not in {"", "BEGIN", "COMMIT"}]
