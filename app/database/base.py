"""The declarative base of the mapped classes, and the names of constraints."""

from datetime import datetime
from typing import Annotated, Any, ClassVar

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, mapped_column

from app.database.timestamps import IsoTimestamp

NAMING_CONVENTION = {
    "pk": "pk_%(table_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
}
"""No `uq`: with a name for UNIQUE constraints, Alembic would report the unnamed ones of adopted tables as
differences."""


class Base(DeclarativeBase):
    """Base of the mapped classes; `str` is TEXT everywhere, as in the table in the wild."""

    metadata = sa.MetaData(naming_convention=NAMING_CONVENTION)
    type_annotation_map: ClassVar[dict[Any, Any]] = {str: sa.Text(), datetime: IsoTimestamp()}


TextKey = Annotated[str, mapped_column(sa.Text, primary_key=True)]
