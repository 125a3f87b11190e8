"""A table whose rows are locked is not one that refuses them: the breaker counts refusals of the database alone."""

import pytest

from app.backfill.breaker import REFUSED_AND_NONE_FILLED
from app.backfill.counts import Counts
from app.backfill.course import Committed, Course, Stopped
from app.backfill.key_walk import KeyAccess, KeyWalk
from app.backfill.ledger import Place
from app.backfill.listener import Listener
from app.backfill.plan import UPDATE_FAILED, Filling, Options, Refused
from app.backfill.row_names import NamedByKey
from app.backfill.statements import generations
from app.models import Veo3VideoGeneration
from app.signals import StopRequest


def course_of_refused_rows(*, is_locked: bool) -> Course:
    """Return the course of a run that has left a hundred rows and filled none."""
    table = generations(Veo3VideoGeneration)
    walk = KeyWalk(table, KeyAccess([table.c.id], NamedByKey([table.c.id])), name="key")
    course = Course(walk, Options(), Listener(), StopRequest())
    rows = [Refused("row", UPDATE_FAILED, is_locked=is_locked)] * REFUSED_AND_NONE_FILLED
    course.keep(Committed(filling=Filling(), refused=rows, counts=Counts(), place=Place(), closes=None), 0.0)
    return course


def test_a_hundred_locked_rows_do_not_end_a_run() -> None:
    """Somebody holds them; the table is well."""
    course = course_of_refused_rows(is_locked=True)

    course.check_stop()

    assert (course.breaker.problem, course.problem) == ("", "")


def test_a_hundred_refused_rows_end_a_run() -> None:
    """The same number of rows that nobody holds."""
    course = course_of_refused_rows(is_locked=False)

    with pytest.raises(Stopped) as caught:
        course.check_stop()

    assert (caught.value.state, "refused all of the first 100" in course.problem) == ("incomplete", True)
