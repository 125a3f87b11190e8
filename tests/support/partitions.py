"""The application's table in partitions, as PostgreSQL keeps it."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from tests.support.tables import COLUMNS_OF_VARIANT_A, INDEXED, TABLE, execute

MONTHS = ("2025-10-01", "2025-11-01", "2025-12-01")


@dataclass(frozen=True, kw_only=True)
class Partitioning:
    """A way to cut the table: how the parent is declared, and the statements that make its partitions."""

    key: str
    by: str
    partitions: Sequence[str]


def by_hash(parent: str, count: int) -> list[str]:
    """Return the statements that make partitions by hash."""
    return [
        f"CREATE TABLE {parent}_h{number} PARTITION OF {parent} FOR VALUES WITH (MODULUS {count}, REMAINDER {number})"
        for number in range(count)
    ]


def by_month(parent: str, more: str = "") -> list[str]:
    """Return the statements that make partitions by month, and one for all other rows."""
    ranges = [
        f"CREATE TABLE {parent}_m{number} PARTITION OF {parent} FOR VALUES FROM ('{start}') TO ('{end}') {more}"
        for number, (start, end) in enumerate(itertools.pairwise(MONTHS))
    ]
    return [*ranges, f"CREATE TABLE {parent}_other PARTITION OF {parent} DEFAULT"]


PARTITIONINGS = {
    "hash of id": Partitioning(key="id", by="HASH (id)", partitions=by_hash(TABLE, 3)),
    "range of created_at": Partitioning(key="id, created_at", by="RANGE (created_at)", partitions=by_month(TABLE)),
    "two levels": Partitioning(
        key="created_at, id",
        by="RANGE (created_at)",
        partitions=[*by_month(TABLE, "PARTITION BY HASH (id)"), *by_hash(f"{TABLE}_m0", 2), *by_hash(f"{TABLE}_m1", 3)],
    ),
}


def create_partitioned(url: str, partitioning: str) -> None:
    """Create the application's table in one of these ways."""
    how = PARTITIONINGS[partitioning]
    parent = f"CREATE TABLE {TABLE} ({COLUMNS_OF_VARIANT_A}, PRIMARY KEY ({how.key})) PARTITION BY {how.by}"
    indexes = [f"CREATE INDEX idx_veo3_generations_{name} ON {TABLE}({name})" for name in INDEXED]
    execute(url, parent, *indexes, *how.partitions)
