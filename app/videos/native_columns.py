"""Conditions on columns that may be uuid, integers or an enum on PostgreSQL, built so that no value is an error.

A value that a column cannot hold matches no row: PostgreSQL would refuse such a value, and end the caller's
transaction. The types come from PostgreSQL's catalogue, which is read once for each connection of the driver. On other
databases, and in a text column, values are compared unchanged.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute

from app.database.column_types import Column, SqlType, find_columns
from app.errors import ConfigurationError
from app.videos.models import Veo3VideoGeneration as Generation
from app.videos.row_ids import TEXT, as_stored
from app.videos.storable_text import require_storable

COLUMNS: Final = "media_ids_columns"
STATES: Final = "media_ids_states"
"""The keys under which `connection.info` keeps what the catalogue said."""
LABELS: Final = sa.text("SELECT enumlabel FROM pg_enum WHERE enumtypid = :type")


class NativeColumns:
    """The columns of the application's table as the database has them; without a database, all of text."""

    def __init__(self, connect: Callable[[], sa.Connection] | None = None) -> None:
        """Take a function that returns the connection. It is not called before the type of a column is needed."""
        self._connect = connect

    def kind_of(self, name: str) -> str:
        """Return the name of a column's type, 'text' for every kind of text."""
        found = self._found().get(name)
        return TEXT if found is None or found.is_text else found.base_name

    def equal(self, column: InstrumentedAttribute[Any], value: str) -> sa.ColumnElement[bool]:
        """Return the condition that a column has this value. Raises UnstorableTextError."""
        stored = as_stored(require_storable(column.key, value), self.kind_of(column.key))
        return sa.false() if stored is None else column == stored

    def one_of(self, column: InstrumentedAttribute[str], states: Sequence[str]) -> sa.ColumnElement[bool]:
        """Return the condition that a column has one of these states. Raises ConfigurationError if its enum lacks one.

        A domain over an enum is cast to the enum, which has the operators; an index on the column is still used.
        """
        found = self._found().get(column.key)
        if found is None or not found.is_enum:
            return column.in_(states)
        self._require(found, states)
        is_domain = found.declared != found.base_name
        return sa.cast(column, SqlType(found.base_name)).in_(states) if is_domain else column.in_(states)

    def _found(self) -> Mapping[str, Column]:
        connection = self._connect() if self._connect else None
        if connection is None or connection.dialect.name != "postgresql":
            return {}
        if COLUMNS not in connection.info:
            columns = find_columns(connection, Generation.__tablename__)
            connection.info[COLUMNS] = {column.name: column for column in columns}
        known: Mapping[str, Column] = connection.info[COLUMNS]
        return known

    def _require(self, column: Column, states: Sequence[str]) -> None:
        """Raise ConfigurationError for a state that the enum lacks, after reading its labels anew."""
        connection = self._connect() if self._connect else None
        if connection is None or connection.info.get(STATES, frozenset()).issuperset(states):
            return
        labels = frozenset(connection.execute(LABELS, {"type": column.base}).scalars())
        connection.info[STATES] = labels
        for state in states:
            if state not in labels:
                raise ConfigurationError(column.name, _without(column, state))


def _without(column: Column, state: str) -> str:
    name = column.base_name
    return f"its type {name} has no '{state}': ALTER TYPE {name} ADD VALUE '{state}'"


AS_TEXT: Final = NativeColumns()
