"""Check: whether a database is where the code expects it, for CI and deploy gates. Reads only."""

from collections.abc import Iterator, Sequence
from typing import Final

import sqlalchemy as sa
from alembic.script import ScriptDirectory

from app.backfill.blank import is_empty
from app.backfill.engine import backfill
from app.backfill.ledger.failures import FAILURES
from app.backfill.ledger.runs import RUNS
from app.backfill.light_tables import table_of
from app.backfill.options import Options
from app.backfill.recipe import FILLED
from app.backfill.refusals import require_fillable
from app.database.version_table import recorded_revisions
from app.reports.findings import Finding, people_needed
from app.reports.invalid_objects import find_invalid
from app.reports.ledger_health import last_run_is_done, no_run_is_left_open
from app.reports.schema_differences import SchemaDifferences, schema_differences
from app.settings import DEFAULT_VERSION_TABLE
from app.videos import adoption
from app.videos.recipe import MEDIA_IDS

SHOWN_IDS: Final = 3


def check_database(
    connection: sa.Connection,
    scripts: ScriptDirectory,
    version_table: str = DEFAULT_VERSION_TABLE,
    *,
    quick: bool = False,
) -> Iterator[Finding]:
    """Yield the findings one by one; after one that leaves nothing to look at, no more.

    `quick`: what the ledger says of the rows, instead of two passes over the table.
    Raises ForeignTableError for another program's table, and StrangeRevisionError for its revisions. Writes nothing:
    `alembic check` would create its version table in an empty database.
    """
    if adoption.examine(connection).exists:
        require_fillable(connection, MEDIA_IDS, writes=False)
    recorded = recorded_revisions(connection, version_table, scripts)
    yield _one_head(scripts.get_heads())
    at_head = _at_head(recorded, scripts)
    yield at_head
    if not at_head.ok:
        return
    differences = schema_differences(connection)
    yield _schema_agrees(differences)
    connection.rollback()
    if not _ledger_can_be_read(differences):
        return
    if quick:
        yield last_run_is_done(connection)
    else:
        yield _nothing_recoverable(connection)
        yield _no_id_twice(connection)
    if connection.dialect.name == "postgresql":
        yield _nothing_invalid(connection)
    yield no_run_is_left_open(connection)


def _one_head(heads: list[str]) -> Finding:
    facts = (f"head is {heads[0]}",) if len(heads) == 1 else (f"heads {', '.join(heads)}: run `alembic merge heads`",)
    return Finding(name="one head", ok=len(heads) == 1, facts=facts)


def _at_head(current: Sequence[str], scripts: ScriptDirectory) -> Finding:
    if set(current) == set(scripts.get_heads()):
        return Finding(name="database at head", ok=True)
    known = {script.revision for script in scripts.walk_revisions()}
    if strange := sorted(set(current) - known):
        fact = f"it stands at {', '.join(strange)}, which this version does not know: install the version that made it"
    else:
        stands = f"it stands at {', '.join(current)}" if current else "it has no revision"
        fact = f"{stands}: run `media-gen-ids upgrade`"
    return Finding(name="database at head", ok=False, facts=(fact,))


def _schema_agrees(found: SchemaDifferences) -> Finding:
    facts = [f"{difference}: add a revision that mends it" for difference in found.unknown]
    facts += [f"accepted: {_of_the_table(difference)}" for difference in found.accepted]
    return Finding(name="model and schema agree", ok=not found.unknown, facts=tuple(facts))


def _ledger_can_be_read(found: SchemaDifferences) -> bool:
    """Tell whether the ledger lacks nothing, as one that another version of this software has made may do."""
    names = (RUNS.name, FAILURES.name)
    lacking = (*(f"{name} lacks column " for name in names), *(f"table {name} is missing" for name in names))
    return not any(difference.startswith(lacking) for difference in found.unknown)


def _of_the_table(difference: str) -> str:
    """Return a difference without the table's name: only the application's table may differ."""
    return difference.removeprefix(adoption.TABLE).lstrip(". ")


def _nothing_recoverable(connection: sa.Connection) -> Finding:
    report = backfill(connection, MEDIA_IDS, Options(dry_run=True), origin="sync")
    facts = []
    if report.synced:
        facts.append(f"{report.synced:,} ids can be recovered: run `media-gen-ids sync`")
    facts += people_needed(report.failed, report.accepted)
    return Finding(name="nothing recoverable left", ok=not report.synced, facts=tuple(facts))


def _nothing_invalid(connection: sa.Connection) -> Finding:
    facts = find_invalid(connection, adoption.TABLE)
    return Finding(name="indexes and constraints are valid", ok=not facts, facts=tuple(facts))


def _no_id_twice(connection: sa.Connection) -> Finding:
    table = table_of(MEDIA_IDS)
    found, rows = table.c[FILLED], sa.func.count()
    twice = sa.select(found, rows).where(sa.not_(is_empty(found))).group_by(found).having(rows > 1).order_by(found)
    repeated = connection.execute(twice.limit(SHOWN_IDS + 1)).all()
    facts = [f"{number} rows have {media_id}: find out whose it is" for media_id, number in repeated[:SHOWN_IDS]]
    if len(repeated) > SHOWN_IDS:
        facts.append("and more")
    return Finding(name="no id on two rows", ok=not repeated, facts=tuple(facts))
