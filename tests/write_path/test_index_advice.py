"""The index on `operation_name`: new tables have it, adopted ones are told of it, by `check` and in SQL."""

import pytest

from app.database.engines import make_engine
from app.reports.schema_differences import schema_differences
from support.commands import ROOT
from tests.conftest import Databases
from tests.live.test_offline import run_script
from tests.support.migrations import upgrade
from tests.support.processes import alembic, media_gen_ids
from tests.support.responses import make_rows
from tests.support.tables import TABLE, create_variant, execute, insert, query

INDEX = "idx_veo3_generations_operation_name"


@pytest.fixture
def adopted(empty_database: str) -> str:
    """A database whose table the application made, upgraded."""
    create_variant(empty_database, "A")
    insert(empty_database, make_rows(10))
    upgrade(empty_database)
    return empty_database


def has_index(url: str) -> bool:
    """Say whether the index is there."""
    catalogue = "pg_class WHERE relname" if url.startswith("postgresql") else "sqlite_master WHERE name"
    return query(url, f"SELECT count(*) FROM {catalogue} = '{INDEX}'") == [(1,)]


def test_a_new_table_has_the_index_and_an_adopted_one_does_not_get_it(databases: Databases, adopted: str) -> None:
    """Building it on a table in use is its owner's decision."""
    assert (has_index(databases.upgraded()), has_index(adopted)) == (True, False)


def test_check_advises_the_index_and_accepts_the_table_without_it(adopted: str) -> None:
    """With the statement, which builds it beside the writers on PostgreSQL; exit 0. Run, it ends the advice."""
    concurrently = "CONCURRENTLY " if adopted.startswith("postgresql") else ""
    statement = f"CREATE INDEX {concurrently}{INDEX} ON {TABLE} (operation_name)"

    advised = media_gen_ids("check", url=adopted)
    with make_engine(adopted).execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        connection.exec_driver_sql(statement)
    afterwards = media_gen_ids("check", url=adopted)

    line = f"accepted: lacks index {INDEX}: answers find their rows faster after {statement}"
    assert (advised.returncode, line in advised.stdout) == (0, True)
    assert (afterwards.returncode, INDEX in afterwards.stdout) == (0, False)


def test_the_document_has_both_statements() -> None:
    """As `check` gives them."""
    document = (ROOT / "docs" / "application.md").read_text()

    found = [f"CREATE INDEX {word}{INDEX} ON {TABLE} (operation_name)" in document for word in ("", "CONCURRENTLY ")]

    assert found == [True, True]


@pytest.mark.parametrize(("rows", "expected"), [(0, True), (10, False)])
def test_sql_written_offline_leaves_a_table_with_rows_alone(
    postgresql_empty: str,
    rows: int,
    expected: bool,  # noqa: FBT001
) -> None:
    """It cannot look before it is run; a table without rows is a new one, or costs nothing."""
    create_variant(postgresql_empty, "A")
    insert(postgresql_empty, make_rows(10)[:rows] or make_rows(1))
    execute(postgresql_empty, "DELETE FROM veo3_video_generations" if not rows else "SELECT 1")
    written = alembic("upgrade", "media_ids_0001", "--sql", url=postgresql_empty).stdout

    run_script(postgresql_empty, written)

    assert has_index(postgresql_empty) is expected


def test_an_index_for_pages_is_accepted_without_a_warning(database: str) -> None:
    """The one that the document names: `check` passes over it."""
    indexed = "coalesce(created_at, '0001-01-01T00:00:00Z'), id"
    execute(database, f"CREATE INDEX idx_veo3_generations_page ON {TABLE} ({indexed})")

    with make_engine(database).connect() as connection:
        found = schema_differences(connection)

    assert found.unknown == ()
