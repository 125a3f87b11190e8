"""The application's table."""

from datetime import datetime
from typing import Annotated, Final

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.database.base import Base
from app.database.metadata import VIDEOS
from app.videos.native_types import LenientTimestamp, NativeText

STATUSES: Final = ("pending", "processing", "completed", "failed")


Moment = Annotated[datetime, mapped_column(LenientTimestamp)]
"""None where an adopted table has NULL, or text that is no timestamp."""
Native = Annotated[str, mapped_column(NativeText)]
"""Text, or on PostgreSQL what an adopted table has in its place: uuid, an integer type, json, jsonb, an enum."""
NativeKey = Annotated[str, mapped_column(NativeText, primary_key=True)]


class Veo3VideoGeneration(Base):
    """One generated video, as the application `veo3-automation` keeps it.

    Adopted databases differ in which columns may be NULL and in what is UNIQUE; the types here admit what every
    variant can hold. The foreign key `profile_id -> profiles(id)` belongs to the application: it is neither created
    nor looked at here, and neither is `veo3_video_upscales`, which refers to this table.
    """

    __tablename__ = VIDEOS
    __table_args__ = (
        sa.CheckConstraint(sa.column("status").in_(STATUSES), name="status"),
        sa.Index("idx_veo3_generations_profile_id", "profile_id"),
        sa.Index("idx_veo3_generations_project_id", "project_id"),
        sa.Index("idx_veo3_generations_status", "status"),
        sa.Index("idx_veo3_generations_scene_id", "scene_id"),
        sa.Index("idx_veo3_generations_operation_name", "operation_name"),
    )

    id: Mapped[NativeKey]
    """32 hexadecimal characters, random."""
    profile_id: Mapped[Native]
    project_id: Mapped[Native]
    scene_id: Mapped[Native | None]
    operation_name: Mapped[str | None]
    """The name under which the API answers for this video."""
    prompt: Mapped[str | None]
    seed: Mapped[int | None]
    aspect_ratio: Mapped[str | None]
    status: Mapped[Native]
    """One of STATUSES."""
    media_generation_id: Mapped[str | None]
    """Unpadded base64url, 162 characters for a video; sent to the upscaler and extender. What the backfill fills."""
    fife_url: Mapped[str | None]
    serving_base_uri: Mapped[str | None]
    video_url: Mapped[str | None]
    video_path: Mapped[str | None]
    error_message: Mapped[str | None]
    raw_response: Mapped[Native | None]
    """The API's answer as it came, JSON text of 165 bytes to megabytes."""
    created_at: Mapped[Moment]
    updated_at: Mapped[Moment]
    completed_at: Mapped[Moment | None]
