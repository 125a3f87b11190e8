"""Several workers, and a caller who has begun a transaction."""

import pytest
from alembic.util import CommandError

from app.database.engines import make_engine
from tests.support.tables import TABLE, query
from tests.test_callers import upgrade_with


def test_a_callers_transaction_takes_one_worker_and_says_so(postgresql_empty: str) -> None:
    """The others would not see what it has written; nothing is created."""
    with make_engine(postgresql_empty).begin() as connection, pytest.raises(CommandError) as caught:
        upgrade_with(connection, postgresql_empty, workers=2)

    assert str(caught.value) == "workers: there can be only one within the transaction of a caller"
    assert query(postgresql_empty, f"SELECT to_regclass('{TABLE}')") == [(None,)]
