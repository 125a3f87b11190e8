"""Refusals: finds tables that cannot be filled safely, from the catalogue, before anything is changed. Reads only."""

from functools import partial

import sqlalchemy as sa

from app.backfill.databases import choose_walk
from app.backfill.postgresql.refusals import problems_of_postgresql
from app.backfill.recipe import Recipe
from app.backfill.sqlite.refusals import problems_of_sqlite
from app.backfill.walk import Walk
from app.errors import UnsupportedTableError


def require_fillable(connection: sa.Connection, recipe: Recipe, *, writes: bool = True) -> Walk:
    """Return the walk over a table that can be filled. Raises UnsupportedTableError for one that cannot, and why.

    Without `writes`, the right to write is not required.

    Asks the catalogue only. What it does not know (a CHECK, a trigger, a foreign key that refuses every id) a run
    finds out: see app.backfill.breaker.
    """
    is_sqlite = connection.dialect.name == "sqlite"
    problems = problems_of_sqlite if is_sqlite else partial(problems_of_postgresql, writes=writes)
    for problem in problems(connection, recipe):
        raise UnsupportedTableError(recipe.table, problem)
    return choose_walk(connection, recipe)
