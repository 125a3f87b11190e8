"""`failures`: who is on the list, who leaves it, and trying them again."""

import csv
import io
import json
from typing import Any, get_args

import pytest

from app.backfill.row_names import shown
from app.backfill.rows import INVALID_TEXT, UPDATE_FAILED
from app.media_ids.extraction import FailureReason
from app.reports.failures import MEANINGS
from tests.cli.conftest import Command
from tests.support.responses import make_rows, named
from tests.support.tables import TABLE, execute, insert, query

FAILURES = "media_generation_id_backfill_failures"


def listed(command: Command, url: str, *arguments: str) -> list[dict[str, Any]]:
    """Return the list as JSON has it."""
    rows: list[dict[str, Any]] = json.loads(command("failures", "--json", "--database", url, *arguments).out)
    return rows


def test_the_list_agrees_with_plain_sql_in_every_form(filled_database: str, command: Command) -> None:
    """Two rows of each of four reasons; JSON, CSV and text show the same."""
    stored = query(filled_database, f"SELECT generation_id, reason FROM {FAILURES}")

    as_json = listed(command, filled_database)
    printed = command("failures", "--csv", "--database", filled_database).out
    as_csv = list(csv.DictReader(io.StringIO(printed)))
    text = command("failures", "--database", filled_database).out

    assert sorted((row["id"], row["reason"]) for row in as_json) == sorted(stored)
    assert sorted(row["reason"] for row in as_json) == sorted(REASONS * 2)
    assert as_csv == as_json
    assert printed.startswith(f"{HEAD}\n")
    assert [row for row in as_json if f"{row['id']}  {row['reason']}\n" not in text] == []


HEAD = "id,reason,detail,first_seen,last_seen,operation_name,profile_id,status,accepted_at,accepted_by,note"
REASONS = ["ids_disagree", "invalid_id", "invalid_json", "operation_mismatch"]


def test_a_row_without_an_id_is_called_by_what_else_names_it(filled_file: str, command: Command) -> None:
    """And every reason there can be has its meaning."""
    execute(filled_file, f"UPDATE {FAILURES} SET generation_id = NULL")
    names = query(filled_file, f"SELECT row_name FROM {FAILURES}")

    assert sorted(row["id"] for row in listed(command, filled_file)) == sorted(shown(name) for (name,) in names)
    assert set(MEANINGS) == {*get_args(FailureReason), UPDATE_FAILED, INVALID_TEXT}


def test_reasons_can_be_chosen(filled_file: str, command: Command) -> None:
    """One or several; one that does not exist is refused."""
    chosen = listed(command, filled_file, "--reason", "invalid_id", "--reason", "invalid_json")
    refused = command("failures", "--reason", "nonsense", "--database", filled_file)

    assert sorted(row["reason"] for row in chosen) == ["invalid_id", "invalid_id", "invalid_json", "invalid_json"]
    assert (refused.code, refused.err.split(";")[0]) == (2, "media-gen-ids: --reason: unknown reason nonsense")


def test_a_row_leaves_the_list_with_its_id_or_with_itself(filled_database: str, command: Command) -> None:
    """Whoever filled or removed it."""
    first, second, *others = (row["id"] for row in listed(command, filled_database))

    execute(
        filled_database,
        f"UPDATE {TABLE} SET media_generation_id = 'CAUS' WHERE id = '{first}'",
        f"DELETE FROM {TABLE} WHERE id = '{second}'",
    )

    assert [row["id"] for row in listed(command, filled_database)] == others


def test_a_list_without_rows_says_so(sqlite_database: str, command: Command) -> None:
    """Words for people, an empty list for programs."""
    text = command("failures", "--database", sqlite_database)

    assert (text.code, text.out) == (0, "No failures: no row needs a person.\n")
    assert listed(command, sqlite_database) == []


def test_retry_tries_only_rows_whose_answer_has_changed(filled_database: str, command: Command) -> None:
    """One gets a good answer, one an answer that leaves nothing to do; six stay as they are."""
    mended, finished, *others = (row["id"] for row in listed(command, filled_database))
    _answer(filled_database, mended, "01")
    _answer(filled_database, finished, "13")

    result = command("sync", "--retry-failed", "--json", "--database", filled_database)

    report = json.loads(result.out)
    counts = [report[name] for name in ("state", "found", "synced", "skipped", "failed", "walk")]
    assert (result.code, counts) == (0, ["done", 2, 1, 1, 0, "failures"])
    assert [row["id"] for row in listed(command, filled_database)] == others
    assert query(filled_database, f"SELECT count(*) FROM {FAILURES}") == [(6,)]
    assert query(filled_database, f"SELECT media_generation_id FROM {TABLE} WHERE id = '{mended}'") == [
        (named("01").media_generation_id,)
    ]


def test_retry_of_all_looks_at_unchanged_rows_too(filled_database: str, command: Command) -> None:
    """They fail again, are seen again, and keep the moment when they were first seen."""
    before = listed(command, filled_database)

    result = command("sync", "--retry-failed", "--all", "--json", "--database", filled_database)

    after = listed(command, filled_database)
    assert (result.code, json.loads(result.out)["failed"]) == (1, 8)
    assert [(row["id"], row["reason"], row["first_seen"]) for row in sorted(after, key=str)] == [
        (row["id"], row["reason"], row["first_seen"]) for row in sorted(before, key=str)
    ]
    assert min(row["last_seen"] for row in after) > max(row["last_seen"] for row in before)


def test_a_newer_extractor_makes_every_failure_worth_a_try(filled_file: str, command: Command) -> None:
    """As if all had failed under an older version."""
    execute(filled_file, f"UPDATE {FAILURES} SET extractor_version = 0")

    result = command("sync", "--retry-failed", "--json", "--database", filled_file)

    assert json.loads(result.out)["failed"] == 8


@pytest.mark.parametrize("state", ["partial", "killed"])
def test_a_retry_does_not_move_the_place_from_which_a_run_resumes(database: str, command: Command, state: str) -> None:
    """A run stops after 100 rows, failures are tried again, the next run looks at the other 100 alone."""
    insert(database, make_rows(200, (named("33"), named("04"))))
    command("sync", "--limit", "100", "--batch-size", "10", "--database", database)
    execute(database, *([f"UPDATE {RUNS} SET state = 'running'"] if state == "killed" else []))
    place = query(database, f"SELECT cursor, sweep, sweep_filled FROM {RUNS} WHERE id = 1")

    retried = command("sync", "--retry-failed", "--all", "--json", "--database", database)
    resumed = command("sync", "--limit", "100", "--json", "--batch-size", "10", "--database", database)

    assert json.loads(retried.out)["failed"] == 50
    assert query(database, f"SELECT cursor, sweep, sweep_filled FROM {RUNS} WHERE id = 1") == place
    assert json.loads(resumed.out)["total"] == 100
    assert len(listed(command, database)) == 100


RUNS = "media_generation_id_backfill_runs"


def _answer(url: str, generation_id: str, response: str) -> None:
    """Store another answer for a row, as the status checker does."""
    found = named(response)
    body, name, scene = (value.replace("'", "''") for value in (found.body, found.operation_name, found.scene_id))
    execute(
        url,
        f"UPDATE {TABLE} SET raw_response = '{body}', operation_name = '{name}', scene_id = '{scene}'"
        f" WHERE id = '{generation_id}'".replace("%", "%%" if url.startswith("postgresql") else "%"),
    )
