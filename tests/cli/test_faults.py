"""Faults of this program, and tracebacks: neither hides how a command ended."""

import pytest

from app.cli import check, main
from app.database.engines import make_engine
from app.database.lock import only_one
from tests.cli.conftest import Command
from tests.support.commands import media_gen_ids

FAULT = "this is a fault of media-gen-ids itself"
REPORT_IT = "--debug shows the traceback: please report it"


@pytest.fixture
def fault(monkeypatch: pytest.MonkeyPatch) -> None:
    """A mistake in this program: a command that raises what nobody expects."""

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("a\nb")

    monkeypatch.setattr(check, "revisions", fail)


@pytest.mark.usefixtures("fault")
def test_a_fault_of_ours_exits_with_70_and_one_line(sqlite_database: str, command: Command) -> None:
    """Exit code 1 would mean that some rows failed."""
    ended = command("check", "--database", sqlite_database)

    assert ended == (
        70,
        "",
        f"media-gen-ids: {FAULT} (RuntimeError: a); what was committed is kept. {REPORT_IT}\n",
    )


@pytest.mark.usefixtures("fault")
def test_a_fault_of_ours_with_debug_is_its_traceback(sqlite_database: str, command: Command) -> None:
    """The same exit code."""
    ended = command("check", "--debug", "--database", sqlite_database)

    assert (ended.code, ended.err.startswith("Traceback (most recent call last):\n")) == (70, True)
    assert ended.err.endswith("RuntimeError: a\nb\n")


def test_ctrl_c_before_a_command_has_begun(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """While it is imported, which takes its time: the exit code of every other moment."""

    def interrupt(_: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(main, "function_of", interrupt)

    assert command("status") == (130, "", "")


def test_debug_does_not_change_an_exit_code(filled_file: str) -> None:
    """Wrong usage, wrong configuration, another run that is active; in a process of its own."""
    with only_one(make_engine(filled_file), 0):
        active = media_gen_ids("--debug", "sync", url=filled_file)
    usage = media_gen_ids("sync", "--nonsense", "--debug", url=filled_file)
    configuration = media_gen_ids("sync", "--debug", url="nonsense")

    ends = (active, usage, configuration)
    assert [end.returncode for end in ends] == [4, 2, 2]
    assert [end.stderr.startswith("Traceback") for end in ends] == [True] * 3
    assert media_gen_ids("sync", "--debug", url=filled_file).returncode == 1
