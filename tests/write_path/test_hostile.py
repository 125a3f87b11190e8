"""Everybody writes at once: answers, updates, claims, the backfill, another program. What is known stays."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from random import Random

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from app.database.engines import make_engine
from app.media_ids.extraction import Found, extract
from app.videos.errors import MediaIdConflictError
from app.videos.repository import VideoGenerationRepository
from app.videos.status_checker import StatusChecker
from tests.support.answers import answer, operation
from tests.support.media import media, medium
from tests.support.processes import media_gen_ids
from tests.support.rows import insert, stored

ROWS = 8
STEPS = 60
WRITERS = 6
WATCHED = ("id", "status", "media_generation_id", "video_url", "raw_response", "completed_at", "operation_name")


def finished(*numbers: int, other: str = "") -> str:
    """Return an answer in which these videos are there, with their ids, or another one's."""
    made = (
        operation(f"op{number}", media_id=f"CAUS{number}{other}", fife_url=f"https://{number}") for number in numbers
    )
    return answer(*made)


def answers(random: Random) -> str:
    """Return some answer about some rows, in no order."""
    numbers = random.sample(range(ROWS), 4)
    unfinished = answer(*(operation(f"op{number}", "ACTIVE") for number in numbers))
    failed = answer(*(operation(f"op{number}", "FAILED", error={"message": "late"}) for number in numbers))
    without_id = answer(*(operation(f"op{number}") for number in numbers))
    by_media = media(*(medium(f"op{number}", random.choice(["ACTIVE", "FAILED", "SUCCESSFUL"])) for number in numbers))
    wrong = finished(*numbers, other="wrong")
    return random.choice([finished(*numbers), unfinished, failed, without_id, by_media, wrong, "<html>", "null"])


def write(sessions: sessionmaker[Session], seed: int) -> int:
    """Write again and again, each time in a transaction of its own; return how often an id was refused."""
    random, refused = Random(seed), 0
    for _ in range(STEPS):
        number = random.randrange(ROWS)
        try:
            with sessions.begin() as session:
                write_once(session, random, number)
        except MediaIdConflictError:
            refused += 1
    return refused


def write_once(session: Session, random: Random, number: int) -> None:
    """Write to a row, or several, in one of the ways that there are."""
    generations = VideoGenerationRepository(session)
    match random.randrange(6):
        case 0 | 1:
            StatusChecker(generations).record_batch(answers(random), f"r{number}")
        case 2:
            generations.update_status(f"r{number}", status="failed", error_message="late")
        case 3:
            generations.update_status(f"r{number}", raw_response=answers(random), video_url=f"https://v{number}")
        case 4:
            generations.claim_due(3, timedelta(0))
        case _:
            touch = sa.text("UPDATE veo3_video_generations SET prompt = :seen WHERE id = :id")
            session.execute(touch, {"seen": str(random.random()), "id": f"r{number}"})


class Watch:
    """Looks at the table again and again, and remembers what was lost."""

    def __init__(self, sessions: sessionmaker[Session]) -> None:
        """Take the sessions to look through."""
        self.lost: list[str] = []
        self._sessions = sessions
        self._known: dict[tuple[str, str], object] = {}

    def look(self) -> None:
        """Compare the rows with all that was ever seen of them."""
        for row in stored(self._sessions, *WATCHED):
            for name, value in facts(dict(zip(WATCHED, row, strict=True))).items():
                known = self._known.get((row[0], name))
                if known and known != value and not (name == "has url" and value):
                    self.lost.append(f"{row[0]}: {name} was {known}, and is {value}")
                self._known[row[0], name] = value or known


def facts(row: dict[str, str]) -> dict[str, object]:
    """Return what never changes again once it is there."""
    outcome = extract(row["raw_response"] or "", row["operation_name"], None)
    return {
        "id": row["media_generation_id"],
        "id in body": outcome.media_generation_id if isinstance(outcome, Found) else None,
        "has url": bool(row["video_url"]),
        "completed": row["status"] == "completed",
        "completed at": row["completed_at"],
    }


@contextmanager
def watched(sessions: sessionmaker[Session]) -> Iterator[Watch]:
    """Look at the table from a thread of its own while the block runs, and once more after it."""
    watch, stop = Watch(sessions), threading.Event()

    def run() -> None:
        while not stop.is_set():
            watch.look()

    with ThreadPoolExecutor(1) as pool:
        watching = pool.submit(run)
        try:
            yield watch
        finally:
            stop.set()
        watching.result(timeout=60)
    watch.look()


@pytest.mark.parametrize("mode", ["driver", "recipe"])
def test_nothing_that_is_known_is_ever_lost(database: str, mode: str) -> None:
    """Six writers and the backfill on eight rows; no deadlock, no lock error, no id replaced, nothing undone."""
    engine = make_engine(database)
    if mode == "recipe" and engine.dialect.name == "sqlite":
        sa.event.listen(engine, "connect", lambda connection, _: setattr(connection, "isolation_level", None))
        sa.event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
    sessions = sessionmaker(engine)
    insert(sessions, *({"id": f"r{number}", "operation_name": f"op{number}"} for number in range(ROWS)))

    with watched(sessionmaker(make_engine(database))) as watch, ThreadPoolExecutor(WRITERS + 1) as pool:
        writers = [pool.submit(write, sessions, seed) for seed in range(WRITERS)]
        backfill = pool.submit(media_gen_ids, "sync", url=database)
        refused = [writer.result(timeout=120) for writer in writers]

    assert watch.lost == []
    assert backfill.result(timeout=120).returncode in {0, 1}
    assert len(refused) == WRITERS
    ids = stored(sessions, "operation_name", "media_generation_id")
    assert [row for row in ids if row[1] and not row[1].startswith(row[0].replace("op", "CAUS"))] == []
