"""A kind of database that `--sql` has no script for."""

import pytest
from sqlalchemy.engine import make_url

from app.backfill.errors import OfflineBackfillError
from app.backfill.script import offline_backfill
from app.videos.recipe import MEDIA_IDS


def test_it_is_named_with_what_to_do_instead() -> None:
    """A script that did nothing would stamp a backfill that was not done."""
    with pytest.raises(OfflineBackfillError) as caught:
        offline_backfill(MEDIA_IDS, make_url("mssql://").get_dialect()())

    assert caught.value.dialect == "mssql"
    assert str(caught.value).startswith("the backfill cannot be written as SQL for mssql: use `alembic upgrade head`")
