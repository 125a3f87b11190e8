"""Answers of 2026 with `media`, errors without a message, and answers that are no JSON: they end or mark the row."""

from typing import Any

import pytest
from hypothesis import given
from sqlalchemy.orm import Session, sessionmaker

from app.media_ids.extraction import Found, Skipped
from app.media_ids.operations import operation_names
from app.videos.answer_rules import UNREADABLE
from app.videos.media_answers import MediaFacts, media_facts, media_names
from app.videos.pages import GenerationFilter
from app.videos.repository import VideoGenerationRepository
from app.videos.status_checker import StatusChecker
from tests.support.answers import answer, operation
from tests.support.bodies import json_values
from tests.support.media import media, medium
from tests.support.responses import named
from tests.support.rows import insert, stored, stored_row

ENDS = ("status", "error_message", "media_generation_id", "fife_url", "serving_base_uri", "video_url")


def record(sessions: sessionmaker[Session], *texts: str) -> list[tuple[Any, ...]]:
    """Record answers in row a one after the other; return how it ends."""
    for text in texts:
        with sessions.begin() as session:
            StatusChecker(VideoGenerationRepository(session)).record("a", text)
    return stored(sessions, *ENDS)


@pytest.mark.parametrize(
    ("name", "end"),
    [
        ("20", ("completed", None, None, None, None, None)),
        ("22", ("failed", "PUBLIC_ERROR_IP_INPUT_IMAGE", None, None, None, None)),
    ],
)
def test_the_captured_answers_end_their_rows(sessions: sessionmaker[Session], name: str, end: tuple[Any, ...]) -> None:
    """The body is stored, and the id stays empty: there is none."""
    response = named(name)
    insert(sessions, {"id": "a", "operation_name": response.operation_name, "status": "processing"})

    ended = record(sessions, response.body)

    assert ended == [end]
    assert stored(sessions, "raw_response") == [(response.body,)]


def test_a_batch_finds_the_rows_that_media_name(sessions: sessionmaker[Session]) -> None:
    """Each row by its own entry; one that is named twice is left as it is."""
    insert(sessions, *({"id": f"r{number}", "operation_name": f"op{number}"} for number in range(1, 5)))
    failed = medium("op2", "FAILED", failureReasons=["IP_PROHIBITED", "AUDIO"])
    text = media(medium("op1"), failed, medium("op3", "ACTIVE"), medium("op4"), medium("op4", "FAILED"))

    with sessions.begin() as session:
        StatusChecker(VideoGenerationRepository(session)).record_batch(text)

    assert stored(sessions, "status", "error_message") == [
        ("completed", None),
        ("failed", "IP_PROHIBITED, AUDIO"),
        ("processing", None),
        ("pending", None),
    ]


@pytest.mark.parametrize(
    "video",
    [
        {"generatedVideo": {"fifeUrl": "https://f", "servingBaseUri": "https://s"}},
        {"fifeUrl": "https://f", "servingBaseUri": "https://s"},
        {"operation": {"metadata": {"video": {"fifeUrl": "https://f", "servingBaseUri": "https://s"}}}},
    ],
)
def test_the_url_of_a_finished_video_is_stored(sessions: sessionmaker[Session], video: dict[str, Any]) -> None:
    """Wherever it stands."""
    insert(sessions, {"id": "a", "operation_name": "op1"})

    ended = record(sessions, media(medium("op1", video=video)))

    assert ended == [("completed", None, None, "https://f", "https://s", "https://f")]


def test_late_words_do_not_undo_an_end(sessions: sessionmaker[Session]) -> None:
    """A failure stays one until the video is there after all; a completed row stays completed."""
    insert(sessions, {"id": "a", "operation_name": "op1"})
    failed = media(medium("op1", "FAILED", error={"code": 7}))

    states = [
        record(sessions, text)[0][:2] for text in (failed, media(medium("op1", "ACTIVE")), media(medium("op1")), failed)
    ]

    assert states == [("failed", "error code 7"), ("failed", "error code 7"), ("completed", None), ("completed", None)]


def test_an_id_is_not_lost_to_a_media_answer(sessions: sessionmaker[Session]) -> None:
    """Nor the body that has it."""
    finished = answer(operation(media_id="CAUS1", fife_url="https://f"))
    insert(sessions, {"id": "a", "operation_name": "op1", "raw_response": finished})

    ended = record(sessions, media(medium("op1")))

    assert (ended[0][0], stored(sessions, "raw_response")) == ("completed", [(finished,)])


@pytest.mark.parametrize(
    "text", [media(), media(medium("other")), media(3, None), '{"media":[{"name":7}]}', media(medium(""))]
)
def test_media_of_other_videos_change_nothing(sessions: sessionmaker[Session], text: str) -> None:
    """They say nothing of the row."""
    insert(sessions, {"id": "a", "operation_name": "op1"})
    before = stored_row(sessions, "a")

    record(sessions, text)

    assert stored_row(sessions, "a") == before


def test_names_come_from_operations_where_there_are_some() -> None:
    """And from the media, each once, where there are none: by the operation's name where an entry has none itself."""
    inner, nameless = ({**name, "video": {"operation": {"name": "op1"}}} for name in ({"name": "key"}, {}))

    assert media_names(media(inner, medium("op2"), inner, nameless)) == ("key", "op2", "op1")
    assert operation_names(media(inner)) == ()
    assert [media_facts(media(inner), name) is None for name in ("op1", "key")] == [True, False]
    assert media_facts(media(nameless), "op1") is not None


@given(json_values)
def test_no_value_whatever_it_is_raises_an_error(value: object) -> None:
    """As an entry, as its parts, and as the whole body."""
    parts = [value, {"name": "op1", "mediaMetadata": value}, {"name": "op1", "video": value}]
    texts = [media(part) for part in parts]
    texts.append(media({"name": "op1", "mediaMetadata": {"mediaStatus": value}}))

    found = [media_facts(text, "op1") for text in (*texts, str(value))]

    assert all(facts is None or isinstance(facts, MediaFacts) for facts in found)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        ({}, Found("CAUS1")),
        ({"code": 13}, Skipped("generation_failed", "error code 13")),
        ({"code": 13, "message": ""}, Skipped("generation_failed", "error code 13")),
        ("boom", Skipped("generation_failed")),
        ([], Skipped("generation_failed")),
    ],
)
def test_an_empty_error_beside_success_and_an_id_is_no_failure(
    sessions: sessionmaker[Session], error: object, expected: object
) -> None:
    """Any other error is one."""
    insert(sessions, {"id": "a", "operation_name": "op1"})

    with sessions.begin() as session:
        recorded = StatusChecker(VideoGenerationRepository(session)).record(
            "a", answer({**operation(media_id="CAUS1"), "operation": {"name": "op1", "error": error}})
        )

    assert recorded.outcome == expected
    assert stored(sessions, "status") == [("completed" if isinstance(expected, Found) else "failed",)]


@pytest.mark.parametrize("status", ["FAILED", "ACTIVE", None])
def test_an_empty_error_beside_anything_else_is_a_failure(status: str | None) -> None:
    """Only success and a valid id speak against it."""
    text = media(medium("op1", status, error={}))

    facts = media_facts(text, "op1")

    assert facts is not None
    assert facts.failure == ""


@pytest.mark.parametrize(
    ("text", "trace"),
    [
        ("<html>Bad Gateway</html>", "HTML or XML (24 characters)"),
        ("", "it is empty"),
        (" \n", "it is empty"),
        ('{"operations":[{"fifeUrl":"https://secret', "no JSON object, or cut off (41 characters)"),
        ('"text"', "no JSON object, or cut off (6 characters)"),
    ],
)
def test_an_answer_that_is_no_json_leaves_a_trace_that_can_be_asked_for(
    sessions: sessionmaker[Session], text: str, trace: str
) -> None:
    """In a row that still waits for its id; nothing else changes but the time, and no word of the answer is kept."""
    insert(sessions, {"id": "a", "operation_name": "op1"}, {"id": "b", "error_message": "100 % unreadable"})
    before = stored_row(sessions, "a")
    record(sessions, text)

    with sessions() as session:
        found = VideoGenerationRepository(session).list_page(GenerationFilter(unreadable=True)).generations
        ids = [generation.id for generation in found]

    after = stored_row(sessions, "a")
    assert ids == ["a"]
    assert {name for name in after if after[name] != before[name]} == {"error_message", "updated_at"}
    assert after["error_message"] == UNREADABLE + trace


def test_the_trace_goes_with_the_next_answer_that_can_be_read(sessions: sessionmaker[Session]) -> None:
    """Whether it says that the video is made, failed, or neither; the same trace again changes nothing."""
    insert(sessions, {"id": "a", "operation_name": "op1"})
    record(sessions, "<html>")
    written = stored_row(sessions, "a")
    record(sessions, "<html>")
    again = stored_row(sessions, "a")

    seen = [record(sessions, text)[0][:2] for text in ("null", answer(operation(status="PENDING")), "", FAILED)]

    assert again == written
    assert seen[0] == ("pending", f"{UNREADABLE}HTML or XML (6 characters)")
    assert seen[1:] == [
        ("pending", None),
        ("pending", f"{UNREADABLE}it is empty"),
        ("failed", "the API gave no reason"),
    ]


FAILED = answer(operation(status="FAILED"))


@pytest.mark.parametrize(
    "facts",
    [
        {"status": "completed"},
        {"status": "failed", "error_message": "filtered"},
        {"error_message": "no credits"},
        {"media_generation_id": "CAUS1"},
    ],
)
def test_a_row_that_knows_better_gets_no_trace(sessions: sessionmaker[Session], facts: dict[str, str]) -> None:
    """One that has ended, that has its id, or that bears a word of somebody else."""
    insert(sessions, {"id": "a", "operation_name": "op1", **facts})
    before = stored_row(sessions, "a")

    record(sessions, "<html>")

    assert stored_row(sessions, "a") == before
