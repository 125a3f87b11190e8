"""The version table, in which Alembic records a database's revision, and whether the revision is ours. Reads only."""

from typing import Final, NamedTuple

import sqlalchemy as sa
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.exc import DBAPIError

from app.database.errors import StrangeRevisionError
from app.database.metadata import OUR_TABLES
from app.errors import ConfigurationError

OUR_PREFIX: Final = "media_ids_"
"""What the ids of all our revisions begin with, those of later versions too."""
SETTING: Final = "version_table"


class VersionTable(NamedTuple):
    """The table's name, and its schema where it is not the connection's."""

    name: str
    schema: str | None


def version_table_of(setting: str, dialect: str) -> VersionTable:
    """Return the version table that a setting names, which may begin with a schema and a dot.

    Raises ConfigurationError for the name of another table of this program, and for a schema on SQLite.
    """
    schema, _, name = setting.rpartition(".")
    if name.lower() in OUR_TABLES:
        raise ConfigurationError(SETTING, f"{name} is another table of media-gen-ids; choose another name")
    if schema and dialect == "sqlite":
        raise ConfigurationError(SETTING, f"SQLite has no schemas; use {name}")
    return VersionTable(name, schema or None)


def recorded_revisions(connection: sa.Connection, setting: str, known: ScriptDirectory) -> tuple[str, ...]:
    """Return the revisions in a version table; none where the table does not exist. Raises as `require_ours` does."""
    name, schema = version_table_of(setting, connection.dialect.name)
    options = {"version_table": name, "version_table_schema": schema}
    return require_ours(MigrationContext.configure(connection, opts=options), known)


def require_ours(context: MigrationContext, known: ScriptDirectory) -> tuple[str, ...]:
    """Return the revisions in the context's version table; they may be from a later version of this program.

    Raises StrangeRevisionError for a revision of another program, whose chain must never be taken for ours. Raises
    ConfigurationError for a table that is no version table.
    """
    name = ".".join(filter(None, (context.version_table_schema, context.version_table)))
    try:
        recorded = context.get_current_heads()
    except DBAPIError as error:
        if "version_num" in str(error.orig):
            raise ConfigurationError(SETTING, f"{name} is no version table of Alembic; choose another name") from None
        raise
    ours = {script.revision for script in known.walk_revisions()}
    strange = [revision for revision in recorded if revision not in ours and not revision.startswith(OUR_PREFIX)]
    if strange:
        raise StrangeRevisionError(name, strange, [revision for revision in recorded if revision not in strange])
    return recorded
