"""The log of a whole day: whatever comes to stderr is one JSON object a line, from both programs; text has a time."""

import argparse
import json
import logging
import re
import signal
import sys
import types
from contextlib import ExitStack
from typing import Any

import pytest
from alembic import command as command_of_alembic
from alembic.config import Config

from app.cli.main import run
from app.console import progress
from app.console.json_log import TEXT_LINE, TextFormatter, log_as, log_to_stderr
from app.console.progress import ProgressLines
from app.database import lock
from app.database.engines import make_engine
from app.database.events import Seldom, seldom_told
from app.database.lock import only_one
from app.migration.json_errors import told_as_json
from tests.cli.conftest import Command, log_of_its_own
from tests.cli.test_progress import Clock, at
from tests.support.migrations import alembic_config, recorded_version
from tests.support.plain_rows import count_filled, insert_plain
from tests.support.processes import run_upgrade, start, start_upgrade, wait_until
from tests.support.responses import make_rows
from tests.support.tables import create_variant, insert

EACH = {"time", "level", "logger", "event", "message"}
"""What every line has."""
NOWHERE = "postgresql://user:s3cret@127.0.0.1:1/videos"


def events_in(err: str) -> list[dict[str, Any]]:
    """Return the objects of a log. Raises JSONDecodeError for a line that is none."""
    found = [json.loads(line) for line in err.splitlines()]
    assert [line for line in found if not line.keys() >= EACH] == []
    return found


def names(err: str) -> list[str]:
    """Return the events of a log but those that are called `log`."""
    return [line["event"] for line in events_in(err) if line["event"] != "log"]


@pytest.fixture
def as_json(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every command of the test logs JSON."""
    monkeypatch.setenv("MEDIA_IDS_LOG", "json")


@pytest.mark.usefixtures("as_json")
@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("sync", "--nonsense"), 2, "No such option: --nonsense. See `media-gen-ids sync --help`"),
        (("status", "--database", "nonsense"), 2, "DATABASE_URL: not a database URL; "),
        (("check", "--debug", "--database", NOWHERE), 2, "postgresql://user:***@127.0.0.1:1/videos: connection failed"),
    ],
)
def test_an_error_is_an_object_with_its_exit_code(
    arguments: tuple[str, ...], code: int, words: str, command: Command
) -> None:
    """Wrong usage, a bad URL, a server that is not there; its traceback is a fact of it, and no password is."""
    ended = command(*arguments)

    (line,) = events_in(ended.err)
    assert (ended.code, line["event"], line["exit_code"]) == (code, "error", code)
    assert (line["message"].startswith(words), "s3cret" in ended.err) == (True, False)
    assert ("traceback" in line) is ("--debug" in arguments)


@pytest.mark.usefixtures("as_json")
def test_results_that_go_to_stderr_are_objects_too(sqlite_database: str, command: Command) -> None:
    """The lines of records and the estimate of a dry run, where stdout has JSON; a report that cannot be written."""
    insert(sqlite_database, make_rows(24))
    options = ("--json", "--verbose", "--database", sqlite_database)

    looked = command("sync", "--dry-run", *options)
    done = command("sync", *options)

    said = [line["message"] for line in events_in(looked.err)]
    assert [line for line in said if line.startswith("⏱️  Estimate: ")] == said[-1:]
    assert sum(line["message"].startswith("✅ Synced: ") for line in events_in(done.err)) == 10
    assert names(done.err) == ["started", "finished"]


@pytest.mark.usefixtures("as_json")
def test_a_run_names_itself_and_says_how_it_ended(database: str, command: Command) -> None:
    """One that stops early has stopped; the next one has finished."""
    insert(database, make_rows(24))

    first, second = (
        events_in(command("sync", *limit, "--batch-size", "1", "--database", database).err)
        for limit in (("--limit", "5"), ())
    )

    told = [line for line in (*first, *second) if line["event"] != "log"]
    assert [(line["event"], line["run"], line.get("state")) for line in told] == [
        ("started", 2, None),
        ("stopped", 2, "partial"),
        ("started", 3, None),
        ("finished", 3, "done"),
    ]
    assert {line["database"].partition("://")[0] for line in told} == {database.partition("://")[0].split("+")[0]}
    assert (told[1]["total"], told[3]["failed"]) == (5, 4)


def test_a_day_of_both_programs_is_json_line_by_line(sqlite_empty: str) -> None:
    """Two upgrades wait for a third; signals stop that and one of the two. A bad URL; an option that is not there."""
    create_variant(sqlite_empty, "A")
    insert_plain(sqlite_empty, 300)
    first = start_upgrade(sqlite_empty, nice=20, batch_size=10, log="json")
    wait_until(lambda: recorded_version(sqlite_empty) == "media_ids_0002" and count_filled(sqlite_empty) > 0)
    others = [start("media-gen-ids", "upgrade", "--database", sqlite_empty, MEDIA_IDS_LOG="json") for _ in range(2)]
    wait_until(lambda: all("waiting up to" in other.err for other in others))
    for stopped in (others[1], first):
        stopped.send(signal.SIGTERM)
        stopped.finish()
    wrong = [start_upgrade(NOWHERE, log="json"), start_upgrade(sqlite_empty, log="json", nonsense=1)]

    ends = [process.finish() for process in (first, *others, *wrong)]

    assert [(one.code, names(one.err)) for one in ends] == [
        (143, ["started", "stopped", "stopped"]),
        (1, ["waiting", "started", "finished"]),
        (143, ["waiting", "stopped"]),
        (255, ["error"]),
        (255, ["error"]),
    ]
    codes = [events_in(one.err)[-1].get("exit_code") for one in ends if one.code > 1]
    assert (codes, "s3cret" in ends[3].err, "left this to be done" in ends[1].err) == (
        [143, 143, 255, 255],
        False,
        True,
    )


def test_a_fault_of_alembics_command_is_an_object_too(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Instead of the traceback that the interpreter would print; the URL's password is in neither of its texts."""
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    config = Config()
    config.cmd_opts = argparse.Namespace(cmd=None)
    config.set_main_option("sqlalchemy.url", NOWHERE)

    with log_of_its_own():
        log_to_stderr()
        log_as("json")
        with pytest.raises(KeyError) as caught, told_as_json(config):
            raise KeyError(f"nothing at {NOWHERE}")
        sys.excepthook(KeyError, caught.value, None)

    (line,) = events_in(capsys.readouterr().err)
    assert (line["event"], line["exit_code"], "KeyError" in line["traceback"]) == ("error", 1, True)
    assert ("s3cret" in str(line), line["message"]) == (
        False,
        "KeyError: 'nothing at postgresql://user:***@127.0.0.1:1/videos'",
    )


def test_a_second_upgrade_says_that_the_other_one_did_it(
    empty_database: str, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It waited for its end, and found nothing to do."""
    with ExitStack() as held:
        held.enter_context(only_one(make_engine(empty_database), 0))

        def the_other_goes_on(_: float) -> None:
            held.close()
            assert run_upgrade(empty_database).code == 0

        monkeypatch.setattr(lock, "time", types.SimpleNamespace(monotonic=Clock(), sleep=the_other_goes_on))
        ended = command("upgrade", "--database", empty_database)

    last = ended.err.splitlines()[-1]
    assert (ended.code, ended.out, last.partition(": ")[2]) == (0, "", "the other one did it: at head, nothing to do")


def test_a_wait_is_one_line_a_minute(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """However often the run meets it, and whatever it does in between."""
    caplog.set_level(logging.INFO)
    clock = Clock()
    monkeypatch.setattr(progress, "time", types.SimpleNamespace(monotonic=clock))
    lines = ProgressLines()
    for _ in range(130):
        clock.now += 1
        lines.waiting("rows are locked")
        lines.progress(at(1_000, None))

    waits = [message for message in caplog.messages if message.startswith("waiting")]
    assert (len(waits), len(caplog.messages)) == (3, 13)


def test_what_is_told_seldom_is_told_at_once(caplog: pytest.LogCaptureFixture) -> None:
    """And then once in so many seconds."""
    caplog.set_level(logging.INFO)
    clock = Clock()
    seldom, due = Seldom(60.0, clock), []
    for seconds in (0, 59, 1, 60):
        clock.now += seconds
        due.append(seldom.is_due())
    tell = seldom_told(logging.getLogger("app.x"), "waiting to change the table")
    tell("it is locked")
    tell("it is locked")

    assert (due, caplog.messages) == ([True, False, True, True], ["waiting to change the table: it is locked"])


def test_a_line_of_text_has_its_time(sqlite_empty: str, capsys: pytest.CaptureFixture[str]) -> None:
    """In UTC, to the second, from both programs."""
    command_of_alembic.upgrade(alembic_config(sqlite_empty), "head")
    with log_of_its_own():
        run(["sync", "--database", sqlite_empty])

    lines = capsys.readouterr().err.splitlines()
    moment = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ "
    assert [line for line in lines if not re.match(moment, line)] == []
    assert (re.match(f"{moment}INFO    .app.reports.target. ", lines[0]) is not None, len(lines)) == (True, 6)


def test_what_a_database_says_cannot_steer_a_terminal() -> None:
    """Nor add a line to the log."""
    facts = {"created": 0.5, "msg": "a\x1b[2J\nb", "levelname": "INFO", "name": "app.x"}

    assert TextFormatter(TEXT_LINE).format(logging.makeLogRecord(facts)) == "1970-01-01T00:00:00Z a\\x1b[2J\\nb"
