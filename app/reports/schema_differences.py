"""Schema differences: what Alembic's comparison finds between the models and a database. Reads only."""

import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from app.database.base import Base
from app.videos.adoption import TABLE

ADVISED_INDEX: Final = "idx_veo3_generations_operation_name"
ADVICE: Final = f"answers find their rows faster after CREATE INDEX {{}}{ADVISED_INDEX} ON {TABLE} (operation_name)"

OF_NO_CONCERN: Final = (
    "Skipped unsupported reflection of expression-based index",
    "Can't validate argument 'dialect_options'",
)
"""Warnings of SQLAlchemy where it reads an adopted table; the second is about any CHECK that is NOT VALID."""


@dataclass(frozen=True, kw_only=True)
class SchemaDifferences:
    """In words. `accepted`: what adopted tables are known to have; `unknown`: everything else."""

    accepted: tuple[str, ...]
    unknown: tuple[str, ...]


def schema_differences(connection: sa.Connection) -> SchemaDifferences:
    """Compare this project's tables, and no others, with the models.

    An adopted table may have more columns, other types, indexes and constraints than the model, and other columns may
    be NULL or not: whether the backfill can fill such a table it has asked the catalogue itself. Like `alembic check`,
    this sees neither CHECK constraints nor predicates of partial indexes.
    """
    ours = frozenset(Base.metadata.tables)

    def include_name(name: str | None, kind: str, parents: object) -> bool:  # noqa: ARG001
        return kind != "table" or name in ours

    context = MigrationContext.configure(connection, opts={"include_name": include_name})
    spelled = _spelled_otherwise(connection)
    advice = ADVICE.format("CONCURRENTLY " if connection.dialect.name == "postgresql" else "")
    with warnings.catch_warnings():
        for words in OF_NO_CONCERN:
            warnings.filterwarnings("ignore", words, sa.exc.SAWarning)
        changes = list(_flat(compare_metadata(context, Base.metadata)))
    judged = [_judge(change, advice) for change in changes if _subject(change) not in spelled]
    judged += [(f"{name} is spelled in other letters", True) for name in spelled]
    return SchemaDifferences(
        accepted=tuple(sorted(words for words, accepted in judged if accepted)),
        unknown=tuple(sorted(words for words, accepted in judged if not accepted)),
    )


def _spelled_otherwise(connection: sa.Connection) -> frozenset[str]:
    """Return the names, in small letters, that the application's SQLite table and its columns spell otherwise.

    Letter case makes no difference to SQLite, and all the difference to Alembic's comparison.
    """
    if connection.dialect.name != "sqlite":
        return frozenset()
    inspector = sa.inspect(connection)
    names = [name for name in inspector.get_table_names() if name.lower() == TABLE]
    names += [column["name"] for column in inspector.get_columns(TABLE)] if names else []
    return frozenset(name.lower() for name in names if name != name.lower())


def _subject(change: tuple[Any, ...]) -> str | None:
    """Return the name, in small letters, of the table or of the column that a change would add or remove."""
    match change:
        case ("add_table", sa.Table(name=name)):
            return name.lower()
        case ("add_index" | "remove_index", sa.Index(table=sa.Table(name=name))):
            return name.lower()
        case ("add_column" | "remove_column", _, str(table), column) if table.lower() == TABLE:
            return str(column.name).lower()
        case _:
            return None


def _flat(changes: Iterable[Any]) -> Iterator[tuple[Any, ...]]:
    """Yield each change; Alembic returns the changes of one column as a nested list."""
    for change in changes:
        if isinstance(change, list):
            yield from change
        else:
            yield change


def _judge(change: tuple[Any, ...], advice: str) -> tuple[str, bool]:  # noqa: PLR0911  # one for each kind of change
    """Return a change that Alembic proposes as the difference that there is, and whether it is accepted.

    `advice`: what to do about an index that adopted tables are not given.
    """
    match change:
        case ("remove_column", _, table, column):
            words = f"{table} also has column {column.name}"
            return words, table == TABLE and (bool(column.nullable) or column.server_default is not None)
        case ("modify_nullable", _, table, column, _, may_be_null, _):
            return f"{table}.{column} {'may' if may_be_null else 'must not'} be NULL", table == TABLE
        case ("remove_index" | "remove_constraint" | "remove_fk", extra):
            return f"{extra.table.name} also has {_described(extra)}", extra.table.name == TABLE
        case ("add_column", _, table, column):
            return f"{table} lacks column {column.name}", False
        case ("add_table", missing):
            return f"table {missing.name} is missing", False
        case ("add_index", sa.Index(name=name)) if name == ADVISED_INDEX:
            return f"{TABLE} lacks index {ADVISED_INDEX}: {advice}", True
        case ("add_index", missing):
            return f"index {missing.name} is missing", missing.table.name == TABLE
        case ("modify_type", _, table, column, _, there, expected):
            return f"{table}.{column} is {there}, not {expected}", table == TABLE
        case _:
            return " ".join(str(part) for part in change if part is not None), False


def _described(extra: Any) -> str:  # noqa: ANN401
    columns = ", ".join(column.name for column in extra.columns)
    if isinstance(extra, sa.Index):
        return f"index {extra.name} ({columns})"
    if isinstance(extra, sa.ForeignKeyConstraint):
        return f"FOREIGN KEY ({columns}) to {extra.elements[0].target_fullname}"
    return f"UNIQUE ({columns})"
