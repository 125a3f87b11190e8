"""The tables of this project: their names, and the metadata that is filled when their mapped classes are imported.

Who needs no more than these names does not import SQLAlchemy's ORM, which takes its time.
"""

from typing import Final

import sqlalchemy as sa

VIDEOS: Final = "veo3_video_generations"
RUNS: Final = "media_generation_id_backfill_runs"
FAILURES: Final = "media_generation_id_backfill_failures"
OUR_TABLES: Final = frozenset({VIDEOS, RUNS, FAILURES})
METADATA: Final = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)
"""Its convention has no `uq`: with a name for UNIQUE constraints, Alembic would report the unnamed ones of adopted
tables as differences."""
