"""Answers of 2026 that have `media` instead of operations, made for a test."""

import json
from typing import Any

PREFIX = "MEDIA_GENERATION_STATUS_"


def medium(
    name: str = "op1", status: str | None = "SUCCESSFUL", video: dict[str, Any] | None = None, **status_facts: object
) -> dict[str, Any]:
    """Return one entry; `status` without its prefix, `status_facts` beside it."""
    word = {} if status is None else {"mediaGenerationStatus": PREFIX + status}
    entry = {"name": name, "mediaMetadata": {"mediaStatus": {**word, **status_facts}}}
    return entry if video is None else {**entry, "video": video}


def media(*entries: object) -> str:
    """Return the compact JSON text of an answer."""
    return json.dumps({"media": entries, "remainingCredits": 10}, separators=(",", ":"))
