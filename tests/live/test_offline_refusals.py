"""The script of `--sql` ends with an error, and has changed nothing, at a table that it cannot fill rightly."""

import psycopg
import pytest

from tests.live.test_offline import run_script
from tests.support.migrations import recorded_version
from tests.support.processes import run_upgrade
from tests.support.tables import COLUMNS_OF_VARIANT_A, TABLE, execute, query

CREATE = f"CREATE TABLE {TABLE} ({COLUMNS_OF_VARIANT_A}, PRIMARY KEY (id))"
KEYLESS = f"CREATE TABLE {TABLE} ({COLUMNS_OF_VARIANT_A})"
COLUMN = "media_generation_id TEXT"
REFUSED = {
    "view": ("no table", CREATE.replace(TABLE, "behind"), f"CREATE VIEW {TABLE} AS SELECT * FROM behind"),
    "materialized": ("no table", CREATE.replace(TABLE, "b"), f"CREATE MATERIALIZED VIEW {TABLE} AS SELECT * FROM b"),
    "generated": ("itself", CREATE.replace(COLUMN, f"{COLUMN} GENERATED ALWAYS AS (scene_id || 'x') STORED")),
    "short": ("make it text", CREATE.replace(COLUMN, "media_generation_id varchar(174)")),
    "padded": ("make it text", CREATE.replace(COLUMN, "media_generation_id char(300)")),
    "bytea": ("raw_response is bytea: make it text, json", CREATE.replace("raw_response TEXT", "raw_response bytea")),
    "date": ("updated_at is date: make it text, timestamptz", CREATE.replace("updated_at TEXT", "updated_at date")),
    "number": ("id is numeric: make it text, uuid", CREATE.replace("id TEXT", "id numeric", 1)),
    "short time": ("shorter than 24", CREATE.replace("updated_at TEXT", "updated_at varchar(19)")),
    "short domain": (
        "make it text",
        "CREATE DOMAIN short AS varchar(174)",
        "CREATE DOMAIN shorter AS short",
        CREATE.replace(COLUMN, "media_generation_id shorter"),
    ),
    "published": ("replica identity", KEYLESS, f"CREATE PUBLICATION all_of_it FOR TABLE {TABLE}"),
    "published, none": (
        "replica identity",
        CREATE,
        f"ALTER TABLE {TABLE} REPLICA IDENTITY NOTHING",
        "CREATE PUBLICATION all_tables FOR ALL TABLES",
    ),
}
ACCEPTED = {
    "long enough": (CREATE.replace(COLUMN, "media_generation_id varchar(175)"),),
    "own types": (
        "CREATE DOMAIN answer AS jsonb",
        "CREATE DOMAIN moment AS timestamptz(3)",
        CREATE.replace("id TEXT", "id uuid", 1)
        .replace("raw_response TEXT", "raw_response answer")
        .replace("updated_at TEXT", "updated_at moment"),
    ),
    "varchar": (CREATE.replace(COLUMN, "media_generation_id varchar"),),
    "published by key": (CREATE, f"CREATE PUBLICATION all_of_it FOR TABLE {TABLE}"),
    "published whole": (
        KEYLESS,
        f"ALTER TABLE {TABLE} REPLICA IDENTITY FULL",
        f"CREATE PUBLICATION all_of_it FOR TABLE {TABLE}",
    ),
    "inserts published": (KEYLESS, f"CREATE PUBLICATION ins FOR TABLE {TABLE} WITH (publish = 'insert')"),
    "hidden from others": (CREATE, f"ALTER TABLE {TABLE} ENABLE ROW LEVEL SECURITY"),
}
EVERYTHING = "SELECT relname, relkind::text, relnatts FROM pg_class WHERE relnamespace = 'public'::regnamespace"


@pytest.mark.parametrize("table", REFUSED)
def test_what_cannot_be_filled_rightly_is_refused_before_anything_changes(postgresql_empty: str, table: str) -> None:
    """One line says why."""
    words, *statements = REFUSED[table]
    execute(postgresql_empty, *statements)
    before = query(postgresql_empty, EVERYTHING)
    script = run_upgrade(postgresql_empty, "head", "--sql").out

    with pytest.raises(psycopg.errors.RaiseException, match=words):
        run_script(postgresql_empty, script)

    assert (query(postgresql_empty, EVERYTHING), recorded_version(postgresql_empty)) == (before, None)


@pytest.mark.parametrize("table", ACCEPTED)
def test_what_only_looks_like_it_is_accepted(postgresql_empty: str, table: str) -> None:
    """The owner sees all rows of his table."""
    execute(postgresql_empty, *ACCEPTED[table])

    run_script(postgresql_empty, run_upgrade(postgresql_empty, "head", "--sql").out)

    assert recorded_version(postgresql_empty) == "media_ids_0003"


def test_a_role_from_which_rows_are_hidden_is_refused(postgresql_empty: str) -> None:
    """It would fill what it sees, and stamp the revision."""
    execute(
        postgresql_empty,
        CREATE,
        f"ALTER TABLE {TABLE} ENABLE ROW LEVEL SECURITY",
        f"GRANT ALL ON {TABLE} TO pg_monitor",
        "GRANT ALL ON SCHEMA public TO pg_monitor",
    )
    script = "SET ROLE pg_monitor;\n\n" + run_upgrade(postgresql_empty, "head", "--sql").out

    with pytest.raises(psycopg.errors.RaiseException, match="hides rows from pg_monitor"):
        run_script(postgresql_empty, script)

    assert query(postgresql_empty, f"SELECT count(*) FROM {TABLE}") == [(0,)]
