"""What a database's catalogue says about this project's tables."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from app.database.engines import make_engine
from app.migration.environment import OUR_TABLES


def catalogue(url: str) -> dict[str, Any]:
    """Return everything that the catalogue says about this project's tables."""
    inspector = sa.inspect(make_engine(url))
    return {table: _table(inspector, table) for table in inspector.get_table_names() if table in OUR_TABLES}


def _table(inspector: sa.Inspector, table: str) -> dict[str, Any]:
    return {
        "columns": {column["name"]: _column(column) for column in inspector.get_columns(table)},
        "key": inspector.get_pk_constraint(table),
        "foreign keys": inspector.get_foreign_keys(table),
        "unique": inspector.get_unique_constraints(table),
        "checks": sorted(inspector.get_check_constraints(table), key=str),
        "indexes": sorted(inspector.get_indexes(table), key=str),
    }


def _column(column: Mapping[str, Any]) -> tuple[str, bool, object]:
    return str(column["type"]), column["nullable"], column["default"]
