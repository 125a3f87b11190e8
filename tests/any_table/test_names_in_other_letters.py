"""PostgreSQL tells names in other letters apart: a column that is spelled otherwise is another column."""

from tests.support.any_table import create
from tests.support.processes import run_upgrade
from tests.support.tables import execute, query


def test_postgresql_does_not_take_a_quoted_name_for_ours(postgresql_empty: str) -> None:
    """One line that says which column is missing, before anything is changed."""
    execute(postgresql_empty, create("PRIMARY KEY (id)").replace("raw_response", '"Raw_Response"'))

    done = run_upgrade(postgresql_empty)

    assert (done.code, "it has no column raw_response" in done.out) == (255, True), done
    assert query(postgresql_empty, "SELECT to_regclass('alembic_version')") == [(None,)]
