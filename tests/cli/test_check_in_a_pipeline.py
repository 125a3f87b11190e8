"""`check` in a pipeline: without a pass over the table, and in the formats that machines read."""

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import sqlalchemy as sa

from app.console.check_formats import github, junit
from app.database.engines import make_engine
from app.database.lock import only_one
from app.migration.scripts import revisions
from app.reports.findings import Finding
from app.reports.health import check_database
from app.reports.invalid_objects import find_invalid
from tests.cli.conftest import Command
from tests.support.control import leave_dead_run
from tests.support.migrations import upgrade
from tests.support.partitions import create_partitioned
from tests.support.responses import make_rows, recoverable
from tests.support.tables import TABLE, execute, insert

RUNS = "media_generation_id_backfill_runs"
VALIDATE = f"mend the rows that break it, then ALTER TABLE {TABLE} VALIDATE CONSTRAINT"
BAD = Finding(name="model, or schema: 100%", ok=False, facts=("a <column>\x1b & more", "a\r\n::error::b"))
WELL = Finding(name="one head", ok=True, facts=("head is 0003",))


def troubles(command: Command, url: str, *options: str) -> tuple[int, dict[str, list[str]]]:
    """Return the exit code of a check, and the facts of what is not well."""
    ended = command("check", "--json", *options, "--database", url)
    return ended.code, {found["check"]: found["facts"] for found in json.loads(ended.out) if not found["ok"]}


def test_a_quick_check_reads_no_row_of_the_table(filled_database: str) -> None:
    """Not one statement of it does; failures are what the ledger has."""
    engine, sent = make_engine(filled_database), list[str]()
    sa.event.listen(engine, "before_cursor_execute", lambda *arguments: sent.append(arguments[2]))

    with engine.connect() as connection:
        found = {finding.name: finding for finding in check_database(connection, revisions(), quick=True)}

    assert [statement for statement in sent if f"FROM {TABLE}" in statement] == []
    assert (found["last run is done"].ok, "no id on two rows" in found) == (True, False)
    assert found["last run is done"].facts[0] == "8 rows need a person: see `media-gen-ids failures`"


@pytest.mark.parametrize(
    ("state", "fact"),
    [("partial", "run 2 is partial, and has left rows: run `media-gen-ids sync`"), ("running", "run 2 has not ended")],
)
def test_a_quick_check_wants_the_last_run_to_be_done(filled_file: str, command: Command, state: str, fact: str) -> None:
    """One that stopped early has left something to do."""
    insert(filled_file, make_rows(10, recoverable(), seed=2))
    command("sync", "--limit", "5", "--batch-size", "1", "--database", filled_file)
    execute(filled_file, f"UPDATE {RUNS} SET state = '{state}' WHERE id = 2")

    code, found = troubles(command, filled_file, "--quick")

    assert (code, found["last run is done"][0]) == (1, fact)


def test_a_backfill_that_was_deferred_is_not_done(sqlite_empty: str, command: Command) -> None:
    """No run has been there, and nobody has to look through the table for that."""
    upgrade(sqlite_empty, backfill="defer")

    assert troubles(command, sqlite_empty, "--quick") == (
        1,
        {"last run is done": ["no run has filled this table yet: run `media-gen-ids sync`"]},
    )


def test_accepted_failures_are_no_work_for_a_person(filled_file: str, command: Command) -> None:
    """Both kinds of check say so."""
    accept = ("failures", "--database", filled_file, "--accept-reason")
    said = []
    for reasons in (("invalid_id", "invalid_json"), ("ids_disagree", "operation_mismatch")):
        for reason in reasons:
            command(*accept, reason)
        said.append([command("check", *quick, "--database", filled_file).out for quick in ((), ("--quick",))])

    some = "- 4 rows need a person: see `media-gen-ids failures`\n      - 4 failed rows are accepted as they are\n"
    assert [some in one for one in said[0]] == [True, True]
    assert ["8 failed rows are accepted" in one and "need a person" not in one for one in said[1]] == [True, True]


def test_a_run_that_was_killed_is_a_finding(database: str, command: Command) -> None:
    """While somebody holds the lock it goes on."""
    leave_dead_run(database)

    with only_one(make_engine(database), 0):
        goes_on = troubles(command, database)
    code, found = troubles(command, database)

    assert (goes_on, code, list(found)) == ((0, {}), 1, ["no run is left open"])
    assert " has not ended, and nobody holds its lock: it was killed; run " in found["no run is left open"][0]


def test_what_postgresql_does_not_rely_on_is_a_finding(postgresql_database: str, command: Command) -> None:
    """An index whose building failed, and a constraint that was never validated; with what to do."""
    insert(postgresql_database, make_rows(2))
    execute(postgresql_database, f'ALTER TABLE {TABLE} ADD CONSTRAINT "Long" CHECK (length(id) > 99) NOT VALID')
    engine = make_engine(postgresql_database).execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as connection, pytest.raises(sa.exc.IntegrityError):
        connection.exec_driver_sql(f"CREATE UNIQUE INDEX CONCURRENTLY broken ON {TABLE} (profile_id)")

    code, found = troubles(command, postgresql_database, "--quick")

    assert (code, found["indexes and constraints are valid"]) == (
        1,
        [
            "index broken is not valid: REINDEX INDEX CONCURRENTLY broken, or drop it",
            f'constraint "Long" of {TABLE} is NOT VALID: {VALIDATE} "Long"',
        ],
    )


def test_partitions_are_looked_at_too(postgresql_empty: str) -> None:
    """An index that some partitions lack is invalid; a constraint is named once, though each of them has it."""
    create_partitioned(postgresql_empty, "hash of id")
    execute(
        postgresql_empty,
        f"CREATE INDEX gappy ON ONLY {TABLE} (prompt)",
        f"ALTER TABLE {TABLE} ADD CONSTRAINT long CHECK (length(id) > 9) NOT VALID",
    )

    with make_engine(postgresql_empty).connect() as connection:
        found = find_invalid(connection, TABLE)

    assert found == [
        "index gappy is not valid: create it on each partition, and ALTER INDEX gappy ATTACH PARTITION",
        f"constraint long of {TABLE} is NOT VALID: {VALIDATE} long",
    ]


def test_a_ledger_of_another_version_is_a_finding(sqlite_database: str, command: Command) -> None:
    """What it lacks is said, and nothing is asked of it."""
    execute(sqlite_database, f"ALTER TABLE {RUNS} DROP COLUMN orders")

    code, found = troubles(command, sqlite_database)

    assert (code, found["model and schema agree"]) == (1, [f"{RUNS} lacks column orders: add a revision that mends it"])


def test_github_gets_one_line_for_each_trouble() -> None:
    """Escaped as its workflow commands are: no fact can end the line or begin another."""
    assert github(BAD.name, BAD.facts) == (
        "::error title=model%2C or schema%3A 100%25::a <column>\\x1b & more%0Aa\\r\\n::error::b"
    )


def test_a_junit_report_is_xml_that_counts_what_is_in_it() -> None:
    """A failure has its facts; what is well may have some too; an error says why there is no more."""
    suite = ET.fromstring(junit([(WELL, 0.25), (BAD, 1.5)], "database is locked"))[0]  # noqa: S314  # our own

    counts = [suite.get(name) for name in ("name", "tests", "failures", "errors", "skipped", "time")]
    assert counts == ["media-gen-ids check", "3", "1", "1", "0", "1.750"]
    assert [(case.get("name"), [part.tag for part in case]) for case in suite] == [
        ("one head", ["system-out"]),
        ("model, or schema: 100%", ["failure"]),
        ("could look", ["error"]),
    ]
    assert suite[1][0].text == "a <column>\\x1b & more\na\\r\\n::error::b"


def test_the_formats_of_the_command(filled_file: str, command: Command) -> None:
    """One of them is JSON as ever; two at once are refused."""
    execute(filled_file, f"UPDATE {TABLE} SET media_generation_id = NULL")
    ends = {form: command("check", "--format", form, "--database", filled_file) for form in ("json", "junit", "github")}
    refused = command("check", "--json", "--format", "junit", "--database", filled_file)

    plain = command("check", "--json", "--database", filled_file)
    assert (plain.out, refused.code, [end.code for end in ends.values()]) == (ends["json"].out, 2, [1, 1, 1])
    assert ET.fromstring(ends["junit"].out)[0].get("failures") == "1"  # noqa: S314  # our own
    assert [line.split(" can be")[0] for line in ends["github"].out.splitlines() if line.startswith("::")] == [
        "::error title=nothing recoverable left::20 ids"
    ]


def test_a_database_that_cannot_be_looked_at_is_an_error_in_the_report(tmp_path: Path, command: Command) -> None:
    """The pipeline's report has it too; the line on stderr and the exit code are as ever."""
    url = f"sqlite:///{tmp_path}/none.db"

    found, lines = (command("check", "--format", form, "--database", url) for form in ("junit", "github"))

    assert (found.code, found.err.count("\n"), lines.code) == (2, 1, 2)
    assert ET.fromstring(found.out)[0][0][0].get("message", "").startswith(f"{url}: no such file")  # noqa: S314
    assert lines.out.startswith("::error title=check could not look::")
