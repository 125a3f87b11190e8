"""What a user would otherwise write, as programs: `python -m benchmarks.contestants NAME`, database in DATABASE_URL.

Each times itself from its first connection to its last commit, so without the start of Python, and prints JSON:
`{"seconds": …, "batch_seconds": […]}`. Every body of the benchmark holds one operation, so `operations[0]` is right.
"""

import json
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from benchmarks import server_side
from benchmarks.contestant_names import BATCHES, KNOWN, LIMIT, ORM, UPDATE
from benchmarks.data import timestamp

PAGE_ROWS = 1_000
BUSY_SECONDS = 30  # SQLite: how long to wait for the write lock


class Base(DeclarativeBase):
    """Base of the one mapped class."""


class Generation(Base):
    """The table as an application maps it, with plain types: the project's own model converts timestamps."""

    __tablename__ = "veo3_video_generations"

    id: Mapped[str] = mapped_column(primary_key=True)
    profile_id: Mapped[str]
    project_id: Mapped[str]
    scene_id: Mapped[str]
    operation_name: Mapped[str]
    prompt: Mapped[str]
    seed: Mapped[int]
    aspect_ratio: Mapped[str]
    status: Mapped[str]
    video_url: Mapped[str | None]
    video_path: Mapped[str | None]
    error_message: Mapped[str | None]
    raw_response: Mapped[str | None]
    created_at: Mapped[str]
    updated_at: Mapped[str]
    completed_at: Mapped[str | None]
    media_generation_id: Mapped[str | None]
    fife_url: Mapped[str | None]
    serving_base_uri: Mapped[str | None]


PENDING = sa.select(Generation).where(Generation.raw_response.is_not(None), Generation.media_generation_id.is_(None))


def orm(engine: sa.Engine) -> Iterator[None]:
    """Load a page of objects in the order of the primary key, set their attributes, commit, go on."""
    last_id = ""
    with Session(engine) as session:
        while page := session.scalars(
            PENDING.where(Generation.id > last_id).order_by(Generation.id).limit(PAGE_ROWS)
        ).all():
            last_id = page[-1].id
            fill(page)
            session.commit()
            yield


def limit(engine: sa.Engine) -> Iterator[None]:
    """Load any 1,000 rows that lack an id, commit, and go on until a round fills nothing.

    Rows that hold no id are loaded in every round: once there are 1,000 of them in front, the loop ends early.
    """
    filled = -1
    with Session(engine) as session:
        while filled:
            filled = fill(session.scalars(PENDING.limit(PAGE_ROWS)).all())
            session.commit()
            yield


def fill(page: Iterable[Generation]) -> int:
    """Set the ids of these objects, as far as their bodies hold one, and return how many that are."""
    filled = 0
    for generation in page:
        if found := find_id(json.loads(generation.raw_response or "null")):
            generation.media_generation_id = found
            generation.updated_at = timestamp(datetime.now(UTC))
            filled += 1
    return filled


def find_id(body: dict[str, Any]) -> str | None:
    """Return the id that a body names for its first operation."""
    operations = body.get("operations") or body.get("raw", {}).get("operations") or [{}]
    video = operations[0].get("operation", {}).get("metadata", {}).get("video", {})
    found: str | None = operations[0].get("mediaGenerationId") or video.get("mediaGenerationId")
    return found


CONTESTANTS: dict[str, Callable[[sa.Engine], Iterator[None]]] = {
    UPDATE: server_side.update,
    BATCHES: server_side.batches,
    KNOWN: server_side.known,
    ORM: orm,
    LIMIT: limit,
}


def create_engine(url: str) -> sa.Engine:
    """Return an engine; on SQLite it waits for other writers."""
    arguments = {"timeout": BUSY_SECONDS} if url.startswith("sqlite") else {}
    return sa.create_engine(url, connect_args=arguments)


def run(name: str, url: str) -> dict[str, Any]:
    """Run one contestant and return its times."""
    engine = create_engine(url)
    moments = [time.perf_counter(), *(time.perf_counter() for _ in CONTESTANTS[name](engine))]
    batches = [later - earlier for earlier, later in pairwise(moments)]
    engine.dispose()
    return {"seconds": moments[-1] - moments[0], "batch_seconds": batches}


if __name__ == "__main__":
    print(json.dumps(run(sys.argv[1], os.environ["DATABASE_URL"])))
