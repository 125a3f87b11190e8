"""The commands on tables with PostgreSQL's own types: they say what they say of a table of text."""

import json
from datetime import timedelta
from typing import Any

import pytest

from app.database.timestamps import format_timestamp, now
from tests.cli.conftest import Command
from tests.conftest import Databases
from tests.support.migrations import upgrade
from tests.support.native import create_native, native_rows
from tests.support.responses import named
from tests.support.tables import TABLE, execute, insert, query, read_all

LATE = format_timestamp(now() + timedelta(hours=1))
"""On the day of the run: what tells the two moments apart is the time."""


@pytest.fixture(params=[("N1", "by creation"), ("N2", "one table")], ids="-".join)
def native(request: pytest.FixtureRequest, databases_of_kind: dict[str, Databases]) -> str:
    """The URL of an upgraded database with 46 rows, two of every kind; its sessions are in another time zone."""
    url = databases_of_kind["postgresql-18"].empty()
    variant, layout = request.param
    create_native(url, variant, layout)
    insert(url, native_rows(variant, 46))
    upgrade(url)
    execute(url, f"ALTER DATABASE {url.split('/')[3].split('?')[0]} SET timezone = 'America/Los_Angeles'")
    return url


def as_json(command: Command, url: str, *arguments: str) -> Any:  # noqa: ANN401  # whatever the command shows
    """Return what a command shows."""
    return json.loads(command(*arguments, "--json", "--database", url).out)


def test_status_tells_what_was_looked_at_from_what_was_written_since(native: str, command: Command) -> None:
    """A row that changed after the run is pending again; months are those of UTC."""
    execute(
        native,
        f"UPDATE {TABLE} SET updated_at = '{LATE}' WHERE status = 'processing'",
        f"UPDATE {TABLE} SET created_at = '2025-12-01T00:00:00Z' WHERE status = 'failed'",
    )

    shown = as_json(command, native, "status")

    (waiting,) = query(
        native, f"SELECT count(*) FROM {TABLE} WHERE status = 'processing' AND media_generation_id IS NULL"
    )
    failed = query(native, f"SELECT count(*) FROM {TABLE} WHERE status = 'failed'")[0][0]
    assert shown["total"] == {"with_id": 20, "pending": waiting[0], "nothing_to_recover": 20 - waiting[0], "failed": 6}
    assert sum(shown["by_month"]["2025-12"].values()) == failed > 0
    assert shown["by_month"].keys() == {"2025-11", "2025-12"}
    assert waiting[0] > 0


def test_failures_are_called_by_their_ids_and_can_be_tried_again(native: str, command: Command) -> None:
    """One gets a good answer, the others stay; also the row that is filled leaves the list."""
    before = as_json(command, native, "failures")
    mended = before[0]["id"]
    answer = named("01").body.replace("'", "''").replace("%", "%%")
    name = named("01").operation_name
    execute(native, f"UPDATE {TABLE} SET raw_response = '{answer}', operation_name = '{name}' WHERE id = '{mended}'")

    report = as_json(command, native, "sync", "--retry-failed")

    counted = [report[name] for name in ("state", "found", "synced", "skipped", "failed", "walk")]
    assert sorted(row["id"] for row in before) == sorted(key for key, row in read_all(native).items() if failed(row))
    assert counted == ["done", 1, 1, 0, 0, "failures"]
    assert as_json(command, native, "failures") == before[1:]
    assert read_all(native)[mended]["media_generation_id"] == named("01").media_generation_id


def failed(row: dict[str, Any]) -> bool:
    """Tell whether a row is one of the kinds that a person must look at, by the operation it was made for."""
    kinds = {"ids_disagree", "invalid_id", "operation_mismatch"}
    return row["operation_name"] in {
        made.response.operation_name for made in native_rows("N2", 46) if made.response.reason in kinds
    } | {named("01").operation_name}


def test_check_is_content_and_a_dry_run_finds_what_is_left(native: str, command: Command) -> None:
    """The types are accepted differences; an id that is taken away can be recovered."""
    well = command("check", "--database", native)
    execute(native, f"UPDATE {TABLE} SET media_generation_id = NULL, updated_at = '{LATE}' WHERE status = 'completed'")

    found = as_json(command, native, "sync", "--dry-run")
    checked = as_json(command, native, "check")

    assert (well.code, "raw_response is" in well.out) == (0, True)
    assert (found["state"], found["synced"]) == ("dry_run", 20)
    assert [one["check"] for one in checked if not one["ok"]] == ["nothing recoverable left"]
