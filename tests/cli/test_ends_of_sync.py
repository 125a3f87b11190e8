"""How `sync` ends and what it says then: done, incomplete, stopped while failures are tried again."""

import signal
from pathlib import Path

from app.backfill.listener import Listener
from app.backfill.options import Options
from app.cli.run_sync import sync_database
from app.database.engines import make_engine
from app.settings import Settings
from tests.cli.conftest import Command
from tests.support.plain_rows import insert_plain
from tests.support.tables import TABLE, execute

UNDO = f"UPDATE {TABLE} SET media_generation_id = NULL WHERE id = new.id"


class Impatient(Listener):
    """Asks the run to stop once it has come to a failure."""

    def __init__(self) -> None:
        self.told = 0

    def failed(self, rows: object) -> None:  # noqa: ARG002
        """Ask, as a terminal does."""
        self.told += 1
        signal.raise_signal(signal.SIGINT)


def test_a_run_that_is_done_prints_two_lines(filled_file: str, command: Command) -> None:
    """Nothing is estimated once it is known."""
    done = command("sync", "--database", filled_file)

    summary = "📊 Summary:  ✅ Synced 0   ⏭️ Skipped 20   ❌ Failed 8   📈 Total 28"
    assert (done.code, done.out.splitlines()) == (1, ["Found 28 records to sync", summary])


def test_a_run_that_is_incomplete_ends_with_1_and_what_to_do(sqlite_database: str, command: Command) -> None:
    """Here a trigger that leaves every row empty."""
    insert_plain(sqlite_database, 300)
    execute(sqlite_database, f"CREATE TRIGGER undo AFTER UPDATE ON {TABLE} BEGIN {UNDO}; END")

    ended = command("sync", "--database", sqlite_database)

    last = ended.err.splitlines()[-1]
    assert (ended.code, last.startswith("media-gen-ids: incomplete: ")) == (1, True)
    assert last.endswith(". See `media-gen-ids failures`, mend the table, and run it again")


def test_a_signal_stops_it_while_failures_are_tried_again(filled_database: str) -> None:
    """After the first of eight; whoever listens is told of them."""
    listener = Impatient()

    report, code = sync_database(
        make_engine(filled_database), Settings.load(), Options(batch_size=1), listener, retry="all"
    )

    assert (report.state, code, report.total < 8, listener.told > 0) == ("stopped", 130, True, True)


def test_failures_of_a_file_that_is_not_there_cannot_be_looked_at(tmp_path: Path, command: Command) -> None:
    """Nor is it made."""
    ended = command("sync", "--dry-run", "--retry-failed", "--database", f"{tmp_path}/new.db")

    assert (ended.code, ended.out, list(tmp_path.iterdir())) == (2, "", [])
    assert "no such file. Check the path" in ended.err
