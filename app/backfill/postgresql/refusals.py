"""What PostgreSQL's catalogue says against filling a table. Reads only."""

from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from typing import Any, Final

import sqlalchemy as sa

from app.backfill.control.error_kinds import sqlstate
from app.backfill.recipe import BODY, SHOWN, TOUCHED, Recipe
from app.database.column_types import CHAR, VARCHAR, Column, find_columns

TIMESTAMP_CHARACTERS: Final = 24
KINDS: Final = {"v": "a view", "m": "a materialized view", "f": "a foreign table"}

RELATION: Final = """
WITH RECURSIVE parts AS (
    SELECT CAST(:table AS regclass) AS part
    UNION SELECT i.inhrelid FROM pg_inherits i JOIN parts p ON i.inhparent = p.part
), published AS (
    SELECT c.oid FROM pg_publication_tables t
    JOIN pg_publication p ON p.pubname = t.pubname AND p.pubupdate
    JOIN pg_namespace n ON n.nspname = t.schemaname
    JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = t.tablename
)
SELECT c.relkind, current_user AS role,
    EXISTS (SELECT FROM published JOIN parts ON part = oid) AS is_published,
    EXISTS (SELECT FROM parts WHERE row_security_active(part)) AS hides_rows,
    (SELECT string_agg(rulename, ', ') FROM pg_rewrite r JOIN parts ON part = r.ev_class
        WHERE r.ev_type = '2' AND r.is_instead) AS rules,
    (SELECT string_agg(CAST(part AS text), ', ') FROM parts JOIN pg_class l ON l.oid = part
        WHERE l.relkind = 'r' AND (part IN (SELECT oid FROM published)
            OR CAST(:table AS regclass) IN (SELECT oid FROM published))
        AND CASE l.relreplident
            WHEN 'd' THEN NOT EXISTS (
                SELECT FROM pg_index i WHERE i.indrelid = part AND i.indisprimary AND i.indimmediate
            )
            WHEN 'i' THEN NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = part AND i.indisreplident)
            ELSE l.relreplident = 'n' END) AS without_identity
FROM pg_class c WHERE c.oid = CAST(:table AS regclass)
"""
PLANNED_UPDATE: Final = """
EXPLAIN UPDATE {table} SET {values} WHERE {body} IS NOT NULL
"""
"""EXPLAIN plans the UPDATE without running it; a publication's row filter or column list refuses it here as well."""
REFUSED_BY_PUBLICATION: Final = {"42P10", "55000"}
"""SQLSTATEs: invalid_column_reference, object_not_in_prerequisite_state."""
UUIDS: Final = (frozenset({2950}), " or uuid")
ACCEPTED: Final[Mapping[str, tuple[frozenset[int], str]]] = {
    SHOWN: (frozenset({2950, 21, 23, 20}), ", uuid, integer or bigint"),
    BODY: (frozenset({114, 3802}), ", json or jsonb"),
    TOUCHED: (frozenset({1114, 1184}), ", timestamptz or timestamp"),
}
"""What columns may be besides text, by what they are for: PostgreSQL's numbers of the types, and words."""
TEXT_ONLY: Final[tuple[frozenset[int], str]] = (frozenset(), "")


def problems_of_postgresql(connection: sa.Connection, recipe: Recipe, *, writes: bool = True) -> Iterator[str]:
    """Yield each reason for which a table cannot be filled rightly, in words."""
    relation = connection.execute(sa.text(RELATION), {"table": recipe.table}).mappings().one()
    yield from _of_relation(relation)
    for column in find_columns(connection, recipe.table):
        if column.name in recipe.columns:
            yield from _of_column(column, recipe, str(relation["role"]))
            if writes and column.name in recipe.written and not column.may_update:
                role = relation["role"]
                yield f"role {role} may not update column {column.name}: GRANT UPDATE ON the table TO {role}"
    if relation["is_published"] and (refusal := _refusal_of_update(connection, recipe)):
        yield f"a publication refuses its UPDATE: {refusal}"


def _refusal_of_update(connection: sa.Connection, recipe: Recipe) -> str:
    """Return what the server says of an UPDATE of a published table; empty if nothing, or if it could not be asked."""
    values = ", ".join(f"{name} = {name}" for name in recipe.written)
    planned = PLANNED_UPDATE.format(table=recipe.table, values=values, body=recipe.reads[0])
    in_transaction = connection.get_isolation_level() != "AUTOCOMMIT"
    try:
        with connection.begin_nested() if in_transaction else nullcontext():
            connection.exec_driver_sql(planned).close()
    except sa.exc.DBAPIError as error:
        if sqlstate(error) not in REFUSED_BY_PUBLICATION:
            return ""  # a lock, or a server that only reads: the run itself will tell
        return " ".join(str(error.orig).split())
    return ""


def _of_relation(relation: Mapping[Any, Any]) -> Iterator[str]:
    if relation["relkind"] in KINDS:
        yield f"it is {KINDS[relation['relkind']]}"
    if relation["hides_rows"]:
        yield (
            f"row-level security may hide rows from role {relation['role']}: use a superuser or a role with BYPASSRLS,"
            " or the table's owner where FORCE ROW LEVEL SECURITY is off"
        )
    if relation["rules"]:
        yield f"a rule replaces its UPDATE ({relation['rules']}): drop or disable it for the run"
    if relation["without_identity"]:
        yield (
            f"a publication refuses its UPDATE, since {relation['without_identity']} has no replica identity: add a"
            " primary key, or ALTER TABLE … REPLICA IDENTITY FULL"
        )


def _of_column(column: Column, recipe: Recipe, role: str) -> Iterator[str]:
    name, kind = column.name, column.declared
    if not column.may_select:
        yield f"role {role} may not read column {name}: GRANT SELECT ON the table TO {role}"
    numbers, words = _accepted(name, recipe)
    if not column.is_text and column.base not in numbers:
        yield f"column {name} is {kind}: make it text{words}"
    if name not in recipe.written:
        return
    if column.is_generated:
        yield f"column {name} is generated"
    yield from _of_length(column, recipe)


def _accepted(name: str, recipe: Recipe) -> tuple[frozenset[int], str]:
    """Return what a column may be besides text."""
    if name in recipe.may_be_uuid:
        return UUIDS
    roles = {recipe.shows: SHOWN, recipe.reads[0]: BODY, recipe.touches: TOUCHED}
    return ACCEPTED.get(roles.get(name, ""), TEXT_ONLY)


def _of_length(column: Column, recipe: Recipe) -> Iterator[str]:
    """Yield why a written column cannot hold its values: it is too short, or padded."""
    name, kind = column.name, column.declared
    least = recipe.most_characters if name == recipe.fills else TIMESTAMP_CHARACTERS
    if column.base == CHAR and name == recipe.fills:
        yield f"column {name} is {kind}, which pads what it stores: make it text"
    if column.base in {CHAR, VARCHAR} and 0 <= column.characters < least:
        yield f"column {name} is {kind}, but values have up to {least} characters: make it text"
