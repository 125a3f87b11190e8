"""Row ids as the table stores them: text or, in adopted PostgreSQL tables, uuid or an integer.

PostgreSQL refuses a text that is no uuid or integer, and ends the transaction; here such a text is an id that no row
has.
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
    """Return a random id for a new row; for a column of integers, SQL's DEFAULT: the database gives the number."""
    if kind == UUID_KIND:
        return str(uuid4())
    return sa.literal_column("DEFAULT", sa.Text) if kind in LARGEST else secrets.token_hex(16)


def _uuid(text: str) -> str | None:
    try:
        return str(UUID(text))
    except ValueError:
        return None
