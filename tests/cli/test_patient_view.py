"""What a watch draws while its database cannot be read."""

import pytest
import sqlalchemy as sa
from rich.text import Text

from app.cli.patient_view import PatientView
from app.database.engines import make_engine
from app.errors import DatabaseError

REFUSED = {"sqlite": "SELECT 1 FROM nowhere", "postgresql": "SELECT pg_terminate_backend(pg_backend_pid())"}


class Watched:
    """A view of a database that answers, refuses twice, and answers again."""

    def __init__(self, connection: sa.Connection) -> None:
        """Take the database."""
        refused = REFUSED[connection.dialect.name]
        self._connection = connection
        self._asked = ["SELECT 'before'", refused, refused, "SELECT 'after'"]

    def __call__(self) -> Text:
        """Return the next answer."""
        with self._connection.begin():
            return Text(self._connection.exec_driver_sql(self._asked.pop(0)).scalar_one())


def test_a_watch_outlives_a_database_that_cannot_be_read(database: str, capsys: pytest.CaptureFixture[str]) -> None:
    """It shows what it knew, says once why, and goes on with a new connection."""
    with make_engine(database).connect() as connection:
        view = PatientView(connection, Watched(connection))
        shown = [str(view()) for _ in range(4)]

    said = capsys.readouterr().err
    assert shown == ["before", "before", "before", "after"]
    assert (said.count("\n"), said.endswith(". The watch goes on\n")) == (1, True)


def test_the_first_look_is_not_forgiven(sqlite_database: str) -> None:
    """A watch of what cannot be read at all ends with the error."""
    with make_engine(sqlite_database).connect() as connection:
        watched = Watched(connection)
        watched()

        with pytest.raises(DatabaseError, match="nowhere"):
            PatientView(connection, watched)()
