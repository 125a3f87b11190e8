"""The size of batches follows the time that they take."""

import pytest

from app.backfill.batch_size import Pace
from app.backfill.options import Options


def test_a_batch_of_one_row_grows_again() -> None:
    """One and a half times one row is two."""
    pace = Pace(1_000, 0.5)
    sizes = []
    for _ in range(10):
        pace.halve()
        sizes.append(pace.size)

    for _ in range(20):
        pace.took(pace.size, 0.001)

    assert (sizes, pace.size) == ([50, 25, 13, 7, 4, 2, 1, 1, 1, 1], 1_000)


def test_batches_that_are_far_from_full_grow_and_do_not_shrink() -> None:
    """Where most rows have nothing to recover, each window gives few rows to fill."""
    quick, slow = Pace(1_000, 0.5), Pace(1_000, 0.5)

    quick.took(40, 0.01)
    slow.took(1, 0.05)

    assert (quick.size, slow.size) == (150, 100)


@pytest.mark.parametrize(
    ("rows", "seconds", "size"),
    [
        (100, 0.0, 150),  # grows at most so much, however quick it was
        (100, 2.0, 125),  # the target is 2.5 seconds
        (100, 2.5, 100),
        (100, 5.0, 50),
        (50, 2.5, 50),  # half of a batch tells enough
        (49, 2.5, 100),
        (100, 12.5, 20),
        (100, 12.6, 10),  # more than five times the target: trouble
        (0, 12.6, 10),
        (0, 1.0, 100),  # nothing is learnt of no rows
    ],
)
def test_the_next_batch_aims_at_the_target(rows: int, seconds: float, size: int) -> None:
    """From a batch of up to a hundred rows that took so long."""
    pace = Pace(1_000, 2.5)

    pace.took(rows, seconds)

    assert pace.size == size


def test_a_batch_is_never_larger_than_its_bound() -> None:
    """Neither the first one nor a later one; the first is of a hundred rows at most."""
    small, large = Pace(30, 0.5), Pace(110, 0.5)
    first = small.size, large.size

    small.took(30, 0.001)
    large.took(100, 0.001)

    assert (first, small.size, large.size) == ((30, 100), 30, 110)


def test_what_a_run_does_unless_it_is_told_otherwise() -> None:
    """Batches of a thousand rows, half a second each, and no pause between them."""
    assert vars(Options()) == {
        "batch_size": 1_000,
        "target_seconds": 0.5,
        "nice": 0.0,
        "max_replica_lag": None,
        "time_budget": None,
        "limit": None,
        "dry_run": False,
        "workers": 1,
    }
