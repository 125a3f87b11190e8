"""What Citus says of a table, told by a catalogue of the test's own; a cluster is in tests/live/test_citus.py."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from app.backfill.citus.shards import FilledByShards, Shards, find_route
from app.backfill.databases import NO_NAME, choose_walk
from app.backfill.errors import TableChangedError
from app.backfill.postgresql.heaps import Part
from app.backfill.postgresql.target import KeyColumn, Place
from app.backfill.rows import TooManyRowsError
from app.database.engines import make_engine
from app.database.timestamps import format_timestamp, now
from app.errors import UnsupportedTableError
from app.videos.recipe import MEDIA_IDS
from tests.conftest import Databases
from tests.support.any_table import row, store
from tests.support.scenes import SHARDS
from tests.support.tables import TABLE, execute

KEY = (KeyColumn("id", "text"),)


@pytest.fixture
def connection(databases_of_kind: dict[str, Databases]) -> Iterator[sa.Connection]:
    """A connection to a table of ten rows that Citus has distributed, as far as its catalogue says."""
    url = databases_of_kind["postgresql-18"].empty()
    execute(url, *SHARDS)
    store(url, [row(seed) for seed in range(10)])
    with make_engine(url).connect() as connection:
        yield connection


def test_a_distributed_table_has_a_route_and_others_have_none(connection: sa.Connection) -> None:
    """Nor has one that Citus keeps whole on every server."""
    routes = [find_route(connection, TABLE)]
    connection.exec_driver_sql("UPDATE pg_dist_partition SET partmethod = 'n'")
    routes.append(find_route(connection, TABLE))
    connection.exec_driver_sql("DROP TABLE pg_dist_partition")
    routes.append(find_route(connection, TABLE))

    assert routes == ["id", None, None]


@pytest.mark.parametrize(("model", "copies", "is_refused"), [("c", 2, True), ("c", 1, False), ("s", 2, False)])
def test_shards_in_copies_of_their_own_are_refused(
    connection: sa.Connection, model: str, copies: int, *, is_refused: bool
) -> None:
    """Each copy has writers of its own."""
    connection.exec_driver_sql(f"UPDATE pg_dist_partition SET repmodel = '{model}'")
    connection.exec_driver_sql(f"INSERT INTO pg_dist_shard VALUES ('{TABLE}', 1), ('pg_class', 2), ('{TABLE}', 3)")
    connection.exec_driver_sql(f"INSERT INTO pg_dist_placement VALUES (2), (2), (3){', (1)' * copies}")

    problem = ""
    try:
        find_route(connection, TABLE)
    except UnsupportedTableError as error:
        problem = str(error)

    assert ("Citus keeps its shards in several copies" in problem) == is_refused


def test_a_key_without_the_route_names_no_row(connection: sa.Connection) -> None:
    """It is unique in each shard alone."""
    connection.exec_driver_sql("UPDATE pg_dist_partition SET partkey = 'seed'")

    with pytest.raises(UnsupportedTableError, match=NO_NAME):
        choose_walk(connection, MEDIA_IDS)


def test_a_shard_that_does_not_answer_ends_the_run(connection: sa.Connection) -> None:
    """Its rows would be left out."""
    shards = Shards(MEDIA_IDS, KEY, "id", {})
    blocks = [heap.blocks for heap in shards.list(connection)]
    connection.exec_driver_sql(
        "CREATE OR REPLACE FUNCTION run_command_on_shards(regclass, text) RETURNS TABLE (success boolean, result text)"
        " LANGUAGE sql AS $$ SELECT $1::text NOT LIKE '%%_h1', '3' $$"
    )

    with pytest.raises(TableChangedError):
        shards.list(connection)

    assert blocks == [1]


@pytest.mark.parametrize(("most_rows", "filled"), [(6, 6), (5, None)])
def test_more_rows_than_were_counted_are_not_filled_in_one_transaction(
    connection: sa.Connection, most_rows: int, filled: int | None
) -> None:
    """Six of ten are plain; who has counted less looks again."""
    shards = Shards(MEDIA_IDS, KEY, "id", {})
    (heap,) = shards.list(connection)
    in_place = FilledByShards(shards._target, Part(heap, Place(), 1), most_rows)  # noqa: SLF001
    rows: int | None = None
    try:
        rows = in_place.fill(connection, now(), listed=True).rows
    except TooManyRowsError:
        connection.rollback()

    assert rows == filled


def test_rows_of_several_shards_at_one_place_are_cut_off_between_two_shards(connection: sa.Connection) -> None:
    """A window of few rows goes on behind the shard that it ended in, and meets each row once."""
    shards = Shards(MEDIA_IDS, KEY, "id", {})
    (heap,) = shards.list(connection)
    start: Place | None = Place()
    met: list[str] = []
    sizes = []
    while start is not None:
        found = shards.read(connection, Part(heap, start, 1), 3, parse=True)
        assert found is not None
        rows, start = found
        sizes.append(len(rows))
        met += [read[3] for read in rows]

    assert (sizes, sorted(met)) == ([3, 3, 3, 1], sorted(f"row-{seed}" for seed in range(10)))


def test_rows_are_filled_shard_after_shard_and_a_row_that_has_changed_is_left_alone(
    connection: sa.Connection,
) -> None:
    """Batches hold the rows of as few shards as can be; what was written is told by id and moment."""
    moment = now()
    walk = choose_walk(connection, MEDIA_IDS)
    walk.start_sweep(connection)
    window = walk.read(connection, walk.cut(None), 5, None)
    connection.exec_driver_sql(f"UPDATE {TABLE} SET media_generation_id = 'CAUS000004' WHERE seed = 4")
    theirs = f"media_generation_id = 'theirs', updated_at = '{format_timestamp(moment)}'"
    connection.exec_driver_sql(f"UPDATE {TABLE} SET {theirs} WHERE seed = 5")
    connection.exec_driver_sql(f"UPDATE {TABLE} SET raw_response = raw_response || ' ' WHERE seed = 6")

    filled = [walk.fill(connection, batch, moment) for batch in window.batches]

    shards = [[str(one.locator[2]) for one in batch] for batch in window.batches]
    assert [len(batch) for batch in window.batches] == [5, 5]
    assert sum(shards, []) == sorted(sum(shards, []))  # noqa: RUF017  # ten
    assert sorted(str(one.row_id) for filling in filled for one in filling.filled) == sorted(
        f"row-{seed}" for seed in range(10) if seed not in {4, 5, 6}
    )
