"""The bars: which there are for what was measured, and if they are met."""

import pytest

from benchmarks import bars
from benchmarks.databases.sqlite import SqliteDatabase
from benchmarks.measure import Outcome, Run, Waits
from benchmarks.options import parse
from benchmarks.report import tables
from benchmarks.results import Results
from benchmarks.scaling import Scale, Scaling
from benchmarks.shapes import IN_LINE
from benchmarks.start import HELP, IMPORT, UPGRADE, Start
from benchmarks.suite import Measured, loaded


def run(contestant: str, seconds: float, outcome: Outcome = Outcome.COMPLETE) -> Run:
    """Return a run of which little but the time is known."""
    nothing = dict.fromkeys(("error", "wal_bytes", "written_bytes", "heap_bytes", "hot_share"))
    batches = dict.fromkeys(("longest_batch_seconds", "p99_batch_seconds"))
    whole = {"filled": 1, "processor_seconds": 1.0, "table_bytes": 1, "peak_memory_bytes": 1}
    return Run(contestant=contestant, seconds=seconds, outcome=outcome, **nothing, **batches, **whole)  # type: ignore[arg-type]


def test_a_bar_is_held_against_the_median_of_the_rounds_ratios() -> None:
    """Without the rounds in which one of the two has failed."""
    results = Results(database="postgresql-cached", product="", bodies="in-line", rows=200_000)
    results.runs.extend([run("project", 1.0), run("update", 1.0), run("project", 3.0), run("update", 2.0)])
    results.runs.extend([run("project", 9.0), run("update", 1.0, Outcome.FAILED)])
    results.waits.append(Waits(contestant="project", writes=1, longest_wait_seconds=1, p99_wait_seconds=1))

    (held,) = bars.held(results)

    assert (held.figure, held.most, held.measured) == ("postgresql-cached, in-line: project / update, time", 1.0, 1.25)
    assert not held.is_met


def test_growth_and_start_have_bars() -> None:
    """A million rows against 200,000, and each command against the import."""
    sizes = {200_000: 1.0, 1_000_000: 5.0}
    scales = [
        Scale(rows=rows, upgrade_seconds=seconds, upgrade_peak_memory_bytes=100, second_sync_seconds=0.1)
        for rows, seconds in sizes.items()
    ]
    start = Start(seconds={IMPORT: [1.0, 2.0], HELP: [0.2, 0.4], UPGRADE: [2.0, 3.0]})
    measured = Measured(scaling=[Scaling(database="sqlite", bodies="long", rounds=scales)], start=start)

    held = [*bars.held_growth(measured.scaling[0]), *bars.held_start(start)]

    assert [(one.measured, one.is_met) for one in held] == [(5.0, True), (1.0, True), (0.2, True), (1.75, False)]
    assert [table.title for table in tables(measured)][-1] == bars.TITLE


def test_a_size_is_removed_before_the_next_is_loaded() -> None:
    """The disk has to hold one of them and a copy."""
    with SqliteDatabase() as database:
        with loaded(database, IN_LINE, 20) as template, database.copy(template.name) as copy:
            assert (copy.filled_count(), len(template.expected)) == (0, 19)

        with pytest.raises(FileNotFoundError), database.copy(template.name):
            pass


def test_the_sizes_of_growth_come_from_the_command_line() -> None:
    """Named, or a tenth, one and two times the rows, or none."""
    options = [[], ["--rows=10", "--scaling"], ["--scaling-rows=1000,200"]]

    assert [parse(one).scaling_sizes for one in options] == [(), (1, 10, 20), (200, 1000)]
