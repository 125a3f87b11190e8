"""`status` after several runs: which of them have looked at the table, and which rows they have left."""

import json
from typing import Any

from app.backfill.ledger.runs import RUNS
from app.reports.status import SHOWN_RUNS
from tests.cli.conftest import Command
from tests.support.responses import make_rows, named
from tests.support.tables import TABLE, execute, insert, query

UNFINISHED, FAILING = named("04_"), named("33_")


def status(command: Command, url: str) -> dict[str, Any]:
    """Return the status as JSON has it."""
    shown: dict[str, Any] = json.loads(command("status", "--json", "--database", url).out)
    return shown


def test_a_pass_made_of_several_runs_counts_as_one(database: str, command: Command) -> None:
    """Two that stopped early and the one that came to the end have left the rows together, however few each."""
    command("sync", "--database", database)
    insert(database, make_rows(250, (UNFINISHED,)))

    codes = [command("sync", "--limit", "100", "--database", database).code for _ in range(3)]
    shown = status(command, database)

    assert codes == [3, 3, 0]
    assert shown["total"] == {"with_id": 0, "pending": 0, "nothing_to_recover": 250, "failed": 0}


def test_a_row_that_fails_counts_once_in_a_pass_of_several_runs(database: str, command: Command) -> None:
    """The run that comes to the end recalls what the others have recorded."""
    insert(database, make_rows(6, (FAILING,), seed=3))

    codes = [command("sync", "--limit", "4", "--database", database).code for _ in range(2)]

    assert (codes, next(one["failed"] for one in status(command, database)["passes"])) == ([3, 1], 6)


def test_a_pass_begins_where_the_one_before_has_ended(database: str, command: Command) -> None:
    """Twice 100 rows were left by two passes; 150 old rows that came since are more than the last one saw."""
    insert(database, make_rows(100, (UNFINISHED,)))
    command("sync", "--database", database)
    command("sync", "--database", database)
    before = status(command, database)
    insert(database, make_rows(50, (UNFINISHED,), seed=2))

    after = status(command, database)

    assert before["total"] == {"with_id": 0, "pending": 0, "nothing_to_recover": 100, "failed": 0}
    assert after["total"] == {"with_id": 0, "pending": 150, "nothing_to_recover": 0, "failed": 0}


def test_a_run_that_has_stopped_early_explains_no_rows_yet(database: str, command: Command) -> None:
    """50 old rows came after a pass over 100; a run that then looked at 60 has not seen all of them."""
    insert(database, make_rows(100, (UNFINISHED,)))
    command("sync", "--database", database)
    insert(database, make_rows(50, (UNFINISHED,), seed=2))

    stopped = command("sync", "--limit", "60", "--database", database)

    assert (stopped.code, status(command, database)["total"]["pending"]) == (3, 150)


def test_a_pass_does_not_begin_with_a_retry_before_it(database: str, command: Command) -> None:
    """Rows that changed between the two have been looked at."""
    insert(database, [*make_rows(30, (UNFINISHED,)), *make_rows(4, (FAILING,), seed=2)])
    command("sync", "--database", database)
    command("sync", "--retry-failed", "--all", "--database", database)
    execute(database, f"UPDATE {RUNS.name} SET started_at = '2026-01-01T00:00:00.000Z'")
    execute(database, f"UPDATE {TABLE} SET updated_at = '2026-01-02T00:00:00.000Z'")

    command("sync", "--database", database)

    assert status(command, database)["total"] == {"with_id": 0, "pending": 0, "nothing_to_recover": 30, "failed": 4}


def test_a_row_that_changed_between_two_runs_of_a_pass_is_pending(database: str, command: Command) -> None:
    """The first of them may have passed it: a row is looked at if it is older than all of them."""
    insert(database, make_rows(150, (UNFINISHED,)))
    command("sync", "--limit", "100", "--database", database)
    execute(database, f"UPDATE {TABLE} SET updated_at = '2026-01-02T00:00:00.000Z'")
    execute(database, f"UPDATE {RUNS.name} SET started_at = '2026-01-01T00:00:00.000Z' WHERE state = 'partial'")

    command("sync", "--database", database)

    assert status(command, database)["total"]["pending"] == 150


def test_a_retry_of_failures_has_looked_at_nothing_else(database: str, command: Command) -> None:
    """Neither what is pending nor the reasons are its: both are the last pass's."""
    insert(database, [*make_rows(30, (UNFINISHED,)), *make_rows(4, (FAILING,), seed=2)])
    command("sync", "--database", database)
    before = status(command, database)
    command("sync", "--retry-failed", "--all", "--limit", "2", "--database", database)
    command("sync", "--retry-failed", "--all", "--database", database)

    after = status(command, database)

    assert before["total"] == {"with_id": 0, "pending": 0, "nothing_to_recover": 30, "failed": 4}
    assert (after["total"], after["pending_by_reason"]) == (before["total"], {"not_finished": 30, "ids_disagree": 4})


def test_rows_that_came_after_a_retry_began_and_before_it_a_pass_are_told_apart(
    database: str, command: Command
) -> None:
    """Only a pass explains rows: a retry that began later does not."""
    insert(database, [*make_rows(30, (UNFINISHED,)), *make_rows(4, (FAILING,), seed=2)])
    command("sync", "--database", database)
    execute(database, f"UPDATE {RUNS.name} SET started_at = '2026-01-01T00:00:00.000Z'")
    execute(database, f"UPDATE {TABLE} SET updated_at = '2026-01-02T00:00:00.000Z'")
    command("sync", "--retry-failed", "--all", "--database", database)

    shown = status(command, database)

    assert shown["total"] == {"with_id": 0, "pending": 30, "nothing_to_recover": 0, "failed": 4}


def test_the_newest_five_of_more_runs_are_shown(database: str, command: Command) -> None:
    """Newest first; and one that goes on is found although it is not among them."""
    for _ in range(7):
        command("sync", "--database", database)
    first = query(database, f"SELECT min(id) FROM {RUNS.name}")[0][0]
    execute(database, f"UPDATE {RUNS.name} SET state = 'running' WHERE id = {first}")

    shown = status(command, database)

    assert [run["id"] for run in shown["runs"]] == [first + number for number in (7, 6, 5, 4, 3)][:SHOWN_RUNS]
    assert shown["running"]["id"] == first
