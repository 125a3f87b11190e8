"""A table whose rows are locked is not one that refuses them: the breaker counts refusals of the database alone."""

import pytest

from app.backfill.books import Books, Committed
from app.backfill.breaker import REFUSED_AND_NONE_FILLED
from app.backfill.by_key.walk import KeyAccess, KeyWalk
from app.backfill.control.limits import Stopped
from app.backfill.counts import Counts
from app.backfill.ledger.runs import Place
from app.backfill.light_tables import table_of
from app.backfill.listener import Listener
from app.backfill.recipe import SHOWN
from app.backfill.row_names import NamedByKey
from app.backfill.rows import UPDATE_FAILED, Filling, Refused
from app.videos.recipe import MEDIA_IDS


def books_of_refused_rows(*, is_locked: bool) -> Books:
    """Return the books of a run that has left a hundred rows and filled none."""
    table = table_of(MEDIA_IDS)
    key = [table.c[SHOWN]]
    walk = KeyWalk(MEDIA_IDS, table, KeyAccess(key, NamedByKey(key)), name="key")
    books = Books(walk, Listener())
    rows = [Refused("row", UPDATE_FAILED, is_locked=is_locked)] * REFUSED_AND_NONE_FILLED
    books.keep(Committed(filling=Filling(), refused=rows, counts=Counts(), place=Place(), closes=None), 0.0)
    return books


def test_a_hundred_locked_rows_do_not_end_a_run() -> None:
    """Somebody holds them; the table is well."""
    books = books_of_refused_rows(is_locked=True)

    books.check()

    assert (books.breaker.problem, books.problem) == ("", "")


def test_a_hundred_refused_rows_end_a_run() -> None:
    """The same number of rows that nobody holds."""
    books = books_of_refused_rows(is_locked=False)

    with pytest.raises(Stopped) as caught:
        books.check()

    assert (caught.value.state, "refused all of the first 100" in books.problem) == ("incomplete", True)
