"""The size of batches follows the time that they take."""

from app.backfill.batch_size import Pace


def test_a_batch_of_one_row_grows_again() -> None:
    """One and a half times one row is two."""
    pace = Pace(1_000, 0.5)
    for _ in range(10):
        pace.halve()
    smallest = pace.size

    for _ in range(20):
        pace.took(pace.size, 0.001)

    assert (smallest, pace.size) == (1, 1_000)


def test_batches_that_are_far_from_full_grow_and_do_not_shrink() -> None:
    """Where most rows have nothing to recover, each window gives few rows to fill."""
    quick, slow = Pace(1_000, 0.5), Pace(1_000, 0.5)

    quick.took(40, 0.01)
    slow.took(1, 0.05)

    assert (quick.size, slow.size) == (150, 100)
