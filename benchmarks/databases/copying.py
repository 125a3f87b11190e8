"""Rows into PostgreSQL by COPY, and single values out of it."""

from collections.abc import Iterable
from operator import attrgetter
from typing import Any

import psycopg
from psycopg import sql

from benchmarks.data import COLUMNS, Row
from benchmarks.shapes import Shape
from benchmarks.tables import CREATE_INDEXES, TABLE


def fill(connection: psycopg.Connection[tuple[Any, ...]], shape: Shape, rows: Iterable[Row]) -> None:
    """Make the table, copy the rows into it, and vacuum as autovacuum would have done."""
    for statement in (shape.create_table, *CREATE_INDEXES):
        connection.execute(statement)
    copy_rows(connection, rows)
    connection.execute("VACUUM ANALYZE veo3_video_generations")


def copy_rows(connection: psycopg.Connection[tuple[Any, ...]], rows: Iterable[Row], table: str = TABLE) -> None:
    """Copy the rows into a table that is there."""
    columns = sql.SQL(", ").join(map(sql.Identifier, COLUMNS))
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), columns)
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for values in map(attrgetter(*COLUMNS), rows):
            copy.write_row(values)


def scalar(connection: psycopg.Connection[tuple[Any, ...]], query: str, *values: str) -> Any:  # noqa: ANN401  # of any type
    """Return the one value of a query's one row."""
    return connection.execute(query, values).fetchall()[0][0]
