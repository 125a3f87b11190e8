"""Accounting: before a run says `done`, it asks the database in one plain statement which rows are pending.

Every pending row must be one that the recipe skips or fails, or one that the database is known to refuse. Any other row
could be filled, and was not.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import Final, NamedTuple

import sqlalchemy as sa

from app.backfill.by_key.statements import select_pending
from app.backfill.by_key.walk import KeyAccess
from app.backfill.databases import choose_access
from app.backfill.driver import NotUtf8Error
from app.backfill.judge import Row, digest, undecodable
from app.backfill.ledger.failures import read_refused_names
from app.backfill.light_tables import pending, table_of
from app.backfill.recipe import BODY, Recipe
from app.database.column_types import as_text, find_types

MOST_ROWS: Final = 10_000
"""The most rows that are collected and compared."""
SHOWN_EXAMPLES: Final = 3


class Unaccounted(NamedTuple):
    """Rows that can be filled, but were not filled and did not change during a sweep: their number, and some ids."""

    rows: int = 0
    examples: tuple[str, ...] = ()


class LeftOver(NamedTuple):
    """A row that can be filled: its id, for people, and the digest of its body."""

    row_id: str
    body_digest: str


def count_pending(connection: sa.Connection, table: sa.Table) -> int:
    """Return how many rows have a body and no value. Reads no body."""
    return int(connection.execute(sa.select(sa.func.count()).select_from(table).where(pending(table))).scalar_one())


def look_what_is_left(
    connection: sa.Connection, recipe: Recipe, seen: int | None, check_stop: Callable[[], None]
) -> Mapping[str, LeftOver]:
    """Return what `find_left_over` does; nothing, without a look into any body, if `seen` rows are pending."""
    table = table_of(recipe, find_types(connection, recipe.table))
    if seen is not None and count_pending(connection, table) == seen:
        return {}
    refused = read_refused_names(connection, recipe.name)
    access = choose_access(connection, recipe)
    return find_left_over(connection, recipe, table=table, access=access, refused=refused, check_stop=check_stop)


def find_left_over(  # noqa: PLR0913  # what is looked at, and what is known of it
    connection: sa.Connection,
    recipe: Recipe,
    *,
    table: sa.Table,
    access: KeyAccess,
    refused: AbstractSet[str],
    check_stop: Callable[[], None],
) -> Mapping[str, LeftOver]:
    """Return the rows that can be filled and are not, by their name in the ledger; without those that are `refused`.

    Reads the whole table once, and derives the value of each pending row; raises what `check_stop` does.
    """

    def looked_at(rows: Iterable[Row], *, may_be_bytes: bool = False) -> Iterator[Row]:
        for row in rows:
            check_stop()
            if not (may_be_bytes and undecodable(row, recipe)):
                yield row

    body = access.body(as_text(table.c[BODY]))
    statement = select_pending(table, access.key, body, sa.true(), access.names.columns)
    try:
        with access.driver.stream(connection, statement) as rows:
            return _left_over(looked_at(rows), recipe, access, refused)
    except NotUtf8Error:
        with access.driver.text_as_it_is(connection), access.driver.stream(connection, statement) as rows:
            return _left_over(looked_at(rows, may_be_bytes=True), recipe, access, refused)


def in_both(before: Mapping[str, LeftOver], after: Mapping[str, LeftOver]) -> Unaccounted:
    """Return the rows that were left both before and after a sweep, and have not changed meanwhile."""
    same = [row for name, row in before.items() if after.get(name) == row]
    return Unaccounted(len(same), tuple(sorted(row.row_id for row in same)[:SHOWN_EXAMPLES]))


def _left_over(
    rows: Iterable[Row], recipe: Recipe, access: KeyAccess, refused: AbstractSet[str]
) -> Mapping[str, LeftOver]:
    found: dict[str, LeftOver] = {}
    at = len(recipe.reads)
    for row in rows:
        row_id, body = row[0], row[at]
        if not isinstance(recipe.derive(body, *row[1:at]), str):
            continue
        name = access.names.name(row_id, tuple(row[at + 1 :]))
        if name not in refused:
            found[name] = LeftOver(str(row_id), digest(body))
        if len(found) == MOST_ROWS:
            break
    return found
