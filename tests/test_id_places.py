"""Where in an answer the ids of a row's operation stand, for whoever must look at it."""

import json

import pytest

from app.media_ids.id_places import id_places


def operation(name: str, **more: object) -> dict[str, object]:
    """Return an operation with an id inside of it."""
    return {"operation": {"name": name, "metadata": {"video": {"mediaGenerationId": f"{name}-id"}}}, **more}


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"operations": [operation("other"), operation("mine")]}, "$.operations[1]"),
        ({"raw": {"operations": ["no object", operation("mine")]}}, "$.raw.operations[1]"),
        ({"operations": [], "raw": [operation("mine")]}, "$.raw[0]"),
        ([operation("mine")], "$[0]"),
    ],
)
def test_a_path_leads_to_the_rows_operation(body: object, path: str) -> None:
    """Through whatever is wrapped round it; entries that are no operations count as places."""
    assert id_places(json.dumps(body), "mine", None) == [
        (f"{path}.operation.metadata.video.mediaGenerationId", "mine-id")
    ]


def test_what_stands_on_top_comes_first() -> None:
    """Whatever it is, unless it is nothing."""
    body = json.dumps([operation("mine", mediaGenerationId=12345)])

    assert [place.value for place in id_places(body, "mine", None)] == [12345, "mine-id"]


@pytest.mark.parametrize("body", ["{broken", "null", "[]", json.dumps([operation("a"), operation("b")]), "[" * 9_999])
def test_an_answer_that_is_not_certainly_the_rows_has_no_place(body: str) -> None:
    """Nor one that nobody can read."""
    assert list(id_places(body, "mine", None)) == []
