"""Script: the UPDATE that fills a file of SQLite, for SQL that is written offline."""

from typing import Final

import sqlalchemy as sa

from app.backfill.light_tables import new_values, pending, table_of
from app.backfill.recipe import BODY, PlainInSqlite, Recipe

TIMESTAMP: Final = "%Y-%m-%dT%H:%M:%fZ"


def fill_plain(recipe: Recipe, plain: PlainInSqlite) -> sa.Update:
    """Return the UPDATE that fills every pending row whose case is plain and means the same to SQLite and the recipe.

    It names no row, since each row takes the value from its own body, so the table needs no key. A body is read twice,
    but only the condition checks for what SQLite and Python read differently, which takes most of the time.
    """
    table = table_of(recipe)
    body = table.c[BODY]
    values = new_values(table, plain.value(table, body), sa.func.strftime(TIMESTAMP, "now", type_=sa.Text))
    return sa.update(table).where(pending(table), plain.value(table, plain.readable(body)).is_not(None)).values(values)
