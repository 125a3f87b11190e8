"""SQLite's catalogue: what it knows about a table. Letter case makes no difference to it."""

from typing import Final, NamedTuple

import sqlalchemy as sa

ROWIDS: Final = ("rowid", "oid", "_rowid_")
"""What the number of a row may be called, unless a column has that name."""
KIND: Final = sa.text("SELECT type, wr FROM pragma_table_list WHERE schema = 'main' AND name = :table COLLATE NOCASE")
COLUMNS: Final = sa.text("SELECT lower(name), pk FROM pragma_table_xinfo(:table) ORDER BY pk")
TRIGGERS: Final = sa.text(
    "SELECT count(*) FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = :table COLLATE NOCASE"
)


class SqliteTable(NamedTuple):
    """A table, as the backfill needs to know it."""

    rowid: str | None
    """What the number of a row can be called; None where there is none, or columns hide it."""
    without_rowid: bool
    primary_key: tuple[str, ...]
    """Its columns may hold NULL, unless the table is WITHOUT ROWID."""
    has_triggers: bool
    stores_utf8: bool
    """A body's bytes can be read as they are stored."""


def look_at(connection: sa.Connection, table: str) -> SqliteTable:
    """Return what the catalogue has about a table. Reads only."""
    kind = connection.execute(KIND, {"table": table}).one()
    columns = connection.execute(COLUMNS, {"table": table}).all()
    names = {name for name, _ in columns}
    rowids = [] if kind.wr else [name for name in ROWIDS if name not in names]
    return SqliteTable(
        rowid=rowids[0] if rowids else None,
        without_rowid=bool(kind.wr),
        primary_key=tuple(name for name, number in columns if number),
        has_triggers=bool(connection.execute(TRIGGERS, {"table": table}).scalar_one()),
        stores_utf8=connection.exec_driver_sql("PRAGMA encoding").scalar() == "UTF-8",
    )
