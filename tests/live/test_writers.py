"""The application writes through the whole run: none of its writes is lost or fails, and it does not wait long."""

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest

from app.media_ids.extraction import Found, extract
from tests.conftest import Databases
from tests.support.plain_rows import count_filled, filled_ids, insert_plain, recoverable_numbers
from tests.support.processes import run_upgrade, start_sync
from tests.support.tables import execute, read_all, sqlite_path
from tests.support.writers import Writer, Written

ROWS = 30_000
SECONDS = 3.0
"""How long the writer writes alone, for comparison."""


@pytest.fixture(params=["sqlite", "postgresql-18"])
def written_to(request: pytest.FixtureRequest, databases_of_kind: dict[str, Databases]) -> str:
    """A database with many pending rows, its SQLite file in WAL mode as the application's."""
    url = databases_of_kind[request.param].upgraded()
    return with_rows(url)


def with_rows(url: str) -> str:
    """Fill a database with pending rows."""
    if url.startswith("sqlite"):
        execute(url, "PRAGMA journal_mode=WAL")
    insert_plain(url, ROWS)
    execute(url, "CREATE INDEX writer ON veo3_video_generations (operation_name)")
    return url


def by_operation(url: str) -> dict[str, dict[str, Any]]:
    """Return the whole table by operation."""
    return {row["operation_name"]: row for row in read_all(url).values()}


def lost_writes(written: Written, rows: dict[str, dict[str, Any]]) -> list[str]:
    """Return the operations whose row does not hold what the writer wrote to it last."""
    lost = [name for name, prompt in written.prompts.items() if rows[name]["prompt"] != prompt]
    lost += [name for name, body in written.bodies.items() if rows[name]["raw_response"] != body]
    return lost + [
        name
        for name, media_id in written.media_ids.items()
        if rows[name]["media_generation_id"] != media_id and not (media_id is None and is_from_body(rows[name]))
    ]


def is_from_body(row: dict[str, Any]) -> bool:
    """Tell whether a row's id is the one in the answer that it holds now, and no older one."""
    outcome = extract(row["raw_response"], row["operation_name"], row["scene_id"])
    return isinstance(outcome, Found) and outcome.media_generation_id == row["media_generation_id"]


def write_alone(url: str) -> Written:
    """Let the writer write while nothing else happens."""
    with Writer(url, recoverable_numbers(ROWS)) as writer:
        time.sleep(SECONDS)
    return writer.written


def write_during_sync(url: str, *, busy_seconds: float = 5.0) -> tuple[Written, int, float]:
    """Let the writer write from before a run's start to its end; return what it did, the exit code and the time."""
    with Writer(url, recoverable_numbers(ROWS), busy_seconds=busy_seconds) as writer:
        started = time.monotonic()
        ended = start_sync(url).finish()
        seconds = time.monotonic() - started
    return writer.written, ended.code, seconds


def test_no_write_of_the_application_is_lost_fails_or_is_overwritten(
    written_to: str, measured: Callable[[str], None]
) -> None:
    """It changes prompts, writes ids of its own, and stores newer answers with the id set to NULL."""
    alone = write_alone(written_to)
    during, code, seconds = write_during_sync(written_to)

    rows = by_operation(written_to)
    measured(
        f"{written_to.partition(':')[0]}: writer's p99 {during.p99_milliseconds:.1f} ms during the backfill"
        f" ({len(during.seconds)} writes in {seconds:.1f} s), {alone.p99_milliseconds:.1f} ms alone"
    )
    assert (code, during.refused, during.failed) == (1, 0, [])
    assert lost_writes(during, rows) == []
    assert min(len(during.prompts), len(during.media_ids), len(during.bodies)) > 20
    assert start_sync(written_to).finish().code == 1
    assert set(recoverable_numbers(ROWS)) - filled_ids(written_to).keys() == set()


def test_writer_without_a_busy_timeout_is_refused_less_often_than_by_one_unbounded_update(
    sqlite: Databases, measured: Callable[[str], None]
) -> None:
    """Reported, not judged: the application that owns the file has no busy timeout."""
    ours, theirs = with_rows(sqlite.upgraded()), with_rows(sqlite.upgraded())
    execute(theirs, "UPDATE alembic_version SET version_num = 'media_ids_0002'")
    script = run_upgrade(theirs, "media_ids_0002:head", "--sql").out

    during, code, seconds = write_during_sync(ours, busy_seconds=0)
    with Writer(theirs, recoverable_numbers(ROWS), busy_seconds=0) as writer:
        started = time.monotonic()
        with closing(sqlite3.connect(sqlite_path(theirs))) as session:
            session.executescript(script)
        unbounded_seconds = time.monotonic() - started

    measured(
        f"sqlite without busy timeout: {during.refused} of {during.refused + len(during.seconds)} writes refused"
        f" during the backfill ({seconds:.1f} s), {writer.written.refused} of"
        f" {writer.written.refused + len(writer.written.seconds)} during one unbounded UPDATE"
        f" ({unbounded_seconds:.1f} s)"
    )
    assert (code, during.failed, lost_writes(during, by_operation(ours))) == (1, [], [])
    assert count_filled(ours) > 0
