"""Coverage: the rows of the table by what is known about their id, counted by the database. Reads only."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import sqlalchemy as sa

from app.backfill.blank import is_empty
from app.backfill.databases import choose_driver
from app.backfill.ledger.failed_rows import find_failing
from app.backfill.ledger.runs import DONE, RETRY_WALK, RUNS
from app.backfill.light_tables import columns_of, is_pending
from app.backfill.undecodable import readable
from app.database.column_types import as_text, find_types
from app.videos.models import Veo3VideoGeneration
from app.videos.recipe import MEDIA_IDS

LARGE_TABLE_ROWS: Final = 1_000_000
"""A PostgreSQL table with more rows than this is sampled, unless exact numbers are asked for."""
SAMPLE_ROWS: Final = 100_000
SAMPLE_TOLERANCE: Final = 1.2
NO_STATUS, NO_MONTH = "(no status)", "(no date)"
MONTH_CHARACTERS: Final = 7  # YYYY-MM

NEEDED: Final = ("id", "status", "created_at", "updated_at", "media_generation_id", "raw_response")


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
        """The number of all these rows."""
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

    A row with an answer has been looked at if it has not changed since the last whole run began. If there are more such
    rows than that run left, somebody has put old rows into the table, and all of them count as pending. Only a
    PostgreSQL table with more than `large` rows, as its statistics have it, is sampled: whole blocks, about `sample`
    rows.
    """
    rows = 0 if exact else estimated_rows(connection)
    part = min(1.0, sample / rows) if rows > large else None
    work = _last_work(connection)
    scale = 1 / (part or 1.0)
    table = columns_of(Veo3VideoGeneration, *NEEDED, types=find_types(connection, Veo3VideoGeneration.__tablename__))
    failed = _count_failed(connection, table, work.began)
    with choose_driver(connection).text_as_it_is(connection):
        rows_by_group = connection.execute(_select_groups(_sampled(table, part), work.began)).all()
    counted = [_counted(row, scale, failed) for row in rows_by_group]
    unexplained = sum(group.seen for group in counted) > work.skipped * (1 if part is None else SAMPLE_TOLERANCE)
    return [_group(group, trust_seen=not unexplained) for group in counted], part is not None


class _Counted(NamedTuple):
    """The rows of a group, as they were counted."""

    status: str
    month: str
    with_id: int
    seen: int
    waiting: int
    failed: int
    rows: int


def _counted(row: sa.Row[Any], scale: float, failed: Mapping[tuple[Any, Any, bool], int]) -> _Counted:
    """Return a group with its failed rows, which are pending as well, counted apart."""
    with_id, seen, waiting, rows = (round(count * scale) for count in tuple(row)[2:])
    failed_seen, failed_waiting = (failed.get((row.status, row.month, unchanged), 0) for unchanged in (True, False))
    return _Counted(
        status=readable(str(row.status or NO_STATUS)),
        month=readable(str(row.month or NO_MONTH)),
        with_id=with_id,
        seen=max(0, seen - failed_seen),
        waiting=max(0, waiting - failed_waiting),
        failed=failed_seen + failed_waiting,
        rows=rows,
    )


def _group(counted: _Counted, *, trust_seen: bool) -> Group:
    waiting = counted.waiting if trust_seen else counted.waiting + counted.seen
    nothing = max(0, counted.rows - counted.with_id - waiting - counted.failed)
    coverage = Coverage(with_id=counted.with_id, pending=waiting, nothing_to_recover=nothing, failed=counted.failed)
    return Group(status=counted.status, month=counted.month, coverage=coverage)


def _count_failed(
    connection: sa.Connection, table: sa.TableClause, looked_at: str
) -> Mapping[tuple[Any, Any, bool], int]:
    """Return the failed rows by status, month, and whether they have not changed since the last whole run began."""
    columns = (table.c.status, _month(table), _is_unchanged(table, looked_at))
    failing = find_failing(connection, MEDIA_IDS, table, *columns)
    return Counter((status, month, bool(unchanged)) for _, (status, month, unchanged) in failing)


def _select_groups(table: sa.FromClause, looked_at: str) -> sa.Select[Any]:
    """Select status, month, rows with an id, looked at, still to be looked at, and all rows."""
    month, unchanged = _month(table).label("month"), _is_unchanged(table, looked_at)
    pending = is_pending(table.c.raw_response, table.c.media_generation_id)
    counts = (
        _count(sa.not_(is_empty(table.c.media_generation_id))),
        _count(sa.and_(pending, unchanged)),
        _count(sa.and_(pending, sa.not_(unchanged))),
        sa.func.count(),
    )
    return sa.select(table.c.status, month, *counts).group_by(table.c.status, month)


def _month(table: sa.FromClause) -> sa.ColumnElement[str]:
    return sa.func.substr(sa.cast(as_text(table.c.created_at), sa.Text), 1, MONTH_CHARACTERS)


def _is_unchanged(table: sa.FromClause, looked_at: str) -> sa.ColumnElement[bool]:
    return sa.func.coalesce(sa.cast(as_text(table.c.updated_at), sa.Text), "9") < looked_at


def _count(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[Any]:
    return sa.func.sum(sa.case((condition, 1), else_=0))


class Work(NamedTuple):
    """The last pass that came to its end: a run, together with the runs that stopped early and that it resumed."""

    began: str = ""
    skipped: int = 0
    """Rows that it found nothing to recover in."""


def _last_work(connection: sa.Connection) -> Work:
    """Return the last work that looked at the whole table."""
    passes = sa.and_(RUNS.c.backfill == MEDIA_IDS.name, RUNS.c.walk != RETRY_WALK)
    done = sa.select(RUNS.c.id).where(RUNS.c.state == DONE, passes).order_by(RUNS.c.id.desc()).limit(2)
    ended = [int(number) for number in connection.execute(done).scalars()]
    if not ended:
        return Work()
    earlier = ended[1] if len(ended) > 1 else 0
    facts = sa.select(sa.func.min(sa.cast(RUNS.c.started_at, sa.Text)), sa.func.sum(RUNS.c.skipped))
    began, skipped = connection.execute(facts.where(RUNS.c.id > earlier, RUNS.c.id <= ended[0], passes)).one()
    return Work(began, int(skipped))


def _sampled(table: sa.TableClause, part: float | None) -> sa.FromClause:
    if part is None:
        return table
    return sa.tablesample(table, sa.func.system(part * 100), name="sampled")


def estimated_rows(connection: sa.Connection) -> int:
    """Return the rows that PostgreSQL's statistics know of; 0 for other databases and tables without statistics."""
    if connection.dialect.name != "postgresql":
        return 0
    known = sa.text(
        "SELECT coalesce(sum(greatest(reltuples, 0)), 0) FROM pg_class WHERE relkind <> 'p' AND (oid = CAST(:name AS"
        " regclass) OR oid IN (SELECT relid FROM pg_partition_tree(CAST(:name AS regclass))))"
    )
    return int(connection.execute(known, {"name": Veo3VideoGeneration.__tablename__}).scalar_one())
