"""The course of a run on the page: its rates over time, from the points that the ledger has of it."""

from datetime import timedelta
from pathlib import Path

import pytest

from app.backfill.ledger.runs import RUNS
from app.console.page.drawings import coverage_bar, nice_top, percent, rate_chart
from app.database.engines import make_engine
from app.database.timestamps import now
from app.reports.coverage import Coverage
from app.reports.rates import Rates, Step, read_rates
from tests.cli.conftest import Command
from tests.support.tables import execute, query

POINTS = "[[0.0,0],[2.0,100],[4.0,100],[8.0,900]]"
STEPS = (Step(began=0, ended=2, rows=100), Step(began=2, ended=4, rows=0), Step(began=4, ended=8, rows=800))


def test_the_newest_run_that_has_a_course_is_shown(database: str, command: Command) -> None:
    """Neither one that was over at once, nor one before it."""
    for points in ("[[0,0],[1,5],[2,9],[3,12]]", POINTS, "[[0,0],[0.2,3]]"):
        command("sync", "--database", database)
        newest = f"SELECT max(id) FROM {RUNS.name}"
        execute(database, f"UPDATE {RUNS.name} SET points = '{points}' WHERE id = ({newest})")

    with make_engine(database).connect() as connection:
        rates = read_rates(connection)

    assert rates is not None
    assert (rates.run, rates.steps) == (query(database, newest)[0][0] - 1, STEPS)
    assert (rates.seconds, rates.fastest, rates.average) == (8, 200, 112.5)


def test_its_picture_is_to_scale() -> None:
    """Steps as wide as they were long and as high as they were fast, between round numbers and moments."""
    moment = now().replace(hour=1, minute=0, second=0)

    chart = rate_chart(Rates(run=1, started_at=moment, steps=STEPS))

    course = "M0 180L0.0 135.0L160.0 135.0L160.0 180.0L320.0 180.0L320.0 0.0L640.0 0.0L640 180Z"
    assert f'<path d="{course}" class="course"></path>' in chart
    assert 'aria-label="112 rows/s on average over 8 s, at most 200 rows/s"' in chart
    assert "<span>200</span><span>100</span><span>0</span>" in chart
    assert "<span>01:00:00</span><span>01:00:04</span><span>01:00:08</span>" in chart


def test_a_picture_of_days_names_them() -> None:
    """The hour alone would stand there twice."""
    steps = (Step(began=0, ended=timedelta(days=2).total_seconds(), rows=10),)

    chart = rate_chart(Rates(run=1, started_at=now().replace(month=3, day=1, hour=6, minute=0), steps=steps))

    assert "<span>Mar 01 06:00</span><span>Mar 02 06:00</span><span>Mar 03 06:00</span>" in chart


def test_a_run_without_a_course_says_so(filled_file: str, command: Command, tmp_path: Path) -> None:
    """Where there is nothing to draw, nothing is drawn."""
    command("status", "--html", str(tmp_path / "page.html"), "--database", filled_file)

    assert "No run has gone on for long enough to show its course." in (tmp_path / "page.html").read_text()


@pytest.mark.parametrize(
    ("fraction", "told"), [(0, "0 %"), (0.000_1, "< 0.1 %"), (0.876_5, "87.6 %"), (0.999_99, "99.9 %"), (1, "100 %")]
)
def test_a_part_is_all_only_if_nothing_is_missing(fraction: float, told: str) -> None:
    """And nothing only if nothing is there."""
    assert percent(fraction) == told


@pytest.mark.parametrize(("fastest", "top"), [(0, 2), (1.5, 2), (3, 4), (20, 20), (21, 40), (6_600, 8_000), (9e6, 1e7)])
def test_a_picture_ends_at_a_round_number(fastest: float, top: float) -> None:
    """Not below the fastest step, nor more than twice as high."""
    assert nice_top(fastest) == top


def test_one_row_of_a_million_is_seen() -> None:
    """A bar shows what is there, however little; what is not there it leaves out."""
    bar = coverage_bar(Coverage(with_id=1_000_000, failed=1))

    assert '<rect x="0.00%" width="99.40%" height="100%" fill="url(#fill-with_id)"></rect>' in bar
    assert '<rect x="99.40%" width="0.60%" height="100%" fill="url(#fill-failed)"></rect>' in bar
    assert bar.count("<rect") == 2
