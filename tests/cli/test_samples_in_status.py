"""`status` of large PostgreSQL tables: which are sampled and how much of them, and which rows have been looked at."""

from typing import Any

import pytest
import sqlalchemy as sa

from app.database.engines import make_engine
from app.reports.coverage import estimated_rows, read_groups
from tests.support.partitions import create_partitioned
from tests.support.responses import make_rows, named
from tests.support.runs import record_run
from tests.support.tables import TABLE, execute, insert

RUNS = "media_generation_id_backfill_runs"
UNFINISHED = named("04_")


def pending(url: str, **how: Any) -> int:  # noqa: ANN401  # as read_groups takes it
    """Return the rows that count as pending."""
    with make_engine(url).connect() as connection:
        return sum(group.coverage.pending for group in read_groups(connection, **{"exact": False, **how})[0])


def test_more_than_a_million_rows_are_sampled_a_hundred_thousand_of_them(postgresql_database: str) -> None:
    """As the statistics have it: here of a table that they say too much of."""
    sent: list[Any] = []
    engine = make_engine(postgresql_database)
    sa.event.listen(engine, "before_cursor_execute", lambda *a: sent.append(a[3]) if "TABLESAMPLE" in a[2] else None)

    def is_sampled(connection: sa.Connection, rows: int) -> bool:
        connection.exec_driver_sql(f"UPDATE pg_class SET reltuples = {rows} WHERE relname = '{TABLE}'")
        return read_groups(connection, exact=False)[1]

    with engine.begin() as connection:
        sampled = [is_sampled(connection, rows) for rows in (1_000_000, 1_000_001, 10_000_000)]

    percents = [value for parameters in sent for value in parameters.values() if isinstance(value, float)]
    assert (sampled, percents) == ([False, True, True], [pytest.approx(10.0, rel=1e-4), 1.0])


def test_a_sample_may_show_a_fifth_more_rows_than_the_last_run_left(postgresql_database: str) -> None:
    """A count may show none: more than that run has left were put in after it."""
    insert(postgresql_database, make_rows(121, (UNFINISHED,)))
    execute(postgresql_database, f"ANALYZE {TABLE}")
    found = {}
    for large, skipped in ((1, 101), (1, 100), (1_000, 121), (1_000, 120)):
        execute(postgresql_database, f"UPDATE {RUNS} SET skipped = {skipped}")
        found[large, skipped] = pending(postgresql_database, large=large, sample=1_000)

    assert found == {(1, 101): 0, (1, 100): 121, (1_000, 121): 0, (1_000, 120): 121}


def test_rows_are_looked_at_by_runs_of_this_backfill_that_began_after_they_changed(database: str) -> None:
    """A row of the very millisecond may have come after it; a run of another backfill has seen no row here."""
    insert(database, make_rows(20, (UNFINISHED,)))
    execute(database, f"UPDATE {RUNS} SET skipped = 20")
    record_run(database, 2, backfill="users.domain")

    before = pending(database)
    execute(database, f"UPDATE {TABLE} SET updated_at = (SELECT min(started_at) FROM {RUNS})")

    assert (before, pending(database)) == (0, 20)


def test_a_blank_id_is_none(database: str) -> None:
    """As forms leave it: the row has nothing."""
    insert(database, make_rows(2, (UNFINISHED,)))
    execute(database, f"UPDATE {TABLE} SET media_generation_id = ' '")

    with make_engine(database).connect() as connection:
        (group,) = read_groups(connection, exact=True)[0]

    assert (group.coverage.with_id, group.coverage.rows) == (0, 2)


def test_the_rows_of_a_partitioned_table_are_those_of_its_partitions(postgresql_empty: str) -> None:
    """Its own statistics count them once more."""
    create_partitioned(postgresql_empty, "two levels")
    insert(postgresql_empty, make_rows(30))
    execute(postgresql_empty, f"ANALYZE {TABLE}")

    with make_engine(postgresql_empty).connect() as connection:
        assert estimated_rows(connection) == 30
