"""The declarative base of the mapped classes."""

from datetime import datetime
from typing import Annotated, Any, ClassVar

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, mapped_column

from app.database.metadata import METADATA
from app.database.timestamps import IsoTimestamp


class Base(DeclarativeBase):
    """Base of the mapped classes; `str` is TEXT everywhere, as in the table in the wild."""

    metadata = METADATA
    type_annotation_map: ClassVar[dict[Any, Any]] = {str: sa.Text(), datetime: IsoTimestamp()}


TextKey = Annotated[str, mapped_column(sa.Text, primary_key=True)]
