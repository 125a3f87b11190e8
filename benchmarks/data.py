"""The rows of the benchmark's table.

Everything follows from one seed: the same number of rows of one shape is the same data on every database.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta

from benchmarks.bodies import (
    ASPECT_RATIO,
    MALFORMED_KIND,
    RECOVERABLE_KINDS,
    UNRECOVERABLE_KINDS,
    Kind,
    Video,
    media_generation_id,
    random_uuid,
    signed_url,
    video_file,
)
from benchmarks.shapes import OUT_OF_LINE, Shape

SEED = 20_260_101
UNRECOVERABLE_SHARE = 0.05
LONG_PROMPT_SHARE = 0.25
FIRST_DAY = datetime(2025, 10, 1, tzinfo=UTC)
SECONDS = 120 * 24 * 3600  # the rows are spread over this time after the first day

WORDS = """
a the of in on with over under slow fast camera light morning evening rain snow city forest river paper boat robot
garden glass window street market old young woman man child dog cat bird horse train bicycle lantern sea mountain wave
wind dust smoke fire shadow mirror music piano crowd dance walks runs turns looks smiles close-up wide shot cinematic
documentary handheld static pan tilt dolly focus shallow depth soft warm cold golden hour neon blue red green silver
wooden stone texture detail realistic animated watercolor minimal dramatic calm
""".split()  # noqa: SIM905  # readable


@dataclass(frozen=True, kw_only=True)
class Row:
    """One row of the table; the fields have the names of its columns. Columns that are left out stay NULL."""

    id: str
    profile_id: str
    project_id: str
    scene_id: str
    operation_name: str
    prompt: str | None
    seed: int
    aspect_ratio: str | None
    status: str
    video_url: str | None
    raw_response: str
    created_at: str
    updated_at: str
    completed_at: str | None


COLUMNS = tuple(field.name for field in fields(Row))


def rows(count: int, *, malformed: int = 0, shape: Shape = OUT_OF_LINE) -> Iterator[tuple[Row, str | None]]:
    """Yield `count` rows in random order of their keys, each with the id to recover, or None where there is none."""
    writer = Writer(random.Random(SEED), shape)
    for kind in writer.kinds(count, malformed):
        yield writer.row(kind)


class Writer:
    """Writes rows as the application does, from one source of chance."""

    def __init__(self, chance: random.Random, shape: Shape) -> None:
        """Choose the profiles and projects that the rows belong to."""
        self._chance = chance
        self._shape = shape
        self._profiles = [f"{chance.getrandbits(128):032x}" for _ in range(20)]
        self._projects = [random_uuid(chance) for _ in range(200)]

    def kinds(self, count: int, malformed: int) -> list[Kind]:
        """Return the kind of each row, in random order."""
        kinds = self._chance.choices(UNRECOVERABLE_KINDS, k=round(count * UNRECOVERABLE_SHARE))
        kinds += [MALFORMED_KIND] * malformed
        kinds += self._chance.choices([*RECOVERABLE_KINDS], [*RECOVERABLE_KINDS.values()], k=count - len(kinds))
        self._chance.shuffle(kinds)
        return kinds

    def row(self, kind: Kind) -> tuple[Row, str | None]:
        """Return a row of this kind, and the id that can be recovered from it."""
        project_id = self._chance.choice(self._projects)
        video = self._video(project_id, kind)
        created_at = FIRST_DAY + timedelta(seconds=self._chance.random() * SECONDS)
        completed_at = timestamp(created_at + timedelta(minutes=2))
        row = Row(
            id=f"{self._chance.getrandbits(128):032x}",
            profile_id=self._chance.choice(self._profiles),
            project_id=project_id,
            scene_id=video.scene_id,
            operation_name=video.operation_name,
            prompt=video.prompt if self._shape.has_copies else None,
            seed=video.seed,
            aspect_ratio=ASPECT_RATIO if self._shape.has_copies else None,
            status=kind.status,
            video_url=video.fife_url if self._shape.has_copies and kind.status == "completed" else None,
            raw_response=kind.write(video),
            created_at=timestamp(created_at),
            updated_at=completed_at,
            completed_at=completed_at if kind.status == "completed" else None,
        )
        return row, video.media_generation_id if kind.recoverable else None

    def _video(self, project_id: str, kind: Kind) -> Video:
        file_id, signature_bytes = random_uuid(self._chance), self._shape.signature_bytes
        return Video(
            operation_name=f"{self._chance.getrandbits(128):032x}",
            scene_id=random_uuid(self._chance),
            prompt=self._prompt(),
            seed=self._chance.randrange(100_000),
            media_generation_id=media_generation_id(self._chance, project_id, file_id),
            fife_url=signed_url(self._chance, "video", file_id, signature_bytes),
            serving_base_uri=signed_url(self._chance, "image", file_id, signature_bytes),
            repeats_request=self._shape.repeats_request,
            raw_bytes=video_file(self._chance, self._shape.video_bytes) if self._holds_video(kind) else None,
        )

    def _holds_video(self, kind: Kind) -> bool:
        share = self._shape.video_share if kind.recoverable else 0.0
        return share > 0 and self._chance.random() < share

    def _prompt(self) -> str:
        is_long = self._chance.random() < LONG_PROMPT_SHARE
        longest = self._shape.long_prompt_words if is_long else self._shape.prompt_words
        return " ".join(self._chance.choices(WORDS, k=self._chance.randint(self._shape.fewest_prompt_words, longest)))


def timestamp(moment: datetime) -> str:
    """Write a time as the application does: `2025-10-01T00:00:00.000Z`, 24 characters."""
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"
