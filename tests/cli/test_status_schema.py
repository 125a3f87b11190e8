"""docs/status.schema.json says what `status --json` prints, whatever the state of the database is."""

import json
from typing import Any

from app.database.engines import make_engine
from app.database.lock import only_one
from tests.cli.conftest import Command
from tests.support.control import leave_dead_run, tell_run
from tests.support.json_schema import problems
from tests.support.migrations import ROOT
from tests.support.responses import make_rows
from tests.support.tables import TABLE, insert

SCHEMA = json.loads((ROOT / "docs" / "status.schema.json").read_text())


def shown(command: Command, url: str) -> Any:  # noqa: ANN401  # JSON
    """Return the status as JSON has it."""
    return json.loads(command("status", "--json", "--database", url).out)


def found_in(value: object) -> list[str]:
    """Return where a value is not as the schema says."""
    return list(problems(value, SCHEMA, SCHEMA))


def test_before_and_after_a_run(filled_database: str, empty_database: str, command: Command) -> None:
    """On a database without rows, and on one with all kinds of them."""
    assert found_in(shown(command, empty_database)) == []
    assert found_in(shown(command, filled_database)) == []


def test_while_a_run_is_paused_and_after_it_was_killed(filled_file: str, command: Command) -> None:
    """With orders of every kind."""
    leave_dead_run(filled_file)
    with only_one(make_engine(filled_file), 0):
        tell_run(filled_file, {"paused": True, "cancelled": True, "batch_size": 7, "nice": 0.5})
        living = shown(command, filled_file)
    gone = shown(command, filled_file)

    assert (found_in(living), found_in(gone)) == ([], [])
    assert (living["running"]["stopping"], gone["running"]["condition"]) == (True, "gone")


def test_while_the_table_is_locked(postgresql_database: str, command: Command) -> None:
    """Nothing is counted, and who holds it is told instead of waiting for the end of that."""
    insert(postgresql_database, make_rows(4))
    leave_dead_run(postgresql_database)
    engine = make_engine(f"{postgresql_database}&application_name=psql")
    with only_one(engine, 0), engine.connect() as other:
        other.exec_driver_sql(f"LOCK TABLE {TABLE}").close()
        told = shown(command, postgresql_database)
        line = command("status", "--database", postgresql_database)

    assert (found_in(told), told["total"], line.code) == ([], None, 0)
    assert [session["application_name"] for session in told["locked_by"]] == ["psql"]
    assert "(psql, idle in transaction): how many rows have their id cannot be told now" in " ".join(line.out.split())


def test_the_schema_is_not_satisfied_by_anything() -> None:
    """A key too many, one too few, and a value of another type."""
    coverage = {"with_id": 1, "pending": "2", "nothing_to_recover": True, "else": 0}

    assert list(problems(coverage, SCHEMA["$defs"]["coverage"], SCHEMA)) == [
        ".failed is missing",
        '.pending: "2" is not of type integer',
        ".nothing_to_recover: true is not of type integer",
        ".else is in no schema",
    ]
