"""A column of a SQLite table that is only spelled in other letters is neither missing nor one more."""

from app.database.engines import make_engine
from app.reports.schema_differences import schema_differences
from tests.support.any_table import create
from tests.support.migrations import upgrade
from tests.support.tables import execute


def test_check_tells_such_a_column_once_and_accepts_it(sqlite_empty: str) -> None:
    """Also one that must not be NULL, which would be refused if it were one that nobody knows."""
    execute(sqlite_empty, create("PRIMARY KEY (id)").replace("prompt TEXT", "Prompt TEXT NOT NULL"))
    upgrade(sqlite_empty)

    with make_engine(sqlite_empty).connect() as connection:
        found = schema_differences(connection)

    assert found.unknown == ()
    assert [line for line in found.accepted if "rompt" in line] == ["prompt is spelled in other letters"]
