"""Which differences `check` accepts of the application's table, and that it accepts none of the ledger's."""

import pytest

from app.database.engines import make_engine
from app.reports.schema_differences import schema_differences
from tests.conftest import Databases
from tests.support.migrations import upgrade
from tests.support.tables import FOREIGN_KEY, TABLE, VARIANTS, execute

LEDGER = "media_generation_id_backfill_failures"
CHANGES = {
    "ADD COLUMN more TEXT": "also has column more",
    "ADD COLUMN more TEXT NOT NULL DEFAULT ''": "also has column more",
    "ALTER COLUMN {required} DROP NOT NULL": ".{required} may be NULL",
    "ALTER COLUMN {optional} SET NOT NULL": ".{optional} must not be NULL",
    "ALTER COLUMN {optional} TYPE VARCHAR(10)": ".{optional} is VARCHAR(10), not TEXT",
    "ADD UNIQUE ({required})": "also has UNIQUE ({required})",
    "ADD FOREIGN KEY ({required}) REFERENCES others (name)": "also has FOREIGN KEY ({required}) to others.name",
}
COLUMNS = {
    TABLE: {"required": "project_id", "optional": "video_url"},
    LEDGER: {"required": "reason", "optional": "body_digest"},
}


def differences(url: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return what is accepted and what is not."""
    with make_engine(url).connect() as connection:
        found = schema_differences(connection)
    return found.accepted, found.unknown


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_accepted_of_the_applications_table_alone(database_of_16: str, change: str) -> None:
    """By the same words."""
    execute(database_of_16, "CREATE TABLE others (name TEXT UNIQUE)")
    words = {}
    for table, columns in COLUMNS.items():
        execute(database_of_16, f"ALTER TABLE {table} {change.format(**columns)}")
        said = CHANGES[change].format(**columns)
        words[table] = f"{table}{'' if said.startswith('.') else ' '}{said}"

    assert differences(database_of_16) == ((words[TABLE],), (words[LEDGER],))


def test_a_column_that_nobody_can_leave_out_is_not_accepted(database_of_16: str) -> None:
    """The application's INSERT would fail for it."""
    execute(database_of_16, f"ALTER TABLE {TABLE} ADD COLUMN more TEXT NOT NULL")

    assert differences(database_of_16) == ((), (f"{TABLE} also has column more",))


def test_a_table_that_is_missing_is_named(database: str) -> None:
    """And nothing else is said of it."""
    execute(database, f"DROP TABLE {LEDGER}")

    assert differences(database) == ((), (f"table {LEDGER} is missing",))


def test_indexes_of_the_ledger_and_on_expressions(database: str) -> None:
    """Nobody but this project has one there; SQLite does not tell what one on an expression is of."""
    execute(database, f"CREATE INDEX own ON {LEDGER} (reason)", f"CREATE INDEX odd ON {TABLE} (lower(prompt))")
    told = () if database.startswith("sqlite") else (f"{TABLE} also has index odd (lower(prompt))",)

    assert differences(database) == (told, (f"{LEDGER} also has index own (reason)",))


def test_the_index_that_is_advised_is_built_beside_the_writers_where_that_can_be(database: str) -> None:
    """PostgreSQL can; the words are a statement that can be run."""
    index = "idx_veo3_generations_operation_name"
    execute(database, f"DROP INDEX {index}")
    how = "CONCURRENTLY " if database.startswith("postgresql") else ""

    advice = f"answers find their rows faster after CREATE INDEX {how}{index} ON {TABLE} (operation_name)"
    assert differences(database) == ((f"{TABLE} lacks index {index}: {advice}",), ())


def test_of_a_table_in_other_letters_that_alone_is_said(sqlite_empty: str) -> None:
    """Alembic would make it anew, with all its indexes."""
    execute(sqlite_empty, f"CREATE TABLE Veo3_Video_Generations ({VARIANTS['C']})".replace(f", {FOREIGN_KEY}", ""))
    upgrade(sqlite_empty)

    assert differences(sqlite_empty) == ((f"{TABLE} is spelled in other letters",), ())


@pytest.fixture
def database_of_16(databases_of_kind: dict[str, Databases]) -> str:
    """The URL of a database at head on PostgreSQL 16, which can change any column in place."""
    return databases_of_kind["postgresql-16"].upgraded()
