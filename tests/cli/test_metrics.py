"""`status --prometheus`: what a monitoring system reads, by the parsers of its own client."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from prometheus_client.openmetrics.parser import text_string_to_metric_families as strict
from prometheus_client.parser import text_string_to_metric_families

from app.backfill.ledger.runs import RUNS
from app.console.exposition import FAMILIES, exposition
from app.database.engines import make_engine
from app.database.lock import only_one
from app.reports.metrics import Metrics
from app.videos.recipe import MEDIA_IDS
from tests.cli.conftest import Command
from tests.support.control import leave_dead_run
from tests.support.responses import make_rows, named
from tests.support.tables import TABLE, create_variant, insert, query

FILLED, UNFINISHED, FAILING = named("01_"), named("04_"), named("33_")
METRICS = Metrics(
    backfill="a table",
    rows={"synced": 1},
    pending=2,
    batches={"0.5": 3, "30": 1, "+Inf": 1},
    batch_seconds=100.25,
    last_progress=datetime(2026, 1, 2, 3, 4, 5, 678_000, UTC),
    running=True,
    waiting=False,
)


def samples(text: str) -> dict[tuple[str, str], float]:
    """Return values by name and by what tells them apart, each named once and of this backfill."""
    found = {}
    for family in text_string_to_metric_families(text):
        for name, labels, value, *_ in family.samples:
            key = (name, labels.get("outcome", labels.get("le", "")))
            assert (labels["backfill"], key in found) == (MEDIA_IDS.name, False)
            found[key] = value
    return found


def scraped(command: Command, url: str) -> Mapping[tuple[str, str], float]:
    """Return what a scrape gets."""
    return samples(command("status", "--prometheus", "--database", url).out)


def rows(found: Mapping[tuple[str, str], float]) -> list[float]:
    """Return the rows by outcome: synced, skipped and failed."""
    return [found["backfill_rows_total", outcome] for outcome in ("synced", "skipped", "failed")]


def test_a_finished_run_is_told_in_full(filled_database: str, command: Command) -> None:
    """Every family with its type; the numbers are the ledger's."""
    text = command("status", "--prometheus", "--database", filled_database).out
    found = samples(text)
    run = "SELECT synced, skipped, failed, batches FROM {} ORDER BY id"
    *counted, batches = query(filled_database, run.format(RUNS.name))[0]

    assert [line.split()[2:4] for line in text.splitlines() if line.startswith("# TYPE")] == [
        [name, kind] for name, (kind, _) in FAMILIES.items()
    ]
    assert rows(found) == counted == [20, 20, 8]
    assert found["backfill_batch_duration_seconds_count", ""] == batches
    assert [found[f"backfill_{name}", ""] for name in ("rows_pending", "running", "waiting")] == [0, 0, 0]


def test_the_text_is_what_the_format_says() -> None:
    """To the letter: buckets add up, the slowest batches stand in the last alone, moments are seconds."""
    lines = exposition(METRICS).splitlines()
    bucket = 'backfill_batch_duration_seconds_bucket{backfill="a table",le='

    assert lines[0].startswith("# HELP backfill_rows_total Rows by outcome, over all runs.")
    assert lines[1:3] == [
        "# TYPE backfill_rows_total counter",
        'backfill_rows_total{backfill="a table",outcome="synced"} 1',
    ]
    assert [line.removeprefix(bucket) for line in lines if line.startswith(bucket)][5:] == [
        *('"0.25"} 0', '"0.5"} 3', '"1"} 3', '"2.5"} 3', '"5"} 3', '"10"} 3', '"30"} 4', '"+Inf"} 5'),
    ]
    assert 'backfill_batch_duration_seconds_sum{backfill="a table"} 100.25' in lines
    assert 'backfill_batch_duration_seconds_count{backfill="a table"} 5' in lines
    assert 'backfill_last_progress_timestamp_seconds{backfill="a table"} 1767323045.678' in lines


def test_the_strict_parser_takes_it() -> None:
    """That of the newer format, which counts families without `_total` and has a last line."""
    newer = re.sub(r"^(# \w+ \w+)_total", r"\1", exposition(METRICS), flags=re.MULTILINE) + "# EOF\n"

    families = strict(newer)  # type: ignore[no-untyped-call]  # the library's
    assert [(family.name, family.type) for family in families] == [
        (name.removesuffix("_total"), kind) for name, (kind, _) in FAMILIES.items()
    ]


def test_a_name_may_hold_anything() -> None:
    """What would end a label, or the line, is escaped."""
    hostile = 'a "quoted" \\ back\nslash \\n ж'

    families = list(text_string_to_metric_families(exposition(replace(METRICS, backfill=hostile))))

    assert {sample.labels["backfill"] for family in families for sample in family.samples} == {hostile}
    assert len(families) == len(FAMILIES)


def test_rows_grow_from_run_to_run_and_none_counts_twice_in_a_pass(database: str, command: Command) -> None:
    """A pass of three runs, two more, and a retry: filled once for good, else once for each pass."""
    insert(
        database, [*make_rows(40, (FILLED,)), *make_rows(20, (UNFINISHED,), seed=2), *make_rows(4, (FAILING,), seed=3)]
    )
    counted: list[list[float]] = []
    for options in ((), ("--limit", "30"), ("--limit", "30"), (), (), ("--retry-failed", "--all")):
        if counted:
            command("sync", *options, "--database", database)
        counted.append(rows(scraped(command, database)))

    *_, first_pass, second_pass, retry = counted
    assert counted == sorted(counted, key=sum)
    assert (counted[0], first_pass, second_pass, retry) == ([0, 0, 0], [40, 20, 4], [40, 40, 8], [40, 40, 8])


def test_before_the_first_upgrade_everything_is_told_as_not_done(sqlite_empty: str, command: Command) -> None:
    """Rows wait all the same; there is no moment of progress."""
    create_variant(sqlite_empty, "E")
    insert(sqlite_empty, make_rows(24))

    found = scraped(command, sqlite_empty)

    assert rows(found) == [0, 0, 0]
    assert {name: value for (name, kind), value in found.items() if not kind} == {
        "backfill_rows_pending": 24,
        "backfill_batch_duration_seconds_sum": 0,
        "backfill_batch_duration_seconds_count": 0,
        "backfill_running": 0,
        "backfill_waiting": 0,
    }


def test_a_run_that_goes_on_waits_or_is_gone(postgresql_database: str, command: Command, tmp_path: Path) -> None:
    """While somebody holds the table nothing is pending that could be told, on the page neither."""
    insert(postgresql_database, make_rows(24))
    command("sync", "--database", postgresql_database)
    leave_dead_run(postgresql_database)
    gone = scraped(command, postgresql_database)
    other_program = make_engine(f"{postgresql_database}&application_name=psql")

    with only_one(make_engine(postgresql_database), 0), other_program.connect() as other:
        works = scraped(command, postgresql_database)
        other.exec_driver_sql(f"LOCK TABLE {TABLE}").close()
        waits = scraped(command, postgresql_database)
        command("status", "--html", str(tmp_path / "page.html"), "--database", postgresql_database)

    names = [(f"backfill_{name}", "") for name in ("running", "waiting", "rows_pending")]
    told = [[found.get(name) for name in names] for found in (gone, works, waits)]
    assert told == [[0, 0, 10], [1, 0, 10], [1, 1, None]]
    page = (tmp_path / "page.html").read_text()
    assert "how many rows have their id cannot be told now.</p>" in page
    assert "The table is locked: they cannot be told now." in page
