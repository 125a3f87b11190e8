"""Nothing is searched for under a lock, and nothing locked that does not change: on each kind of database."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from app.database.engines import make_engine
from app.videos.errors import GenerationNotFoundError, GenerationSnapshotError, MediaIdConflictError
from app.videos.repository import VideoGenerationRepository
from app.videos.status_checker import Recorded, StatusChecker
from tests.support.answers import answer, operation
from tests.support.rows import insert, stored, stored_row
from tests.support.statements import before_first_lock, sent_by, takes_lock

SECONDS = 30
FINISHED = answer(operation("op1", media_id="CAUS1"), operation("op2", media_id="CAUS2"))


def checker(session: Session) -> StatusChecker:
    """Return a status checker in this session."""
    return StatusChecker(VideoGenerationRepository(session))


def record_batch(sessions: sessionmaker[Session], text: str, *ids: str) -> tuple[Recorded, ...]:
    """Record an answer in a transaction of its own."""
    with sessions.begin() as session:
        return checker(session).record_batch(text, *ids)


def update(sessions: sessionmaker[Session], **values: str | None) -> None:
    """Write to row a as another program does."""
    with sessions.begin() as session:
        assignments = ", ".join(f"{name} = :{name}" for name in values)
        session.execute(sa.text(f"UPDATE veo3_video_generations SET {assignments} WHERE id = 'a'"), values)


def other_sessions(sessions: sessionmaker[Session]) -> sessionmaker[Session]:
    """Return sessions of another engine on the same database."""
    return sessionmaker(make_engine(sessions.kw["bind"].url.render_as_string(hide_password=False)))


@pytest.fixture
def two_rows(sessions: sessionmaker[Session]) -> sessionmaker[Session]:
    """Rows a and b of the operations op1 and op2, with their ids."""
    insert(sessions, {"id": "a", "operation_name": "op1"}, {"id": "b", "operation_name": "op2"})
    record_batch(sessions, FINISHED)
    return sessions


@pytest.mark.parametrize("text", [FINISHED, answer(operation("op1", "ACTIVE")), "null", "<html>", '{"media":[]}'])
def test_an_answer_that_changes_nothing_waits_for_nobody(two_rows: sessionmaker[Session], text: str) -> None:
    """Another session holds the rows' lock, and on SQLite the only one, while it is recorded."""
    before = stored_row(two_rows, "a")

    with ThreadPoolExecutor(1) as pool, two_rows.begin() as holder:
        VideoGenerationRepository(holder).lock_all(["a", "b"], [])
        recorded = pool.submit(record_batch, other_sessions(two_rows), text, "a").result(timeout=3)

    assert [one.changed for one in recorded] == [False] * len(recorded)
    assert recorded
    assert stored_row(two_rows, "a") == before


def test_only_rows_that_change_are_locked(two_rows: sessionmaker[Session]) -> None:
    """Row a has the answer already, row c has not: a can be written by others until the transaction ends."""
    insert(two_rows, {"id": "c", "operation_name": "op3"})
    text = answer(operation("op1", media_id="CAUS1"), operation("op3", media_id="CAUS3"))
    sent = sent_by(two_rows)

    record_batch(two_rows, text)

    locking = [statement for statement in sent if takes_lock(statement)]
    assert len(locking) == 1
    assert stored(two_rows, "id", "media_generation_id") == [("a", "CAUS1"), ("b", "CAUS2"), ("c", "CAUS3")]


def test_nothing_is_searched_for_by_name_once_the_lock_is_held(sessions: sessionmaker[Session]) -> None:
    """From the first locking statement on, rows are found by their key alone."""
    insert(sessions, {"id": "a", "operation_name": "op1"}, {"id": "b", "operation_name": "op2"})
    sent = sent_by(sessions)

    record_batch(sessions, FINISHED)

    first = next(number for number, statement in enumerate(sent) if takes_lock(statement))
    conditions = [statement.partition("WHERE")[2] for statement in sent]
    assert [number for number, condition in enumerate(conditions) if "operation_name" in condition] == [0]
    assert first > 0


@pytest.mark.parametrize("index", [True, False])
def test_names_are_found_by_the_index_where_there_is_one(sqlite_database: str, index: bool) -> None:  # noqa: FBT001
    """A new table has it; an adopted one is read from end to end, before anything is locked."""
    sessions = sessionmaker(make_engine(sqlite_database))
    with sessions.begin() as session:
        session.execute(sa.text("SELECT 1" if index else "DROP INDEX idx_veo3_generations_operation_name"))
    sent = sent_by(sessions)
    record_batch(sessions, FINISHED)

    with sessions() as session:
        plan = session.execute(sa.text(f"EXPLAIN QUERY PLAN {sent[0].replace('?, ?', ':a, :b')}"), {"a": "", "b": ""})
        words = " ".join(row[3] for row in plan)

    assert ("USING INDEX idx_veo3_generations_operation_name" in words, "SCAN" in words) == (index, not index)


def test_what_somebody_else_stores_between_look_and_lock_is_seen(sessions: sessionmaker[Session]) -> None:
    """The row is judged again as it is once it is locked: URL and status of the other stay."""
    insert(sessions, {"id": "a", "operation_name": "op1"})
    others = other_sessions(sessions)
    before_first_lock(
        sessions, lambda: update(others, video_path="/a.mp4", status="completed", completed_at="2026-01-01T00:00:00Z")
    )

    recorded = record_batch(sessions, answer(operation("op1", "ACTIVE")))

    assert [(one.status, one.changed) for one in recorded] == [("completed", True)]
    assert stored(sessions, "status", "video_path", "raw_response") == [
        ("completed", "/a.mp4", answer(operation("op1", "ACTIVE")))
    ]


def test_an_id_that_comes_between_look_and_lock_is_kept_and_another_refused(sessions: sessionmaker[Session]) -> None:
    """The backfill's, for example."""
    insert(sessions, {"id": "a", "operation_name": "op1"})
    others = other_sessions(sessions)
    before_first_lock(sessions, lambda: update(others, media_generation_id="CAUSother"))

    with sessions.begin() as session, pytest.raises(MediaIdConflictError) as caught:
        checker(session).record("a", FINISHED)

    assert (caught.value.known, caught.value.offered) == ("CAUSother", "CAUS1")
    assert stored(sessions, "media_generation_id", "raw_response", "status") == [("CAUSother", None, "pending")]


def test_a_row_renamed_between_look_and_lock_gets_no_other_videos_id(sessions: sessionmaker[Session]) -> None:
    """Its new name is not in the answer."""
    insert(sessions, {"id": "a", "operation_name": "op1"})
    others = other_sessions(sessions)
    before_first_lock(sessions, lambda: update(others, operation_name="op9"))

    recorded = record_batch(sessions, FINISHED)

    assert [one.changed for one in recorded] == [False]
    assert stored(sessions, "operation_name", "media_generation_id") == [("op9", None)]


@pytest.mark.parametrize("how", ["batch", "single"])
def test_a_row_deleted_between_look_and_lock_is_left_out_or_named(sessions: sessionmaker[Session], how: str) -> None:
    """It is not written again."""
    insert(sessions, {"id": "a", "operation_name": "op1"})
    others = other_sessions(sessions)

    def delete() -> None:
        with others.begin() as session:
            VideoGenerationRepository(session).delete("a")

    before_first_lock(sessions, delete)
    outcome = outcome_of(lambda: record_batch(sessions, FINISHED) if how == "batch" else record_one(sessions))

    assert outcome == (() if how == "batch" else GenerationNotFoundError)
    assert stored(sessions, "id") == []


def record_one(sessions: sessionmaker[Session]) -> Recorded:
    """Record the answer in row a alone."""
    with sessions.begin() as session:
        return checker(session).record("a", FINISHED)


def outcome_of(act: Callable[[], object]) -> object:
    """Return what an act returns, or the class of what it raises."""
    try:
        return act()
    except GenerationNotFoundError as error:
        return type(error)


def test_an_answer_that_names_more_operations_than_a_statement_can_hold(sessions: sessionmaker[Session]) -> None:
    """70,000 names: found, in several statements, and recorded."""
    insert(sessions, *({"id": f"r{number}", "operation_name": f"op{number}"} for number in (1, 69_999)))
    text = json.dumps({"operations": [operation(f"op{number}", media_id=f"CAUS{number}") for number in range(70_000)]})

    recorded = record_batch(sessions, text)

    assert [one.generation_id for one in recorded] == ["r1", "r69999"]
    assert stored(sessions, "id", "media_generation_id") == [("r1", "CAUS1"), ("r69999", "CAUS69999")]


def test_twelve_threads_that_record_nothing_new_never_meet_a_lock(two_rows: sessionmaker[Session]) -> None:
    """On a table without the index, while a writer holds SQLite's lock for the whole time."""
    with two_rows.begin() as session:
        session.execute(sa.text("DROP INDEX idx_veo3_generations_operation_name"))
    insert(two_rows, *({"id": f"x{number}", "operation_name": f"o{number}"} for number in range(2_000)))

    with ThreadPoolExecutor(12) as pool, two_rows.begin() as holder:
        VideoGenerationRepository(holder).lock_all(["a", "b"], [])
        runs = [pool.submit(record_batch, two_rows, FINISHED) for _ in range(24)]
        changed = [one.changed for run in runs for one in run.result(timeout=SECONDS)]

    assert changed == [False] * 48


def begin_by_hand(url: str) -> sessionmaker[Session]:
    """Return sessions on an engine with SQLAlchemy's recipe for SQLite: it begins each transaction itself."""
    engine = make_engine(url)
    sa.event.listen(engine, "connect", lambda connection, _: setattr(connection, "isolation_level", None))
    sa.event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
    return sessionmaker(engine)


def journal(url: str, mode: str) -> None:
    """Set the file's journal mode."""
    with make_engine(url).connect() as connection:
        connection.exec_driver_sql(f"PRAGMA journal_mode={mode}")


@pytest.mark.parametrize("mode", ["WAL", "DELETE"])
def test_with_the_begin_recipe_no_answer_is_lost_to_a_lock(sqlite_database: str, mode: str) -> None:
    """Eight threads write to one row; each takes the lock before it reads, so that none is refused it."""
    journal(sqlite_database, mode)
    sessions = begin_by_hand(sqlite_database)
    insert(sessions, *({"id": f"r{number}", "operation_name": f"op{number}"} for number in range(8)))

    with ThreadPoolExecutor(8) as pool:
        texts = [answer(operation(f"op{number}", media_id=f"CAUS{number}")) for number in range(8)] * 5
        list(pool.map(record_batch, [sessions] * 40, texts))

    assert [row[0] for row in stored(sessions, "media_generation_id")] == [f"CAUS{number}" for number in range(8)]


def test_with_the_begin_recipe_a_transaction_that_read_too_early_is_told_what_to_do(sqlite_database: str) -> None:
    """SQLite lets it write no more once somebody else wrote: one line, and nothing of it is stored."""
    journal(sqlite_database, "WAL")
    sessions = begin_by_hand(sqlite_database)
    insert(sessions, {"id": "a", "operation_name": "op1"})

    with sessions() as session:
        VideoGenerationRepository(session).get("a")
        update(other_sessions(sessions), video_path="/a.mp4")
        with pytest.raises(GenerationSnapshotError, match="roll back"):
            VideoGenerationRepository(session).update_status("a", status="failed")

    assert stored(sessions, "status", "video_path") == [("pending", "/a.mp4")]


def test_the_callers_own_new_row_is_found_by_its_name_before_it_is_committed(sessions: sessionmaker[Session]) -> None:
    """What is looked for without a lock is looked for in the caller's own transaction."""
    with sessions.begin() as session:
        created = VideoGenerationRepository(session).create("p", "j", operation_name="op1").id
        recorded = checker(session).record_batch(FINISHED)

    assert [(one.generation_id, one.changed) for one in recorded] == [(created, True)]
    assert stored(sessions, "media_generation_id") == [("CAUS1",)]
