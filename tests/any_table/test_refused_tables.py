"""Tables that cannot be filled rightly are refused in one line, before anything is changed."""

from collections.abc import Sequence

import pytest

from tests.support.any_table import create, row, store, stored
from tests.support.migrations import upgrade
from tests.support.processes import run_command, run_sync, run_upgrade
from tests.support.tables import TABLE, execute, query

KEY = "PRIMARY KEY (id)"
SOURCE = create(KEY, name="source")
REFUSED_BY_POSTGRESQL = {
    "short": ([create(KEY, media_generation_id="varchar(174)")], "media_generation_id is character varying(174)"),
    "padded": ([create(KEY, media_generation_id="char(200)")], "media_generation_id is character(200), which pads"),
    "short time": ([create(KEY, updated_at="varchar(19)")], "updated_at is character varying(19)"),
    "short domain": (
        ["CREATE DOMAIN short AS varchar(174)", "CREATE DOMAIN d AS short", create(KEY, media_generation_id="d")],
        "media_generation_id is d, but values have up to 175 characters",
    ),
    "bytea": ([create(KEY, raw_response="bytea")], "raw_response is bytea: make it text, json or jsonb"),
    "date": ([create(KEY, updated_at="date")], "updated_at is date: make it text, timestamptz or timestamp"),
    "number": ([create(KEY, id="numeric(20)")], "id is numeric(20,0): make it text, uuid, integer or bigint"),
    "generated": (
        [create(KEY, media_generation_id="TEXT GENERATED ALWAYS AS (prompt) STORED")],
        "column media_generation_id is generated",
    ),
    "view": ([SOURCE, f"CREATE VIEW {TABLE} AS SELECT * FROM source"], "it is a view"),
    "materialized view": (
        [SOURCE, f"CREATE MATERIALIZED VIEW {TABLE} AS SELECT * FROM source"],
        "it is a materialized view",
    ),
    "rule": (
        [create(KEY), f"CREATE RULE nothing AS ON UPDATE TO {TABLE} DO INSTEAD NOTHING"],
        "a rule replaces its UPDATE (nothing)",
    ),
    "publication without identity": (
        [create(), f"CREATE PUBLICATION everything FOR TABLE {TABLE}"],
        f"a publication refuses its UPDATE, since {TABLE} has no replica identity",
    ),
    "publication with a column list": (
        [create(KEY), f"CREATE PUBLICATION one FOR TABLE {TABLE} (prompt)"],
        "Column list used by the publication does not cover the replica identity",
    ),
    "publication with a row filter": (
        [create(KEY), f"CREATE PUBLICATION one FOR TABLE {TABLE} WHERE (status = 'completed')"],
        "a publication refuses its UPDATE: cannot update table",
    ),
    "foreign partition key without a name": (
        [
            create(id="TEXT") + " PARTITION BY RANGE (updated_at)",
            f"CREATE TABLE part PARTITION OF {TABLE} DEFAULT",
        ],
        "nothing names its rows",
    ),
}


@pytest.mark.parametrize(("statements", "problem"), REFUSED_BY_POSTGRESQL.values(), ids=REFUSED_BY_POSTGRESQL)
def test_postgresql_refuses(postgresql_empty: str, statements: Sequence[str], problem: str) -> None:
    """One line that says what is in the way; neither a table nor a column has come."""
    execute(postgresql_empty, *statements)
    before = catalogue(postgresql_empty)

    done = run_upgrade(postgresql_empty)

    assert (problem in done.out, len(done.out.strip().splitlines())) == (True, 1), done
    assert (done.code, catalogue(postgresql_empty)) == (255, before)


REFUSED_BY_SQLITE = {
    "generated": [create(KEY, media_generation_id="TEXT GENERATED ALWAYS AS (prompt)")],
    "view": [SOURCE, f"CREATE VIEW {TABLE} AS SELECT * FROM source"],
    "virtual": [
        (
            f"CREATE VIRTUAL TABLE {TABLE} USING fts4({'id, profile_id, project_id, status'},"
            " created_at, updated_at, raw_response, operation_name, media_generation_id)"
        )
    ],
    "unique that replaces": [create(KEY, media_generation_id="TEXT UNIQUE ON\n conflict REPLACE")],
    "strict": [create(KEY, updated_at="INTEGER") + " STRICT"],
    "hidden rowid": [create("oid TEXT", "_rowid_ TEXT", "rowid TEXT")],
}


@pytest.mark.parametrize("statements", REFUSED_BY_SQLITE.values(), ids=REFUSED_BY_SQLITE)
def test_sqlite_refuses(sqlite_empty: str, statements: Sequence[str]) -> None:
    """The same for a file."""
    execute(sqlite_empty, *statements)
    before = query(sqlite_empty, "SELECT name, sql FROM sqlite_schema ORDER BY name")

    done = run_upgrade(sqlite_empty)

    assert (done.code, len(done.out.strip().splitlines())) == (255, 1), done
    assert query(sqlite_empty, "SELECT name, sql FROM sqlite_schema ORDER BY name") == before


def as_role(url: str, role: str) -> str:
    """Return the URL for another role of the server."""
    return url.replace("postgres@", f"{role}@", 1)


def policy(url: str, role: str) -> None:
    """Make a role that may do everything with the table, but sees only some of its rows."""
    execute(
        url,
        f"CREATE ROLE {role} LOGIN",
        f"GRANT ALL ON SCHEMA public TO {role}",
        f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {role}",
        f"ALTER TABLE {TABLE} ENABLE ROW LEVEL SECURITY",
        f"CREATE POLICY few ON {TABLE} USING (seed < 10)",
    )


def test_row_level_security_that_hides_rows_is_refused(postgresql_empty: str) -> None:
    """By the upgrade, and by sync and check on an upgraded database; the owner is not affected by it."""
    execute(postgresql_empty, create(KEY))
    store(postgresql_empty, [row(seed) for seed in range(20)])
    role = "reader_of_" + postgresql_empty.split("/")[3].split("?", maxsplit=1)[0]
    policy(postgresql_empty, role)
    refused = run_upgrade(as_role(postgresql_empty, role))
    before = stored(postgresql_empty)

    upgrade(postgresql_empty)
    execute(postgresql_empty, f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {role}")
    synced = run_sync(as_role(postgresql_empty, role))
    checked = run_command("media-gen-ids", as_role(postgresql_empty, role), "check")

    assert (refused.code, set(before.values())) == (255, {None})
    assert (synced.code, checked.code) == (2, 2)
    for done in (refused, synced, checked):
        assert f"row-level security may hide rows from role {role}" in done.out + done.err
    assert None not in stored(postgresql_empty).values()


def test_a_role_that_may_not_update_is_refused(postgresql_empty: str) -> None:
    """Before the version table is made."""
    execute(postgresql_empty, create(KEY))
    role = "looker_of_" + postgresql_empty.split("/")[3].split("?", maxsplit=1)[0]
    execute(
        postgresql_empty,
        f"CREATE ROLE {role} LOGIN",
        f"GRANT ALL ON SCHEMA public TO {role}",
        f"GRANT SELECT ON {TABLE} TO {role}",
    )

    done = run_upgrade(as_role(postgresql_empty, role))

    assert (done.code, f"role {role} may not update column" in done.out) == (255, True), done
    assert query(postgresql_empty, "SELECT to_regclass('alembic_version')") == [(None,)]


def test_a_role_that_may_only_read_can_look(postgresql_empty: str) -> None:
    """`check` and a dry run write nothing, so they need no right to."""
    execute(postgresql_empty, create(KEY))
    store(postgresql_empty, [row(seed) for seed in range(4)])
    upgrade(postgresql_empty)
    role = "viewer_of_" + postgresql_empty.split("/")[3].split("?", maxsplit=1)[0]
    execute(postgresql_empty, f"CREATE ROLE {role} LOGIN", f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}")

    checked = run_command("media-gen-ids", as_role(postgresql_empty, role), "check")
    counted = run_sync(as_role(postgresql_empty, role), "--dry-run")

    assert (checked.code, counted.code) == (0, 0), (checked, counted)


def test_a_published_table_with_an_identity_is_filled(postgresql_empty: str) -> None:
    """A primary key will do, and so does FULL."""
    execute(
        postgresql_empty,
        create(),
        f"ALTER TABLE {TABLE} REPLICA IDENTITY FULL",
        f"CREATE PUBLICATION everything FOR TABLE {TABLE}",
    )
    store(postgresql_empty, [row(1)])

    upgrade(postgresql_empty)

    assert stored(postgresql_empty) == {1: "CAUS000001"}


def catalogue(url: str) -> list[tuple[object, ...]]:
    """Return every relation with its columns."""
    return query(
        url,
        "SELECT CAST(attrelid AS regclass), attname, atttypid FROM pg_attribute JOIN pg_class c ON c.oid = attrelid"
        " WHERE relnamespace = CAST('public' AS regnamespace) ORDER BY 1, attnum",
    )
