"""The application's table with PostgreSQL's own types, partitioned or not, and rows for it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final
from uuid import UUID

from tests.support.responses import StoredRow, make_rows, responses
from tests.support.tables import FOREIGN_KEY, INDEXED, REFERENCES, TABLE, execute

TYPES: Final = (
    "CREATE TYPE generation_status AS ENUM ('pending', 'processing', 'completed', 'failed')",
    "CREATE DOMAIN moment AS timestamp(3) without time zone",
    "CREATE DOMAIN answer AS json CHECK (json_typeof(value) <> 'boolean')",
    "CREATE DOMAIN media_id AS varchar(255)",
    "CREATE DOMAIN named_media_id AS media_id",
)
COLUMNS: Final = {
    "N1": (
        "id uuid, profile_id TEXT NOT NULL, project_id TEXT NOT NULL, scene_id varchar(100), operation_name TEXT,"
        " prompt TEXT, seed INTEGER, aspect_ratio TEXT, status generation_status NOT NULL,"
        " media_generation_id named_media_id, fife_url TEXT, serving_base_uri TEXT, video_url TEXT, video_path TEXT,"
        " error_message TEXT, raw_response jsonb, created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL,"
        " completed_at timestamptz"
    ),
    "N2": (
        "id bigint DEFAULT nextval('ids'), profile_id TEXT NOT NULL, project_id TEXT NOT NULL, scene_id TEXT,"
        " operation_name varchar(200), prompt TEXT, seed INTEGER, aspect_ratio TEXT, status varchar(20) NOT NULL,"
        " video_url TEXT, video_path TEXT, error_message TEXT, raw_response answer,"
        " created_at timestamp NOT NULL, updated_at moment NOT NULL, completed_at moment"
    ),
}
"""N1: uuid, jsonb, timestamptz, an enum, and a domain over a domain. N2: bigint, and domains over json and timestamp;
like variant E it lacks the media columns."""
WHOLE: Final = "PRIMARY KEY (id)"
LAYOUTS: Final = {
    "one table": (f"{WHOLE})", ()),
    "by id": (
        f"{WHOLE}) PARTITION BY HASH (id)",
        [f"CREATE TABLE h{n} PARTITION OF {TABLE} FOR VALUES WITH (MODULUS 3, REMAINDER {n})" for n in range(3)],
    ),
    "by creation": (
        "PRIMARY KEY (id, created_at)) PARTITION BY RANGE (created_at)",
        [f"CREATE TABLE late PARTITION OF {TABLE} DEFAULT"],
    ),
    "by update": (
        "PRIMARY KEY (id, updated_at)) PARTITION BY RANGE (updated_at)",
        [
            f"CREATE TABLE old PARTITION OF {TABLE} FOR VALUES FROM ('2025-01-01') TO ('2026-01-01')",
            f"CREATE TABLE late PARTITION OF {TABLE} DEFAULT",
        ],
    ),
    "no key": ("UNIQUE (id))", ()),
}
"""What stands after the columns, and the statements that make the partitions."""
STORABLE: Final = tuple(response for response in responses() if response.reason != "invalid_json")
"""What a column of json or jsonb can hold."""


def create_native(url: str, variant: str, layout: str = "one table") -> None:
    """Create the table, with the table that it refers to."""
    end, partitions = LAYOUTS[layout]
    table = f"CREATE TABLE {TABLE} ({COLUMNS[variant]}, {FOREIGN_KEY}, {end}"
    indexes = [f"CREATE INDEX idx_veo3_generations_{name} ON {TABLE}({name})" for name in INDEXED]
    execute(url, *REFERENCES, *TYPES, "CREATE SEQUENCE ids START 1000000", table, *partitions, *indexes)


def native_rows(variant: str, number: int) -> Sequence[StoredRow]:
    """Return rows of every kind that the table can hold, with ids as the database writes them."""
    rows = make_rows(number, STORABLE)
    if variant == "N1":
        return [replace(row, id=str(UUID(row.id))) for row in rows]
    return [replace(row, id=str(key)) for key, row in enumerate(rows, start=1)]
