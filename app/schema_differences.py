"""Schema differences: what Alembic's comparison finds between the models and a database. Reads only."""

import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from app.adoption import TABLE
from app.db import Base

ADVISED_INDEX: Final = "idx_veo3_generations_operation_name"
ADVICE: Final = f"answers find their rows faster after CREATE INDEX {{}}{ADVISED_INDEX} ON {TABLE} (operation_name)"


@dataclass(frozen=True, kw_only=True)
class SchemaDifferences:
    """In words. `accepted`: what adopted tables are known to have; `unknown`: everything else."""

    accepted: tuple[str, ...]
    unknown: tuple[str, ...]


def schema_differences(connection: sa.Connection) -> SchemaDifferences:
    """Compare this project's tables, and no others, with the models.

    An adopted table may have more columns, indexes and constraints than the model, and other columns may be NULL or
    not: nothing here depends on that. Like `alembic check`, this sees neither CHECK constraints nor predicates of
    partial indexes.
    """
    ours = frozenset(Base.metadata.tables)

    def include_name(name: str | None, kind: str, parents: object) -> bool:  # noqa: ARG001
        return kind != "table" or name in ours

    context = MigrationContext.configure(connection, opts={"include_name": include_name})
    advice = ADVICE.format("CONCURRENTLY " if connection.dialect.name == "postgresql" else "")
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Skipped unsupported reflection of expression-based index", sa.exc.SAWarning)
        judged = [_judge(change, advice) for change in _flat(compare_metadata(context, Base.metadata))]
    return SchemaDifferences(
        accepted=tuple(sorted(words for words, accepted in judged if accepted)),
        unknown=tuple(sorted(words for words, accepted in judged if not accepted)),
    )


def _flat(changes: Iterable[Any]) -> Iterator[tuple[Any, ...]]:
    """Yield each change; Alembic puts those of one column into a list of their own."""
    for change in changes:
        if isinstance(change, list):
            yield from change
        else:
            yield change


def _judge(change: tuple[Any, ...], advice: str) -> tuple[str, bool]:
    """Return a change that Alembic proposes as the difference that there is, and whether it is accepted.

    `advice`: what to do about an index that adopted tables are not given.
    """
    accepted = False
    match change:
        case ("remove_column", _, table, column):
            words = f"{table} also has column {column.name}"
            accepted = table == TABLE and (bool(column.nullable) or column.server_default is not None)
        case ("modify_nullable", _, table, column, _, may_be_null, _):
            words = f"{table}.{column} {'may' if may_be_null else 'must not'} be NULL"
            accepted = table == TABLE
        case ("remove_index" | "remove_constraint" | "remove_fk", extra):
            words = f"{extra.table.name} also has {_described(extra)}"
            accepted = extra.table.name == TABLE
        case ("add_column", _, table, column):
            words = f"{table} lacks column {column.name}"
        case ("add_index", sa.Index(name=name)) if name == ADVISED_INDEX:
            words = f"{TABLE} lacks index {ADVISED_INDEX}: {advice}"
            accepted = True
        case ("add_table" | "add_index" as kind, missing):
            words = f"{kind.removeprefix('add_')} {missing.name} is missing"
        case ("modify_type", _, table, column, _, there, expected):
            words = f"{table}.{column} is {there}, not {expected}"
        case _:
            words = " ".join(str(part) for part in change if part is not None)
    return words, accepted


def _described(extra: Any) -> str:  # noqa: ANN401
    columns = ", ".join(column.name for column in extra.columns)
    if isinstance(extra, sa.Index):
        return f"index {extra.name} ({columns})"
    if isinstance(extra, sa.ForeignKeyConstraint):
        return f"FOREIGN KEY ({columns}) to {extra.elements[0].target_fullname}"
    return f"UNIQUE ({columns})"
