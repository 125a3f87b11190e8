"""Any table: made by chance, upgraded, and compared row by row with what extract() says."""

import contextlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import pytest
from alembic.util import CommandError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.database.engines import make_engine
from app.media_ids.extraction import Failed, Found, extract
from tests.conftest import Databases
from tests.support.any_table import FAILURES, AnyRow, body, create, store, unfinished
from tests.support.bodies import OPERATION
from tests.support.bodies import bodies as odd_bodies
from tests.support.migrations import recorded_version, upgrade
from tests.support.tables import TABLE, execute, query

SEVERAL = 24


@dataclass(frozen=True, kw_only=True)
class Made:
    """A table, its rows, and the seeds of the rows whose update is undone."""

    statements: tuple[str, ...]
    rows: tuple[AnyRow, ...]
    undone: frozenset[int]
    batch_size: int
    is_refused: bool = False


KEYS = {
    "none": ("", False, True),
    "primary key": ("PRIMARY KEY (id)", True, False),
    "unique, NULL admitted": ("UNIQUE (id)", True, True),
    "several columns": ("PRIMARY KEY (project_id, seed)", False, False),
}
"""By name: the constraint, whether ids are unique, and whether they may be NULL on every database."""
INCLUDING = {"INCLUDE": ("PRIMARY KEY (id) INCLUDE (updated_at, prompt)", True, False)}
TEXT_TABLE: dict[str, str] = {}
NATIVE_TABLES = (
    {"id": "uuid", "raw_response": "jsonb", "created_at": "timestamptz", "updated_at": "timestamptz"},
    {"id": "bigint", "raw_response": "json", "updated_at": "timestamp", "status": "state"},
    {"id": "key", "raw_response": "answer", "created_at": "timestamp", "updated_at": "moment", "status": "state"},
)
NATIVE_TYPES = (
    "CREATE TYPE state AS ENUM ('completed')",
    "CREATE DOMAIN key AS int",
    "CREATE DOMAIN answer AS jsonb",
    "CREATE DOMAIN moment AS timestamptz(3)",
)
BLANKS = st.sampled_from([None, None, None, "", "  ", "\t", "own"])
UNDO_SQLITE = {
    "ignored": "CREATE TRIGGER undo BEFORE UPDATE ON {t} WHEN old.seed < 3 BEGIN SELECT RAISE(IGNORE); END",
    "undone": (
        "CREATE TRIGGER undo AFTER UPDATE ON {t} WHEN old.seed < 3 BEGIN"
        " UPDATE {t} SET media_generation_id = old.media_generation_id, updated_at = old.updated_at"
        " WHERE seed = old.seed; END"
    ),
}
FUNCTION = "CREATE FUNCTION undo() RETURNS trigger LANGUAGE plpgsql AS '{body}'"
TRIGGER = "CREATE TRIGGER undo BEFORE UPDATE ON {t} FOR EACH ROW WHEN (old.seed < 3) EXECUTE FUNCTION undo()"
UNDO_POSTGRESQL = {"ignored": "BEGIN RETURN NULL; END", "undone": "BEGIN RETURN old; END"}


@st.composite
def row_of_table(draw: st.DrawFn, seed: int, ids: st.SearchStrategy[Any]) -> AnyRow:
    """Return a row: half of them plain, the others with anything as their body."""
    usual = st.sampled_from([body(seed), body(seed), unfinished(seed), body(seed)[:-1], None])
    raw = draw(usual | st.builds(json.dumps, odd_bodies(), ensure_ascii=st.booleans()))
    name = draw(st.sampled_from([f"op-{seed}"] * 3 + [OPERATION, "other", "", None]))
    return AnyRow(seed=seed, id=draw(ids), operation_name=name, raw_response=raw, media_generation_id=draw(BLANKS))


@st.composite
def rows_of_table(draw: st.DrawFn, *, unique: bool, may_be_null: bool) -> tuple[AnyRow, ...]:
    """Return the rows, with ids as their table admits them."""
    count = draw(st.integers(1, SEVERAL))
    nulls = st.just(None) if may_be_null else st.nothing()
    return tuple(
        draw(row_of_table(seed, (st.just(f"row-{seed}") if unique else st.sampled_from(["a", "b"])) | nulls))
        for seed in range(count)
    )


@st.composite
def sqlite_table(draw: st.DrawFn) -> Made:
    """Return a table of a SQLite file."""
    key, unique, may_be_null = draw(st.sampled_from(list(KEYS.values())))
    without_rowid = key.startswith("PRIMARY") and draw(st.booleans())
    statement = create(*([key] if key else [])) + (" WITHOUT ROWID" if without_rowid else "")
    if draw(st.booleans()):
        statement = statement.replace(TABLE, TABLE.title()).replace("media_generation_id", "MEDIA_generation_id")
    encoding = draw(st.sampled_from(["UTF-8", "UTF-16le", "UTF-16be"]))
    undo = draw(st.sampled_from(["", "", *UNDO_SQLITE]))
    triggers = [UNDO_SQLITE[undo].format(t=TABLE)] if undo else []
    rows = draw(rows_of_table(unique=unique, may_be_null=not without_rowid and (may_be_null or "(id)" in key)))
    return Made(
        statements=(f"PRAGMA encoding = '{encoding}'", statement, *triggers),
        rows=rows,
        undone=frozenset(range(3) if undo else ()),
        batch_size=draw(st.sampled_from([1, 7, 1_000])),
    )


@st.composite
def postgresql_table(draw: st.DrawFn) -> Made:
    """Return a table of PostgreSQL, which may be one that has to be refused."""
    key, unique, may_be_null = draw(st.sampled_from(list((KEYS | INCLUDING).values())))
    kind, refused = draw(st.sampled_from([("TEXT", False)] * 4 + [("varchar(255)", False), ("varchar(99)", True)]))
    types = draw(st.sampled_from([TEXT_TABLE] * len(NATIVE_TABLES) + list(NATIVE_TABLES)))
    undo = draw(st.sampled_from(["", "", *UNDO_POSTGRESQL]))
    triggers = [FUNCTION.format(body=UNDO_POSTGRESQL[undo]), TRIGGER.format(t=TABLE)] if undo else []
    rows = draw(rows_of_table(unique=unique, may_be_null=may_be_null))
    return Made(
        statements=(*NATIVE_TYPES, create(*([key] if key else []), media_generation_id=kind, **types), *triggers),
        rows=tuple(native_row(row, types) for row in rows) if types else rows,
        undone=frozenset(range(3) if undo else ()),
        batch_size=draw(st.sampled_from([1, 7, 1_000])),
        is_refused=refused,
    )


def native_row(row: AnyRow, types: Mapping[str, str]) -> AnyRow:
    """Return a row as a table with these types can hold it: jsonb knows no NUL, and neither kind what is no JSON."""
    name = str(row.id)
    number = row.seed if name.startswith("row-") else ord(name[0])
    key = None if row.id is None else str(UUID(int=number)) if types["id"] == "uuid" else str(number)
    return replace(row, id=key, raw_response=row.raw_response if is_storable(row.raw_response) else unfinished(number))


def is_storable(text: str | None) -> bool:
    """Tell whether both kinds of JSON column hold a text."""
    with contextlib.suppress(ValueError):
        return text is None or ("\\u0000" not in text and (json.loads(text) or True))
    return False


def expectation(made: Made) -> tuple[dict[int, str | None], int]:
    """Return the id of each row, and how many failures there must be."""
    ids: dict[int, str | None] = {}
    failures = 0
    for one in made.rows:
        ids[one.seed] = one.media_generation_id
        if one.raw_response is None or (one.media_generation_id or "").strip():
            continue
        outcome = extract(one.raw_response, one.operation_name, None)
        undone = isinstance(outcome, Found) and one.seed in made.undone
        if isinstance(outcome, Found) and not undone:
            ids[one.seed] = outcome.media_generation_id
        failures += undone or isinstance(outcome, Failed)
    return ids, failures


def whole_table(url: str) -> dict[int, dict[str, Any]]:
    """Return every row by its seed, names in small letters."""
    with make_engine(url).connect() as connection:
        rows = connection.exec_driver_sql(f"SELECT * FROM {TABLE}").mappings().all()
    return {row["seed"]: {name.lower(): value for name, value in row.items()} for row in rows}


def check_example(url: str, made: Made) -> None:
    """Upgrade a table and compare all of it."""
    execute(url, *made.statements)
    if made.rows:
        store(url, made.rows)
    before = whole_table(url)

    try:
        upgrade(url, batch_size=made.batch_size)
    except CommandError:
        assert made.is_refused
        assert (recorded_version(url), whole_table(url)) == (None, before)
        return

    ids, failures = expectation(made)
    after, old = whole_table(url), {seed: row["updated_at"] for seed, row in before.items()}
    changed = {seed: row["updated_at"] for seed, row in after.items() if row["updated_at"] != old[seed]}
    assert not made.is_refused
    assert changed.keys() == {seed for seed, media_id in ids.items() if media_id != before[seed]["media_generation_id"]}
    assert after == {
        seed: row | {"media_generation_id": ids[seed], "updated_at": changed.get(seed, old[seed])}
        for seed, row in before.items()
    }
    assert query(url, f"SELECT count(*) FROM {FAILURES}") == [(failures,)]


IN_THE_SUITE = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
LONG = settings(max_examples=500, deadline=None, suppress_health_check=list(HealthCheck))


@IN_THE_SUITE
@given(made=sqlite_table())
def test_any_sqlite_table(databases_of_kind: dict[str, Databases], made: Made) -> None:
    """Every row is right, accounted for, or the table is refused before a change."""
    check_example(databases_of_kind["sqlite"].empty(), made)


@IN_THE_SUITE
@given(made=postgresql_table())
def test_any_postgresql_table(databases_of_kind: dict[str, Databases], made: Made) -> None:
    """Every row is right, accounted for, or the table is refused before a change."""
    check_example(databases_of_kind["postgresql-18"].empty(), made)


@pytest.mark.soak
@LONG
@given(made=sqlite_table())
def test_five_hundred_sqlite_tables(databases_of_kind: dict[str, Databases], made: Made) -> None:
    """The same, for longer."""
    check_example(databases_of_kind["sqlite"].empty(), made)


@pytest.mark.soak
@pytest.mark.parametrize("kind", ["postgresql-16", "postgresql-18"])
@LONG
@given(made=postgresql_table())
def test_five_hundred_postgresql_tables(databases_of_kind: dict[str, Databases], made: Made, kind: str) -> None:
    """The same, for longer."""
    databases = databases_of_kind[kind]
    url = databases.empty()
    check_example(url, made)
    assert databases.server is not None
    databases.server.drop_database(url.split("/")[3].split("?")[0])
