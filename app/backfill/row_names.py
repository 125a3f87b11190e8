"""Row names: how the ledger names a row that failed: by the values of its key or, without a key, by its place.

A name is JSON: a list of the key's values, or an object with the place. A place is a name only until the database moves
the row; a whole run names its failures anew.
"""

import json
from collections.abc import Sequence
from typing import Any, Protocol

import sqlalchemy as sa

from app.backfill.by_key.statements import among
from app.backfill.rows import Locator
from app.backfill.undecodable import is_text

Columns = Sequence[sa.ColumnElement[Any]]


class RowNames(Protocol):
    """How the rows of one table are called."""

    columns: Columns
    """The columns to select after the locator, from which a name is made."""

    def name(self, row_id: object, locator: Locator) -> str:
        """Return the name of a row; the locator ends with the values of `columns`."""

    def find(self, names: Sequence[str]) -> sa.ColumnElement[bool]:
        """Return the condition of the rows with these names."""


class NamedByKey:
    """Rows with a key that the locator consists of."""

    columns: Columns = ()

    def __init__(self, key: Columns) -> None:
        """Take the key."""
        self._key = key

    def name(self, row_id: object, locator: Locator) -> str:  # noqa: ARG002
        """Return the values of the key."""
        return name_by_key(locator[: len(self._key)])

    def find(self, names: Sequence[str]) -> sa.ColumnElement[bool]:
        """Compare the key."""
        return among(self._key, [key_of(name) or () for name in names])


class NamedByRowid:
    """Rows of SQLite, which admits NULL in a primary key: those without a whole key are called by their rowid."""

    def __init__(self, rowid: sa.ColumnElement[Any], key: Columns, *, shown: str) -> None:
        """Take the rowid, which the locator starts with, the columns of the primary key, and what rows are known by."""
        self._rowid = rowid
        self._key = key
        self._is_shown = [column.key for column in key] == [shown]
        self.columns: Columns = () if self._is_shown else key

    def name(self, row_id: object, locator: Locator) -> str:
        """Return the values of the primary key, else the rowid."""
        values = (row_id,) if self._is_shown else locator[1:]
        return name_by_key(values) if values and _can_be_compared(values) else name_by_place(rowid=locator[0])

    def find(self, names: Sequence[str]) -> sa.ColumnElement[bool]:
        """Compare the primary key where the name has one, else the rowid."""
        keys = [key for name in names if (key := key_of(name)) is not None]
        rowids = [(place_of(name)["rowid"],) for name in names if key_of(name) is None]
        conditions = [among(self._key, keys)] if keys else []
        return sa.or_(*conditions, among([self._rowid], rowids)) if rowids else conditions[0]


class NamedByPlace:
    """Rows of PostgreSQL that no index names: the heap that they stand in, and where."""

    def __init__(self, heap: sa.ColumnElement[str], place: sa.ColumnElement[Any]) -> None:
        """Take what the heap of a row is called, as app.backfill.postgresql.catalogue does, and its `ctid`."""
        self._heap = heap
        self._place = place
        self.columns: Columns = (heap, sa.cast(place, sa.Text))

    def name(self, row_id: object, locator: Locator) -> str:  # noqa: ARG002
        """Return heap and place."""
        *_, heap, place = locator
        return name_by_place(heap=heap, place=place)

    def find(self, names: Sequence[str]) -> sa.ColumnElement[bool]:
        """Compare heap and place."""
        places = [place_of(name) for name in names]
        in_heap = self._heap.in_(sorted({place["heap"] for place in places}))
        return sa.and_(in_heap, among([self._place], [(place["place"],) for place in places]))


def name_by_key(values: Sequence[object]) -> str:
    """Return the name of a row with these values in its key."""
    return json.dumps([_encoded(value) for value in values])


def name_by_place(**place: object) -> str:
    """Return the name of a row without a key, from its place."""
    return json.dumps(place)


def key_of(name: str) -> list[Any] | None:
    """Return the values of the key in a name; None where it tells a place."""
    named = json.loads(name)
    return [_decoded(value) for value in named] if isinstance(named, list) else None


def place_of(name: str) -> dict[str, Any]:
    """Return the place in a name that tells one."""
    place: dict[str, Any] = json.loads(name)
    return place


def shown(name: str) -> str:
    """Return a name as people read it."""
    key = key_of(name)
    if key is None:
        return ", ".join(f"{what} {value}" for what, value in place_of(name).items())
    return ", ".join(map(str, key))


def _can_be_compared(values: Sequence[object]) -> bool:
    return all(value is not None and (not isinstance(value, str) or is_text(value)) for value in values)


def _encoded(value: object) -> object:
    if isinstance(value, bytes):
        return {"bytes": value.hex()}
    return value if isinstance(value, str | int | float) else str(value)


def _decoded(value: Any) -> Any:  # noqa: ANN401  # text or a number, as it was
    return bytes.fromhex(value["bytes"]) if isinstance(value, dict) else value
