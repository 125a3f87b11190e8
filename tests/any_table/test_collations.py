"""Collations that call different texts equal: an id is compared by its characters, and so is an operation's name."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from support.postgres import PostgresServer
from tests.support.any_table import create, expected, row, store, stored
from tests.support.migrations import upgrade
from tests.support.tables import TABLE, execute, query

SYSTEM_SERVERS = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
IGNORES_CASE = "CREATE COLLATION ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false)"
IGNORES_DASHES = (
    "CREATE COLLATION dashes (provider = icu, locale = 'und-u-ka-shifted-ks-level1', deterministic = false)"
)
NUMBERS = count()


@pytest.fixture(scope="module")
def icu_server() -> Iterator[PostgresServer]:
    """A PostgreSQL that was built with ICU, as Debian's is; the wheel's are not."""
    if not SYSTEM_SERVERS:
        pytest.skip("no PostgreSQL with ICU is installed (Debian: apt install postgresql)")
    with PostgresServer(bin_dir=SYSTEM_SERVERS[-1].parent) as server:
        yield server


@pytest.fixture
def icu_database(icu_server: PostgresServer) -> str:
    """The URL of an empty database on that server."""
    return icu_server.create_database(f"icu_{next(NUMBERS)}")


@pytest.mark.parametrize("batch_size", [1_000, 50])
def test_an_operation_of_another_case_is_another_operation(icu_database: str, batch_size: int) -> None:
    """The database calls `OP-1` and `op-1` equal; extract() does not."""
    execute(icu_database, IGNORES_CASE, create("PRIMARY KEY (id)", operation_name="TEXT COLLATE ci"))
    rows = [row(seed, operation_name=f"{'op' if seed % 2 else 'OP'}-{seed}") for seed in range(300)]
    store(icu_database, rows)

    upgrade(icu_database, batch_size=batch_size)

    assert stored(icu_database) == expected(rows)
    assert list(stored(icu_database).values()).count(None) == 150


def test_an_id_that_a_collation_calls_empty_is_not_overwritten(icu_database: str) -> None:
    """Dashes alone are an id like any other."""
    execute(icu_database, IGNORES_DASHES, create("PRIMARY KEY (id)", media_generation_id="TEXT COLLATE dashes"))
    rows = [row(1, media_generation_id="-"), row(2, media_generation_id="---"), row(3), row(4, media_generation_id=" ")]
    store(icu_database, rows)

    upgrade(icu_database)

    assert stored(icu_database) == {1: "-", 2: "---", 3: "CAUS000003", 4: "CAUS000004"}


@pytest.mark.parametrize("index", ['(id COLLATE "C")', "(id)"])
@pytest.mark.parametrize("batch_size", [1_000, 50])
def test_an_index_by_another_collation_names_no_row(icu_database: str, index: str, batch_size: int) -> None:
    """`row-1` and `ROW-1` are two rows to the index, and one to a comparison; by the column's own they are one."""
    execute(icu_database, IGNORES_CASE, create(id="TEXT COLLATE ci NOT NULL"))
    execute(icu_database, f"CREATE UNIQUE INDEX by_id ON {TABLE} {index}")
    differ = "COLLATE" in index
    rows = [row(seed, id=f"{'row' if seed % 2 else 'ROW'}-{seed // 2 if differ else seed}") for seed in range(2_000)]
    store(icu_database, rows)

    upgrade(icu_database, batch_size=batch_size)

    assert stored(icu_database) == expected(rows)
    assert query(icu_database, "SELECT synced FROM media_generation_id_backfill_runs") == [(2_000,)]
