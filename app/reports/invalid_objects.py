"""Invalid objects: indexes and constraints of a table that PostgreSQL keeps and does not rely on. Reads only."""

from typing import Final

import sqlalchemy as sa

INDEXES: Final = """
WITH parts AS (
    SELECT CAST(:table AS regclass) AS part UNION SELECT relid FROM pg_partition_tree(CAST(:table AS regclass))
)
SELECT CAST(CAST(i.indexrelid AS regclass) AS text), c.relkind = 'I',
    EXISTS (SELECT FROM pg_stat_progress_create_index AS p WHERE p.index_relid = i.indexrelid)
FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid
WHERE i.indrelid IN (SELECT part FROM parts) AND NOT (i.indisvalid AND i.indisready)
ORDER BY 1
"""
CONSTRAINTS: Final = """
WITH parts AS (
    SELECT CAST(:table AS regclass) AS part UNION SELECT relid FROM pg_partition_tree(CAST(:table AS regclass))
)
SELECT CAST(CAST(conrelid AS regclass) AS text), quote_ident(conname)
FROM pg_constraint AS c
WHERE conrelid IN (SELECT part FROM parts) AND NOT convalidated AND coninhcount = 0
    AND coalesce(CAST(to_jsonb(c) ->> 'conenforced' AS boolean), true)
ORDER BY 1, 2
"""
"""Since PostgreSQL 18 a constraint may also be one that nobody wants to be enforced."""


def find_invalid(connection: sa.Connection, table: str) -> list[str]:
    """Return what is invalid in a table of PostgreSQL and its partitions, each with what to do about it."""
    indexes = connection.execute(sa.text(INDEXES), {"table": table}).all()
    constraints = connection.execute(sa.text(CONSTRAINTS), {"table": table}).all()
    return [
        *(_about_index(name, is_partitioned=partitioned, is_built=built) for name, partitioned, built in indexes),
        *(
            f"constraint {name} of {part} is NOT VALID: mend the rows that break it, then"
            f" ALTER TABLE {part} VALIDATE CONSTRAINT {name}"
            for part, name in constraints
        ),
    ]


def _about_index(name: str, *, is_partitioned: bool, is_built: bool) -> str:
    if is_built:
        return f"index {name} is being built: wait for its end"
    if is_partitioned:
        return f"index {name} is not valid: create it on each partition, and ALTER INDEX {name} ATTACH PARTITION"
    return f"index {name} is not valid: REINDEX INDEX CONCURRENTLY {name}, or drop it"
