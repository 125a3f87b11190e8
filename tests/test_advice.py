"""What an operator is told to do about the words of a driver."""

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from app.database.readable_errors import first_line, readable_errors
from app.errors import DatabaseError

HOST = "Check the host in the URL"
ADVICE = {
    "database is locked": "Another program holds it: close that, or try again",
    "file is not a database": "Name a SQLite file with --database or DATABASE_URL",
    "unable to open database file": "Check the path and its permissions",
    'FATAL: password authentication failed for user "me"': "Check user and password in the URL",
    "connection failed: Connection refused": "Check host and port in the URL, and that the server runs",
    'could not translate host name "nowhere" to address': HOST,
    "[Errno -2] failed to resolve host 'nowhere'": HOST,
    "connection to server on socket failed: No such file or directory": f"{HOST}, and that the server runs",
    "connection timeout expired": "Check host and port in the URL, and that a firewall lets you through",
    'FATAL: database "nothing" does not exist': "Check the name in the URL",
    'FATAL: role "nobody" does not exist': "Check the user in the URL",
    "permission denied for table alembic_version": "Grant the user of the URL what it lacks",
    "disk I/O error": "",
}
URL = sa.make_url("postgresql://me:secret@host/x")


@pytest.mark.parametrize("words", ADVICE)
def test_each_trouble_that_somebody_can_mend_has_its_advice(words: str) -> None:
    """After the driver's own first line; about all others nothing is said."""
    with pytest.raises(DatabaseError) as caught, readable_errors(URL):
        raise OperationalError("SELECT 1", {}, Exception(f"{words}\nHINT: more"))

    assert (caught.value.database, caught.value.problem) == ("postgresql://me:***@host/x", words)
    assert caught.value.advice == ADVICE[words]


def test_what_comes_from_no_driver_is_told_as_it_is() -> None:
    """SQLAlchemy's own words, and no advice."""
    with pytest.raises(DatabaseError) as caught, readable_errors(URL):
        raise sa.exc.InvalidRequestError("database is locked\n(Background on this error)")

    assert (caught.value.problem, caught.value.advice) == ("database is locked", "")


def test_an_error_without_words_is_called_by_its_class() -> None:
    """Better than nothing."""
    assert (first_line(KeyError()), first_line(ValueError(" \n one\ntwo"))) == ("KeyError", "one")
