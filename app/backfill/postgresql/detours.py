"""Detours round bodies that the database cannot cast. Several workers share what they learn.

One such body fails a whole statement. Fewer and fewer blocks are then tried; the last few are read without a cast, and
the recipe derives their values.
"""

import threading
from collections.abc import Sequence
from typing import Final

MAX_BLOCKS: Final = 16_384  # 128 MB
BLOCK_GROWTH: Final = 4
DETOUR_BLOCKS: Final = 8
"""The fewest blocks that are tried; more, each time that the next blocks have such a body too."""
MOST_DISCOURAGED: Final = 63
"""The most windows in a row that the database is not asked to fill, after bodies that it could not cast."""


class Trust:
    """Whether the database is asked to fill the next window by itself. Several workers may share one."""

    def __init__(self) -> None:
        """Start with trust."""
        self._lock = threading.Lock()
        self._discouraged = 0
        self._windows_by_row = 0

    def learn(self, has_filled: Sequence[bool]) -> None:
        """Note which parts of a window the database could fill; after a failure of most, it is asked less often."""
        with self._lock:
            failed = has_filled.count(False) > len(has_filled) / 2
            self._discouraged = min(MOST_DISCOURAGED, 2 * self._discouraged + 1) if failed else 0
            self._windows_by_row = self._discouraged

    def is_given(self) -> bool:
        """Tell whether to ask the database; False holds for one window."""
        with self._lock:
            if self._windows_by_row <= 0:
                return True
            self._windows_by_row -= 1
            return False


class Detour:
    """The way to blocks that can be read, for one window."""

    def __init__(self, castable: int, detour: int) -> None:
        """Take how many blocks to try at first, and how many to look at without a cast in the end."""
        self.castable = castable
        self.was_refused = False
        self._detour = detour

    def closer(self, blocks: int) -> tuple[int, bool]:
        """Return how many blocks to try after `blocks` held a body that cannot be cast, and whether to cast them."""
        self.was_refused = True
        parse = blocks > self._detour
        return (max(self._detour, blocks // BLOCK_GROWTH) if parse else self._detour), parse


class Detours:
    """How many blocks could be cast lately. Several workers may share one."""

    def __init__(self) -> None:
        """Start without having met a body that cannot be cast."""
        self._lock = threading.Lock()
        self._castable = MAX_BLOCKS
        self._detour = DETOUR_BLOCKS

    def begin(self) -> Detour:
        """Return the way for the next window."""
        with self._lock:
            return Detour(self._castable, self._detour)

    def learn(self, blocks: int, *, is_detour: bool, was_refused: bool) -> None:
        """Note that `blocks` were read: try more again, and step by step longer detours where one follows another."""
        with self._lock:
            self._detour = min(MAX_BLOCKS, self._detour * BLOCK_GROWTH) if is_detour else DETOUR_BLOCKS
            tried = 1 if was_refused else self._castable
            self._castable = min(MAX_BLOCKS, max(BLOCK_GROWTH * blocks, tried))
