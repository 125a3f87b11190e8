"""Shards: blocks are cut into parts by counted rows. What needs a cluster is in tests/live/test_citus.py."""

import pytest

from app.backfill.citus.shards import cut_blocks
from app.backfill.postgresql.heaps import Heap, Part
from app.backfill.postgresql.target import Place
from app.backfill.postgresql.walk import write_cursor

HEAP = Heap(label="a table", blocks=9)
START = Place(0, 3)


@pytest.mark.parametrize(
    ("counted", "parts"),
    [
        ([], []),
        ([(0, 5), (1, 5)], [(START, 9)]),
        ([(0, 5), (1, 5), (4, 1)], [(START, 4), (Place(4), 9)]),
        ([(0, 4), (1, 7), (2, 7)], [(START, 1), (Place(1), 2), (Place(2), 9)]),
        ([(0, 10), (1, 3)], [(START, 1), (Place(1), 9)]),
        ([(0, 11), (1, 3)], [(Place(1), 9)]),
        ([(0, 3), (1, 11), (2, 3)], [(START, 1), (Place(2), 9)]),
        ([(7, 11)], []),
    ],
)
def test_each_part_holds_at_most_a_batch_and_a_block_with_more_is_left_out(
    counted: list[tuple[int, int]], parts: list[tuple[Place, int]]
) -> None:
    """In order, without a gap but for the blocks that hold nothing or too much."""
    assert list(cut_blocks(Part(HEAP, START, 9), counted, 10)) == [Part(HEAP, start, end) for start, end in parts]


def test_a_cursor_within_the_shards_tells_the_shard() -> None:
    """Each of them has rows at the same places."""
    assert write_cursor(HEAP, Place(3, 4, "shard_102")) == "a table (3,4)shard_102"
