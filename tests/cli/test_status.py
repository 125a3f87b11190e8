"""`status`: numbers that agree with plain SQL, estimates, a run that goes on, the picture."""

import json
import re
import statistics
from pathlib import Path

from app.database.engines import make_engine
from app.reports.coverage import Coverage, Group, read_groups
from tests.cli.conftest import Command
from tests.support.responses import make_rows
from tests.support.tables import TABLE, execute, insert, query

STATUSES, MONTHS = ("completed", "failed", "pending", "processing"), ("2025-11", "2025-12")
FAILURES = "SELECT generation_id FROM media_generation_id_backfill_failures"
UNFILLED = f"media_generation_id IS NULL AND id NOT IN ({FAILURES})"
COUNTED = {
    "with_id": "media_generation_id IS NOT NULL",
    "pending": f"{UNFILLED} AND raw_response IS NOT NULL AND updated_at > '2026'",
    "nothing_to_recover": f"{UNFILLED} AND (raw_response IS NULL OR updated_at < '2026')",
    "failed": f"media_generation_id IS NULL AND id IN ({FAILURES})",
}


COLOURS = {"#56d364", "#ff7b72", "#919ba6"}
"""Of what has its id, of what has failed, and of nothing."""


def counted(url: str, where: str) -> dict[str, int]:
    """Count rows by hand; what changed after the run, which was in 2026 or later, is pending."""
    counts = (f"SELECT count(*) FROM {TABLE} WHERE {where} AND {condition}" for condition in COUNTED.values())
    return {name: query(url, count)[0][0] for name, count in zip(COUNTED, counts, strict=True)}


def test_the_numbers_agree_with_plain_sql(filled_database: str, command: Command) -> None:
    """Every row counts once, by status and by month: also rows without an answer, and rows that came after the run."""
    late = make_rows(24, seed=2)
    insert(filled_database, late)
    late_ids = ", ".join(f"'{row.id}'" for row in late)
    execute(
        filled_database,
        f"UPDATE {TABLE} SET updated_at = '2999-01-01T00:00:00.000Z' WHERE id IN ({late_ids})",
        f"UPDATE {TABLE} SET raw_response = NULL, created_at = '2025-12-24T00:00:00.000Z' WHERE status = 'processing'",
    )

    shown = json.loads(command("status", "--json", "--database", filled_database).out)

    assert shown["total"] == counted(filled_database, "1 = 1")
    assert shown["total"] == {"with_id": 20, "pending": 23, "nothing_to_recover": 21, "failed": 8}
    assert shown["by_status"] == {name: counted(filled_database, f"status = '{name}'") for name in STATUSES}
    assert shown["by_month"] == {name: counted(filled_database, f"created_at LIKE '{name}%%'") for name in MONTHS}
    assert (shown["estimated"], shown["running"], len(shown["runs"])) == (False, None, 1)
    assert sum(shown["pending_by_reason"].values()) == shown["runs"][0]["skipped"] + shown["runs"][0]["failed"] == 28


def test_old_rows_that_were_put_in_after_the_run_count_as_pending(filled_file: str, command: Command) -> None:
    """Their timestamps are older than the run, but there are more of them than the run has seen."""
    insert(filled_file, make_rows(48, seed=2))

    shown = json.loads(command("status", "--json", "--database", filled_file).out)

    assert shown["total"] == {"with_id": 20, "pending": 68, "nothing_to_recover": 0, "failed": 8}


def test_the_table_of_a_finished_run_reads_well(filled_file: str, command: Command) -> None:
    """Eighty columns, bars, and each number under its name."""
    shown = command("status", "--database", filled_file)

    lines = [line.rstrip() for line in shown.out.splitlines()]
    assert shown.code == 0
    assert max(map(len, lines)) <= 80
    assert " completed   ████████░░░░       20        0           4       8    32" in lines
    assert " all         █████░░░░░░░       20        0          20       8    48" in lines
    assert " operation_mismatch         2" in lines


def test_a_large_postgresql_table_is_sampled_and_says_so(postgresql_database: str) -> None:
    """The sample is scaled up; with all blocks in it, it is exact."""
    insert(postgresql_database, make_rows(480))
    execute(postgresql_database, f"ANALYZE {TABLE}")

    with make_engine(postgresql_database).connect() as connection:
        sampled, estimated = read_groups(connection, exact=False, large=100, sample=480)
        halves = [read_groups(connection, exact=False, large=100, sample=240)[0] for _ in range(50)]
        exact, counted_all = read_groups(connection, exact=True, large=100)

    assert (estimated, counted_all) == (True, False)
    assert sorted(map(str, sampled)) == sorted(map(str, exact))
    rows = [sum(group.coverage.rows for group in groups) for groups in halves]
    assert 400 < statistics.fmean(rows) < 560  # what half of the blocks hold, twice: seven standard deviations wide
    assert Group(status="failed", month="2025-11", coverage=Coverage(pending=20)) in exact


def test_it_draws_the_same_as_svg(filled_file: str, command: Command, tmp_path: Path) -> None:
    """One picture in colours, which loads nothing; a folder that is not there is refused before anything else."""
    picture = tmp_path / "status.svg"

    drawn = command("status", "--svg", str(picture), "--database", filled_file)
    refused = command("status", "--svg", str(tmp_path / "missing" / "status.svg"), "--database", filled_file)

    assert (drawn.code, refused.code) == (0, 2)
    svg = picture.read_text()
    assert ("operation_mismatch" in svg, "operation_mismatch" in drawn.out) == (True, True)
    assert re.findall(r"https?:[^\"]*", svg) == ["http://www.w3.org/2000/svg"]  # what it is, not what it loads
    assert set(re.findall(r"@font-face|url\(.", svg)) == {"url(#"}
    assert set(re.findall(r"fill: (#\w+)", svg)) >= COLOURS
    assert refused.err == f"media-gen-ids: --svg: no folder {tmp_path / 'missing'}\n"
