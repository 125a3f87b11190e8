"""The repository: what it stores, finds and refuses, on each kind of database."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, sessionmaker

from app.database.engines import make_engine
from app.videos.errors import (
    AmbiguousGenerationError,
    GenerationNotFoundError,
    MediaIdConflictError,
    PageTokenError,
    RowRefusedError,
    UnknownStatusError,
    UnstorableTextError,
)
from app.videos.models import Veo3VideoGeneration
from app.videos.pages import GenerationFilter, page_statement
from app.videos.repository import VideoGenerationRepository
from support.commands import ROOT
from tests.support.rows import DEFAULTS, LONG_AGO, insert, stored, stored_row

NOW = datetime(2026, 1, 2, 3, 4, 5, 678_901, tzinfo=UTC)
NOW_STORED = NOW.replace(microsecond=678_000)
FULL = {
    "media_generation_id": "CAUSknown",
    "fife_url": "https://fife/1",
    "serving_base_uri": "https://serving/1",
    "video_url": "https://video/1",
    "video_path": "/videos/1.mp4",
    "raw_response": '{"operations":[]}',
    "error_message": "slow",
}


def repository(session: Session, moment: datetime = NOW) -> VideoGenerationRepository:
    """Return a repository whose clock stands still."""
    return VideoGenerationRepository(session, clock=lambda: moment)


def test_a_created_generation_is_pending_with_a_random_id_and_what_it_was_given(
    sessions: sessionmaker[Session],
) -> None:
    """Everything else stays empty; both timestamps are the same millisecond."""
    with sessions.begin() as session:
        created = repository(session).create("p1", "j1", scene_id="s1", operation_name="o1", prompt="a cat 🐈", seed=7)
        moments = (created.created_at, created.updated_at)

    row = stored_row(sessions, created_id := stored(sessions, "id")[0][0])
    assert re.fullmatch("[0-9a-f]{32}", created_id)
    assert {name: value for name, value in row.items() if value is not None} == {
        "id": created_id,
        "profile_id": "p1",
        "project_id": "j1",
        "scene_id": "s1",
        "operation_name": "o1",
        "prompt": "a cat 🐈",
        "seed": 7,
        "status": "pending",
        "created_at": NOW_STORED,
        "updated_at": NOW_STORED,
    }
    assert moments == (NOW_STORED, NOW_STORED)


def test_nothing_is_committed(sessions: sessionmaker[Session]) -> None:
    """What the repository did goes away with the caller's transaction."""
    insert(sessions, {"id": "kept"}, {"id": "updated"})
    with sessions() as session:
        repository(session).create("p", "j")
        repository(session).update_status("updated", status="completed")
        repository(session).delete("kept")
        session.rollback()

    assert stored(sessions, "id", "status") == [("kept", "pending"), ("updated", "pending")]


def test_a_row_that_the_database_refuses_is_named_with_what_it_says(sessions: sessionmaker[Session]) -> None:
    """Adopted tables have rules of their own: here, that scenes are unique."""
    with sessions.begin() as session:
        session.execute(sa.text("CREATE UNIQUE INDEX one_scene ON veo3_video_generations (scene_id)"))
    insert(sessions, {"id": "first", "scene_id": "s1"})

    with sessions() as session, pytest.raises(RowRefusedError, match=r"(?i)unique") as caught:
        repository(session).create("p", "j", scene_id="s1")

    assert re.fullmatch("[0-9a-f]{32}", caught.value.generation_id)
    assert stored(sessions, "id") == [("first",)]


def test_what_the_database_refuses_of_another_row_is_not_laid_at_the_new_ones_door(
    sessions: sessionmaker[Session],
) -> None:
    """The caller's own pending row is at fault, and the error is the caller's."""
    insert(sessions, {"id": "first"})

    with sessions() as session:
        session.add(Veo3VideoGeneration(**{**DEFAULTS, "id": "first"}))
        with pytest.raises(IntegrityError):
            repository(session).create("p", "j")

    assert stored(sessions, "id") == [("first",)]


def test_what_the_caller_changed_and_has_not_sent_yet_is_not_dropped(sessions: sessionmaker[Session]) -> None:
    """Also in a session that sends nothing by itself: the row is read anew after that."""
    insert(sessions, {"id": "a"})

    with sessions.begin() as session, session.no_autoflush:
        repository(session).get("a").prompt = "a dog"
        repository(session).update_status("a", status="failed")

    assert stored(sessions, "prompt", "status") == [("a dog", "failed")]


def test_an_unknown_id_is_named_by_every_operation(sessions: sessionmaker[Session]) -> None:
    """Get, update and delete say which id is not there."""
    facts = []

    with sessions() as session:
        for operation in (
            repository(session).get,
            repository(session).update_status,
            repository(session).delete,
            repository(session).lock,
        ):
            with pytest.raises(GenerationNotFoundError) as caught:
                operation("nobody")
            facts.append((caught.value.column, caught.value.value))

    assert facts == [("id", "nobody")] * 4


def test_scene_and_media_id_give_the_one_row_or_name_all_that_have_it(sessions: sessionmaker[Session]) -> None:
    """One row is the answer; none and several are errors."""
    insert(
        sessions,
        {"id": "a", "scene_id": "s1", "media_generation_id": "M1"},
        {"id": "b", "scene_id": "s2", "media_generation_id": "M2"},
        {"id": "c", "scene_id": "s2", "media_generation_id": "M2"},
    )
    with sessions() as session:
        generations = repository(session)

        assert (generations.get_by_scene("s1").id, generations.get_by_media_generation_id("M1").id) == ("a", "a")
        with pytest.raises(AmbiguousGenerationError) as scene:
            generations.get_by_scene("s2")
        with pytest.raises(AmbiguousGenerationError) as media:
            generations.get_by_media_generation_id("M2")
        with pytest.raises(GenerationNotFoundError) as nothing:
            generations.get_by_media_generation_id("M3")

    assert (scene.value.column, scene.value.generation_ids, scene.value.more) == ("scene_id", ("b", "c"), False)
    assert (media.value.column, media.value.generation_ids) == ("media_generation_id", ("b", "c"))
    assert (nothing.value.column, nothing.value.value) == ("media_generation_id", "M3")


def test_of_very_many_rows_with_a_scene_ten_are_named(sessions: sessionmaker[Session]) -> None:
    """The message stays readable."""
    insert(sessions, *({"id": f"{number:02}", "scene_id": "s"} for number in range(12)))

    with sessions() as session, pytest.raises(AmbiguousGenerationError, match="09 and more") as caught:
        repository(session).get_by_scene("s")

    assert caught.value.generation_ids == tuple(f"{number:02}" for number in range(10))


def test_an_update_changes_what_it_is_given_and_no_other_column_or_row(sessions: sessionmaker[Session]) -> None:
    """The status and `updated_at` move; the media columns, the body and the other row do not."""
    insert(sessions, {"id": "a", **FULL}, {"id": "b", **FULL})
    before, other = stored_row(sessions, "a"), stored_row(sessions, "b")

    with sessions.begin() as session:
        repository(session).update_status("a", status="processing")

    assert stored_row(sessions, "a") == {**before, "status": "processing", "updated_at": NOW_STORED}
    assert stored_row(sessions, "b") == other


@pytest.mark.parametrize("nothing", [None, "", " \n"])
def test_nothing_never_replaces_what_is_known(sessions: sessionmaker[Session], nothing: str | None) -> None:
    """Not the id, nor a URL, the path or the body; and the row is not touched."""
    insert(sessions, {"id": "a", **FULL})
    before = stored_row(sessions, "a")

    with sessions.begin() as session:
        repository(session).update_status(
            "a",
            media_generation_id=nothing,
            fife_url=nothing,
            serving_base_uri=nothing,
            video_url=nothing,
            video_path=nothing,
            raw_response=nothing,
        )

    assert stored_row(sessions, "a") == before


def test_an_error_message_can_be_taken_away(sessions: sessionmaker[Session]) -> None:
    """It alone: None removes it when it is given."""
    insert(sessions, {"id": "a", **FULL})

    with sessions.begin() as session:
        repository(session).update_status("a", error_message=None)

    assert stored(sessions, "error_message", "media_generation_id") == [(None, "CAUSknown")]


def test_another_media_id_is_refused_and_nothing_of_the_update_is_stored(sessions: sessionmaker[Session]) -> None:
    """Both ids stand in the error; the same id again is no conflict."""
    insert(sessions, {"id": "a", **FULL})
    before = stored_row(sessions, "a")

    with sessions.begin() as session:
        repository(session).update_status("a", media_generation_id="CAUSknown")
        with pytest.raises(MediaIdConflictError, match=r"CAUSknown.*CAUSother") as caught:
            repository(session).update_status("a", status="completed", media_generation_id="CAUSother")

    assert (caught.value.generation_id, caught.value.known, caught.value.offered) == ("a", "CAUSknown", "CAUSother")
    assert stored_row(sessions, "a") == before


def test_completed_at_is_set_once_and_kept(sessions: sessionmaker[Session]) -> None:
    """Neither a second completion nor a way back moves it."""
    insert(sessions, {"id": "a"})
    later = NOW + timedelta(hours=1)

    with sessions.begin() as session:
        repository(session).update_status("a", status="processing")
        unfinished = stored_in(session)
        repository(session).update_status("a", status="completed")
        repository(session, later).update_status("a", status="pending")
        repository(session, later).update_status("a", status="completed")

    finished = NOW_STORED + timedelta(milliseconds=1)  # the second update in one millisecond
    assert unfinished == [("processing", None)]
    assert stored(sessions, "status", "completed_at") == [("completed", finished)]


def stored_in(session: Session) -> list[tuple[str, datetime | None]]:
    """Return status and completion of the row that the session sees."""
    generation = repository(session).get("a")
    return [(generation.status, generation.completed_at)]


def test_updates_of_one_millisecond_and_of_a_clock_set_back_can_be_told_apart(sessions: sessionmaker[Session]) -> None:
    """`updated_at` moves on with every update that changes something, and only then."""
    insert(sessions, {"id": "a", "updated_at": NOW})
    seen = []

    with sessions.begin() as session:
        for url, moment in (("u1", NOW), ("u2", NOW), ("u2", NOW), ("u3", NOW - timedelta(days=1))):
            seen.append(repository(session, moment).update_status("a", fife_url=url).updated_at)

    milliseconds = [(moment - NOW_STORED) / timedelta(milliseconds=1) for moment in seen]
    assert milliseconds == [1, 2, 2, 3]
    assert stored(sessions, "updated_at") == [(seen[-1],)]


def test_a_row_without_an_update_time_gets_one(lenient: sessionmaker[Session]) -> None:
    """Some adopted tables admit NULL there."""
    insert(lenient, {"id": "a", "updated_at": None})

    with lenient.begin() as session:
        repository(session).update_status("a", status="failed", error_message="gone")

    assert stored(lenient, "status", "error_message", "updated_at") == [("failed", "gone", NOW_STORED)]


@pytest.mark.parametrize("status", ["done", "", "COMPLETED"])
def test_a_status_that_there_is_not_is_refused(sessions: sessionmaker[Session], status: str) -> None:
    """Before the database sees it."""
    insert(sessions, {"id": "a"})

    with sessions.begin() as session, pytest.raises(UnknownStatusError) as caught:
        repository(session).update_status("a", status=status)  # type: ignore[arg-type]

    assert (caught.value.status, stored(sessions, "status")) == (status, [("pending",)])


def test_a_column_that_an_update_may_not_change_is_refused(sessions: sessionmaker[Session]) -> None:
    """A misspelt name is an error, not a value that is silently lost."""
    insert(sessions, {"id": "a", "prompt": "a cat"})

    with sessions.begin() as session, pytest.raises(TypeError, match="fifeurl, prompt"):
        repository(session).update_status("a", prompt="a dog", fifeurl="x")  # type: ignore[call-arg]

    assert stored(sessions, "prompt") == [("a cat",)]


@pytest.mark.parametrize(("character", "code_point"), [("\x00", 0), ("\ud83d", 0xD83D)])
def test_text_that_cannot_be_stored_is_refused_wherever_it_is_given(
    sessions: sessionmaker[Session], character: str, code_point: int
) -> None:
    """One error with the column, on each kind of database, and the transaction is still good."""
    insert(sessions, {"id": "a"})
    bad, columns = f"ab{character}", []
    with sessions.begin() as session:
        generations = repository(session)
        for attempt in (
            lambda: generations.update_status("a", raw_response=bad),
            lambda: generations.update_status("a", fife_url=bad),
            lambda: generations.update_status(bad, status="failed"),
            lambda: generations.create("p", "j", prompt=bad),
            lambda: generations.create(bad, "j"),
            lambda: generations.get(bad),
            lambda: generations.get_by_scene(bad),
            lambda: generations.delete(bad),
            lambda: generations.counts_by_status(bad),
            lambda: generations.list_page(GenerationFilter(profile_id=bad)),
        ):
            with pytest.raises(UnstorableTextError) as caught:
                attempt()
            columns.append((caught.value.column, caught.value.position, caught.value.code_point))
        generations.update_status("a", status="failed")

    named = [
        "raw_response",
        "fife_url",
        "id",
        "prompt",
        "profile_id",
        "id",
        "scene_id",
        "id",
        "profile_id",
        "profile_id",
    ]
    assert columns == [(column, 2, code_point) for column in named]
    assert stored(sessions, "id", "status") == [("a", "failed")]


def test_delete_removes_the_one_row(sessions: sessionmaker[Session]) -> None:
    """And a session that knew it no longer finds it."""
    insert(sessions, {"id": "a"}, {"id": "b"})

    with sessions.begin() as session:
        repository(session).get("a")
        repository(session).delete("a")
        with pytest.raises(GenerationNotFoundError):
            repository(session).get("a")

    assert stored(sessions, "id") == [("b",)]


def test_rows_without_a_status_are_counted_apart(lenient: sessionmaker[Session]) -> None:
    """So that the counts add up in the adopted tables that admit them."""
    insert(lenient, {"id": "a", "status": None}, {"id": "b", "status": "failed"})

    with lenient() as session:
        counts = repository(session).counts_by_status()

    assert counts == {"pending": 0, "processing": 0, "completed": 0, "failed": 1, "": 1}


def test_counts_have_every_status_of_one_profile_or_of_all(sessions: sessionmaker[Session]) -> None:
    """A status that no row has counts 0."""
    insert(
        sessions,
        {"id": "a", "status": "completed", "profile_id": "p1"},
        {"id": "b", "status": "completed", "profile_id": "p2"},
        {"id": "c", "status": "failed", "profile_id": "p1"},
    )

    with sessions() as session:
        everywhere = repository(session).counts_by_status()
        of_one = repository(session).counts_by_status("p1")

    assert everywhere == {"pending": 0, "processing": 0, "completed": 2, "failed": 1}
    assert of_one == {"pending": 0, "processing": 0, "completed": 1, "failed": 1}


def test_filters_select_newest_first(sessions: sessionmaker[Session]) -> None:
    """Each alone, and together; the first moment counts, the last does not; equal times go by id, descending."""
    day = timedelta(days=1)
    insert(
        sessions,
        {"id": "a", "created_at": LONG_AGO, "status": "failed", "profile_id": "p1"},
        {"id": "b", "created_at": LONG_AGO + day, "profile_id": "p1"},
        {"id": "c", "created_at": LONG_AGO + 2 * day, "profile_id": "p2"},
        {"id": "d", "created_at": LONG_AGO + 2 * day, "status": "failed", "profile_id": "p1"},
    )
    filters = [
        GenerationFilter(),
        GenerationFilter(profile_id="p1"),
        GenerationFilter(status="failed"),
        GenerationFilter(created_from=LONG_AGO + day, created_before=LONG_AGO + 2 * day),
        GenerationFilter(profile_id="p1", status="failed", created_from=LONG_AGO + day),
    ]

    with sessions() as session:
        pages = [repository(session).list_page(wanted) for wanted in filters]

    assert ["".join(row.id for row in page.generations) for page in pages] == ["dcba", "dba", "da", "b", "d"]
    assert [page.next_token for page in pages] == [None] * 5


def test_pages_give_every_row_once_while_new_ones_arrive(lenient: sessionmaker[Session]) -> None:
    """Rows of one moment across a page's end, rows without a time, and times of another form are all met."""
    insert(lenient, *({"id": f"same{number}"} for number in range(4)), {"id": "none", "created_at": None})
    with lenient.begin() as session:
        session.execute(sa.text("UPDATE veo3_video_generations SET created_at = '2025-10-12' WHERE id = 'same0'"))

    pages, token = [], None
    for number in range(3):
        with lenient.begin() as session:
            page = repository(session).list_page(limit=2, token=token)
            pages.append([row.id for row in page.generations])
            token = page.next_token
        insert(lenient, {"id": f"new{number}", "created_at": NOW})

    assert (pages, token) == ([["same3", "same2"], ["same1", "same0"], ["none"]], None)


def test_a_page_that_ends_with_the_last_row_has_no_token(sessions: sessionmaker[Session]) -> None:
    """So that nobody asks for an empty page."""
    insert(sessions, {"id": "a"}, {"id": "b"})

    with sessions() as session:
        page = repository(session).list_page(limit=2)

    assert ([row.id for row in page.generations], page.next_token) == (["b", "a"], None)


def test_pages_leave_the_bodies_in_the_database(sessions: sessionmaker[Session]) -> None:
    """They can be megabytes; one that is asked for is read then."""
    insert(sessions, {"id": "a", "raw_response": "null"})

    with sessions() as session:
        row = repository(session).list_page().generations[0]
        unread = "raw_response" in sa.inspect(row).unloaded
        body = row.raw_response

    assert (unread, body) == (True, "null")


def test_more_filters_select_who_is_due(sessions: sessionmaker[Session]) -> None:
    """Several statuses, project, operation and the last write; the first moment that no longer counts is left out."""
    minute = timedelta(minutes=1)
    insert(
        sessions,
        {"id": "a", "status": "processing", "operation_name": "o1", "updated_at": NOW - 2 * minute},
        {"id": "b", "status": "failed", "project_id": "j2", "updated_at": NOW - minute},
        {"id": "c", "status": "pending", "updated_at": NOW},
    )
    filters = [
        GenerationFilter(status=("pending", "processing")),
        GenerationFilter(status=["failed"]),
        GenerationFilter(project_id="j2"),
        GenerationFilter(operation_name="o1"),
        GenerationFilter(updated_before=NOW),
        GenerationFilter(status=("pending", "processing"), updated_before=NOW),
    ]

    with sessions() as session:
        pages = [repository(session).list_page(wanted, oldest_first=True) for wanted in filters]

    assert ["".join(row.id for row in page.generations) for page in pages] == ["ac", "b", "b", "a", "ab", "a"]


def test_oldest_first_goes_through_every_row_once(sessions: sessionmaker[Session]) -> None:
    """Page by page, rows of one moment by id; a row that arrives meanwhile comes last."""
    insert(sessions, *({"id": f"r{number}"} for number in range(5)))
    seen: list[str] = []
    token = None
    for number in range(4):
        with sessions() as session:
            page = repository(session).list_page(limit=2, token=token, oldest_first=True)
            seen += [row.id for row in page.generations]
            token = page.next_token
        insert(sessions, {"id": f"a{number}", "created_at": NOW})

    assert seen == ["r0", "r1", "r2", "r3", "r4", "a0", "a1", "a2"]


def test_a_token_of_the_other_order_is_refused(sessions: sessionmaker[Session]) -> None:
    """It would silently leave out rows."""
    insert(sessions, {"id": "a"}, {"id": "b"})

    with sessions() as session:
        tokens = [repository(session).list_page(limit=1, oldest_first=oldest).next_token for oldest in (True, False)]
        for token, oldest_first in zip(tokens, (False, True), strict=True):
            with pytest.raises(PageTokenError):
                repository(session).list_page(limit=1, token=token, oldest_first=oldest_first)

    assert None not in tokens


@pytest.mark.parametrize("status", ["complete", "", ("pending", "complet"), "pending,failed"])
def test_a_misspelt_status_in_a_filter_is_an_error(
    sessions: sessionmaker[Session], status: str | tuple[str, ...]
) -> None:
    """Not an empty page."""
    with sessions() as session, pytest.raises(UnknownStatusError):
        repository(session).list_page(GenerationFilter(status=status))


@pytest.mark.parametrize("oldest_first", [True, False])
def test_deep_pages_run_on_the_index_that_the_document_names(database: str, oldest_first: bool) -> None:  # noqa: FBT001
    """The statement of docs/application.md: no sorting and no reading of what came before, on each kind of database."""
    engine = make_engine(database)
    statement = next(line for line in DOCUMENT.read_text().splitlines() if "(coalesce(created_at" in line)
    with engine.begin() as connection:
        connection.exec_driver_sql(statement.removesuffix(";"))
    sessions = sessionmaker(engine)
    insert(sessions, {"id": "a"}, {"id": "b"}, {"id": "c"})

    with engine.connect() as connection:
        plan = plan_of_second_page(connection, oldest_first=oldest_first)

    assert "idx_veo3_generations_page" in plan
    assert "Sort" not in plan
    assert "SCAN" not in plan


DOCUMENT = ROOT / "docs" / "application.md"


def plan_of_second_page(connection: sa.Connection, *, oldest_first: bool) -> str:
    """Return how the database would find a page after the first, where it may not read and sort it all."""
    session = Session(connection)
    token = repository(session).list_page(limit=1, oldest_first=oldest_first).next_token
    statement = page_statement(GenerationFilter(), 1, token, oldest_first=oldest_first)
    is_sqlite = connection.dialect.name == "sqlite"
    if not is_sqlite:
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        connection.exec_driver_sql("SET LOCAL enable_sort = off")
    compiled = statement.compile(connection, compile_kwargs={"render_postcompile": True})
    values = [compiled.params[name] for name in compiled.positiontup or ()]
    words = "EXPLAIN QUERY PLAN" if is_sqlite else "EXPLAIN"
    rows = connection.exec_driver_sql(f"{words} {compiled}", tuple(values) if is_sqlite else compiled.params)
    return " ".join(str(row[-1]) for row in rows)
