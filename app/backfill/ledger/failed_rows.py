"""Failed rows: the rows that the ledger's failures name, as they stand in the table now. Reads only."""

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from app.backfill.by_key.statements import key_as_selected
from app.backfill.by_key.walk import LOOKED_UP_ROWS, chunks
from app.backfill.databases import choose_access
from app.backfill.ledger.failures import FAILURES
from app.backfill.light_tables import column_named, is_pending
from app.backfill.recipe import Recipe
from app.database.column_types import as_text


def find_failing(
    connection: sa.Connection,
    recipe: Recipe,
    table: sa.FromClause,
    *columns: sa.ColumnElement[Any],
    only: Sequence[str] | None = None,
) -> Iterator[tuple[str, Sequence[Any]]]:
    """Yield the name of each failed row that is still there and still has no id, with some columns of `table`.

    `table` is the recipe's, with the body, the column to be filled, and the one that people know rows by. Rows are
    looked up by their keys, in the table alone: Citus does not join it with the ledger. `only`: the names of some.
    """
    ours = sa.select(FAILURES.c.row_name).where(FAILURES.c.backfill == recipe.name)
    names = list(connection.execute(ours.order_by(FAILURES.c.row_name)).scalars()) if only is None else list(only)
    if not names:
        return
    still_pending = is_pending(column_named(table, recipe.reads[0]), column_named(table, recipe.fills))
    access = choose_access(connection, recipe)
    locator = (*map(key_as_selected, access.key), *access.names.columns)
    with access.driver.text_as_it_is(connection):
        for some in chunks(names, LOOKED_UP_ROWS):
            condition = sa.and_(access.names.find(some), still_pending)
            statement = (
                sa.select(as_text(column_named(table, recipe.shows)), *columns, *locator)
                .select_from(table)
                .where(condition)
            )
            with access.driver.stream(connection, statement) as rows:
                for row_id, *values in rows:
                    name = access.names.name(row_id, tuple(values[len(columns) :]))
                    yield name, values[: len(columns)]
