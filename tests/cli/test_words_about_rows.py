"""How many rows look pending: counted up to ten thousand, estimated above, and in words that say which."""

import logging

import pytest
import sqlalchemy as sa

from app.database.engines import make_engine
from app.reports.target import name_target
from tests.support.responses import make_rows
from tests.support.tables import TABLE, create_variant, execute, insert


def sent_by(engine: sa.Engine) -> list[str]:
    """Return a list to which every statement of an engine is added from now on."""
    sent: list[str] = []
    sa.event.listen(engine, "before_cursor_execute", lambda *arguments: sent.append(arguments[2]))
    return sent


def said(url: str, log: pytest.LogCaptureFixture, **how: int) -> str:
    """Return what is said of the rows."""
    log.clear()
    with make_engine(url).connect() as connection:
        name_target(connection, **how)
    return log.messages[-1].partition(": ")[2]


def test_a_count_ends_at_its_bound(database: str, caplog: pytest.LogCaptureFixture) -> None:
    """Five rows are five, or more than four."""
    caplog.set_level(logging.INFO, "app")
    insert(database, make_rows(5))

    assert said(database, caplog, large=5) == "5 rows pending"
    assert said(database, caplog, large=4) == "more than 4 rows pending"


def test_more_than_ten_thousand_rows_are_estimated(postgresql_database: str, caplog: pytest.LogCaptureFixture) -> None:
    """As the statistics have it; where more rows have an id than an answer, that is no number below zero."""
    caplog.set_level(logging.INFO, "app")
    insert(postgresql_database, make_rows(2))
    execute(postgresql_database, f"UPDATE {TABLE} SET media_generation_id = 'x', raw_response = NULL")
    execute(postgresql_database, f"ANALYZE {TABLE}")
    words = []
    for rows in (10_000, 10_001):
        execute(postgresql_database, f"UPDATE pg_class SET reltuples = {rows} WHERE relname = '{TABLE}'")
        words.append(said(postgresql_database, caplog))

    assert words == ["0 rows pending", "about 0 rows pending"]


def test_nothing_is_counted_where_nobody_would_read_it(sqlite_database: str, caplog: pytest.LogCaptureFixture) -> None:
    """A count of a large table takes its time."""
    caplog.set_level(logging.WARNING, "app")
    engine = make_engine(sqlite_database)
    sent = sent_by(engine)

    with engine.connect() as connection:
        name_target(connection)

    assert (sent, caplog.messages) == ([], [])


def test_a_count_takes_five_seconds_at_most(postgresql_database: str, caplog: pytest.LogCaptureFixture) -> None:
    """Whoever runs an upgrade waits for it."""
    caplog.set_level(logging.INFO, "app")
    engine = make_engine(postgresql_database)
    sent = sent_by(engine)

    with engine.connect() as connection:
        name_target(connection)

    assert "SET LOCAL statement_timeout = '5s'" in sent


def test_a_column_in_other_letters_is_the_column(sqlite_empty: str, caplog: pytest.LogCaptureFixture) -> None:
    """SQLite makes no difference: a row that has its id is not pending."""
    caplog.set_level(logging.INFO, "app")
    create_variant(sqlite_empty, "A0")
    insert(sqlite_empty, make_rows(2))
    execute(
        sqlite_empty,
        f"ALTER TABLE {TABLE} ADD COLUMN Media_Generation_Id TEXT",
        f"UPDATE {TABLE} SET media_generation_id = 'CAUS' WHERE rowid = 1",
    )

    assert said(sqlite_empty, caplog) == "1 rows pending"
