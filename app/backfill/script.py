"""Script: the backfill of the plain case as SQL text, for `alembic upgrade --sql`. Connects to nothing.

The script must write what the recipe would derive, or leave the row alone; what it leaves is for `media-gen-ids sync`.
"""

import sqlalchemy as sa

from app.backfill.errors import OfflineBackfillError
from app.backfill.postgresql.script import fill_in_a_loop
from app.backfill.recipe import Recipe
from app.backfill.sqlite.script import fill_plain


def offline_backfill(recipe: Recipe, dialect: sa.Dialect) -> str:
    """Return the script for a kind of database. Raises OfflineBackfillError where there is none."""
    if dialect.name == "postgresql" and recipe.plain_in_postgresql is not None:
        return fill_in_a_loop(recipe, recipe.plain_in_postgresql, dialect)
    if dialect.name == "sqlite" and recipe.plain_in_sqlite is not None:
        update = fill_plain(recipe, recipe.plain_in_sqlite)
        return f"{update.compile(dialect=dialect, compile_kwargs={'literal_binds': True})};"
    raise OfflineBackfillError(dialect.name)
