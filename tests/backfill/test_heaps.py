"""Heaps of PostgreSQL: how many rows are read at once, and tables that cannot be walked by their blocks."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from app.backfill.errors import TableChangedError
from app.backfill.postgresql import local_heaps as heaps
from app.backfill.postgresql.catalogue import find_leaves
from app.backfill.postgresql.heaps import Part
from app.backfill.postgresql.local_heaps import LocalHeaps
from app.backfill.postgresql.strides import cut_into_strides
from app.backfill.postgresql.target import Place
from app.backfill.rows import Recovered
from app.database.engines import make_engine
from app.videos.recipe import MEDIA_IDS
from tests.conftest import Databases
from tests.support.any_table import create
from tests.support.tables import TABLE, execute

HEAPS = LocalHeaps(MEDIA_IDS, (), {}, partitioned=True)
FOREIGN = (
    "CREATE FOREIGN DATA WRAPPER far",
    "CREATE SERVER away FOREIGN DATA WRAPPER far",
    f"CREATE FOREIGN TABLE third PARTITION OF {TABLE} DEFAULT SERVER away",
)
OTHER_VERSION = """
CREATE SCHEMA older;
CREATE FUNCTION older.current_setting(text) RETURNS text LANGUAGE sql
    AS $$ SELECT CASE $1 WHEN 'server_version_num' THEN '{version}' ELSE pg_catalog.current_setting($1) END $$;
SET LOCAL search_path = older, pg_catalog, public
"""


@pytest.fixture
def connection(databases_of_kind: dict[str, Databases]) -> Iterator[sa.Connection]:
    """A connection to a table of two partitions without a key."""
    url = databases_of_kind["postgresql-18"].empty()
    partitions = [
        f"CREATE TABLE {name} PARTITION OF {TABLE} FOR VALUES IN ('{name}')" for name in ("zeroth", "first_one")
    ]
    execute(url, f"{create()} PARTITION BY LIST (status)", *partitions)
    with make_engine(url).connect() as connection, connection.begin():
        yield connection


def test_a_window_holds_a_batch_for_each_stride_within_limits() -> None:
    """Eight thousand rows, unless one batch may be larger; batches of fewer than 128 rows are read row by row."""
    sizes = [HEAPS.window_rows(rows) for rows in (1, 100, 1_000, 2_000, 20_000)]

    assert sizes == [8, 800, 8_000, 8_000, 20_000]
    assert (HEAPS.fewest_in_place, HEAPS.fullness([[], []], 4), HEAPS.fullness([], 4)) == (128, 0.0, 0.0)
    assert HEAPS.fullness([[Recovered((), "row", "id")] * 3, []], 4) == 0.75


def test_a_partition_that_came_while_the_table_was_walked_ends_the_run(connection: sa.Connection) -> None:
    """Where it cannot be walked by its blocks: here it is on another server."""
    before = [heap.label for heap in HEAPS.list(connection)]
    for statement in FOREIGN:
        connection.exec_driver_sql(statement)

    with pytest.raises(TableChangedError) as caught:
        HEAPS.list(connection)

    assert (before, caught.value.table) == (["public.first_one", "public.zeroth"], TABLE)


@pytest.mark.parametrize(("version", "is_walked"), [("139999", False), ("140000", True)])
def test_a_server_that_cannot_scan_a_range_of_places_is_walked_by_key(
    connection: sa.Connection, version: str, *, is_walked: bool
) -> None:
    """It would read the whole table for each window."""
    connection.exec_driver_sql(OTHER_VERSION.format(version=version))

    assert (find_leaves(connection, MEDIA_IDS, ()) is not None) == is_walked


def rows(*lengths: int, page: int = 0) -> list[Recovered]:
    """Return rows of a page, by their lengths."""
    return [Recovered((f"({page},{at})",), f"{page}-{at}", "id", length) for at, length in enumerate(lengths, 1)]


def test_each_stride_takes_every_eighth_row_of_a_page_the_longest_first() -> None:
    """Ten rows of one page and one of another: the longest of both are the first batch."""
    found = [*rows(*range(1, 11)), *rows(5, page=1)]

    strides = cut_into_strides(found, 3)

    assert [[row.row_id for row in stride] for stride in strides] == [
        *(["0-10", "0-2", "1-1"], ["0-9", "0-1"], ["0-8"], ["0-7"], ["0-6"], ["0-5"], ["0-4"], ["0-3"])
    ]


def test_small_strides_are_put_together_and_long_ones_are_cut() -> None:
    """A transaction of a few rows costs as much as one of many; none has more than a batch."""
    few = cut_into_strides(rows(*range(1, 5)), 100)
    many = cut_into_strides([row for page in range(5) for row in rows(1, page=page)], 2)

    assert [[row.row_id for row in stride] for stride in few] == [["0-4", "0-3", "0-2", "0-1"]]
    assert [len(stride) for stride in many] == [2, 2, 1]


@pytest.mark.parametrize(("most", "fullness"), [(8_000, 8 / 20), (40, 60 / 40)])
def test_a_window_is_full_by_its_first_stride_or_by_all_of_its_rows(
    connection: sa.Connection, monkeypatch: pytest.MonkeyPatch, most: int, fullness: float
) -> None:
    """Sixty rows on a page: eight of them are the first stride, and a batch is of twenty rows."""
    monkeypatch.setattr(heaps, "MAX_WINDOW_ROWS", most)
    insert = f"INSERT INTO {TABLE} (id, status, raw_response) SELECT n, 'zeroth', '1' FROM generate_series(1, 60) n"
    connection.exec_driver_sql(insert)
    heap = HEAPS.list(connection)[1]

    strides, measured = HEAPS.in_place(connection, Part(heap, Place(), heap.blocks), 20)

    assert (len(strides), heap.blocks, measured) == (8, 1, fullness)
