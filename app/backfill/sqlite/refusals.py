"""What SQLite's catalogue says against filling a table. Reads only."""

from collections.abc import Iterator
from typing import Final

import sqlalchemy as sa

from app.backfill.recipe import Recipe

WRITTEN: Final[sa.BindParameter[str]] = sa.bindparam("written", expanding=True)
SQLITE_KIND: Final = "SELECT type, strict FROM pragma_table_list WHERE schema = 'main' AND name = :table COLLATE NOCASE"
SQLITE_GENERATED: Final = sa.text("""
SELECT lower(name) FROM pragma_table_xinfo(:table)
WHERE hidden IN (2, 3) AND lower(name) IN :written ORDER BY 1
""").bindparams(WRITTEN)


SQLITE_STRICT: Final = sa.text("""
SELECT lower(name), type FROM pragma_table_info(:table)
WHERE lower(name) IN :written AND upper(type) NOT IN ('TEXT', 'ANY') ORDER BY 1
""").bindparams(WRITTEN)
SQLITE_REPLACES: Final = sa.text("""
SELECT DISTINCT lower(c.name) FROM pragma_index_list(:table) AS i JOIN pragma_index_info(i.name) AS c
WHERE i.origin = 'u' AND lower(c.name) IN :written AND EXISTS (
    SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = :table COLLATE NOCASE
        AND instr(replace(replace(replace(upper(sql), char(9), ''), char(10), ''), ' ', ''), 'ONCONFLICT') > 0
)
""").bindparams(WRITTEN)
"""A UNIQUE constraint that deletes the other row, or leaves this one alone, where it should refuse. Only the CREATE
TABLE text shows it; if the clause belongs to another constraint there, the table is refused needlessly."""


def problems_of_sqlite(connection: sa.Connection, recipe: Recipe) -> Iterator[str]:
    """Yield each reason for which a table cannot be filled rightly, in words."""
    values = {"table": recipe.table, "written": list(recipe.written)}
    kind, is_strict = connection.execute(sa.text(SQLITE_KIND), {"table": recipe.table}).one()
    if kind != "table":
        yield f"it is a {kind} table" if kind != "view" else "it is a view"
    for name in connection.execute(SQLITE_GENERATED, values).scalars():
        yield f"column {name} is generated"
    for name, declared in connection.execute(SQLITE_STRICT, values) if is_strict else ():
        yield f"column {name} is {declared} in a STRICT table, which stores no text there: make it TEXT or ANY"
    for name in connection.execute(SQLITE_REPLACES, values).scalars():
        yield f"UNIQUE … ON CONFLICT on column {name} may delete other rows: make it a plain UNIQUE index"
