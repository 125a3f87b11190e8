"""Tables as their owners have them: any definition, and rows that are known by their `seed`."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from app.database.engines import make_engine
from app.media_ids.extraction import Found, extract
from app.videos.native_types import NativeText
from tests.support.tables import TABLE

OLD = "2026-01-02T03:04:05.678Z"
TEXT_COLUMNS = (
    *("id", "profile_id", "project_id", "scene_id", "operation_name", "prompt", "aspect_ratio", "status"),
    *("media_generation_id", "fife_url", "serving_base_uri", "video_url", "video_path", "error_message"),
    *("raw_response", "created_at", "updated_at", "completed_at"),
)
FAILURES = "media_generation_id_backfill_failures"
RUNS = "media_generation_id_backfill_runs"


def definition(*more: str, **types: str) -> str:
    """Return what stands in the parentheses of CREATE TABLE: all columns, TEXT unless told otherwise, then `more`."""
    columns = [f"{name} {types.get(name, 'TEXT')}" for name in TEXT_COLUMNS]
    return ", ".join([*columns, "seed INTEGER", *more])


def create(*more: str, name: str = TABLE, **types: str) -> str:
    """Return the statement that creates the table."""
    return f"CREATE TABLE {name} ({definition(*more, **types)})"


@dataclass(frozen=True, kw_only=True)
class AnyRow:
    """A row; `seed` is its number in the test, and unique."""

    seed: int
    id: Any
    operation_name: str | None
    raw_response: Any
    media_generation_id: str | None = None

    @property
    def expected(self) -> str | None:
        """The id that the row must have in the end."""
        if self.media_generation_id is not None and self.media_generation_id.strip():
            return self.media_generation_id
        if self.raw_response is None:
            return self.media_generation_id
        outcome = extract(self.raw_response, self.operation_name, None)
        return outcome.media_generation_id if isinstance(outcome, Found) else self.media_generation_id


def body(seed: int) -> str:
    """Return an answer that holds the id of a row: plain for two rows of three, else only for extract() to read."""
    operation = {
        "operation": {"name": f"op-{seed}", "metadata": {"video": {"mediaGenerationId": f"CAUS{seed:06}"}}},
        "status": "MEDIA_GENERATION_STATUS_SUCCESSFUL",
    }
    other = {"operation": {"name": "another"}}
    return json.dumps({"operations": [other, operation] if seed % 3 == 0 else [operation]})


def unfinished(seed: int) -> str:
    """Return an answer that holds no id yet."""
    operation = {"operation": {"name": f"op-{seed}"}, "status": "MEDIA_GENERATION_STATUS_ACTIVE"}
    return json.dumps({"operations": [operation]})


def row(seed: int, **values: Any) -> AnyRow:  # noqa: ANN401  # whatever a column holds
    """Return a row that can be filled, unless its values say otherwise."""
    usual: Mapping[str, Any] = {"id": f"row-{seed}", "operation_name": f"op-{seed}", "raw_response": body(seed)}
    return AnyRow(seed=seed, **{**usual, **values})


def store(url: str, rows: Iterable[AnyRow], table: str = TABLE) -> None:
    """Insert rows in one transaction: on PostgreSQL all have one writer."""
    names = ("seed", "id", "operation_name", "raw_response", "media_generation_id")
    values = [
        {name: getattr(row, name) for name in names}
        | dict.fromkeys(("profile_id", "project_id"), "some")
        | {"status": "completed", "created_at": OLD, "updated_at": OLD}
        for row in rows
    ]
    target = sa.table(table, *(sa.column(name, None if name == "seed" else NativeText) for name in values[0]))
    with make_engine(url).begin() as connection:
        connection.execute(sa.insert(target), values)


def stored(url: str, table: str = TABLE) -> dict[int, str | None]:
    """Return the media generation id of each row by its seed."""
    columns = sa.column("seed", sa.Integer), sa.column("media_generation_id", sa.Text)
    with make_engine(url).connect() as connection:
        rows = connection.execute(sa.select(*columns).select_from(sa.text(table))).all()
    assert len({row.seed for row in rows}) == len(rows)
    return {row.seed: row.media_generation_id for row in rows}


def touched(url: str) -> set[int]:
    """Return the seeds of the rows whose timestamp is another than it was."""
    with make_engine(url).connect() as connection:
        changed = connection.exec_driver_sql(f"SELECT seed FROM {TABLE} WHERE updated_at <> '{OLD}'")
        return set(changed.scalars())


def expected(rows: Iterable[AnyRow]) -> dict[int, str | None]:
    """Return what `stored` must be."""
    return {row.seed: row.expected for row in rows}
