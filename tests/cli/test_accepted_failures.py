"""Failures that a person has accepted: they count for no exit code until their answer or their reason changes."""

import json
from typing import Any

import pytest

from app.reports.failures import MEANINGS
from tests.cli.conftest import Command
from tests.support.migrations import recorded_version
from tests.support.responses import make_rows, named
from tests.support.tables import create_variant, execute, insert, query, sqlite_path, store_body

FAILURES = "media_generation_id_backfill_failures"
REASONS = ("ids_disagree", "invalid_id", "invalid_json", "operation_mismatch")
ALL = tuple(part for reason in REASONS for part in ("--accept-reason", reason))


def ids(url: str, condition: str = "1 = 1") -> list[str]:
    """Return the ids of the failures of which something is so."""
    return [one for (one,) in query(url, f"SELECT generation_id FROM {FAILURES} WHERE {condition} ORDER BY 1")]


def counts(report: str) -> list[int]:
    """Return how many rows of a report failed, are accepted, and are new."""
    found: dict[str, Any] = json.loads(report)
    return [found[name] for name in ("failed", "accepted", "new_failures")]


def test_an_accepted_row_counts_again_once_its_answer_changes(filled_database: str, command: Command) -> None:
    """Eight rows are accepted; one gets another answer that is no better, and it alone counts."""
    accepted = command("failures", *ALL, "--note", "known since May", "--database", filled_database)
    first = command("sync", "--json", "--database", filled_database)
    changed = ids(filled_database, "reason = 'invalid_json'")[0]
    store_body(filled_database, changed, "{broken")

    second = command("sync", "--json", "--database", filled_database)

    assert (accepted.code, accepted.out.split(":")[0], first.code) == (0, "8 rows are accepted", 0)
    assert (counts(first.out), second.code, counts(second.out)) == ([8, 8, 0], 1, [8, 7, 1])
    assert ids(filled_database, "accepted_at IS NULL AND note IS NULL AND accepted_by IS NULL") == [changed]
    assert len(ids(filled_database, "note = 'known since May' AND accepted_by <> ''")) == 7


def test_what_is_accepted_stays_so_through_every_kind_of_run(filled_file: str, command: Command) -> None:
    """Tried again, and looked at; a dry run counts it as well, and an accepted row can count again."""
    one, *_ = ids(filled_file)
    command("failures", "--accept", one, "--database", filled_file)

    retried = command("sync", "--retry-failed", "--all", "--json", "--database", filled_file)
    looked = command("sync", "--dry-run", "--json", "--database", filled_file)
    back = command("failures", "--unaccept", one, "--database", filled_file)

    assert (counts(retried.out), counts(looked.out)) == ([8, 1, 0], [8, 1, 0])
    assert (back, ids(filled_file, "accepted_at IS NOT NULL")) == ((0, "1 row counts again\n", ""), [])


REFUSED = {
    ("--accept", "{}", "nobody"): "ID: no failure has the id nobody; `media-gen-ids failures` lists them",
    ("--unaccept", "{}"): "ID: no accepted failure has the id {}; `media-gen-ids failures` lists them",
    ("nobody\x1b[2J",): "ID: no failure has the id nobody\\x1b[2J; `media-gen-ids failures` lists them",
    ("--accept",): "--accept: name the rows: `media-gen-ids failures --accept ID...`",
    ("--accept", "--unaccept", "{}"): "--unaccept: not together with --accept or --accept-reason; choose one",
    ("{}", "--note", "why"): "--note: only together with --accept or --accept-reason",
    ("{}", "--accept-reason", "invalid_id"): "--accept-reason: to accept these ids too, say --accept",
    ("--accept-reason", "none"): f"--accept-reason: unknown reason none; known are {', '.join(MEANINGS)}",
    ("{}", "--csv"): "--csv: not together with an id; choose one",
    ("--accept-reason", "invalid_id", "--limit", "1"): "--limit: only for the list; to accept some of the rows, name "
    "their ids",
    ("--accept-reason", "invalid_id", "--reason", "invalid_json"): "--reason: not together with --accept-reason; "
    "choose one",
}


def test_what_cannot_be_accepted_is_one_line(filled_file: str, command: Command) -> None:
    """Exit code 2, and not a byte is written, though one of the ids is known."""
    one, before = ids(filled_file)[0], sqlite_path(filled_file).read_bytes()

    ended = [command("failures", *(part.format(one) for part in parts), "--database", filled_file) for parts in REFUSED]

    assert ended == [(2, "", f"media-gen-ids: {line.format(one)}\n") for line in REFUSED.values()]
    assert sqlite_path(filled_file).read_bytes() == before


def test_what_is_new_counts_once(filled_file: str, command: Command) -> None:
    """A row that begins to fail, first seen by a run that stops early; `any` goes on counting, `none` never does."""
    insert(filled_file, make_rows(2, (named("33"),), seed=7))
    setting = ("--json", "--database", filled_file, "--fail-on")

    partial = command("sync", "--limit", "29", "--batch-size", "1", *setting, "new")
    ended = [command("sync", *setting, fail_on) for fail_on in ("new", "new", "any", "none")]

    assert (partial.code, [one.code for one in ended]) == (3, [1, 0, 1, 0])
    assert [counts(one.out) for one in ended] == [[10, 0, 2], *[[10, 0, 0]] * 3]


def test_a_row_that_fails_in_another_way_is_new(filled_file: str, command: Command) -> None:
    """For another reason; whoever tries it again is told, and the next run over the table is not told once more."""
    store_body(filled_file, ids(filled_file, "reason = 'invalid_id'")[0], "[broken")

    retried = command("sync", "--retry-failed", "--fail-on", "new", "--database", filled_file)
    whole = command("sync", "--fail-on", "new", "--database", filled_file)

    assert (retried.code, whole.code) == (1, 0)


def test_an_upgrade_that_aborts_for_failures_is_done_once_they_are_accepted(
    sqlite_empty: str, command: Command
) -> None:
    """`on_failure=abort` keeps it unstamped for rows that nobody knows of, and for no others."""
    create_variant(sqlite_empty, "A")
    insert(sqlite_empty, make_rows(48))
    again = ("upgrade", "--on-failure", "abort", "--database", sqlite_empty)

    aborted = command(*again)
    command("failures", "--accept-reason", "ids_disagree", "--note", "known", "--database", sqlite_empty)
    rest, (unknown,) = command(*again), query(sqlite_empty, f"SELECT count(*) FROM {FAILURES} WHERE note IS NULL")[0]
    accepted = command("failures", *ALL, "--database", sqlite_empty)
    done = command(*again)

    assert (0 < unknown < 8, f"{unknown} rows failed (" in rest.err) == (True, True)
    assert (aborted.code, accepted.code, done.code, recorded_version(sqlite_empty)) == (1, 0, 0, "media_ids_0003")
    assert "8 failed rows are accepted as they are\n" in done.err


@pytest.mark.parametrize(("fail_on", "code"), [("none", 0), ("new", 1)])
def test_an_upgrade_knows_what_counts_too(fail_on: str, code: int, sqlite_empty: str, command: Command) -> None:
    """To the first run every failure is new."""
    create_variant(sqlite_empty, "A")
    insert(sqlite_empty, make_rows(48))

    assert command("upgrade", "--fail-on", fail_on, "--database", sqlite_empty).code == code


def test_accepted_rows_are_listed_apart(filled_file: str, command: Command) -> None:
    """Rows by reason first; the accepted ones last, by whom and why; no more rows than were asked for."""
    command("failures", "--accept-reason", "ids_disagree", "--note", "both\x1b are lost", "--database", filled_file)
    execute(filled_file, f"UPDATE {FAILURES} SET accepted_by = 'ann', accepted_at = '2026-05-01T10:00:00.000Z'")
    execute(filled_file, f"UPDATE {FAILURES} SET accepted_at = NULL WHERE reason <> 'ids_disagree'")

    text = command("failures", "--database", filled_file).out
    short = command("failures", "--limit", "2", "--database", filled_file).out

    rows = [line.split()[:3] for line in text.splitlines()[3:] if line.startswith(" ") and "_" in line[:20]]
    assert rows == [[reason, *(("0", "2") if reason == "ids_disagree" else ("2", "0"))] for reason in REASONS]
    open_rows, _, accepted = text.partition("\nAccepted: ")
    assert (open_rows.count("\n  seen "), accepted.count("\n  seen ")) == (6, 2)
    assert accepted.count("  accepted 2026-05-01 10:00 by ann: both\\x1b are lost\n") == 2
    assert (short.count("\n  seen "), short.splitlines()[-1]) == (2, "6 more are not shown: raise --limit")


def test_lists_for_programs_tell_of_the_row(filled_database: str, command: Command) -> None:
    """Operation, profile and status, and who accepted it; the columns that were there before come first."""
    one = ids(filled_database)[0]
    command("failures", "--accept", one, "--note", "lost", "--database", filled_database)

    head, *_, last = command("failures", "--csv", "--database", filled_database).out.splitlines()
    limited = json.loads(command("failures", "--json", "--limit", "3", "--database", filled_database).out)

    assert head == (
        "id,reason,detail,first_seen,last_seen,operation_name,profile_id,status,accepted_at,accepted_by,note"
    )
    assert (last.split(",")[0], last.split(",")[-1], last.count("lost"), len(limited)) == (one, "lost", 1, 3)
    assert {(row["profile_id"], row["status"], len(row["operation_name"])) for row in limited} == {
        ("profile", "completed", 32)
    }
