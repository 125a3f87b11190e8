"""`pause`, `resume`, `cancel` and `set`: what they say, and what they refuse. How a run heeds them: test_control."""

import json

import pytest

from app.backfill.ledger.runs import RUNS
from app.backfill.ledger.started_by import person
from app.backfill.report import Report
from app.cli.run_sync import exit_code
from app.database.engines import make_engine
from app.database.lock import only_one
from app.signals import StopRequest
from tests.cli.conftest import Command
from tests.support.control import last_run, leave_dead_run
from tests.support.tables import execute

TUNED = "batch_size=…, target_seconds=…, nice=…, workers=…"
REFUSED = {
    (): f"set: name what to change: {TUNED}",
    ("speed=1",): f"speed: cannot be changed while a run goes on; name what to change: {TUNED}",
    ("nice",): "nice: write it as nice=…",
    ("nice=-1",): "nice: Input should be greater than or equal to 0, got '-1'",
    ("batch_size=0",): "batch_size: Input should be greater than or equal to 1, got '0'",
    (
        "batch_size=many",
    ): "batch_size: Input should be a valid integer, unable to parse string as an integer, got 'many'",
    ("workers=2",): "workers: only PostgreSQL takes several; this database has one writer at a time",
}


def test_without_a_run_there_is_nobody_to_tell(database: str, command: Command) -> None:
    """One line, exit code 2; the run that an upgrade did has ended."""
    told = [command(*words, "--database", database) for words in (["pause"], ["resume"], ["cancel"], ["set", "nice=1"])]

    assert {(ran.code, ran.err, ran.out) for ran in told} == {(2, "media-gen-ids: no run is active\n", "")}


def test_a_run_that_was_killed_is_told_nothing(database: str, command: Command) -> None:
    """Its row says that it goes on, but nobody holds its lock."""
    leave_dead_run(database)

    ran = command("pause", "--database", database)

    assert (ran.code, last_run(database, "orders")) == (2, ("{}",))
    assert "run 1 is gone, nobody holds its lock. The next one goes on where it stopped" in ran.err


def test_each_says_which_run_it_told_what(database: str, command: Command) -> None:
    """And leaves it in the ledger, with who said so."""
    leave_dead_run(database)
    with only_one(make_engine(database), 0):
        said = [
            command(*words, "--database", database).out.partition(") ")[2] or None
            for words in (["pause"], ["resume"], ["resume"], ["cancel"])
        ]
        tuned = command("set", "batch_size=50", "nice=0.5", "--database", database).out
    orders = json.loads(last_run(database, "orders")[0])

    assert said == [
        "pauses after its batch. `media-gen-ids resume` lets it go on.\n",
        "goes on.\n",
        "was not paused.\n",
        "stops after its batch and keeps its place: the next one goes on there.\n",
    ]
    assert tuned.startswith(f"Run 1 (upgrade, {person()}, process ")
    assert tuned.endswith("): batch_size is 50, nice is 0.5 from its next batch on.\n")
    assert {name: order["value"] for name, order in orders.items()} == {
        "paused": False,
        "cancelled": True,
        "batch_size": 50,
        "nice": 0.5,
    }
    assert {order["by"] for order in orders.values()} == {person()}


def test_more_workers_for_a_table_that_one_worker_does_are_remarked_on(
    postgresql_database: str, command: Command
) -> None:
    """As `--workers` is taken there, and changes nothing."""
    leave_dead_run(postgresql_database)
    with only_one(make_engine(postgresql_database), 0):
        by_blocks = command("set", "workers=2", "--database", postgresql_database).out
        execute(postgresql_database, f"UPDATE {RUNS.name} SET walk = 'key'")
        by_key = command("set", "workers=3", "--database", postgresql_database).out

    assert by_blocks.endswith("): workers is 2 from its next batch on.\n")
    assert by_key.endswith(
        "workers is 3 from its next batch on.\nOne worker does all of it, since this table is walked by its key.\n"
    )


def test_a_cancelled_sync_ends_like_one_that_reached_a_limit() -> None:
    """A signal has its own exit code, also where somebody cancels as well."""
    cancelled, signalled = StopRequest(), StopRequest()
    for stop in (cancelled, signalled):
        stop.cancel("somebody")
    signalled.ask(15)

    assert [exit_code(Report(state="stopped"), stop) for stop in (cancelled, signalled)] == [3, 143]


@pytest.mark.parametrize("changes", REFUSED)
def test_what_cannot_be_set_is_refused_with_the_words_of_the_options(
    sqlite_database: str, command: Command, changes: tuple[str, ...]
) -> None:
    """Exit code 2, and nothing is written."""
    ran = command("set", *changes, "--database", sqlite_database)

    assert (ran.code, ran.err, ran.out) == (2, f"media-gen-ids: {REFUSED[changes]}\n", "")
