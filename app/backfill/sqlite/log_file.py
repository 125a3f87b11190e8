"""The log of a SQLite file in WAL mode, the file `-wal`: how many pages stand in it.

Its index, the file `-shm`, would tell it at once, but must never be opened here: the system drops all locks that a
process has on a file as soon as the process closes that file anywhere, and SQLite's locks are on the index. Another
process that opens the database would then empty the index under the run. Nobody locks the log.
"""

import os
from bisect import bisect_left
from pathlib import Path
from typing import Final, NamedTuple

HEADER_BYTES, PAGE_SIZE, SALTS = 32, slice(8, 12), slice(16, 24)
FRAME_HEADER_BYTES: Final = 24
"""Before each page; it repeats the salts behind its first eight bytes."""
SALTS_OF_FRAME: Final = 8


class Logged(NamedTuple):
    """What stands in the log."""

    salts: bytes
    """Others each time that the log begins anew."""
    pages: int


def logged(log: Path) -> Logged:
    """Return how many pages were written to the log since it began anew. Raises OSError if it cannot be read.

    Its size does not tell: what was written before it began anew stays in it, behind the new pages.
    """
    with log.open("rb", buffering=0) as file:
        header = file.read(HEADER_BYTES)
        salts, frame_bytes = header[SALTS], FRAME_HEADER_BYTES + int.from_bytes(header[PAGE_SIZE], "big")

        def is_old(frame: int) -> bool:
            file.seek(HEADER_BYTES + frame * frame_bytes + SALTS_OF_FRAME)
            return file.read(len(salts)) != salts

        frames = range((os.fstat(file.fileno()).st_size - HEADER_BYTES) // frame_bytes)
        return Logged(salts, bisect_left(frames, True, key=is_old))  # noqa: FBT003  # the first frame that is old
