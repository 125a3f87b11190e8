"""What `check` calls an index and a constraint that the application's table has besides ours."""

from app.database.engines import make_engine
from app.reports.schema_differences import schema_differences
from tests.support.tables import TABLE, execute


def test_an_index_is_called_an_index_and_a_constraint_a_constraint(postgresql_database: str) -> None:
    """By its name where it has one for people, and with its columns."""
    execute(
        postgresql_database,
        f"CREATE INDEX by_prompt ON {TABLE} (prompt, seed)",
        f"ALTER TABLE {TABLE} ADD UNIQUE (video_url)",
    )

    with make_engine(postgresql_database).connect() as connection:
        accepted = schema_differences(connection).accepted

    also = f"{TABLE} also has"
    assert [line for line in accepted if line.startswith(also)] == [
        f"{also} UNIQUE (video_url)",
        f"{also} index by_prompt (prompt, seed)",
    ]
