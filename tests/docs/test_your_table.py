"""docs/your-table.md tells the truth: its queries know each table that is refused, its answers become what it says."""

import re

import pytest

from app.media_ids.extraction import Failed, Found, Skipped, extract
from support.commands import ROOT
from tests.docs.blocks import blocks
from tests.live.test_offline_refusals import ACCEPTED, CREATE, KEYLESS, REFUSED
from tests.support.native import COLUMNS, create_native
from tests.support.partitions import PARTITIONINGS, create_partitioned
from tests.support.responses import Response, responses
from tests.support.tables import TABLE, VARIANTS, create_variant, execute, query

DOCUMENT = "docs/your-table.md"
POSTGRESQL, SQLITE = (text for language, text in blocks(DOCUMENT) if language == "sql")
ANSWER = re.compile(r"^\| \[\d+\]\(\.\./tests/data/responses/([^)]+)\) \|.*\| `([a-z_ ]+)` \|$", re.MULTILINE)
PROBLEMS = {
    "view": "it is no table",
    "materialized": "it is no table",
    "generated": "a column that is filled is generated",
    "short": "media_generation_id is too short",
    "padded": "media_generation_id is too short",
    "short domain": "media_generation_id is too short",
    "short time": "updated_at is too short",
    "bytea": "a column has a type that is not accepted",
    "date": "a column has a type that is not accepted",
    "number": "a column has a type that is not accepted",
    "published": "it is published, and has no replica identity",
    "published, none": "it is published, and has no replica identity",
}
PARTITIONED = f"{KEYLESS} PARTITION BY RANGE (updated_at)"
KEYS = {
    "none": (),
    "not unique": (f"CREATE INDEX some_key ON {TABLE} (id, updated_at)",),
    "may be NULL": (f"CREATE UNIQUE INDEX some_key ON {TABLE} (id, updated_at, video_url)",),
    "only included": (f"CREATE UNIQUE INDEX some_key ON {TABLE} (id, updated_at) INCLUDE (video_url)",),
    "a part of the table": (f"CREATE UNIQUE INDEX some_key ON {TABLE} (id, updated_at) WHERE seed > 1",),
}


def problems(url: str) -> list[str]:
    """Return what the document's query says about a database."""
    text = POSTGRESQL.replace("%", "%%") if url.startswith("postgresql") else SQLITE
    return [problem for (problem,) in query(url, text)]


@pytest.mark.parametrize("table", REFUSED)
def test_the_query_names_what_is_refused(postgresql_empty: str, table: str) -> None:
    """The same tables as the scripts of `--sql` refuse."""
    execute(postgresql_empty, *REFUSED[table][1:])

    assert problems(postgresql_empty) == [PROBLEMS[table]]


@pytest.mark.parametrize("table", ACCEPTED)
def test_the_query_has_nothing_against_what_is_accepted(postgresql_empty: str, table: str) -> None:
    """No row."""
    execute(postgresql_empty, *ACCEPTED[table])

    assert problems(postgresql_empty) == []


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_queries_have_nothing_against_the_applications_own_tables(empty_database: str, variant: str) -> None:
    """On each kind of database."""
    create_variant(empty_database, variant)

    assert problems(empty_database) == []


@pytest.mark.parametrize("variant", COLUMNS)
def test_the_query_has_nothing_against_postgresqls_own_types(postgresql_empty: str, variant: str) -> None:
    """As the document names them."""
    create_native(postgresql_empty, variant)

    assert problems(postgresql_empty) == []


@pytest.mark.parametrize(("key", "is_usable"), [(key, key == "only included") for key in KEYS])
def test_the_query_knows_a_usable_key(postgresql_empty: str, key: str, *, is_usable: bool) -> None:
    """Without one a table that is partitioned by what is updated is refused, and an ordinary one is not."""
    execute(postgresql_empty, PARTITIONED, *KEYS[key])
    partitioned = problems(postgresql_empty)
    execute(postgresql_empty, f"DROP TABLE {TABLE}", KEYLESS, *KEYS[key])

    assert partitioned == ([] if is_usable else ["it is partitioned by what is updated, and has no usable key"])
    assert problems(postgresql_empty) == []


@pytest.mark.parametrize("partitioning", PARTITIONINGS)
def test_the_query_has_nothing_against_partitions_with_a_key(postgresql_empty: str, partitioning: str) -> None:
    """Whatever they are cut by."""
    create_partitioned(postgresql_empty, partitioning)

    assert problems(postgresql_empty) == []


def test_the_query_sees_other_types_and_hidden_rows(postgresql_empty: str) -> None:
    """As the role that will run the upgrade."""
    execute(
        postgresql_empty,
        CREATE.replace("raw_response TEXT", "raw_response xml"),
        f"ALTER TABLE {TABLE} ENABLE ROW LEVEL SECURITY",
        f"GRANT SELECT ON {TABLE} TO pg_monitor",
    )

    found = problems(f"{postgresql_empty}&options=-crole%3Dpg_monitor")

    assert found == ["a column has a type that is not accepted", "row-level security hides rows from this role"]


def test_the_query_for_sqlite_names_what_is_refused(sqlite_empty: str) -> None:
    """A view, and a column that SQLite computes."""
    generated = "media_generation_id TEXT GENERATED ALWAYS AS (scene_id || 'x') STORED"
    execute(sqlite_empty, CREATE.replace("media_generation_id TEXT", generated))
    computed = problems(sqlite_empty)
    execute(sqlite_empty, f"ALTER TABLE {TABLE} RENAME TO behind", f"CREATE VIEW {TABLE} AS SELECT * FROM behind")

    assert (computed, problems(sqlite_empty)) == (["a column that is filled is generated"], ["it is no table"])


def test_the_six_answers_become_what_the_document_says() -> None:
    """Asked of extract(), with the row that each belongs to."""
    said = ANSWER.findall((ROOT / DOCUMENT).read_text())
    rows = {response.name: response for response in responses()}

    found = [(name, outcome(rows[name])) for name, _ in said]

    assert len(said) == 6
    assert found == said


def outcome(row: Response) -> str:
    """Return what becomes of a row, in the words of the document."""
    match extract(row.body, row.operation_name, row.scene_id):
        case Found():
            return "synced"
        case Skipped(reason):
            return f"skipped {reason}"
        case Failed(reason):
            return f"failed {reason}"
