"""Stored responses: the captured structures in tests/data/responses, and rows made from them."""

import json
from dataclasses import dataclass
from functools import cache
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

FOLDER = Path(__file__).resolve().parents[1] / "data" / "responses"
OLD_TIMESTAMP = "2025-11-01T08:00:00.000Z"


@dataclass(frozen=True, kw_only=True)
class Response:
    """A stored body, the row it belongs to, and what must come of it."""

    name: str
    body: str
    operation_name: str
    scene_id: str
    status: str
    outcome: str
    reason: str | None
    media_generation_id: str | None
    fife_url: str | None
    serving_base_uri: str | None

    def variant(self, number: int) -> "Response":
        """Return the same response for another row: operation, scene and media id are its own."""
        operation_name, scene_id = f"{number:032x}", f"scene-{number:08d}"
        body = self.body.replace(self.operation_name, operation_name).replace(self.scene_id, scene_id)
        media_id = self.media_generation_id
        if media_id is not None:
            own = f"{media_id[:-8]}{number:08d}"
            body, media_id = body.replace(media_id, own), own
        changed: dict[str, Any] = {**vars(self), "body": body, "operation_name": operation_name}
        return Response(**{**changed, "scene_id": scene_id, "media_generation_id": media_id})


@cache
def responses() -> tuple[Response, ...]:
    """Return every stored response with its expected outcome."""
    expected = json.loads((FOLDER / "expected.json").read_text())
    return tuple(_response(name, facts) for name, facts in sorted(expected.items()))


def _response(name: str, facts: dict[str, Any]) -> Response:
    body = (FOLDER / name).read_text()
    return Response(name=name, body=body, **facts["row"], **facts["expect"])


def named(start: str) -> Response:
    """Return the response whose file name starts so."""
    return next(response for response in responses() if response.name.startswith(start))


def recoverable() -> tuple[Response, ...]:
    """Return the responses whose id can be recovered."""
    return tuple(response for response in responses() if response.outcome == "synced")


def unrecoverable() -> tuple[Response, ...]:
    """Return the responses that leave their row pending."""
    return tuple(response for response in responses() if response.outcome != "synced")


@dataclass(frozen=True, kw_only=True)
class StoredRow:
    """A row of the application's table, and the response that it was made from."""

    id: str
    response: Response
    media_generation_id: str | None = None

    def values(self) -> dict[str, object]:
        """Return the row's columns by name."""
        return {
            "id": self.id,
            "profile_id": "profile",
            "project_id": "project",
            "scene_id": self.response.scene_id,
            "operation_name": self.response.operation_name,
            "prompt": "a prompt",
            "seed": 11_111,
            "aspect_ratio": "VIDEO_ASPECT_RATIO_LANDSCAPE",
            "status": self.response.status,
            "media_generation_id": self.media_generation_id,
            "raw_response": self.response.body,
            "created_at": OLD_TIMESTAMP,
            "updated_at": OLD_TIMESTAMP,
        }


def make_rows(number: int, kinds: tuple[Response, ...] | None = None, *, seed: int = 1) -> list[StoredRow]:
    """Return rows made from the kinds in turn, with random ids as the application's."""
    random = Random(seed)
    numbers = count(seed * 1_000_000)
    chosen = kinds or responses()
    return [
        StoredRow(id=f"{random.getrandbits(128):032x}", response=chosen[index % len(chosen)].variant(next(numbers)))
        for index in range(number)
    ]
