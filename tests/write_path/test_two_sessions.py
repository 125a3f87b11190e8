"""Two sessions that update one row at once lose nothing, on each kind of database."""

import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Unpack

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from app.videos.errors import MediaIdConflictError
from app.videos.models import Veo3VideoGeneration
from app.videos.new_values import Changes
from app.videos.repository import VideoGenerationRepository
from tests.support.rows import insert, stored

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
ANSWER_SECONDS = 0.3
"""A statement that nobody holds up is answered in less."""


def repository(session: Session) -> VideoGenerationRepository:
    """Return a repository whose clock stands still: every update falls into one millisecond."""
    return VideoGenerationRepository(session, clock=lambda: NOW)


def update(sessions: sessionmaker[Session], generation_id: str, **changes: Unpack[Changes]) -> None:
    """Update one row in a session and a transaction of its own."""
    with sessions.begin() as session:
        repository(session).update_status(generation_id, **changes)


def test_what_another_session_stored_since_the_row_was_read_stays(sessions: sessionmaker[Session]) -> None:
    """The row that this session holds is out of date; the update works on the row as it is."""
    insert(sessions, {"id": "a", "status": "processing"})
    with sessions.begin() as session:
        read_before = repository(session).get("a")
        update(sessions, "a", media_generation_id="CAUS1", status="completed")
        repository(session).update_status("a", video_url="https://video")
        seen = (read_before.media_generation_id, read_before.status)

    assert seen == ("CAUS1", "completed")
    assert stored(sessions, "status", "media_generation_id", "video_url", "completed_at") == [
        ("completed", "CAUS1", "https://video", NOW)
    ]


def test_an_id_that_the_backfill_fills_between_read_and_write_stays(sessions: sessionmaker[Session]) -> None:
    """Another one is refused, although this session has read a row without any."""
    insert(sessions, {"id": "a"})
    with sessions.begin() as session:
        read_before = repository(session).get("a")
        with sessions.begin() as backfill:
            backfill.execute(sa.update(Veo3VideoGeneration).values(media_generation_id="CAUSfilled", updated_at=NOW))
        with pytest.raises(MediaIdConflictError) as caught:
            repository(session).update_status("a", media_generation_id="CAUSother")

        known_now = read_before.media_generation_id

    assert (caught.value.known, caught.value.offered, known_now) == ("CAUSfilled", "CAUSother", "CAUSfilled")
    assert stored(sessions, "media_generation_id") == [("CAUSfilled",)]


def test_an_update_waits_for_the_open_one_and_then_adds_to_it(sessions: sessionmaker[Session]) -> None:
    """Real threads: the second starts while the first has not committed, and `updated_at` tells both apart."""
    insert(sessions, {"id": "a"})
    with ThreadPoolExecutor(1) as pool, sessions.begin() as first:
        repository(first).update_status("a", media_generation_id="CAUS1")
        with first_statement_sent() as sent:
            second = pool.submit(update, sessions, "a", status="completed", fife_url="https://fife")
            waited = still_waits(second, sent)
        first.commit()
        second.result(timeout=30)

    assert waited
    assert stored(sessions, "media_generation_id", "status", "fife_url", "updated_at") == [
        ("CAUS1", "completed", "https://fife", NOW.replace(microsecond=1_000))
    ]


def test_of_two_different_ids_at_once_the_first_is_kept_and_the_second_refused(
    sessions: sessionmaker[Session],
) -> None:
    """Also where both sessions began before either had committed."""
    insert(sessions, {"id": "a"})
    with ThreadPoolExecutor(1) as pool, sessions.begin() as first:
        repository(first).update_status("a", media_generation_id="CAUSfirst")
        with first_statement_sent() as sent:
            second = pool.submit(update, sessions, "a", media_generation_id="CAUSsecond", status="completed")
            waited = still_waits(second, sent)
        first.commit()
        refusal = second.exception(timeout=30)

    assert waited
    assert isinstance(refusal, MediaIdConflictError)
    assert (refusal.known, refusal.offered) == ("CAUSfirst", "CAUSsecond")
    assert stored(sessions, "media_generation_id", "status") == [("CAUSfirst", "pending")]


def test_many_updates_of_one_row_from_two_threads_all_count(sessions: sessionmaker[Session]) -> None:
    """Each adds its line to a text that it read under the lock; no line is missing in the end."""
    insert(sessions, {"id": "a", "error_message": ""})

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(add_line, [sessions] * 40, range(40), timeout=60))

    lines = stored(sessions, "error_message")[0][0].split()
    assert sorted(map(int, lines)) == list(range(40))


def add_line(sessions: sessionmaker[Session], number: int) -> None:
    """Read, change and write under the lock."""
    with sessions.begin() as session:
        generation = repository(session).lock("a")
        repository(session).change_locked(generation, error_message=f"{generation.error_message} {number}")


def test_two_sessions_with_the_same_rows_in_another_order_do_not_lock_each_other_out(
    sessions: sessionmaker[Session],
) -> None:
    """Rows are locked by id, whatever order they are asked for in."""
    rows = [{"id": f"{number:02}", "operation_name": f"o{number}"} for number in range(20)]
    insert(sessions, *reversed(rows))
    names = [f"o{number}" for number in range(20)]

    with ThreadPoolExecutor(2) as pool:
        locked = list(pool.map(lock_all, [sessions] * 20, [names, names[::-1]] * 10, timeout=60))

    assert locked == [[f"{number:02}" for number in range(20)]] * 20


def lock_all(sessions: sessionmaker[Session], names: Iterable[str]) -> list[str]:
    """Return the ids in the order in which they were locked."""
    with sessions.begin() as session:
        return [generation.id for generation in repository(session).lock_all([], names)]


@contextmanager
def first_statement_sent() -> Iterator[threading.Event]:
    """Yield what is set when a statement is sent to a database, by whomever: the first is the one that takes a lock."""
    sent = threading.Event()

    def note(*_arguments: object) -> None:
        sent.set()

    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    yield sent
    sa.event.remove(sa.Engine, "before_cursor_execute", note)


def still_waits(update_of_other: Future[None], sent: threading.Event) -> bool:
    """Say whether the other thread is held up, once it has asked for the lock."""
    assert sent.wait(30)
    return not wait([update_of_other], timeout=ANSWER_SECONDS).done
