"""What `status --json` tells of a run: what it was asked for, what it did and when."""

import json

from tests.cli.conftest import Command
from tests.support.responses import make_rows
from tests.support.tables import insert

FACTS = {
    *("id", "origin", "state", "walk", "sweep", "batch_size", "batches", "seconds"),
    *("found", "synced", "skipped", "failed", "reasons", "max_batch_seconds", "p99_batch_seconds"),
    *("started_at", "progress_at", "finished_at", "waiting_for", "waiting_since", "error"),
    *("user_name", "host", "process", "version", "options", "orders"),
}


def test_a_run_is_told_with_its_batch_size_and_without_its_cursor(sqlite_database: str, command: Command) -> None:
    """A cursor is opaque, and may hold what the application keeps in its key."""
    insert(sqlite_database, make_rows(24))
    command("sync", "--batch-size", "7", "--limit", "10", "--database", sqlite_database)

    newest, *_ = json.loads(command("status", "--json", "--database", sqlite_database).out)["runs"]

    assert (set(newest), newest["batch_size"], newest["state"]) == (FACTS, 7, "partial")
