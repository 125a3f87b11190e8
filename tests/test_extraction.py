"""Extraction: every stored response, the rules one by one, and properties that hold for any text."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.media_ids.extraction import Failed, Found, Outcome, Skipped, extract
from app.media_ids.operations import operation_names
from tests.support.bodies import OPERATION, SCENE, bodies, json_values, operation
from tests.support.responses import Response, named, responses

ID = "CAUSJGI4NWI1YjYx"


def outcome_of(response: Response) -> dict[str, Any]:
    """Return the outcome of a response in the words of expected.json."""
    outcome = extract(response.body, response.operation_name, response.scene_id)
    found = outcome if isinstance(outcome, Found) else None
    return {
        "outcome": "synced" if found else type(outcome).__name__.lower(),
        "reason": None if isinstance(outcome, Found) else outcome.reason,
        "media_generation_id": found.media_generation_id if found else None,
        "fife_url": found.fife_url if found else None,
        "serving_base_uri": found.serving_base_uri if found else None,
    }


@pytest.mark.parametrize("response", responses(), ids=lambda response: response.name)
def test_every_stored_response_has_the_expected_outcome(response: Response) -> None:
    """The captured structures, and the rows that they belong to."""
    expected = {name: getattr(response, name) for name in outcome_of(response)}

    assert outcome_of(response) == expected


def judged(*operations: object, name: str | None = OPERATION, scene: str | None = SCENE) -> Outcome:
    """Extract from a direct body with these operations."""
    return extract(json.dumps({"operations": operations}), name, scene)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("", Failed("invalid_json", "Expecting value: line 1 column 1 (char 0)")),
        ("null", Skipped("no_operations")),
        ("3", Failed("not_an_object", "int")),
        ('"text"', Failed("not_an_object", "str")),
        ("{}", Skipped("no_operations")),
        ("[]", Skipped("no_operations")),
        ('{"operations": 3}', Skipped("no_operations")),
        ('{"operations": [null, 3]}', Skipped("no_operations")),
        ('{"media": []}', Skipped("media_contract")),
        ('{"raw": {"media": []}}', Skipped("media_contract")),
        ('{"media": {}}', Skipped("no_operations")),
    ],
)
def test_bodies_without_operations(body: str, expected: Outcome) -> None:
    """What is no JSON or no object fails; what merely has no operations is skipped."""
    assert extract(body, OPERATION, SCENE) == expected


def test_what_only_a_stricter_parser_rejects_is_not_malformed() -> None:
    """NaN, lone surrogates, long integers and bytes are read as Python's own parser reads them."""
    body = json.dumps({"operations": [operation(top=ID)], "x": float("nan"), "y": "\ud800", "z": 1}).replace(
        '"z": 1', f'"z": {"9" * 5_000}'
    )

    assert extract(body, OPERATION, SCENE) == Found(ID)
    assert extract(body.encode(), OPERATION, SCENE) == Found(ID)
    assert extract(b"\xff", OPERATION, SCENE) == Failed(
        "invalid_json", "'utf-8' codec can't decode byte 0xff in position 0: invalid start byte"
    )


@pytest.mark.parametrize("depth", [100_000, 5_000_000])
def test_a_body_nested_too_deep_to_parse_fails(depth: int) -> None:
    """The parser's own limit is an outcome, not an exception."""
    outcome = extract("[" * depth + "]" * depth, OPERATION, SCENE)

    assert isinstance(outcome, Failed)
    assert outcome.reason == "invalid_json"


@pytest.mark.parametrize("nested", ["null", "%s"])
def test_an_id_nested_too_deep_to_look_at_fails(nested: str) -> None:
    """What can be parsed just so, but neither be shown nor compared with the other id, is an outcome too."""
    inner = f'"operation": {{"metadata": {{"video": {{"mediaGenerationId": {nested}}}}}}}'
    form = f'{{"operations": [{{"mediaGenerationId": %s, {inner}}}]}}'

    outcomes = [extract(form.replace("%s", "[" * n + "]" * n), OPERATION, SCENE) for n in range(900, 1_030, 2)]

    assert {type(outcome) for outcome in outcomes} == {Failed}


def test_the_operation_is_the_one_with_the_rows_name() -> None:
    """Wherever it stands, and whatever scene it names."""
    others = operation(name="other", top="CAUSother"), operation(name="third", top="CAUSthird")

    assert judged(others[0], operation(top=ID, scene="another scene"), others[1]) == Found(ID)
    assert judged(*others) == Failed("operation_mismatch", "body answers for other, third")
    assert judged(operation(top=ID), operation(top=ID)) == Failed(
        "operation_mismatch", f"body answers for {OPERATION}, {OPERATION}"
    )


def test_a_row_without_operation_name_goes_by_its_scene() -> None:
    """An empty scene is no scene."""
    other = operation(name="other", top="CAUSother", scene="other")

    assert judged(other, operation(top=ID), name=None) == Found(ID)
    assert judged(other, operation(top=ID), name="") == Found(ID)
    assert isinstance(judged(operation(top=ID, scene=""), other, name=None, scene=""), Failed)
    assert isinstance(judged(operation(top=ID), name=None, scene=None), Failed)


def test_a_single_operation_without_a_name_is_the_rows_unless_it_names_another_scene() -> None:
    """The evidence must not speak against it."""
    assert judged(operation(name=None, top=ID)) == Found(ID)
    assert judged(operation(name=None, top=ID, scene="")) == Found(ID)
    assert judged(operation(name=None, top=ID), scene=None) == Found(ID)
    assert judged(operation(name=None, top=ID, scene="another")) == Failed(
        "operation_mismatch", "body answers for (no name)"
    )
    assert isinstance(judged(operation(name=None, top=ID), operation(name=None, top=ID)), Failed)


@pytest.mark.parametrize(
    ("top", "nested", "expected"),
    [
        (ID, None, Found(ID)),
        (None, ID, Found(ID)),
        (ID, ID, Found(ID)),
        (ID, " \t", Found(ID)),
        (7, ID, Found(ID)),
        (ID, "CAUSother", Failed("ids_disagree", f"{ID} / CAUSother")),
        ("two words", None, Failed("invalid_id", "'two words'")),
        (7, None, Failed("invalid_id", "7")),
        ([], {}, Failed("invalid_id", "[]")),
        ("x" * 256, None, Failed("invalid_id", repr("x" * 256)[:255])),
        ("x" * 255, None, Found("x" * 255)),
        ("a\x00b", None, Failed("invalid_id", "'a\\x00b'")),
        ("\ud800", None, Failed("invalid_id", "'\\ud800'")),
        ("", None, Skipped("no_media_generation_id")),
        (None, None, Skipped("no_media_generation_id")),
    ],
)
def test_two_places_for_one_id(top: object, nested: object, expected: Outcome) -> None:
    """One distinct valid id is found; two disagree; none but an invalid one is a failure."""
    assert judged(operation(top=top, nested=nested)) == expected


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (None, "not_finished"),
        ("MEDIA_GENERATION_STATUS_PENDING", "not_finished"),
        ("MEDIA_GENERATION_STATUS_ACTIVE", "not_finished"),
        ("MEDIA_GENERATION_STATUS_SCHEDULED", "not_finished"),
        ("MEDIA_GENERATION_STATUS_SUCCESSFUL", "no_media_generation_id"),
        ("something new", "no_media_generation_id"),
        (7, "no_media_generation_id"),
        ("MEDIA_GENERATION_STATUS_FAILED", "generation_failed"),
    ],
)
def test_the_status_tells_why_there_is_no_id(status: object, reason: str) -> None:
    """An unfinished operation may have one later."""
    outcome = judged(operation(status=status))

    assert isinstance(outcome, Skipped)
    assert outcome.reason == reason


def test_a_failed_operation_is_skipped_even_with_an_id_and_says_why() -> None:
    """By its status, or by its error."""
    error = {"code": 3, "message": "PUBLIC_ERROR_AUDIO_FILTERED"}

    assert judged(operation(top=ID, error=error)) == Skipped("generation_failed", "PUBLIC_ERROR_AUDIO_FILTERED")
    assert judged(operation(top=ID, status="MEDIA_GENERATION_STATUS_FAILED")) == Skipped("generation_failed")


def test_operation_names_lists_whom_a_body_answers_for() -> None:
    """In the body's order; nothing where there is nothing to read."""
    assert operation_names(named("35").body) == (
        "3d00b92ed5bc8ff5b9f7580b0b74795e",
        "5c7b538dfc7b5be06febbd54dacefa3f",
    )
    assert (operation_names("{"), operation_names("3"), operation_names("[{}]")) == ((), (), ())


@given(st.text() | st.binary() | json_values.map(json.dumps), st.none() | st.text(), st.none() | st.text())
def test_extraction_is_total(body: str | bytes, operation_name: str | None, scene_id: str | None) -> None:
    """Any text, any bytes and any JSON value have an outcome."""
    assert isinstance(extract(body, operation_name, scene_id), Found | Skipped | Failed)


@given(bodies())
def test_an_id_that_is_found_stands_in_the_body(body: object) -> None:
    """Never one that is made up, trimmed or joined."""
    outcome = extract(json.dumps(body, ensure_ascii=False), OPERATION, SCENE)

    assert not isinstance(outcome, Found) or json.dumps(outcome.media_generation_id, ensure_ascii=False) in json.dumps(
        body, ensure_ascii=False
    )


@given(bodies())
def test_the_wrapped_form_has_the_outcome_of_the_direct_form(body: object) -> None:
    """As the polling worker and as row creation wrap it."""
    direct = extract(json.dumps(body), OPERATION, SCENE)

    assert extract(json.dumps({"mediaStatus": "x", "raw": body}), OPERATION, SCENE) == (
        direct if isinstance(body, dict | list) else Skipped("no_operations")
    )
