"""Refusals: tables that cannot be filled rightly, told from the catalogue before anything is changed. Reads only."""

import sqlalchemy as sa

from app.backfill.databases import choose_walk
from app.backfill.postgresql.refusals import problems_of_postgresql
from app.backfill.recipe import Recipe
from app.backfill.sqlite.refusals import problems_of_sqlite
from app.backfill.walk import Walk
from app.errors import UnsupportedTableError


def require_fillable(connection: sa.Connection, recipe: Recipe) -> Walk:
    """Return the walk over a table that can be filled. Raises UnsupportedTableError for one that cannot, and why.

    Asks the catalogue only. What it does not know (a CHECK, a trigger, a foreign key that refuses every id) a run
    finds out: see app.backfill.breaker.
    """
    problems = problems_of_sqlite if connection.dialect.name == "sqlite" else problems_of_postgresql
    for problem in problems(connection, recipe):
        raise UnsupportedTableError(recipe.table, problem)
    return choose_walk(connection, recipe)
