"""The write path inside somebody else's application: its sessions, its engine, its rows, its errors."""

import asyncio
import importlib.resources
import logging
import traceback
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Session, scoped_session, sessionmaker

from app.database.engines import make_engine
from app.videos.errors import RowRefusedError
from app.videos.models import Veo3VideoGeneration
from app.videos.pages import GenerationFilter
from app.videos.repository import VideoGenerationRepository
from app.videos.status_checker import StatusChecker, refresh
from tests.support.answers import answer, operation
from tests.support.asynchronous import asynchronous_sessions
from tests.support.rows import insert, stored

FINISHED = answer(operation(media_id="CAUS1", fife_url="https://signed.example/video?Signature=secret"))
TABLE = "veo3_video_generations"
PROMPT = "a secret prompt"


def test_the_package_is_typed() -> None:
    """Type checkers of applications read the annotations only with this file."""
    assert importlib.resources.files("app").joinpath("py.typed").is_file()


def test_an_asynchronous_session_does_it_all_through_run_sync(database: str) -> None:
    """Create, claim, record, update and page, each within one call; nothing is left for the event loop to load."""

    def work(session: Session) -> list[tuple[str, str | None, str]]:
        generations = VideoGenerationRepository(session)
        created = generations.create("p", "j", operation_name="op1").id
        StatusChecker(generations).record_batch(FINISHED)
        generations.update_status(created, video_path="/1.mp4")
        return [(one.status, one.video_path, one.raw_response or "") for one in generations.list_page().generations]

    async def run() -> list[tuple[str, str | None, str]]:
        async with asynchronous_sessions(database) as sessions, sessions.begin() as session:
            return await session.run_sync(work)

    assert asyncio.run(run()) == [("completed", "/1.mp4", FINISHED)]


def test_many_tasks_record_and_claim_at_once(database: str) -> None:
    """Each in a transaction of its own; no row is lost or claimed twice."""
    sessions = sessionmaker(make_engine(database))
    insert(sessions, *({"id": f"r{number}", "operation_name": f"op{number}"} for number in range(8)))
    texts = [answer(operation(f"op{number}", media_id=f"CAUS{number}")) for number in range(4)]

    async def run() -> list[tuple[str, ...]]:
        async with asynchronous_sessions(database) as asynchronous:
            await asyncio.gather(*(record(asynchronous, text) for text in texts * 3))
            return await asyncio.gather(*(claim(asynchronous) for _ in range(4)))

    claimed = asyncio.run(run())

    assert sorted(name for names in claimed for name in names) == ["r4", "r5", "r6", "r7"]
    assert [row[0] for row in stored(sessions, "media_generation_id")] == ["CAUS0", "CAUS1", "CAUS2", "CAUS3"] + [
        None
    ] * 4


async def record(sessions: async_sessionmaker[AsyncSession], text: str) -> None:
    """Record an answer in a transaction of its own."""
    async with sessions.begin() as session:
        await session.run_sync(lambda one: StatusChecker(VideoGenerationRepository(one)).record_batch(text))


async def claim(sessions: async_sessionmaker[AsyncSession]) -> tuple[str, ...]:
    """Claim two rows in a transaction of its own."""
    async with sessions.begin() as session:
        due = await session.run_sync(lambda one: VideoGenerationRepository(one).claim_due(2, timedelta(seconds=30)))
    return tuple(one.id for one in due)


@pytest.mark.parametrize("wrong", [AsyncSession(), object(), None])
def test_a_session_that_is_none_is_refused_in_one_line(wrong: object) -> None:
    """An asynchronous one with what to write instead."""
    with pytest.raises(TypeError, match="run_sync" if wrong and hasattr(wrong, "run_sync") else "Session is needed"):
        VideoGenerationRepository(wrong)  # type: ignore[arg-type]


def test_refresh_refuses_asynchronous_sessions_in_one_line() -> None:
    """It points to the recipe."""
    sessions = async_sessionmaker(create_async_engine("sqlite+aiosqlite://"))

    with pytest.raises(TypeError, match="sessionmaker is needed, not async_sessionmaker"):
        refresh(sessions, None, "a")  # type: ignore[arg-type]


def test_a_scoped_session_does_as_well(database: str) -> None:
    """As web frameworks hand them out."""
    sessions = scoped_session(sessionmaker(make_engine(database)))

    created = VideoGenerationRepository(sessions).create("p", "j").id  # type: ignore[arg-type]  # a proxy of one
    sessions.commit()
    sessions.remove()

    assert stored(sessionmaker(make_engine(database)), "id") == [(created,)]


def test_sessions_of_several_databases_find_the_right_one(database: str) -> None:
    """The session has no engine by itself, one for our class and one, of a database without tables, for the rest."""
    elsewhere = make_engine("sqlite://")

    class Other(DeclarativeBase):
        """The application's own tables."""

    sessions = sessionmaker(binds={Veo3VideoGeneration: make_engine(database), Other: elsewhere})
    with sessions.begin() as session:
        generations = VideoGenerationRepository(session)
        created = generations.create("p", "j", operation_name="op1", scene_id="s1").id
        claimed = generations.claim_due(1, timedelta(0))
        StatusChecker(generations).record_batch(FINISHED)
        found = generations.get_by_scene("s1").id, generations.get_by_media_generation_id("CAUS1").id
        seen = (*found, generations.list_page().generations[0].id, generations.counts_by_status()["completed"])
        generations.delete(created)

    assert (seen, len(claimed) <= 1) == ((created, created, created, 1), True)
    assert stored(sessionmaker(make_engine(database)), "id") == []


@pytest.mark.parametrize("text", ["yesterday", "", "2026-13-45", "0001-01-01T00:00:00+23:59", "20260102T99"])
@pytest.mark.parametrize("column", ["created_at", "updated_at", "completed_at"])
def test_a_timestamp_that_is_none_stops_neither_a_page_nor_a_record(
    sessions: sessionmaker[Session], column: str, text: str
) -> None:
    """It reads as None; the row is recorded, and the row beside it too."""
    insert(sessions, {"id": "a", "operation_name": "op1"}, {"id": "b", "operation_name": "op2"})
    with sessions.begin() as session:
        session.execute(sa.text(f"UPDATE {TABLE} SET {column} = :text WHERE id = 'a'"), {"text": text})

    with sessions.begin() as session:
        generations = VideoGenerationRepository(session)
        pages = [generations.list_page(oldest_first=order).generations for order in (True, False)]
        times = [getattr(row, column) for row in pages[0] if row.id == "a"]
        StatusChecker(generations).record_batch(answer(operation(media_id="CAUS1"), operation("op2", media_id="CAUS2")))

    assert (times, [len(page) for page in pages]) == ([None], [2, 2])
    assert stored(sessions, "media_generation_id") == [("CAUS1",), ("CAUS2",)]


def test_the_last_moment_that_there_is_stops_no_update(sessions: sessionmaker[Session]) -> None:
    """No millisecond comes after it."""
    insert(sessions, {"id": "a"})
    with sessions.begin() as session:
        session.execute(sa.text(f"UPDATE {TABLE} SET updated_at = '9999-12-31T23:59:59.999Z'"))

    with sessions.begin() as session:
        VideoGenerationRepository(session).update_status("a", status="failed")

    assert stored(sessions, "status") == [("failed",)]


@pytest.mark.parametrize("seed", [2**63, -(2**70)])
def test_a_seed_that_no_column_holds_is_a_row_refused(sessions: sessionmaker[Session], seed: int) -> None:
    """The driver's own OverflowError on SQLite, an error of the server on PostgreSQL; the transaction can go."""
    with sessions() as session:
        with pytest.raises(RowRefusedError) as caught:
            VideoGenerationRepository(session).create("p", "j", seed=seed, prompt=PROMPT)
        session.rollback()

    assert PROMPT not in shown(caught.value)
    assert stored(sessions, "id") == []


@pytest.fixture
def strict(database: str) -> sessionmaker[Session]:
    """Sessions of an engine that hides nothing, on a table with a rule of its own: neither prompt nor URL is long."""
    engine = make_engine(database)
    engine.hide_parameters = False
    name = engine.dialect.name
    rule = "length(coalesce(fife_url, '')) < 10 AND length(coalesce(prompt, '')) < 10"
    with engine.begin() as connection:
        for statement in RULES[name]:
            connection.exec_driver_sql(statement.format(table=TABLE, rule=rule, row_rule=row_rule()))
    return sessionmaker(engine)


def row_rule() -> str:
    """Return the rule as SQLite's triggers see it."""
    return "length(coalesce(NEW.fife_url, '')) >= 10 OR length(coalesce(NEW.prompt, '')) >= 10"


SQLITE_RULE = (
    "CREATE TRIGGER short_{event} BEFORE {event} ON {{table}} WHEN {{row_rule}} "
    "BEGIN SELECT RAISE(ABORT, 'CHECK constraint failed: short'); END"
)
RULES = {
    "postgresql": ("ALTER TABLE {table} ADD CONSTRAINT short CHECK ({rule})",),
    "sqlite": tuple(SQLITE_RULE.format(event=event) for event in ("INSERT", "UPDATE")),
}


def test_no_error_shows_a_prompt_or_a_signed_url(
    strict: sessionmaker[Session], caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever the application's engine is like: neither the error, nor what Python prints of it, nor a log line."""
    insert(strict, {"id": "a", "operation_name": "op1"})
    errors = []

    with caplog.at_level(logging.WARNING):
        for act in (create_with_secret, record_finished):
            with strict() as session, pytest.raises(RowRefusedError) as caught:
                act(VideoGenerationRepository(session))
            errors.append(caught.value)

    assert [PROMPT in shown(error) or "Signature" in shown(error) for error in errors] == [False, False]
    assert "Signature" not in caplog.text
    assert stored(strict, "id", "status", "fife_url") == [("a", "pending", None)]


def create_with_secret(generations: VideoGenerationRepository) -> None:
    """Add a row whose prompt is longer than the table likes."""
    generations.create("p", "j", prompt=PROMPT)


def record_finished(generations: VideoGenerationRepository) -> None:
    """Record an answer whose URL is longer than the table likes."""
    StatusChecker(generations).record("a", FINISHED)


def test_errors_that_pass_through_show_no_values(strict: sessionmaker[Session]) -> None:
    """The table is gone: SQLAlchemy's error names the statement, and hides what was bound to it."""
    with strict.begin() as session:
        session.execute(sa.text(f"ALTER TABLE {TABLE} RENAME TO gone"))

    with strict() as session, pytest.raises(sa.exc.DBAPIError) as caught:
        VideoGenerationRepository(session).list_page(GenerationFilter(operation_name=PROMPT))

    assert PROMPT not in shown(caught.value)


def shown(error: BaseException) -> str:
    """Return what Python prints of an error that nobody catches."""
    return "".join(traceback.format_exception(error))


def test_an_engine_of_ours_shows_no_values(database: str) -> None:
    """In any statement, also the application's own."""
    with make_engine(database).connect() as connection, pytest.raises(sa.exc.DBAPIError) as caught:
        connection.execute(sa.text("SELECT nothing WHERE :value = ''"), {"value": PROMPT})

    assert PROMPT not in str(caught.value)
