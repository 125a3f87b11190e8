"""The application's table as it is in the wild, and whole-table reads and writes for tests."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from app.database.engines import make_engine
from app.videos.native_types import NativeText
from benchmarks.data import rows as realistic_rows
from benchmarks.tables import INSERT
from tests.support.responses import StoredRow

TABLE = "veo3_video_generations"
REFERENCES = (
    "CREATE TABLE profiles (id TEXT PRIMARY KEY, name TEXT)",
    "INSERT INTO profiles VALUES ('profile', 'somebody')",
)
REQUIRED_TEXT = (
    "id TEXT PRIMARY KEY, profile_id TEXT NOT NULL, project_id TEXT NOT NULL, scene_id TEXT NOT NULL UNIQUE,"
    " operation_name TEXT NOT NULL, prompt TEXT NOT NULL, seed INTEGER NOT NULL, aspect_ratio TEXT NOT NULL,"
    " status TEXT NOT NULL CHECK (status IN ('pending', 'processing', 'completed', 'failed')),"
    " video_url TEXT, video_path TEXT, error_message TEXT, raw_response TEXT,"
    " created_at TEXT NOT NULL, updated_at TEXT NOT NULL, completed_at TEXT"
)
OPTIONAL_TEXT = (
    "id TEXT PRIMARY KEY, profile_id TEXT NOT NULL, project_id TEXT NOT NULL, scene_id TEXT {scene},"
    " operation_name TEXT, prompt TEXT, seed INTEGER, aspect_ratio TEXT, status TEXT {status}, {media}"
    " video_url TEXT, video_path TEXT, error_message TEXT, raw_response TEXT,"
    " created_at TEXT, updated_at TEXT, completed_at TEXT"
)
MEDIA = "media_generation_id TEXT, fife_url TEXT, serving_base_uri TEXT"
STATUS_CHECK = "CHECK (status IN ('pending', 'processing', 'completed', 'failed'))"
FOREIGN_KEY = "FOREIGN KEY (profile_id) REFERENCES profiles(id) ON DELETE CASCADE"
NEWER = "generation_type TEXT DEFAULT 'text-to-video', image_references TEXT"
VARIANTS = {
    "A": f"{REQUIRED_TEXT}, {MEDIA}, {FOREIGN_KEY}",
    "A-newer": f"{REQUIRED_TEXT}, {MEDIA}, {NEWER}, {FOREIGN_KEY}",
    "A0": f"{REQUIRED_TEXT}, {FOREIGN_KEY}",
    "C": f"{OPTIONAL_TEXT.format(scene='', status='', media=MEDIA + ',')}, {FOREIGN_KEY}",
    "D": f"{OPTIONAL_TEXT.format(scene='UNIQUE', status=STATUS_CHECK, media=MEDIA + ',')}, {FOREIGN_KEY}",
    "E": f"{OPTIONAL_TEXT.format(scene='', status='', media='')}, {FOREIGN_KEY}",
}
COLUMNS_OF_VARIANT_A = f"{REQUIRED_TEXT}, {MEDIA}".replace(" PRIMARY KEY", " NOT NULL").replace(" UNIQUE", "")
"""Without keys: where a table is partitioned or distributed they need other columns too."""
FOREIGN_TABLE = (
    "CREATE TABLE veo3_video_generations (id TEXT PRIMARY KEY, video_id TEXT NOT NULL UNIQUE, title TEXT NOT NULL,"
    " metadata TEXT, progress_percent INTEGER, status TEXT, created_at TEXT, updated_at TEXT)"
)
"""Variant B0: another table of the same name."""
INDEXED = ("profile_id", "project_id", "status", "scene_id")


def create_variant(url: str, variant: str) -> None:
    """Create the application's table in one of its variants, with its indexes and the table that it refers to."""
    indexes = [f"CREATE INDEX idx_veo3_generations_{name} ON {TABLE}({name})" for name in INDEXED]
    execute(url, *REFERENCES, f"CREATE TABLE {TABLE} ({VARIANTS[variant]})", *indexes)


def execute(url: str, *statements: str) -> None:
    """Run statements in one transaction."""
    with make_engine(url).begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def insert(url: str, rows: Sequence[StoredRow]) -> None:
    """Insert rows, with those of their columns that the table has."""
    known = column_names(url)
    values = [row.values() for row in rows]
    names = [name for name in values[0] if name in known]
    table = sa.table(TABLE, *(sa.column(name, None if name == "seed" else NativeText) for name in names))
    with make_engine(url).begin() as connection:
        connection.execute(sa.insert(table), [{name: value[name] for name in names} for value in values])


def column_names(url: str) -> set[str]:
    """Return the names of the table's columns as they are now."""
    return {column["name"] for column in sa.inspect(make_engine(url)).get_columns(TABLE)}


def insert_realistic(url: str, count: int) -> None:
    """Insert rows as long as real ones, 95 in a hundred of which can be filled."""
    with make_engine(url).begin() as connection:
        connection.execute(sa.text(INSERT), [vars(row) for row, _ in realistic_rows(count)])


def store_body(url: str, generation_id: str, body: str) -> None:
    """Replace one row's stored answer, as the application does."""
    table = sa.table(TABLE, sa.column("id"), sa.column("raw_response"))
    with make_engine(url).begin() as connection:
        connection.execute(sa.update(table).where(table.c.id == generation_id).values(raw_response=body))


def read_all(url: str, table: str = TABLE) -> dict[str, dict[str, Any]]:
    """Return the whole table by id."""
    with make_engine(url).connect() as connection:
        rows = connection.exec_driver_sql(f"SELECT * FROM {table}").mappings().all()
    return {str(row["id"]): dict(row) for row in rows}


def query(url: str, statement: str) -> list[tuple[Any, ...]]:
    """Return the rows of a statement."""
    with make_engine(url).connect() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(statement)]


def sqlite_path(url: str) -> Path:
    """Return the file of a SQLite URL."""
    return Path(url.removeprefix("sqlite:///"))
