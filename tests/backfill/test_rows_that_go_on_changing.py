"""Rows that are left with another answer than before the last sweep were changed by somebody: nothing has failed."""

import pytest

from app.backfill.accounting import LeftOver, Unaccounted, in_both
from app.backfill.engine import backfill
from app.backfill.listener import Listener, Progress
from app.backfill.options import Options
from app.database.engines import make_engine
from app.videos.recipe import MEDIA_IDS
from tests.any_table.test_done_means_done import KEY, LATE
from tests.support.any_table import create, row, store
from tests.support.migrations import upgrade
from tests.support.tables import TABLE, execute


def test_only_what_stands_as_it_stood_is_unaccounted_for() -> None:
    """One row as before, one with another answer, one that is gone, one that has come."""
    before = {name: LeftOver(f"row-{name}", "digest") for name in ("same", "changed", "gone")}
    after = {"same": before["same"], "changed": LeftOver("row-changed", "other"), "new": LeftOver("row-new", "digest")}

    assert in_both(before, after) == Unaccounted(1, ("row-same",))


class Touching(Listener):
    """Writes the rows that are left anew after each window, with a space more."""

    def __init__(self, url: str) -> None:
        self._url = url

    def progress(self, progress: Progress) -> None:  # noqa: ARG002
        """Do it."""
        execute(self._url, f"UPDATE {TABLE} SET raw_response = raw_response || ' ' WHERE seed < 5")


@pytest.mark.parametrize("touching", [True, False])
def test_a_run_is_incomplete_only_where_nobody_writes(
    postgresql_empty: str,
    capsys: pytest.CaptureFixture[str],
    touching: bool,  # noqa: FBT001
) -> None:
    """A trigger undoes five rows at the commit; where somebody rewrites them meanwhile, the next run may fill them."""
    execute(postgresql_empty, create(KEY), *(statement.format(t=TABLE) for statement in LATE))
    upgrade(postgresql_empty)
    store(postgresql_empty, [row(seed) for seed in range(30)])

    with make_engine(postgresql_empty).connect() as connection:
        listener = Touching(postgresql_empty) if touching else Listener()
        report = backfill(connection, MEDIA_IDS, Options(), origin="sync", listener=listener)

    assert (report.state, report.synced >= 30) == ("done" if touching else "incomplete", True)
    said = capsys.readouterr().err
    assert ("5 rows were written during the last sweep" in said, "were written" in said) == (touching, touching)
