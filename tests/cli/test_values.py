"""Values at their edges: times of other zones, bounds of settings, an estimate with pauses, the report's file."""

import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.backfill.ledger.runs import RUNS
from app.database.engines import make_engine
from app.database.timestamps import format_timestamp, parse_timestamp
from app.errors import ConfigurationError
from app.settings import Settings
from tests.cli.conftest import Command
from tests.support.responses import make_rows, recoverable
from tests.support.runs import record_run
from tests.support.tables import TABLE, execute, insert, query

BERLIN = timezone(timedelta(hours=2))
REPORT = {
    "state": "done",
    "found": 48,
    "synced": 20,
    "skipped": 20,
    "failed": 8,
    "total": 48,
    "batches": 1,
}


def test_a_time_of_another_zone_is_stored_as_the_same_moment_in_utc() -> None:
    """Texts are compared with each other, so all are of one zone; what is read back is that moment."""
    moment = datetime(2026, 7, 1, 1, 30, 0, 999_999, tzinfo=BERLIN)

    text = format_timestamp(moment)

    assert text == "2026-06-30T23:30:00.999Z"
    assert parse_timestamp("2026-07-01T01:30:00.999+02:00") == parse_timestamp(text)
    assert parse_timestamp("2026-07-01T01:30:00.999+02:00").tzinfo is UTC
    assert parse_timestamp("2026-06-30T23:30:00.999") == parse_timestamp(text)


def test_a_time_that_is_not_there_is_none(sqlite_database: str) -> None:
    """As the end of a run that goes on."""
    record_run(sqlite_database, 2, state="running", finished_at=None)

    with make_engine(sqlite_database).connect() as connection:
        ends = connection.execute(sa.select(RUNS.c.finished_at).order_by(RUNS.c.id)).scalars().all()

    assert [end is None for end in ends] == [False, True]


def test_a_time_without_a_zone_is_refused() -> None:
    """Nobody knows which moment it is."""
    with pytest.raises(ValueError, match="2026-07-01T01:30:00 has no time zone"):
        format_timestamp(datetime(2026, 7, 1, 1, 30))  # noqa: DTZ001  # that is what is tested


@pytest.mark.parametrize(("name", "most"), [("batch_size", 1_000_000), ("workers", 64)])
def test_settings_have_upper_bounds(name: str, most: int) -> None:
    """The last that is allowed, and the first that is not."""
    allowed = Settings.load({name: str(most)})
    with pytest.raises(ConfigurationError) as caught:
        Settings.load({name: str(most + 1)})

    assert getattr(allowed, name) == most
    assert str(caught.value) == f"{name}: Input should be less than or equal to {most}, got '{most + 1}'"


@pytest.mark.parametrize("name", ["target_seconds", "nice", "max_replica_lag", "time_budget", "lock_wait"])
@pytest.mark.parametrize("value", ["inf", "nan", "-1"])
def test_seconds_are_numbers_that_end(name: str, value: str) -> None:
    """A pause for ever is none."""
    with pytest.raises(ConfigurationError, match=f"^{name}: Input should be "):
        Settings.load({name: value})


def test_the_estimate_counts_the_pauses_that_were_asked_for(
    database: str, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where no run tells the speed, writing is assumed: 100 rows in a fiftieth of a second; here in 10,000 s."""
    insert(database, make_rows(100, recoverable()))
    looking = ("sync", "--dry-run", "--database", database)

    without = command(*looking).out.splitlines()[-1]
    monkeypatch.setenv("MEDIA_IDS_NICE", "499999")
    with_pauses = command(*looking).out.splitlines()[-1]

    assert " h " not in without
    assert with_pauses.startswith("⏱️  Estimate: about 2 h 46 min")


def test_the_reports_file_holds_what_is_printed(database: str, command: Command, tmp_path: Path) -> None:
    """Every field of the contract, whatever else is shown; an older report is replaced."""
    insert(database, make_rows(48))
    file = tmp_path / "report.json"
    file.write_text("an older one, which is longer than the new one is" * 100)

    printed = command("sync", "--json", "--report", str(file), "--database", database)

    written = json.loads(file.read_text())
    assert file.read_text() == printed.out == json.dumps(written, indent=2) + "\n"
    assert {name: written[name] for name in REPORT} == REPORT
    assert sorted(written) == sorted(
        [
            *(*REPORT, "reasons", "seconds", "rows_per_second", "max_batch_seconds", "p99_batch_seconds", "walk"),
            *("accepted", "new_failures"),
        ]
    )
    assert (written["accepted"], written["new_failures"]) == (0, written["failed"])
    assert (sum(written["reasons"].values()), written["walk"]) == (28, query_walk(database))


def query_walk(url: str) -> str:
    """Return how the newest run walked, as the ledger has it."""
    walk: str = query(url, f"SELECT walk FROM {RUNS.name} ORDER BY id DESC LIMIT 1")[0][0]
    return walk


def test_check_shows_three_ids_that_are_on_two_rows_and_says_that_there_are_more(
    database: str, command: Command
) -> None:
    """Four would be a list; three are three."""
    insert(database, make_rows(8, recoverable()))
    ids = [row_id for (row_id,) in query(database, f"SELECT id FROM {TABLE} ORDER BY id")]
    for number, row_id in enumerate(ids):
        execute(database, f"UPDATE {TABLE} SET media_generation_id = 'CAUS{number // 2}' WHERE id = '{row_id}'")

    four = command("check", "--database", database).out.partition("FAIL  ")[2].splitlines()
    execute(database, f"UPDATE {TABLE} SET media_generation_id = 'CAUS9' WHERE id = '{ids[7]}'")
    three = command("check", "--database", database).out.partition("FAIL  ")[2].splitlines()

    shown = [f"      - 2 rows have CAUS{number}: find out whose it is" for number in range(3)]
    assert four[:5] == ["no id on two rows", *shown, "      - and more"]
    assert (three[:4], three[4].startswith("ok ")) == (["no id on two rows", *shown], True)
