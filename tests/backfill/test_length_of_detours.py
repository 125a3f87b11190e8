"""Detours round bodies that cannot be cast get longer where one follows another, and short again after that."""

from app.backfill.postgresql.detours import BLOCK_GROWTH, DETOUR_BLOCKS, Detours


def length(detours: Detours) -> int:
    """Return how many blocks the next window looks at without a cast, at least."""
    blocks, parse = detours.begin().closer(1)
    assert not parse
    return blocks


def test_a_detour_is_short_again_after_blocks_that_could_be_cast() -> None:
    """Two bad neighbourhoods in a row, then a good one."""
    detours = Detours()

    lengths = [length(detours)]
    for is_detour in (True, True, False):
        detours.learn(lengths[-1], is_detour=is_detour, was_refused=is_detour)
        lengths.append(length(detours))

    assert lengths == [DETOUR_BLOCKS, DETOUR_BLOCKS * BLOCK_GROWTH, DETOUR_BLOCKS * BLOCK_GROWTH**2, DETOUR_BLOCKS]
