"""A table with one pending row: how far the walk is can then not be measured."""

from tests.support.responses import make_rows, recoverable
from tests.support.tables import insert
from tests.support.walks import by_hand


def test_a_full_window_of_the_only_row_tells_no_part_of_the_table(sqlite_database: str) -> None:
    """The smallest key is the largest one, and nothing is divided by their difference."""
    insert(sqlite_database, make_rows(1, recoverable()))

    with by_hand(sqlite_database) as walk:
        window = walk.read(rows=1)
        rest = walk.read(window.cursor, rows=1)

    assert (window.found, window.fraction, window.cursor is None) == (1, None, False)
    assert (rest.found, rest.cursor) == (0, None)
