"""API answers made for a test: one operation or several, as the API writes them."""

import json
from collections.abc import Mapping

PREFIX = "MEDIA_GENERATION_STATUS_"


def operation(  # noqa: PLR0913  # as many facts as an operation has
    name: str = "op1",
    status: str | None = "SUCCESSFUL",
    *,
    media_id: str | None = None,
    fife_url: str | None = None,
    serving_base_uri: str | None = None,
    error: Mapping[str, object] | str | None = None,
) -> dict[str, object]:
    """Return one operation; `status` without its prefix. What is None is left out."""
    video = _given(mediaGenerationId=media_id, fifeUrl=fife_url, servingBaseUri=serving_base_uri)
    inner = _given(name=name, metadata={"video": video} if video else None, error=error)
    return {"operation": inner, "sceneId": "", **_given(status=status and PREFIX + status, mediaGenerationId=media_id)}


def answer(*operations: dict[str, object]) -> str:
    """Return the compact JSON text of an answer."""
    return json.dumps({"operations": operations, "remainingCredits": 10}, separators=(",", ":"), ensure_ascii=False)


def _given(**facts: object) -> dict[str, object]:
    return {name: fact for name, fact in facts.items() if fact is not None}
