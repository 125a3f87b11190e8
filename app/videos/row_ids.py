"""Ids as the application's table stores them, its own and others': text or, adopted from PostgreSQL, uuid or a number.

A text that is no id of its column's kind would be an error of the database, and ends the transaction; here it is an id
that no row has.
"""

import re
import secrets
from collections.abc import Mapping
from typing import Final
from uuid import UUID, uuid4

import sqlalchemy as sa

TEXT, UUID_KIND = "text", "uuid"
LARGEST: Final[Mapping[str, int]] = {"smallint": 2**15 - 1, "integer": 2**31 - 1, "bigint": 2**63 - 1}
NUMBER: Final = re.compile(r"-?[0-9]+")


def as_stored(text: str, kind: str) -> str | None:
    """Return an id as the database writes it; None for a text that cannot be one of this kind."""
    if kind == UUID_KIND:
        return _uuid(text)
    if kind not in LARGEST:
        return text
    number = int(text) if NUMBER.fullmatch(text) and len(text) <= len(str(-LARGEST["bigint"])) else None
    return None if number is None or not -LARGEST[kind] - 1 <= number <= LARGEST[kind] else str(number)


def new_id(kind: str) -> str | sa.ColumnElement[str]:
    """Return a random id for a new row; a number is for the database to give, from the column's default."""
    if kind == UUID_KIND:
        return str(uuid4())
    return sa.literal_column("DEFAULT", sa.Text) if kind in LARGEST else secrets.token_hex(16)


def _uuid(text: str) -> str | None:
    try:
        return str(UUID(text))
    except ValueError:
        return None
