"""The tables: the application's own, and the two that the backfill keeps its ledger in."""

from datetime import datetime
from typing import Annotated, Final

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base
from app.native_types import LenientTimestamp, NativeText

STATUSES: Final = ("pending", "processing", "completed", "failed")


Moment = Annotated[datetime, mapped_column(LenientTimestamp)]
"""None where an adopted table has NULL, or text that is no timestamp."""
Native = Annotated[str, mapped_column(NativeText)]
"""Text, or on PostgreSQL what an adopted table has in its place: uuid, an integer type, json, jsonb, an enum."""
NativeKey = Annotated[str, mapped_column(NativeText, primary_key=True)]
TextKey = Annotated[str, mapped_column(sa.Text, primary_key=True)]
Rows = Annotated[int, mapped_column(sa.BigInteger, default=0)]
Seconds = Annotated[float, mapped_column(sa.Double, default=0.0)]


class Veo3VideoGeneration(Base):
    """One generated video, as the application `veo3-automation` keeps it.

    Adopted databases differ in which columns may be NULL and in what is UNIQUE; the types here admit what every
    variant can hold. The foreign key `profile_id -> profiles(id)` belongs to the application: it is neither created
    nor looked at here, and neither is `veo3_video_upscales`, which refers to this table.
    """

    __tablename__ = "veo3_video_generations"
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


class BackfillRun(Base):
    """One run of the backfill: where it stands and what it did. Written in the same transaction as each batch."""

    __tablename__ = "media_generation_id_backfill_runs"

    id: Mapped[int] = mapped_column(sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True)
    origin: Mapped[str]
    """`upgrade` or `sync`."""
    state: Mapped[str]
    """`running`, or how it ended: `done`, `incomplete`, `partial`, `stopped`, `failed`, `superseded`."""
    walk: Mapped[str]
    cursor: Mapped[str | None]
    """Where the walk stands, opaque; NULL before the first window and after the last."""
    sweep: Mapped[int] = mapped_column(sa.Integer, default=1)
    """Passes over the table, counted from 1."""
    sweep_filled: Mapped[Rows]
    """Rows filled, or changed by somebody else while they were to be filled, in this sweep so far."""
    found: Mapped[Rows]
    synced: Mapped[Rows]
    skipped: Mapped[Rows]
    failed: Mapped[Rows]
    reasons: Mapped[str] = mapped_column(default="{}")
    """JSON object: rows by reason code."""
    batches: Mapped[Rows]
    batch_size: Mapped[int] = mapped_column(sa.Integer)
    seconds: Mapped[Seconds]
    max_batch_seconds: Mapped[Seconds]
    p99_batch_seconds: Mapped[Seconds]
    extractor_version: Mapped[int] = mapped_column(sa.Integer)
    started_at: Mapped[datetime]
    progress_at: Mapped[datetime]
    """When the last batch was committed."""
    finished_at: Mapped[datetime | None]


class BackfillFailure(Base):
    """A row that a person must look at. It disappears when the row is filled or is no longer a failure."""

    __tablename__ = "media_generation_id_backfill_failures"

    row_digest: Mapped[TextKey]
    """SHA-256 of `row_name`: a key may be longer than what an index holds."""
    row_name: Mapped[str]
    """The row's whole key or, where it has none, its place: JSON, see app.backfill.row_names."""
    generation_id: Mapped[str | None]
    """The row's id, for people: it may be NULL, and need not be unique."""
    reason: Mapped[str]
    detail: Mapped[str] = mapped_column(default="")
    body_digest: Mapped[str | None]
    """Of the body that failed, so that a retry can leave out bodies that have not changed."""
    extractor_version: Mapped[int] = mapped_column(sa.Integer)
    run_id: Mapped[int] = mapped_column(sa.BigInteger)
    """The run that saw it last."""
    sweep: Mapped[int] = mapped_column(sa.Integer)
    first_seen_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
