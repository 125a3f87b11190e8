"""Demo responses: stored answers of every kind, as they were captured, and rows made from them. Reads files only."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, Final

from app.database.timestamps import format_timestamp

FOLDER: Final = Path(__file__).resolve().parent / "demo_data"
FIRST_DAY: Final = datetime(2025, 10, 20, 8, tzinfo=UTC)
ROWS_A_DAY: Final = 4
SUFFIX_CHARACTERS: Final = 8


@dataclass(frozen=True, kw_only=True)
class DemoResponse:
    """A stored body and the row it belongs to."""

    body: str
    operation_name: str
    scene_id: str
    status: str
    media_generation_id: str | None

    def row(self, number: int, generation_id: str) -> dict[str, object]:
        """Return a row with this answer, in which operation, scene and media id are its own."""
        operation_name, scene_id = f"{number:032x}", f"scene-{number:08d}"
        body = self.body.replace(self.operation_name, operation_name).replace(self.scene_id, scene_id)
        if self.media_generation_id is not None:
            own = f"{self.media_generation_id[:-SUFFIX_CHARACTERS]}{number:0{SUFFIX_CHARACTERS}d}"
            body = body.replace(self.media_generation_id, own)
        moment = format_timestamp(FIRST_DAY + timedelta(days=number // ROWS_A_DAY))
        return {
            "id": generation_id,
            "profile_id": "demo-profile",
            "project_id": "demo-project",
            "scene_id": scene_id,
            "operation_name": operation_name,
            "prompt": "a lighthouse in the fog",
            "seed": number,
            "aspect_ratio": "VIDEO_ASPECT_RATIO_LANDSCAPE",
            "status": self.status,
            "raw_response": body,
            "created_at": moment,
            "updated_at": moment,
        }


@cache
def demo_responses() -> tuple[DemoResponse, ...]:
    """Return one response of every kind."""
    expected = json.loads((FOLDER / "expected.json").read_text(encoding="utf-8"))
    return tuple(_response(name, facts) for name, facts in sorted(expected.items()))


def demo_rows(rounds: int) -> Iterator[dict[str, object]]:
    """Yield rows made from every kind in turn, so many times, with random ids as the application's."""
    random = Random(1)  # noqa: S311  # the same rows each time
    kinds = demo_responses()
    for number in range(rounds * len(kinds)):
        yield kinds[number % len(kinds)].row(number, f"{random.getrandbits(128):032x}")


def _response(name: str, facts: dict[str, Any]) -> DemoResponse:
    body = (FOLDER / name).read_text(encoding="utf-8")
    return DemoResponse(body=body, media_generation_id=facts["expect"]["media_generation_id"], **facts["row"])
