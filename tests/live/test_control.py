"""A hand on a run from another process: paused, retuned, killed while paused, and gone on with."""

import signal

from app.backfill.ledger.started_by import person
from tests.conftest import Databases
from tests.support.control import last_run
from tests.support.migrations import recorded_version
from tests.support.plain_rows import count_filled, expected_ids, filled_ids, insert_plain
from tests.support.processes import Finished, Process, run_sync, start, start_sync, wait_until
from tests.support.tables import TABLE, create_variant, query

ROWS = 400
SLOWLY = {"batch_size": 20, "nice": 30}
LOCKS = "SELECT mode FROM pg_locks WHERE relation IN (SELECT oid FROM pg_class WHERE relname LIKE 'veo3%%')"
OPEN = (
    "SELECT query FROM pg_stat_activity WHERE application_name LIKE 'media-gen%%' AND state LIKE 'idle in%%'"
    " AND query NOT LIKE '%%pg_try_advisory_xact_lock%%'"
)


def tell(url: str, *words: str) -> Finished:
    """Run a command on a database to its end."""
    return start("media-gen-ids", *words, "--database", url).finish()


def pause(url: str, process: Process) -> Finished:
    """Pause a run that has filled its first rows, and wait until it says so in the ledger."""
    wait_until(lambda: count_filled(url) > 0 or process.poll() is not None)
    told = tell(url, "pause")
    wait_until(lambda: last_run(url, "waiting_for") == ("paused",))
    return told


def locks(url: str) -> list[tuple[object, ...]]:
    """Return the locks on the table and its indexes, and the statements of open transactions; none on SQLite."""
    return [] if url.startswith("sqlite") else [*query(url, LOCKS), *query(url, OPEN)]


def batch_sizes(url: str, known: set[str]) -> set[int]:
    """Return the sizes of the batches besides those of known moments: each has a moment of its own."""
    grouped = query(url, f"SELECT updated_at, count(*) FROM {TABLE} WHERE updated_at > '2026' GROUP BY updated_at")
    return {rows for moment, rows in grouped if moment not in known}


def test_paused_retuned_and_resumed_from_another_process(live_databases: Databases) -> None:
    """While it is paused it fills no row and holds no lock; then its batches have the new bound."""
    url = live_databases.upgraded()
    insert_plain(url, ROWS)
    process = start_sync(url, **SLOWLY)

    told = pause(url, process)
    rows, held = count_filled(url), locks(url)
    known = {moment for (moment,) in query(url, f"SELECT DISTINCT updated_at FROM {TABLE}")}
    tell(url, "set", "batch_size=8", "nice=0")
    wait_until(lambda: "batch_size is 8 from now on" in process.err)
    rows_later = count_filled(url)
    resumed = tell(url, "resume")
    ended = process.finish()

    assert (told.code, resumed.code, ended.code) == (0, 0, 1), (told, resumed, ended)
    assert (rows_later, held) == (rows, [])
    assert (max(batch_sizes(url, known)) in {7, 8}, filled_ids(url)) == (True, expected_ids(ROWS))


def test_killed_while_paused_and_gone_on_with(live_databases: Databases) -> None:
    """The next run is not paused, and goes on where the other one stopped."""
    url = live_databases.upgraded()
    insert_plain(url, ROWS)
    process = start_sync(url, **SLOWLY)
    pause(url, process)
    rows = count_filled(url)

    process.send(signal.SIGKILL)
    process.finish()
    gone = tell(url, "status", "--brief").out
    again = run_sync(url)

    assert "Run 2 is gone: nobody holds its lock, last progress" in gone
    assert (again.code, filled_ids(url), rows < len(expected_ids(ROWS))) == (1, expected_ids(ROWS), True), again
    assert f"✅ Synced {len(expected_ids(ROWS)) - rows} " in again.out


def test_an_upgrade_that_is_cancelled_is_not_stamped(live_databases: Databases) -> None:
    """Exit code 3, as where its time budget has stopped it."""
    url = live_databases.empty()
    create_variant(url, "A")
    insert_plain(url, ROWS)
    process = start("media-gen-ids", "upgrade", "--database", url, "--batch-size", "20", "--nice", "30")
    wait_until(lambda: count_filled(url) > 0 or process.poll() is not None)

    tell(url, "cancel")
    ended = process.finish()

    assert (ended.code, last_run(url, "state"), recorded_version(url)) == (3, ("stopped",), "media_ids_0002"), ended
    assert f"backfill stopped early: cancelled by {person()}; {count_filled(url)} rows filled and kept" in ended.err
