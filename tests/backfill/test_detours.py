"""What several workers learn together of bodies that the database cannot cast: nobody's answer is lost."""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from types import FrameType
from typing import Any, TypeAlias

import pytest

from app.backfill.breaker import Breaker
from app.backfill.postgresql.detours import DETOUR_BLOCKS, MAX_BLOCKS, Detours, Trust

WORKERS, WINDOWS = 8, 63
TraceFunction: TypeAlias = Callable[[FrameType, str, Any], Any]


@contextmanager
def switching_at_every_line() -> Iterator[None]:
    """Let threads that are started meanwhile take turns at every line of Python."""

    def trace(_frame: FrameType, _event: str, _argument: object) -> TraceFunction:
        time.sleep(0)
        return trace

    before = sys.gettrace()
    threading.settrace(trace)
    try:
        yield
    finally:
        threading.settrace(before)


def discouraged() -> Trust:
    """Return what has met bad windows only."""
    trust = Trust()
    for _ in range(10):
        trust.learn([False, False, True])
    return trust


def test_workers_that_share_distrust_use_it_up_once() -> None:
    """Of many answers given at the same time, as many are `no` as there are windows to read row by row."""
    barrier = threading.Barrier(WORKERS)

    def ask(trust: Trust) -> list[bool]:
        barrier.wait()
        return [trust.is_given() for _ in range(WINDOWS)]

    trusts = [discouraged() for _ in range(3)]
    with switching_at_every_line(), ThreadPoolExecutor(WORKERS) as pool:
        answers = [list(pool.map(ask, [trust] * WORKERS)) for trust in trusts]

    assert [sum(one.count(False) for one in some) for some in answers] == [WINDOWS] * len(trusts)
    assert all(trust.is_given() for trust in trusts)


def test_trust_is_withdrawn_for_longer_each_time_and_comes_back_at_once() -> None:
    """One window, then three, then seven; a good window, and it is given again."""
    trust = Trust()

    lasted = []
    for _ in range(3):
        trust.learn([False])
        lasted.append(next(number for number in range(100) if trust.is_given()))
    trust.learn([True])

    assert (lasted, trust.is_given()) == ([1, 3, 7], True)


def test_a_detour_closes_in_on_a_bad_body_and_later_windows_are_long_again() -> None:
    """Until so few blocks are left that their bodies are looked at without a cast."""
    detours = Detours()
    way = detours.begin()

    steps = [way.closer(blocks) for blocks in (1_000, 250, 62, 15, DETOUR_BLOCKS)]
    detours.learn(DETOUR_BLOCKS, is_detour=True, was_refused=way.was_refused)
    after = detours.begin().castable
    detours.learn(MAX_BLOCKS, is_detour=False, was_refused=False)

    assert steps == [(250, True), (62, True), (15, True), (DETOUR_BLOCKS, True), (DETOUR_BLOCKS, False)]
    assert (after, detours.begin().castable) == (4 * DETOUR_BLOCKS, MAX_BLOCKS)


def test_half_of_the_parts_of_a_window_are_not_most() -> None:
    """And of distrust there is a bound: 63 windows are read row by row, and the next one is asked for."""
    half, never = Trust(), Trust()
    half.learn([False, True])
    for _ in range(20):
        never.learn([False])

    refusals = next(number for number in range(1_000) if never.is_given())

    assert (half.is_given(), refusals) == (True, 63)


def test_detours_and_casts_have_bounds_and_a_good_one_does_not_shorten_the_next() -> None:
    """128 MB at most, and never less than was cast before, unless a body could not be."""
    detours = Detours()
    for _ in range(9):
        detours.learn(1, is_detour=True, was_refused=True)
    longest = detours.begin().closer(MAX_BLOCKS)
    castable = [detours.begin().castable]
    for blocks, was_refused in ((8, False), (2, False), (2, True), (MAX_BLOCKS, False)):
        detours.learn(blocks, is_detour=False, was_refused=was_refused)
        castable.append(detours.begin().castable)

    assert (longest, castable) == ((16_384, False), [4, 32, 32, 8, 16_384])


@pytest.mark.parametrize(
    ("batches", "is_broken"),
    [
        ([(0, 99)], False),
        ([(0, 100)], True),
        ([(1, 100)], False),
        ([(499, 0), (0, 501)], True),
        ([(500, 0), (0, 500)], False),
        ([(0, 50), (950, 451)], False),
        ([(5_000, 0), (0, 500)], False),
        ([(5_000, 0), (0, 501)], True),
        ([(5_000, 0), (0, 501), (10, 0)], True),
        ([(5_000, 0), (0, 501), (999, 0)], False),
    ],
)
def test_a_breaker_ends_what_refuses_nearly_all(batches: list[tuple[int, int]], is_broken: bool) -> None:  # noqa: FBT001
    """A hundred refused and none filled, or more than half of the last thousand; batches as (filled, refused)."""
    breaker = Breaker()

    for filled, refused in batches:
        breaker.add(filled, refused)

    assert bool(breaker.problem) == is_broken


def test_a_breaker_says_how_many_of_the_last_thousand_were_refused() -> None:
    """And not how many in all."""
    breaker = Breaker()
    for filled, refused in ((1, 300), (600, 0), (0, 700)):
        breaker.add(filled, refused)

    assert breaker.problem == "the database refused 700 of the last 1000 rows that were to be filled"
