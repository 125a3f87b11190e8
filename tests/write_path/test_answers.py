"""What one answer changes in one row: the rules, without a database."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.media_ids.extraction import Found, extract
from app.videos.answer_rules import changes_by, read
from app.videos.errors import MediaIdConflictError
from app.videos.models import STATUSES, Veo3VideoGeneration
from app.videos.new_values import Changes, new_values
from app.videos.storable_text import is_storable, storable_json
from tests.support.answers import answer, operation
from tests.support.responses import Response, named, responses

NOW = datetime(2026, 1, 2, tzinfo=UTC)
FINISHED = answer(operation(media_id="CAUS1", fife_url="https://fife", serving_base_uri="https://serving"))
ACTIVE = answer(operation(status="ACTIVE"))
FAILED = answer(operation(status="FAILED", error={"code": 3, "message": "PUBLIC_ERROR_AUDIO_FILTERED"}))
TWO_IDS = FINISHED.replace('SUCCESSFUL","mediaGenerationId":"CAUS1"', 'SUCCESSFUL","mediaGenerationId":"CAUS2"')


def generation(**facts: object) -> Veo3VideoGeneration:
    """Return a pending row of the operation op1 that nobody has stored."""
    row = {"id": "a", "operation_name": "op1", "status": "pending", "updated_at": NOW, **facts}
    return Veo3VideoGeneration(**row)


def changes(row: Veo3VideoGeneration, body: str) -> Changes:
    """Return what the answer changes, without what is nothing."""
    return {name: value for name, value in changes_by(row, body, read(row, body)).items() if value is not None}  # type: ignore[return-value]


def record(row: Veo3VideoGeneration, body: str) -> None:
    """Change the row as the status checker does."""
    for name, value in new_values(row, changes_by(row, body, read(row, body)), NOW).items():
        setattr(row, name, value)


def test_a_finished_video_stores_id_urls_body_and_status() -> None:
    """All that the answer knows; the video's URL is the fife URL."""
    assert changes(generation(), FINISHED) == {
        "media_generation_id": "CAUS1",
        "fife_url": "https://fife",
        "serving_base_uri": "https://serving",
        "video_url": "https://fife",
        "raw_response": FINISHED,
        "status": "completed",
    }


@pytest.mark.parametrize(
    ("known", "stored"), [(None, "https://serving"), ("", "https://serving"), ("https://own", "https://own")]
)
def test_the_serving_uri_is_the_videos_url_only_where_there_is_none(known: str | None, stored: str) -> None:
    """It never takes the place of a better one."""
    row = generation(video_url=known)

    record(row, answer(operation(media_id="CAUS1", serving_base_uri="https://serving")))

    assert (row.video_url, row.serving_base_uri, row.fife_url) == (stored, "https://serving", None)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("SUCCESSFUL", "completed"),
        ("FAILED", "failed"),
        ("ACTIVE", "processing"),
        ("SCHEDULED", "processing"),
        ("PENDING", "pending"),
        ("NEW_IN_2027", "as it was"),
        (None, "as it was"),
    ],
)
def test_the_rows_status_for_every_status_of_the_api(status: str | None, expected: str) -> None:
    """One that is not known leaves the row's."""
    row = generation(status="as it was")

    record(row, answer(operation(status=status)))

    assert row.status == expected


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        ({"code": 3, "message": "PUBLIC_ERROR_AUDIO_FILTERED"}, "PUBLIC_ERROR_AUDIO_FILTERED"),
        ({"code": 13}, "error code 13"),
        ({"code": "x", "message": " "}, "error code x"),
        ({"code": True}, "the API gave no reason"),
        ("boom", "the API gave no reason"),
        ({"message": "a\x00b\ud83dc"}, "a\N{REPLACEMENT CHARACTER}b\N{REPLACEMENT CHARACTER}c"),
    ],
)
def test_a_failure_stores_the_apis_reason(error: dict[str, object] | str, reason: str) -> None:
    """Also where the status says otherwise, and in characters that can be stored."""
    row = generation(status="processing")

    record(row, answer(operation(status="ACTIVE", error=error)))

    assert (row.status, row.error_message) == ("failed", reason)


def test_a_failure_without_a_reason_keeps_the_one_that_is_known() -> None:
    """Nothing never replaces what is known."""
    row = generation(error_message="no credits")

    record(row, answer(operation(status="FAILED")))

    assert (row.status, row.error_message) == ("failed", "no credits")


def test_a_failed_row_that_completes_after_all_loses_its_error() -> None:
    """And one that is processed again."""
    completed, processed = (generation(status="failed", error_message="timed out") for _ in range(2))

    record(completed, FINISHED)
    record(processed, ACTIVE)

    assert (completed.status, completed.error_message) == ("completed", None)
    assert (processed.status, processed.error_message) == ("processing", None)


@pytest.mark.parametrize("late", [ACTIVE, FAILED, answer(operation(status="PENDING")), answer(operation())])
@pytest.mark.parametrize("body", [FINISHED, None])
def test_a_completed_row_stays_completed(late: str, body: str | None) -> None:
    """Whatever comes late, and whatever body it has."""
    row = generation(status="completed", raw_response=body, error_message=None)

    record(row, late)

    assert (row.status, row.error_message) == ("completed", None)


@pytest.mark.parametrize("late", [ACTIVE, FAILED, answer(operation()), answer(operation(media_id="CAUS1"))])
def test_a_later_answer_that_says_less_leaves_the_body_that_has_the_id(late: str) -> None:
    """So the backfill can still fill a row that the old path wrote."""
    row = generation(status="processing", raw_response=FINISHED)

    record(row, late)

    assert row.raw_response == FINISHED


@pytest.mark.parametrize("evidence", [FINISHED[:-1], FINISHED.replace("op1", "op2"), TWO_IDS, '"text"'])
def test_a_body_that_a_person_must_look_at_gives_way_to_the_id_alone(evidence: str) -> None:
    """It may be the only trace of the id; the row's status follows the answers all the same."""
    row = generation(raw_response=evidence)
    seen = []

    for body in (ACTIVE, FAILED, answer(operation(fife_url="https://new", serving_base_uri="https://new")), FINISHED):
        record(row, body)
        seen.append((row.raw_response, row.status))

    assert [body for body, _ in seen] == [evidence, evidence, evidence, FINISHED]
    assert [status for _, status in seen][-2:] == ["completed", "completed"]


def test_an_answer_that_says_less_can_still_complete_the_row() -> None:
    """The API is done, whatever body is kept."""
    row = generation(status="processing", raw_response=FINISHED)

    record(row, answer(operation()))

    assert (row.status, row.completed_at is not None) == ("completed", True)


def test_a_late_answer_does_not_send_a_failed_row_back() -> None:
    """It says less than the failure that is stored."""
    row = generation(status="failed", error_message="filtered", raw_response=FAILED)

    assert changes(row, ACTIVE) == {}


def test_a_newer_answer_that_says_as_much_replaces_body_and_urls() -> None:
    """URLs expire: the fresh ones are worth more."""
    fresh = FINISHED.replace("https://", "https://fresh.")
    row = generation(status="completed", raw_response=FINISHED, media_generation_id="CAUS1", fife_url="https://fife")

    record(row, fresh)

    assert (row.raw_response, row.fife_url, row.video_url) == (fresh, "https://fresh.fife", "https://fresh.fife")


def test_bodies_rank_by_how_much_they_say_of_the_row() -> None:
    """From nothing to the id with both URLs; the list is complete."""
    bodies = [
        ACTIVE,
        '{"media":[{"name":"op1"}]}',
        FAILED,
        answer(operation()),
        answer(operation(fife_url="https://fife")),
        answer(operation(media_id="CAUS1")),
        answer(operation(media_id="CAUS1", fife_url="https://fife")),
        FINISHED,
    ]

    weights = [read(generation(), body).weight for body in bodies]

    assert weights == [(1, 0), (2, 0), (3, 0), (4, 0), (4, 1), (5, 0), (5, 1), (5, 2)]


@pytest.mark.parametrize(
    "nothing",
    [
        "",
        "null",
        "{}",
        "[]",
        "7",
        "<html>503</html>",
        '{"operations":[]}',
        FINISHED[:-1],
        FINISHED.replace("op1", "op2"),
        "\x00",
    ],
)
def test_an_answer_that_says_nothing_of_the_row_changes_nothing(nothing: str) -> None:
    """Not even in a row that has no body yet."""
    assert changes(generation(raw_response=None), nothing) == {}


def test_an_id_other_than_the_rows_is_refused() -> None:
    """With both ids."""
    row = generation(media_generation_id="CAUSknown")

    with pytest.raises(MediaIdConflictError) as caught:
        changes(row, FINISHED)

    assert (caught.value.known, caught.value.offered) == ("CAUSknown", "CAUS1")


def test_an_id_other_than_the_one_in_the_stored_answer_is_refused() -> None:
    """The backfill would have filled the stored one: nobody knows which is right."""
    row = generation(raw_response=FINISHED)

    with pytest.raises(MediaIdConflictError) as caught:
        changes(row, FINISHED.replace("CAUS1", "CAUS2"))

    assert (caught.value.known, caught.value.offered) == ("CAUS1", "CAUS2")


@pytest.mark.parametrize("name", ["33", "45"])
def test_of_an_answer_whose_ids_a_person_must_look_at_only_body_and_status_are_stored(name: str) -> None:
    """So that `media-gen-ids failures` can name the row; its URLs may be another video's."""
    response = named(name)
    row = generation(operation_name=response.operation_name, scene_id=response.scene_id)

    assert changes(row, response.body) == {"raw_response": response.body, "status": "completed"}


def test_text_that_cannot_be_stored_is_written_in_another_way_or_left_out() -> None:
    """A body means the same with escapes; a URL with such a character is none."""
    body = FINISHED.replace("https://fife", "https://\\u0000").replace('"remainingCredits"', '"half \ud83d"')
    row = generation()

    record(row, body)

    assert (row.media_generation_id, row.fife_url, row.video_url) == ("CAUS1", None, "https://serving")
    assert row.raw_response == body.replace("\ud83d", "\\ud83d")
    assert json.loads(row.raw_response) == json.loads(body)


@pytest.mark.parametrize("response", responses(), ids=lambda response: response.name)
def test_a_second_time_every_stored_response_changes_nothing(response: Response) -> None:
    """Asking again costs no write, and what was stored is stored as it came."""
    row = generation(operation_name=response.operation_name, scene_id=response.scene_id)
    record(row, response.body)

    again = new_values(row, changes_by(row, response.body, read(row, response.body)), NOW)

    assert again == {}


texts = st.text(st.characters(codec=None), max_size=8)
statuses = st.sampled_from(["SUCCESSFUL", "FAILED", "ACTIVE", "SCHEDULED", "PENDING", "ODD", None])
operations = st.builds(
    operation,
    st.sampled_from(["op1", "op2"]),
    statuses,
    media_id=st.sampled_from([None, "CAUS1", "CAUS1", "CAUS1", "CAUS2", " ", "a b"]),
    fife_url=st.none() | texts,
    serving_base_uri=st.none() | texts,
    error=st.none() | st.none() | texts | st.builds(dict, message=texts),
)
answers = st.lists(operations, max_size=3).map(lambda made: answer(*made)) | texts | st.just("null")


@given(st.lists(answers, min_size=1, max_size=6), st.sampled_from(STATUSES))
def test_no_sequence_of_answers_loses_anything(bodies: list[str], status: str) -> None:
    """Once there, the id, each URL, the body's id and the completion stay; every text can be stored."""
    row = generation(status=status)
    for body in bodies:
        before = facts(row)
        try:
            record(row, body)
        except MediaIdConflictError:
            assert facts(row) == before
        kept = {name for name, value in before.items() if value}
        assert {name for name, value in facts(row).items() if value} >= kept
        assert before["media_generation_id"] in {None, row.media_generation_id}
        assert before["id in body"] in {None, facts(row)["id in body"]}
        assert all(is_storable(value) for value in facts(row).values() if isinstance(value, str))


def facts(row: Veo3VideoGeneration) -> dict[str, object]:
    """Return what must not be lost."""
    outcome = extract(row.raw_response or "", row.operation_name, row.scene_id)
    return {
        "media_generation_id": row.media_generation_id,
        "fife_url": row.fife_url,
        "serving_base_uri": row.serving_base_uri,
        "video_url": row.video_url,
        "raw_response": row.raw_response,
        "completed": row.status == "completed",
        "completed_at": row.completed_at,
        "id in body": outcome.media_generation_id if isinstance(outcome, Found) else None,
    }


@given(st.recursive(texts | st.none() | st.integers(), lambda inner: st.lists(inner) | st.dictionaries(texts, inner)))
def test_the_storable_form_of_json_means_the_same(value: object) -> None:
    """Of any JSON text, with characters written out or escaped."""
    body = json.dumps(value, ensure_ascii=False)

    stored = storable_json(body)

    assert is_storable(stored)
    assert _same(json.loads(stored)) == _same(json.loads(body))


def _same(value: object) -> str:
    """Return a form in which a surrogate pair and the character that it stands for are the same."""
    return json.dumps(value).encode().decode("ascii")
