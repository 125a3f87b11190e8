"""The tables that the backfill keeps its ledger in."""

from datetime import datetime
from typing import Annotated

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.database.base import Base, TextKey
from app.database.metadata import FAILURES, RUNS

Rows = Annotated[int, mapped_column(sa.BigInteger, default=0)]
Seconds = Annotated[float, mapped_column(sa.Double, default=0.0)]


class BackfillRun(Base):
    """One run of the backfill: where it stands and what it did. Written in the same transaction as each batch."""

    __tablename__ = RUNS

    id: Mapped[int] = mapped_column(sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True)
    backfill: Mapped[str]
    """What it filled: the recipe's name."""
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
    batch_seconds: Mapped[str]
    """JSON object: how long its batches took, see app.backfill.ledger.history."""
    points: Mapped[str]
    """JSON list: how it came along, see there."""
    extractor_version: Mapped[int] = mapped_column(sa.Integer)
    started_at: Mapped[datetime]
    progress_at: Mapped[datetime]
    """When the last batch was committed."""
    finished_at: Mapped[datetime | None]
    user_name: Mapped[str]
    """The operating system's user who started it, on `host`, as `process` there."""
    host: Mapped[str]
    process: Mapped[int] = mapped_column(sa.BigInteger)
    version: Mapped[str]
    """The version of this software that ran."""
    options: Mapped[str] = mapped_column(default="{}")
    """JSON object: what it was started with, see app.backfill.options."""
    orders: Mapped[str] = mapped_column(default="{}")
    """JSON object: what people have wanted of it since, see app.backfill.control.orders."""
    waiting_for: Mapped[str | None]
    """Why the run waits; NULL while it works."""
    waiting_since: Mapped[datetime | None]
    error: Mapped[str | None]
    """One line on what ended the run early; NULL if it came to its end."""


class BackfillFailure(Base):
    """A row that a person must look at. It disappears when the row is filled or is no longer a failure."""

    __tablename__ = FAILURES

    backfill: Mapped[TextKey]
    """What was to be filled: the recipe's name."""
    row_digest: Mapped[TextKey]
    """SHA-256 of `row_name`: a key may be longer than what an index holds."""
    row_name: Mapped[str]
    """The row's whole key or, where it has none, its place: JSON, see app.backfill.row_names."""
    row_id: Mapped[str | None] = mapped_column("generation_id")
    """The row's id, for people: it may be NULL, and need not be unique."""
    reason: Mapped[str]
    detail: Mapped[str] = mapped_column(default="")
    body_digest: Mapped[str | None]
    """SHA-256 of the body that failed, so that a retry can leave out bodies that have not changed."""
    extractor_version: Mapped[int] = mapped_column(sa.Integer)
    run_id: Mapped[int] = mapped_column(sa.BigInteger)
    """The run that saw it last."""
    sweep: Mapped[int] = mapped_column(sa.Integer)
    first_seen_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    known_since_run: Mapped[int] = mapped_column(sa.BigInteger)
    """The run that saw it first as it is: for this reason, with this body."""
    accepted_at: Mapped[datetime | None]
    """Since when a person takes it as it is: until its reason or its body changes, it counts for no exit code."""
    accepted_by: Mapped[str | None]
    note: Mapped[str | None]
    """Why, in that person's words."""
