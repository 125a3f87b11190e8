"""Runs one contestant on a fresh copy of the data and measures it: alone, beside a writer, or counting its rows."""

import json
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from benchmarks.contestant_names import KNOWN, LARGE, PROJECT, PROJECTS, WORKERS
from benchmarks.databases.base import Copy, Database
from benchmarks.processes import ContestantFailedError, Process, concurrent_writer, launch
from support.commands import SCRIPTS

OPTIONS: Mapping[str, Sequence[str]] = {PROJECT: (), WORKERS: ("-x", "workers=2"), LARGE: ("-x", "batch_size=20000")}
ALEMBIC = str(SCRIPTS / "alembic")
P99 = 0.99
COUNTING_SHARE = 0.2  # of the time of a run whose rows are counted


class Outcome(StrEnum):
    """What a run made of the table."""

    COMPLETE = "complete"
    """Every row that holds an id has it, and no other row has one."""
    INCOMPLETE = "incomplete"
    """Rows are missing; none is wrong."""
    WRONG = "wrong"
    """A row has an id that its body does not hold."""
    FAILED = "failed"
    """The program ended with an error."""


@dataclass(frozen=True, kw_only=True)
class Used:
    """What a run used of the machine, the contestant's process and the server's sessions together."""

    process: Process
    processor_seconds: float
    wal_bytes: int | None


@dataclass(frozen=True, kw_only=True)
class Run:
    """One run of one contestant, alone. None where a figure does not exist."""

    contestant: str
    outcome: Outcome
    error: str | None
    filled: int
    seconds: float
    processor_seconds: float
    wal_bytes: int | None
    written_bytes: int | None
    table_bytes: int
    heap_bytes: int | None
    hot_share: float | None
    peak_memory_bytes: int
    longest_batch_seconds: float | None
    p99_batch_seconds: float | None


@dataclass(frozen=True, kw_only=True)
class Waits:
    """How long the transactions of a concurrent writer took while a contestant ran."""

    contestant: str
    writes: int
    longest_wait_seconds: float
    p99_wait_seconds: float


@dataclass(frozen=True, kw_only=True)
class Sample:
    """How many rows were done at a moment of a run."""

    seconds: float
    filled: int


@dataclass(frozen=True, kw_only=True)
class Template:
    """Data that has been loaded, and what must come out of it: the id of every row that holds one."""

    name: str
    expected: Mapping[str, str]


def command(contestant: str) -> Sequence[str]:
    """Return the program that is this contestant."""
    if contestant in PROJECTS:
        return (ALEMBIC, *OPTIONS[contestant], "upgrade", "head")
    return (sys.executable, "-m", "benchmarks.contestants", contestant)


@contextmanager
def prepared(database: Database, template: Template, contestant: str) -> Iterator[Copy]:
    """Make a copy, and lay the known ids beside it where the contestant is about them."""
    with database.copy(template.name) as copy:
        if contestant == KNOWN:
            copy.put_beside(template.expected)
        yield copy


def measure(database: Database, template: Template, contestant: str) -> Run:
    """Run a contestant alone."""
    with prepared(database, template, contestant) as copy:
        wal_before, server_before = copy.wal_position(), copy.server_processor_seconds()
        process = launch(command(contestant), copy.url)
        copy.wait_for_sessions()
        used = Used(
            process=process,
            processor_seconds=process.processor_seconds + copy.server_processor_seconds() - server_before,
            wal_bytes=None if wal_before is None else (copy.wal_position() or 0) - wal_before,
        )
        return describe(contestant, used, copy, template.expected)


def describe(contestant: str, used: Used, copy: Copy, expected: Mapping[str, str]) -> Run:
    """Put together what a run used and what it left."""
    footprint, filled = copy.footprint(), copy.filled()
    own_times = times_printed(contestant, used.process)
    longest, p99 = batch_times(copy, own_times)
    return Run(
        contestant=contestant,
        outcome=judge(used.process, filled, expected),
        error=used.process.error if used.process.exit_code else None,
        filled=len(filled),
        seconds=own_times.get("seconds", used.process.seconds),
        processor_seconds=used.processor_seconds,
        wal_bytes=used.wal_bytes,
        written_bytes=used.process.written_bytes if used.wal_bytes is None else None,
        table_bytes=footprint.table_bytes,
        heap_bytes=footprint.heap_bytes,
        hot_share=footprint.hot_share,
        peak_memory_bytes=used.process.peak_memory_bytes,
        longest_batch_seconds=longest,
        p99_batch_seconds=p99,
    )


def times_printed(contestant: str, process: Process) -> Mapping[str, Any]:
    """Return the times that the simple contestants print, without the start of Python; the project prints none."""
    return {} if contestant in PROJECTS or process.exit_code else dict(json.loads(process.output))


def batch_times(copy: Copy, own_times: Mapping[str, Any]) -> tuple[float | None, float | None]:
    """Return the longest batch and the 99th percentile, as printed or from the project's ledger."""
    if batches := own_times.get("batch_seconds"):
        return max(batches), percentile(batches, P99)
    return copy.batch_times() or (None, None)


def judge(process: Process, filled: Mapping[str, str], expected: Mapping[str, str]) -> Outcome:
    """Compare every row with what its body holds."""
    if process.exit_code:
        return Outcome.FAILED
    if filled == expected:
        return Outcome.COMPLETE
    return Outcome.INCOMPLETE if filled.items() <= expected.items() else Outcome.WRONG


def measure_waits(database: Database, template: Template, contestant: str) -> Waits:
    """Run a contestant while another process writes to the same table. Raises ContestantFailedError."""
    with prepared(database, template, contestant) as copy:
        with concurrent_writer(copy.url) as seconds:
            process = launch(command(contestant), copy.url)
        if process.exit_code:
            raise ContestantFailedError(process)
        return Waits(
            contestant=contestant,
            writes=len(seconds),
            longest_wait_seconds=max(seconds),
            p99_wait_seconds=percentile(seconds, P99),
        )


def measure_progress(database: Database, template: Template, contestant: str) -> list[Sample]:
    """Run a contestant while its finished rows are counted over a second connection."""
    with prepared(database, template, contestant) as copy:
        samples: list[Sample] = []
        process = launch(command(contestant), copy.url, meanwhile=lambda seconds: samples.append(count(copy, seconds)))
        return [*samples, Sample(seconds=process.seconds, filled=copy.filled_count())]


def count(copy: Copy, seconds: float) -> Sample:
    """Count the finished rows, then rest for so long that counting takes a fixed share of the time."""
    started = time.perf_counter()
    filled = copy.filled_count()
    time.sleep((time.perf_counter() - started) * (1 / COUNTING_SHARE - 1))
    return Sample(seconds=seconds, filled=filled)


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest of the values that this share of them does not exceed."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]
