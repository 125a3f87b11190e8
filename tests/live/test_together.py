"""Several deploys at once: one does the work, the others find it done."""

from app.backfill.ledger.runs import DONE
from tests.conftest import Databases
from tests.support.migrations import recorded_version
from tests.support.plain_rows import count_filled, expected_ids, filled_ids, insert_plain
from tests.support.processes import Finished, run_command, start_sync, start_upgrade, wait_until
from tests.support.tables import TABLE, create_variant, execute, query

PROCESSES = 4
COUNT_UPDATES = {
    "postgresql": (
        "CREATE TABLE updates (id text)",
        """CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS
           $$ BEGIN INSERT INTO updates VALUES (new.id); RETURN new; END $$""",
        f"CREATE TRIGGER note AFTER UPDATE ON {TABLE} FOR EACH ROW EXECUTE FUNCTION note()",
    ),
    "sqlite": (
        "CREATE TABLE updates (id text)",
        f"CREATE TRIGGER note AFTER UPDATE ON {TABLE} BEGIN INSERT INTO updates VALUES (new.id); END",
    ),
}


def upgrade_together(url: str) -> list[Finished]:
    """Start several upgrades at the same time, and return how each ended."""
    started = [start_upgrade(url) for _ in range(PROCESSES)]
    return [process.finish() for process in started]


def runs(url: str) -> list[tuple[object, ...]]:
    """Return origin and state of each run of the backfill."""
    return query(url, "SELECT origin, state FROM media_generation_id_backfill_runs ORDER BY id")


def test_four_upgrades_of_an_empty_database_all_succeed_and_run_once(live_databases: Databases) -> None:
    """Creating tables at the same time is what fails without a lock."""
    url = live_databases.empty()

    ended = upgrade_together(url)

    assert [process.code for process in ended] == [0] * PROCESSES, ended
    assert (recorded_version(url), runs(url)) == ("media_ids_0003", [("upgrade", DONE)])
    assert sum("Running upgrade media_ids_0002 -> media_ids_0003" in process.err for process in ended) == 1


def test_four_upgrades_of_20_000_pending_rows_fill_each_row_once(live_databases: Databases) -> None:
    """An audit trigger counts the updates of each row."""
    url = live_databases.empty()
    create_variant(url, "A")
    insert_plain(url, 20_000)
    execute(url, *COUNT_UPDATES[live_databases.kind.split("-")[0]])

    ended = upgrade_together(url)

    assert [process.code for process in ended] == [0] * PROCESSES, ended
    assert (recorded_version(url), runs(url)) == ("media_ids_0003", [("upgrade", DONE)])
    assert filled_ids(url) == expected_ids(20_000)
    assert query(url, "SELECT count(*), count(DISTINCT id) FROM updates") == [(len(expected_ids(20_000)),) * 2]
    assert sum("waiting up to 600 s for another upgrade or sync" in process.err for process in ended) == PROCESSES - 1


def test_sync_names_who_holds_the_lock_and_ends_with_exit_code_4(live_databases: Databases) -> None:
    """Sync does not wait unless it is asked to."""
    url = live_databases.upgraded()
    insert_plain(url, 2_000)
    first = start_sync(url, batch_size="25", nice="2")
    wait_until(lambda: count_filled(url) > 0)

    second = start_sync(url).finish()
    patient = start_sync(url, lock_wait="60")
    first_ended, patient_ended = first.finish(), patient.finish()

    assert (first_ended.code, second.code, patient_ended.code) == (1, 4, 1), (first_ended, second, patient_ended)
    assert "another upgrade or sync is active (" in second.err
    assert ("holder unknown" in second.err, len(second.err.splitlines())) == (False, 1)
    assert filled_ids(url) == expected_ids(2_000)


def test_console_script_upgrades_like_the_other_tests_do(sqlite: Databases) -> None:
    """The command as it is installed, with the interpreter of its own."""
    url = sqlite.empty()

    ended = run_command("alembic", url, "upgrade", "head")

    assert (ended.code, recorded_version(url)) == (0, "media_ids_0003")
