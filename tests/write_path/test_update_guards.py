"""`update_status` keeps to the rules by which answers are recorded, on each kind of database."""

from typing import Unpack

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from app.videos.errors import (
    GenerationNameFixedError,
    MediaIdConflictError,
    MediaIdInvalidError,
    RowRefusedError,
    UnknownStatusError,
)
from app.videos.new_values import Changes
from app.videos.repository import VideoGenerationRepository
from tests.support.answers import answer, operation
from tests.support.rows import insert, stored, stored_row

WITH_ID = answer(operation(media_id="CAUS1", fife_url="https://1"))
WITHOUT_ID = answer(operation())
OTHER_ID = WITH_ID.replace("CAUS1", "CAUS2")


def update(sessions: sessionmaker[Session], **changes: Unpack[Changes]) -> None:
    """Update row a in a transaction of its own."""
    with sessions.begin() as session:
        VideoGenerationRepository(session).update_status("a", **changes)


def refused(sessions: sessionmaker[Session], **changes: Unpack[Changes]) -> MediaIdConflictError:
    """Return the conflict that an update ends in; assert that the row is as it was."""
    before = stored_row(sessions, "a")

    with pytest.raises(MediaIdConflictError) as caught:
        update(sessions, **changes)

    assert stored_row(sessions, "a") == before
    return caught.value


def test_an_id_that_contradicts_the_stored_body_is_refused(sessions: sessionmaker[Session]) -> None:
    """The backfill would fill the one in the body: nobody knows which is right."""
    insert(sessions, {"id": "a", "operation_name": "op1", "raw_response": WITH_ID})

    conflict = refused(sessions, media_generation_id="CAUS2", status="completed")

    assert (conflict.known, conflict.offered) == ("CAUS1", "CAUS2")


def test_the_id_of_the_stored_body_is_accepted(sessions: sessionmaker[Session]) -> None:
    """It is what the backfill would fill."""
    insert(sessions, {"id": "a", "operation_name": "op1", "raw_response": WITH_ID})

    update(sessions, media_generation_id="CAUS1")

    assert stored(sessions, "media_generation_id", "raw_response") == [("CAUS1", WITH_ID)]


@pytest.mark.parametrize(("known", "body"), [("CAUS1", None), (None, WITH_ID)])
def test_a_body_with_another_id_is_refused(
    sessions: sessionmaker[Session], known: str | None, body: str | None
) -> None:
    """Than the row has, or than its stored body."""
    insert(sessions, {"id": "a", "operation_name": "op1", "media_generation_id": known, "raw_response": body})

    conflict = refused(sessions, raw_response=OTHER_ID)

    assert (conflict.known, conflict.offered) == ("CAUS1", "CAUS2")


def test_a_body_and_an_id_that_contradict_each_other_are_refused(sessions: sessionmaker[Session]) -> None:
    """Also where the row has neither."""
    insert(sessions, {"id": "a", "operation_name": "op1"})

    conflict = refused(sessions, raw_response=OTHER_ID, media_generation_id="CAUS1")

    assert (conflict.known, conflict.offered) == ("CAUS1", "CAUS2")


@pytest.mark.parametrize("worse", [WITHOUT_ID, "null", "<html>", '{"operations":[]}', WITH_ID.replace("op1", "op2")])
def test_a_body_with_the_id_does_not_give_way_to_one_without(sessions: sessionmaker[Session], worse: str) -> None:
    """The desktop's own fault: the backfill could not fill the row any more. The rest of the update is stored."""
    insert(sessions, {"id": "a", "operation_name": "op1", "raw_response": WITH_ID})

    update(sessions, raw_response=worse, status="completed", video_url="https://video")

    assert stored(sessions, "raw_response", "status", "video_url") == [(WITH_ID, "completed", "https://video")]


@pytest.mark.parametrize("evidence", [WITH_ID[:-1], WITH_ID.replace("op1", "op2")])
def test_a_body_to_look_at_gives_way_to_one_with_the_id_alone(sessions: sessionmaker[Session], evidence: str) -> None:
    """As it does to an answer."""
    insert(sessions, {"id": "a", "operation_name": "op1", "raw_response": evidence})
    seen = []

    for body in (WITHOUT_ID, WITH_ID):
        update(sessions, raw_response=body)
        seen.append(stored(sessions, "raw_response")[0][0])

    assert seen == [evidence, WITH_ID]


def test_a_body_of_an_unfinished_video_gives_way_to_any(sessions: sessionmaker[Session]) -> None:
    """It says nothing that could be lost."""
    insert(sessions, {"id": "a", "operation_name": "op1", "raw_response": answer(operation(status="ACTIVE"))})

    update(sessions, raw_response=WITHOUT_ID)

    assert stored(sessions, "raw_response") == [(WITHOUT_ID,)]


@pytest.mark.parametrize("text", ["two words", "x" * 256, "line\n", "a\u00a0b"])
def test_an_id_that_the_extractor_would_not_take_is_refused(sessions: sessionmaker[Session], text: str) -> None:
    """And nothing of the update is stored."""
    insert(sessions, {"id": "a"})
    before = stored_row(sessions, "a")

    with pytest.raises(MediaIdInvalidError) as caught:
        update(sessions, media_generation_id=text, status="completed")

    assert (caught.value.generation_id, caught.value.offered) == ("a", text)
    assert stored_row(sessions, "a") == before


def test_a_completed_row_does_not_become_failed(sessions: sessionmaker[Session]) -> None:
    """Neither its status nor its error changes; what else the update knows is stored."""
    insert(sessions, {"id": "a", "status": "completed"})

    update(sessions, status="failed", error_message="timed out", video_path="/a.mp4")

    assert stored(sessions, "status", "error_message", "video_path") == [("completed", None, "/a.mp4")]


@pytest.mark.parametrize(
    ("status", "expected"), [("pending", "failed"), ("processing", "failed"), ("completed", "completed")]
)
def test_only_if_leaves_rows_of_another_status_alone(
    sessions: sessionmaker[Session], status: str, expected: str
) -> None:
    """Whole: not one column of them changes, and what is returned says how the row stands."""
    insert(sessions, {"id": "a", "status": status})

    with sessions.begin() as session:
        updated = VideoGenerationRepository(session).update_status(
            "a", status="failed", video_path="/a.mp4", only_if=("pending", "processing")
        )
        seen = updated.status

    path = "/a.mp4" if expected == "failed" else None
    assert (seen, stored(sessions, "status", "video_path")) == (expected, [(expected, path)])


def test_only_if_takes_one_status_and_refuses_one_that_there_is_not(sessions: sessionmaker[Session]) -> None:
    """A misspelt one would silently leave every row alone."""
    insert(sessions, {"id": "a", "status": "pending"})

    with sessions.begin() as session:
        generations = VideoGenerationRepository(session)
        generations.update_status("a", status="processing", only_if="pending")  # type: ignore[arg-type]
        with pytest.raises(UnknownStatusError) as caught:
            generations.update_status("a", status="failed", only_if=["procesing"])  # type: ignore[list-item]

    assert (caught.value.status, stored(sessions, "status")) == ("procesing", [("processing",)])


@pytest.mark.parametrize("column", ["operation_name", "scene_id"])
@pytest.mark.parametrize("empty", [None, "", " "])
def test_operation_and_scene_can_be_set_once(sessions: sessionmaker[Session], column: str, empty: str | None) -> None:
    """The API gives a name after the row is made; the same again changes nothing, another is refused."""
    insert(sessions, {"id": "a", column: empty})
    update(sessions, **{column: "first"})  # type: ignore[arg-type]
    before = stored_row(sessions, "a")

    update(sessions, **{column: "first"})  # type: ignore[arg-type]
    with pytest.raises(GenerationNameFixedError) as caught:
        update(sessions, **{column: "second", "status": "failed"})  # type: ignore[arg-type]

    assert (caught.value.column, caught.value.known, caught.value.offered) == (column, "first", "second")
    assert (stored_row(sessions, "a"), before[column]) == (before, "first")


def test_a_body_is_judged_under_the_name_that_comes_with_it(sessions: sessionmaker[Session]) -> None:
    """A row without a name could not tell that the id is its own."""
    insert(sessions, {"id": "a", "raw_response": WITH_ID})

    with pytest.raises(MediaIdConflictError):
        update(sessions, operation_name="op1", media_generation_id="CAUS2")

    assert stored(sessions, "operation_name", "media_generation_id") == [(None, None)]


def test_a_scene_that_another_row_has_is_refused_by_name(sessions: sessionmaker[Session]) -> None:
    """Where the adopted table keeps scenes unique."""
    with sessions.begin() as session:
        session.execute(sa.text("CREATE UNIQUE INDEX one_scene ON veo3_video_generations (scene_id)"))
    insert(sessions, {"id": "a"}, {"id": "b", "scene_id": "s1"})

    with pytest.raises(RowRefusedError, match=r"(?i)unique") as caught:
        update(sessions, scene_id="s1")

    assert (caught.value.generation_id, stored(sessions, "scene_id")) == ("a", [(None,), ("s1",)])
