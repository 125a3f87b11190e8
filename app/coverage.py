"""Coverage: the rows of the table by what is known about their id, counted by the database. Reads only."""

from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from app.backfill.ledger import DONE, FAILURES, RETRY_WALK, RUNS
from app.backfill.statements import columns_of, pending
from app.models import Veo3VideoGeneration

LARGE_TABLE_ROWS: Final = 1_000_000
"""A PostgreSQL table with more rows than this is sampled, unless exact numbers are asked for."""
SAMPLE_ROWS: Final = 100_000
NO_STATUS, NO_MONTH = "(no status)", "(no date)"
MONTH_CHARACTERS: Final = 7  # YYYY-MM

TABLE: Final = columns_of(
    Veo3VideoGeneration, "id", "status", "created_at", "updated_at", "media_generation_id", "raw_response"
)


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """Rows by what is known about their id. Each row counts once."""

    with_id: int = 0
    pending: int = 0
    """An answer is stored, and no whole run has looked at it since the row was changed."""
    nothing_to_recover: int = 0
    """No answer is stored, or the last whole run found no id in it."""
    failed: int = 0
    """A person must look at these."""

    @property
    def rows(self) -> int:
        """All of them."""
        return self.with_id + self.pending + self.nothing_to_recover + self.failed

    def __add__(self, other: "Coverage") -> "Coverage":
        """Add up, number by number."""
        return Coverage(**{name: value + getattr(other, name) for name, value in vars(self).items()})


@dataclass(frozen=True, kw_only=True)
class Group:
    """The rows of one status and one month."""

    status: str
    month: str
    coverage: Coverage


def read_groups(
    connection: sa.Connection, *, exact: bool, large: int = LARGE_TABLE_ROWS, sample: int = SAMPLE_ROWS
) -> tuple[list[Group], bool]:
    """Return the rows by status and month, and whether they are an estimate from a sample of the table.

    Only a PostgreSQL table with more than `large` rows, as its statistics have it, is sampled: whole blocks, about
    `sample` rows.
    """
    rows = 0 if exact else _estimated_rows(connection)
    part = min(1.0, sample / rows) if rows > large else None
    statement = _select_groups(_sampled(part), _looked_at_before(connection))
    scale = 1 / (part or 1.0)
    groups = [_group(scale, *row) for row in connection.execute(statement)]
    return groups, part is not None


def _group(scale: float, status: Any, month: Any, *numbers: Any) -> Group:  # noqa: ANN401
    with_id, waiting, failed, rows = (round(number * scale) for number in numbers)
    nothing = max(0, rows - with_id - waiting - failed)
    coverage = Coverage(with_id=with_id, pending=waiting, nothing_to_recover=nothing, failed=failed)
    return Group(status=status or NO_STATUS, month=month or NO_MONTH, coverage=coverage)


def _select_groups(table: sa.FromClause, looked_at: sa.ColumnElement[bool]) -> sa.Select[Any]:
    """Select status, month, rows with an id, still to be looked at, failed, and all rows."""
    month = sa.func.substr(sa.cast(table.c.created_at, sa.Text), 1, MONTH_CHARACTERS).label("month")
    failed = sa.and_(pending(table), FAILURES.c.generation_id.is_not(None))
    seen = sa.func.coalesce(sa.cast(table.c.updated_at, sa.Text), "9") < looked_at
    waiting = sa.and_(pending(table), FAILURES.c.generation_id.is_(None), sa.not_(seen))
    counts = (_count(condition) for condition in (table.c.media_generation_id.is_not(None), waiting, failed))
    return (
        sa.select(table.c.status, month, *counts, sa.func.count())
        .select_from(table.outerjoin(FAILURES, FAILURES.c.generation_id == table.c.id))
        .group_by(table.c.status, month)
    )


def _count(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[Any]:
    return sa.func.coalesce(sa.func.sum(sa.case((condition, 1), else_=0)), 0)


def _looked_at_before(connection: sa.Connection) -> sa.ColumnElement[Any]:
    """Return the moment up to which every row has been looked at: when the last work that came to its end began.

    A run that stopped early and the runs that went on from its place are one work. Empty text where none has ended.
    """
    done = (
        sa.select(RUNS.c.id).where(RUNS.c.state == DONE, RUNS.c.walk != RETRY_WALK).order_by(RUNS.c.id.desc()).limit(2)
    )
    ended = [int(number) for number in connection.execute(done).scalars()]
    if not ended:
        return sa.literal("")
    earlier = ended[1] if len(ended) > 1 else 0
    began = sa.select(sa.func.min(sa.cast(RUNS.c.started_at, sa.Text)))
    work = began.where(RUNS.c.id > earlier, RUNS.c.id <= ended[0], RUNS.c.walk != RETRY_WALK)
    return sa.literal(connection.execute(work).scalar_one())


def _sampled(part: float | None) -> sa.FromClause:
    if part is None:
        return TABLE
    return sa.tablesample(TABLE, sa.func.system(part * 100), name="sampled")


def _estimated_rows(connection: sa.Connection) -> int:
    """Return the rows that PostgreSQL's statistics know of; 0 for other databases and tables without statistics."""
    if connection.dialect.name != "postgresql":
        return 0
    known = sa.text("SELECT reltuples FROM pg_class WHERE oid = CAST(:name AS regclass)")
    return int(connection.execute(known, {"name": TABLE.name}).scalar_one())
