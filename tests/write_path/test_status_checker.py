"""The status checker: answers become rows, on each kind of database."""

import logging
from collections.abc import Callable

import pytest
from pydantic import SecretStr
from sqlalchemy.orm import Session, sessionmaker

from app.media_ids.extraction import Failed, Found, Skipped, extract
from app.videos.api.client import ApiClient
from app.videos.errors import ApiError, GenerationNotFoundError, MediaIdConflictError, NoOperationNameError
from app.videos.repository import VideoGenerationRepository
from app.videos.status_checker import Recorded, StatusChecker, refresh
from tests.support.answers import answer, operation
from tests.support.http_api import Reply, http_api
from tests.support.responses import named, responses
from tests.support.rows import insert, stored, stored_row

FOUR = answer(
    operation("op1", "ACTIVE"),
    operation("op2", media_id="CAUS2", fife_url="https://2"),
    operation("op3", "FAILED", error={"message": "filtered"}),
    operation("op4", media_id="CAUS4"),
)
STATUS_AND_ID = ("id", "status", "media_generation_id")
WITH_URLS = (
    "id",
    "media_generation_id",
    "fife_url",
    "serving_base_uri",
    "video_url",
    "raw_response",
    "status",
)


class Canned:
    """Gives one answer, and keeps what it was asked for."""

    def __init__(self, text: str, meanwhile: Callable[[], None] = lambda: None) -> None:
        """Take the answer, and what somebody else does before it is given."""
        self.text = text
        self.meanwhile = meanwhile
        self.asked: list[tuple[str, str]] = []

    def fetch(self, operation_name: str, scene_id: str) -> str:
        """Return the answer."""
        self.asked.append((operation_name, scene_id))
        self.meanwhile()
        return self.text


def checker(session: Session) -> StatusChecker:
    """Return a status checker in this session."""
    return StatusChecker(VideoGenerationRepository(session))


def test_every_stored_response_gives_its_row_the_expected_columns(sessions: sessionmaker[Session]) -> None:
    """The ids, the URLs beside them and the body where there is an id; the outcome is the extractor's."""
    rows = [(f"{number:02}", response) for number, response in enumerate(responses())]
    insert(
        sessions, *({"id": name, "operation_name": one.operation_name, "scene_id": one.scene_id} for name, one in rows)
    )

    with sessions.begin() as session:
        recorded = [checker(session).record(name, response.body) for name, response in rows]

    assert stored(sessions, "id", "media_generation_id") == [(name, one.media_generation_id) for name, one in rows]
    found = [row for row in stored(sessions, *WITH_URLS) if row[1] is not None]
    assert found == [
        (name, one.media_generation_id, one.fife_url, one.serving_base_uri, one.fife_url, one.body, "completed")
        for name, one in rows
        if one.outcome == "synced"
    ]
    assert [one.outcome for one in recorded] == [
        extract(one.body, one.operation_name, one.scene_id) for one in responses()
    ]


def test_nothing_is_committed(sessions: sessionmaker[Session]) -> None:
    """The caller's transaction decides."""
    insert(sessions, {"id": "a", "operation_name": "op1"})

    with sessions() as session:
        checker(session).record("a", answer(operation(media_id="CAUS1")))
        session.rollback()

    assert stored(sessions, *STATUS_AND_ID) == [("a", "pending", None)]


def test_an_unknown_row_and_another_id_are_errors(sessions: sessionmaker[Session]) -> None:
    """And the row is as it was."""
    insert(sessions, {"id": "a", "operation_name": "op1", "media_generation_id": "CAUSknown"})
    before = stored_row(sessions, "a")

    with sessions.begin() as session:
        with pytest.raises(GenerationNotFoundError):
            checker(session).record("nobody", FOUR)
        with pytest.raises(MediaIdConflictError, match=r"CAUSknown.*CAUSother"):
            checker(session).record("a", answer(operation(media_id="CAUSother")))

    assert stored_row(sessions, "a") == before


def test_one_answer_for_four_operations_updates_each_row_by_its_name(sessions: sessionmaker[Session]) -> None:
    """Rows of other operations stay; so does what the answer names and nobody knows."""
    insert(sessions, *({"id": f"r{number}", "operation_name": f"op{number}"} for number in (1, 2, 3, 9)))

    with sessions.begin() as session:
        recorded = checker(session).record_batch(FOUR)

    assert recorded == (
        Recorded(generation_id="r1", status="processing", outcome=Skipped("not_finished"), changed=True),
        Recorded(generation_id="r2", status="completed", outcome=Found("CAUS2", "https://2"), changed=True),
        Recorded(generation_id="r3", status="failed", outcome=Skipped("generation_failed", "filtered"), changed=True),
    )
    assert stored(sessions, *STATUS_AND_ID, "video_url", "error_message", "raw_response") == [
        ("r1", "processing", None, None, None, FOUR),
        ("r2", "completed", "CAUS2", "https://2", None, FOUR),
        ("r3", "failed", None, None, "filtered", FOUR),
        ("r9", "pending", None, None, None, None),
    ]


def test_a_conflict_in_a_batch_keeps_its_row_and_the_others_are_recorded(
    sessions: sessionmaker[Session], caplog: pytest.LogCaptureFixture
) -> None:
    """It is logged, and stands in what is returned."""
    insert(
        sessions,
        {"id": "r2", "operation_name": "op2", "media_generation_id": "CAUSknown"},
        {"id": "r4", "operation_name": "op4"},
    )

    with caplog.at_level(logging.ERROR), sessions.begin() as session:
        refused, accepted = checker(session).record_batch(FOUR)

    assert refused.conflict is not None
    assert (refused.conflict.known, refused.conflict.offered, refused.changed) == ("CAUSknown", "CAUS2", False)
    assert accepted == Recorded(generation_id="r4", status="completed", outcome=Found("CAUS4"), changed=True)
    assert stored(sessions, *STATUS_AND_ID) == [("r2", "pending", "CAUSknown"), ("r4", "completed", "CAUS4")]
    assert [record.getMessage() for record in caplog.records] == [str(refused.conflict)]


@pytest.mark.parametrize(
    "text", ["", "null", "<html>Bad Gateway</html>", '{"operations":[', "\x00", "\ud83d", "[" * 9**6]
)
def test_an_answer_that_is_no_answer_destroys_nothing(sessions: sessionmaker[Session], text: str) -> None:
    """Not a column, and not the transaction."""
    insert(sessions, {"id": "a", "operation_name": "op1", "media_generation_id": "CAUS1", "raw_response": FOUR})
    before = stored_row(sessions, "a")

    with sessions.begin() as session:
        changed = [checker(session).record("a", text).changed, *checker(session).record_batch(text)]

    assert changed == [False]
    assert stored_row(sessions, "a") == before


def test_names_and_ids_that_no_row_can_have_are_left_out(sessions: sessionmaker[Session]) -> None:
    """They cannot even be asked for; the operations beside them are recorded."""
    insert(sessions, {"id": "r1", "operation_name": "op1"})
    odd = answer(operation("nul\x00"), operation("half \ud83d"), operation("op1", media_id="CAUS1"))

    with sessions.begin() as session:
        recorded = checker(session).record_batch(odd, "nul\x00", "half \ud83d")

    assert [one.generation_id for one in recorded] == ["r1"]
    assert stored(sessions, *STATUS_AND_ID) == [("r1", "completed", "CAUS1")]


def test_an_answer_to_look_at_is_logged_with_the_row_and_the_reason(
    sessions: sessionmaker[Session], caplog: pytest.LogCaptureFixture
) -> None:
    """One line."""
    insert(sessions, {"id": "a", "operation_name": "op9"})

    with caplog.at_level(logging.WARNING), sessions.begin() as session:
        recorded = checker(session).record("a", FOUR)

    assert isinstance(recorded.outcome, Failed)
    assert [record.getMessage() for record in caplog.records] == [
        "generation a: cannot use the answer: operation_mismatch"
    ]


def test_refresh_asks_for_the_row_and_records_every_row_that_the_answer_names(
    sessions: sessionmaker[Session],
) -> None:
    """No transaction is open while the API is asked: another session can write the same row then."""
    insert(
        sessions,
        {"id": "r2", "operation_name": "op2", "scene_id": "s2"},
        {"id": "r4", "operation_name": "op4"},
    )

    def fill_meanwhile() -> None:
        with sessions.begin() as session:
            VideoGenerationRepository(session).update_status("r2", media_generation_id="CAUS2", video_path="/2.mp4")

    fetcher = Canned(FOUR, fill_meanwhile)
    recorded = refresh(sessions, fetcher, "r2")

    assert fetcher.asked == [("op2", "s2")]
    assert [(one.generation_id, one.status) for one in recorded] == [("r2", "completed"), ("r4", "completed")]
    assert stored(sessions, *STATUS_AND_ID, "video_path") == [
        ("r2", "completed", "CAUS2", "/2.mp4"),
        ("r4", "completed", "CAUS4", None),
    ]


def test_refresh_with_an_answer_that_says_nothing_returns_the_row_unchanged(sessions: sessionmaker[Session]) -> None:
    """It is no error: the API may know more the next time."""
    insert(sessions, {"id": "a", "operation_name": "op1", "status": "processing"})
    before = stored_row(sessions, "a")

    recorded = refresh(sessions, Canned("null"), "a")

    assert recorded == (
        Recorded(generation_id="a", status="processing", outcome=Skipped("no_operations"), changed=False),
    )
    assert stored_row(sessions, "a") == before


def test_refresh_of_a_row_with_another_id_raises_and_keeps_what_the_others_got(
    sessions: sessionmaker[Session],
) -> None:
    """The conflict is this row's alone."""
    insert(
        sessions,
        {"id": "r2", "operation_name": "op2", "media_generation_id": "CAUSknown"},
        {"id": "r4", "operation_name": "op4"},
    )

    with pytest.raises(MediaIdConflictError) as caught:
        refresh(sessions, Canned(FOUR), "r2")

    assert caught.value.generation_id == "r2"
    assert stored(sessions, *STATUS_AND_ID) == [("r2", "pending", "CAUSknown"), ("r4", "completed", "CAUS4")]


def test_a_row_without_an_operation_name_is_not_asked_for(sessions: sessionmaker[Session]) -> None:
    """The API could not know which one is meant."""
    insert(sessions, {"id": "a"})
    fetcher = Canned(FOUR)

    with pytest.raises(NoOperationNameError) as caught:
        refresh(sessions, fetcher, "a")

    assert (caught.value.generation_id, fetcher.asked) == ("a", [])


def test_a_row_that_is_deleted_while_the_api_is_asked_is_named(sessions: sessionmaker[Session]) -> None:
    """It is not written again."""
    insert(sessions, {"id": "r2", "operation_name": "op2"})

    def delete_meanwhile() -> None:
        with sessions.begin() as session:
            VideoGenerationRepository(session).delete("r2")

    with pytest.raises(GenerationNotFoundError, match="r2"):
        refresh(sessions, Canned(FOUR, delete_meanwhile), "r2")

    assert stored(sessions, "id") == []


def test_refresh_over_http_survives_a_busy_api(sessions: sessionmaker[Session]) -> None:
    """503, then the answer of a finished video, end to end."""
    response = named("01")
    insert(sessions, {"id": "a", "operation_name": response.operation_name, "scene_id": response.scene_id})

    with (
        http_api(Reply(status=503), Reply(body=response.body.encode())) as api,
        ApiClient(api.url, SecretStr("token"), timeout=10.0, first_wait=0.001) as client,
    ):
        refresh(sessions, client, "a")

    assert stored(sessions, *STATUS_AND_ID, "video_url", "raw_response") == [
        ("a", "completed", response.media_generation_id, response.fife_url, response.body)
    ]


def test_an_api_that_refuses_changes_nothing(sessions: sessionmaker[Session]) -> None:
    """404 is an error of the client, not an answer."""
    insert(sessions, {"id": "a", "operation_name": "op1"})
    before = stored_row(sessions, "a")

    with (
        http_api(Reply(status=404)) as api,
        ApiClient(api.url, SecretStr("token"), timeout=10.0) as client,
        pytest.raises(ApiError) as caught,
    ):
        refresh(sessions, client, "a")

    assert (caught.value.status_code, stored_row(sessions, "a")) == (404, before)
