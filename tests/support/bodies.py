"""Bodies for property tests: the captured structures with anything in any place."""

from typing import Any

from hypothesis import strategies as st

OPERATION = "50018d50fc3fb8c02b975e304934d376"
SCENE = "2b5e1384-b1ad-4df2-a8d5-f0c1b85da92d"
ABSENT: Any = object()

json_scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
json_values = st.recursive(
    json_scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4)
)
ids = st.sampled_from(["CAUSaaaa", "CAUSbbbb", "CAUS" + "c" * 158, "x" * 255, "x" * 256])
odd_ids: st.SearchStrategy[Any] = st.sampled_from(
    [None, "", "  ", "a b", "a\u00a0b", "a\n", "\u1680", "ü", 7, 1.5, [], {}, True, "a\x7fb"]
)
names = st.sampled_from([OPERATION, "other", "", None, 7, ABSENT, ABSENT])
statuses = st.sampled_from(
    [f"MEDIA_GENERATION_STATUS_{name}" for name in ("SUCCESSFUL", "FAILED", "ACTIVE")] + [None, 7, ABSENT]
)
errors = st.sampled_from([None, ABSENT, ABSENT, ABSENT, {}, {"code": 3, "message": "why"}, "text", 0, False])


def operation(  # noqa: PLR0913  # one parameter a field of the body
    *,
    name: object = OPERATION,
    top: object = ABSENT,
    nested: object = ABSENT,
    scene: object = SCENE,
    status: object = "MEDIA_GENERATION_STATUS_SUCCESSFUL",
    error: object = ABSENT,
) -> dict[str, Any]:
    """Return one operation of an API answer; ABSENT leaves a field out."""
    video = present({"seed": 1, "mediaGenerationId": nested})
    inner = present({"name": name, "metadata": {"video": video}, "error": error})
    return present({"operation": inner, "sceneId": scene, "mediaGenerationId": top, "status": status})


def present(fields: dict[str, Any]) -> dict[str, Any]:
    """Return the fields that are there."""
    return {name: value for name, value in fields.items() if value is not ABSENT}


operations = st.builds(
    operation,
    name=names,
    top=ids | odd_ids | st.just(ABSENT),
    nested=ids | odd_ids | st.just(ABSENT),
    scene=st.sampled_from([SCENE, "other", "", None]),
    status=statuses,
    error=errors,
)
broken_operations: st.SearchStrategy[Any] = st.sampled_from(
    [None, 3, "text", [], {}, {"operation": 3}, {"operation": []}, {"operation": {"name": OPERATION, "metadata": 3}}]
)


def bodies() -> st.SearchStrategy[Any]:
    """Return bodies: direct, wrapped, empty, of several operations, and what else a JSON value can be."""
    lists = st.lists(operations | broken_operations, max_size=3)
    direct = st.fixed_dictionaries({"operations": lists | json_values}, optional={"media": st.just([]), "raw": lists})
    wrapped = st.fixed_dictionaries({"raw": direct | lists}, optional={"operations": st.just([]) | lists})
    return direct | wrapped | lists | json_values
