"""The fast decoder finds what extract() finds, or leaves the answer to it."""

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.media_ids.extraction import Found, extract
from app.media_ids.plain_in_python import plain_id
from app.media_ids.recipe import derive
from tests.support.bodies import OPERATION, SCENE, bodies, operation
from tests.support.responses import responses

ID = "CAUSJGI4NWI1YjYx"
PLAIN = json.dumps({"x": ["a\\", -1.5e3, {"y": True}], "operations": [operation(top=ID, nested=ID)], "raw": None})
TEXTS = [
    *(
        '"',
        "\\",
        "\\u",
        "\\ud800",
        "\\udc00\\ud800",
        "\\ud83d\\ude00",
        "\\x",
        "\\/",
        "\\u12",
        "'",
        "\0",
        "\x01",
        "\x7f",
    ),
    *(
        "0",
        "00",
        "01",
        "1.",
        ".5",
        "-",
        "-01",
        "1e",
        "1e+",
        "1e999",
        "9" * 400,
        "+1",
        "0x1",
        "1_0",
        "NaN",
        "-Infinity",
        "\x7f",
    ),
    *("nul", "null", "true", ",", ":", "[", "]", "{", "}", " ", "\n", "\x0b", "\xa0", "\ufeff", "//", "/*", "é", "🚀"),
    *('"operations":[],', '"operations":null,', '"operations":{},', '"raw":{"operations":[]},', '"raw":7,'),
    *('"name":"M",', '"\\u006eame":"M",', '"Name":"M",', '"error":null,', '"error":{},', '"status":7,', '"media":[],'),
]
NO_UTF8 = [b"\xff", b"\xed\xa0\x80", b"\xc0\xaf", b"\xf5", b"\xc3"]


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """Draw a body as bytes, most of them plain, with something odd in a few places."""
    body = draw(st.just(PLAIN) | st.just(PLAIN) | st.builds(json.dumps, bodies(), ensure_ascii=st.booleans()))
    stored = body.encode("utf-8", "surrogatepass")
    for _ in range(draw(st.integers(0, 3))):
        place, length = draw(st.integers(0, len(stored))), draw(st.integers(0, 2))
        odd = draw(st.sampled_from([*(text.encode() for text in TEXTS), *NO_UTF8]))
        stored = stored[:place] + odd + stored[place + length :]
    return stored


def both(body: str | bytes, operation_name: str | None) -> tuple[str | None, str | None]:
    """Return the id by the fast decoder, and the one by extract()."""
    outcome = extract(body, operation_name, SCENE)
    return plain_id(body, operation_name), outcome.media_generation_id if isinstance(outcome, Found) else None


@given(body=damaged(), operation_name=st.sampled_from([OPERATION, OPERATION, "M", "", None]), as_text=st.booleans())
@example(body=PLAIN.replace('"a', '"\udc80').encode("utf-8", "surrogatepass"), operation_name=OPERATION, as_text=False)
def test_both_agree_or_the_decoder_says_nothing(body: bytes, operation_name: str | None, as_text: bool) -> None:  # noqa: FBT001
    """On any body, as the bytes of a file or as text, in which bytes that are no UTF-8 are lone surrogates."""
    stored = body.decode("utf-8", "surrogateescape") if as_text else body

    plain, found = both(stored, operation_name)

    assert plain in {None, found}


@pytest.mark.parametrize("odd", [*TEXTS, *NO_UTF8])
def test_both_agree_wherever_a_body_is_damaged(odd: str | bytes) -> None:
    """Something odd at every place of a plain body, that is in keys, in what is read, and in what is skipped."""
    body, text = PLAIN.encode(), odd if isinstance(odd, bytes) else odd.encode()

    results = [both(body[:place] + text + body[place:], OPERATION) for place in range(len(body) + 1)]

    assert [place for place, (plain, found) in enumerate(results) if plain not in {None, found}] == []


@pytest.mark.parametrize("depth", [100, 2_000])
def test_what_is_skipped_may_be_nested(depth: int) -> None:
    """As deep as extract() can read it, and no deeper."""
    body = PLAIN.replace("true", "[" * depth + "]" * depth)

    plain, found = both(body, OPERATION)

    assert plain == found == (ID if depth == 100 else None)


@pytest.mark.parametrize(
    ("one", "is_plain"),
    [
        (operation(top=ID), True),
        (operation(nested=ID, error=None), True),
        (operation(top=ID, status="MEDIA_GENERATION_STATUS_FAILED"), False),
        (operation(top=ID, error={}), False),
        (operation(top=ID, nested="CAUSother"), False),
        (operation(top="a b"), False),
        (operation(top=ID, name="", scene="another"), False),
        (operation(top=ID, name="other"), False),
    ],
)
@pytest.mark.parametrize("form", ['{"operations": [%s]}', '{"operations": null, "raw": {"operations": [%s]}}'])
def test_what_is_plain(one: dict[str, Any], is_plain: bool, form: str) -> None:  # noqa: FBT001
    """One operation, called as the row is, that did not fail, and one id; direct or wrapped."""
    name = "" if one["operation"]["name"] == "" else OPERATION

    assert plain_id(form % json.dumps(one), name) == (ID if is_plain else None)


OTHER = operation(name="other", top="CAUSother", status="MEDIA_GENERATION_STATUS_FAILED", error={"code": 3})


@pytest.mark.parametrize(
    ("several", "found"),
    [
        ([OTHER, operation(top=ID), OTHER], ID),
        ([operation(top=ID), operation(top="CAUSother")], None),
        ([OTHER, OTHER], None),
        ([operation(top=ID), None], None),
    ],
)
def test_of_several_operations_the_only_one_with_the_name_of_the_row_is_plain(
    several: list[object], found: str | None
) -> None:
    """Whatever became of the others."""
    assert plain_id(json.dumps({"operations": several}), OPERATION) == found


def test_nearly_all_that_can_be_recovered_is_plain() -> None:
    """Of the stored responses, all but the one whose operation has no name."""
    found = [item for item in responses() if item.media_generation_id]
    left = [item.name[:2] for item in found if plain_id(item.body.encode(), item.operation_name) is None]

    assert left == ["08"]


def test_the_recipe_derives_the_same_from_text_and_from_bytes() -> None:
    """From every stored response, whichever of the two has looked."""
    derived = [
        [derive(body, item.operation_name, item.scene_id) for body in (item.body, item.body.encode())]
        for item in responses()
    ]

    assert [[one if isinstance(one, str) else one.reason for one in pair] for pair in derived] == [
        [item.media_generation_id or item.reason] * 2 for item in responses()
    ]
