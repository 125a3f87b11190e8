"""`check`: what it finds, what it accepts, and that it writes nothing."""

import json

import pytest

from app.database.engines import make_engine
from app.migration.scripts import revisions
from app.reports.findings import Finding
from app.reports.health import check_database
from app.videos.errors import ForeignTableError
from tests.cli.conftest import Command
from tests.support.migrations import upgrade
from tests.support.responses import make_rows, recoverable
from tests.support.tables import (
    FOREIGN_KEY,
    FOREIGN_TABLE,
    TABLE,
    VARIANTS,
    create_variant,
    execute,
    insert,
    query,
    sqlite_path,
)

NAMES = (
    "one head",
    "database at head",
    "model and schema agree",
    "nothing recoverable left",
    "no id on two rows",
)


def names(url: str) -> list[str]:
    """Return what is looked at in a database of this kind."""
    of_postgresql = ["indexes and constraints are valid"] if url.startswith("postgresql") else []
    return [*NAMES, *of_postgresql, "no run is left open"]


def findings(url: str) -> list[Finding]:
    """Return what `check` finds."""
    with make_engine(url).connect() as connection:
        return list(check_database(connection, revisions()))


def test_a_finished_database_is_well(filled_database: str, command: Command) -> None:
    """Exit 0 with a word about the rows that need a person, which no deploy can mend."""
    result = command("check", "--json", "--database", filled_database)

    assert result.code == 0
    found = json.loads(result.out)
    assert [(one["check"], one["ok"]) for one in found] == [(name, True) for name in names(filled_database)]
    assert found[3]["facts"] == ["8 rows need a person: see `media-gen-ids failures`"]


def test_each_trouble_is_named_with_what_to_do(filled_database: str, command: Command) -> None:
    """A column that the ledger must not have, an index that only the application needs, ids to recover; exit 1."""
    taken = query(filled_database, f"SELECT max(media_generation_id) FROM {TABLE}")[0][0]
    execute(
        filled_database,
        "DROP INDEX idx_veo3_generations_status",
        "ALTER TABLE media_generation_id_backfill_failures ADD COLUMN remark TEXT",
        f"UPDATE {TABLE} SET media_generation_id = NULL WHERE media_generation_id <> '{taken}'",
        f"UPDATE {TABLE} SET media_generation_id = '{taken}' WHERE status = 'processing'",
    )

    result = command("check", "--database", filled_database)

    assert result.code == 1
    assert result.out.splitlines() == [
        "ok    one head",
        "      - head is media_ids_0003",
        "ok    database at head",
        "FAIL  model and schema agree",
        "      - media_generation_id_backfill_failures also has column remark: add a revision that mends it",
        "      - accepted: index idx_veo3_generations_status is missing",
        "FAIL  nothing recoverable left",
        "      - 19 ids can be recovered: run `media-gen-ids sync`",
        "      - 8 rows need a person: see `media-gen-ids failures`",
        "FAIL  no id on two rows",
        f"      - 3 rows have {taken}: find out whose it is",
        *(f"ok    {name}" for name in names(filled_database)[len(NAMES) :]),
    ]


def test_a_database_behind_head_is_told_apart_from_one_that_was_never_upgraded(
    empty_database: str, command: Command
) -> None:
    """The other checks are left out: they have nothing to look at."""
    execute(empty_database, "CREATE TABLE something (id TEXT)")
    never = command("check", "--database", empty_database)
    upgrade(empty_database, "media_ids_0002")

    behind = command("check", "--database", empty_database)

    assert (never.code, never.out.splitlines()[-1]) == (1, "      - it has no revision: run `media-gen-ids upgrade`")
    assert (behind.code, behind.out.splitlines()[-1]) == (
        1,
        "      - it stands at media_ids_0002: run `media-gen-ids upgrade`",
    )


@pytest.mark.parametrize("variant", sorted(VARIANTS))
def test_adopted_variants_are_accepted_and_described(empty_database: str, variant: str) -> None:
    """Each difference of a compatible table is a line, and none is a failure."""
    create_variant(empty_database, variant)
    upgrade(empty_database)

    found = findings(empty_database)

    assert [(finding.name, finding.ok) for finding in found] == [(name, True) for name in names(empty_database)]
    assert "accepted: also has FOREIGN KEY (profile_id) to profiles.id" in found[2].facts
    assert any("after CREATE INDEX" in fact for fact in found[2].facts)


def test_another_programs_table_cannot_be_looked_at(empty_database: str) -> None:
    """The same refusal as of the upgrade."""
    execute(empty_database, FOREIGN_TABLE)

    with pytest.raises(ForeignTableError) as caught:
        findings(empty_database)

    assert caught.value.table == TABLE


def test_a_table_that_cannot_be_filled_cannot_be_looked_at(empty_database: str, command: Command) -> None:
    """Before anything else is said."""
    generated = "media_generation_id TEXT GENERATED ALWAYS AS (scene_id || 'x') STORED"
    execute(empty_database, f"CREATE TABLE {TABLE} ({VARIANTS['A0']}, {generated})".replace(FOREIGN_KEY + ",", ""))

    refused = command("check", "--database", empty_database)

    assert (refused.code, refused.out) == (2, "")
    assert "cannot be filled: column media_generation_id is generated" in refused.err


def test_it_writes_nothing_to_a_file(filled_file: str, command: Command) -> None:
    """Not a byte, whatever it finds; and no version table in a database that has none."""
    insert(filled_file, make_rows(10, recoverable(), seed=2))
    before = sqlite_path(filled_file).read_bytes()

    result = command("check", "--database", filled_file)

    assert result.code == 1
    assert sqlite_path(filled_file).read_bytes() == before


def test_it_writes_nothing_to_postgresql(postgresql_database: str, command: Command) -> None:
    """A user who may only read can run it."""
    insert(postgresql_database, make_rows(10, recoverable(), seed=2))

    result = command("check", "--database", f"{postgresql_database}&options=-cdefault_transaction_read_only%3Don")

    assert (result.code, "10 ids can be recovered" in result.out) == (1, True)
