"""Patient view: what a watch draws, also while its database cannot be read for some time."""

from collections.abc import Callable

import sqlalchemy as sa
from rich.console import RenderableType

from app.console.errors import print_error
from app.database.readable_errors import readable_errors
from app.errors import DatabaseError


class PatientView:
    """Draws a view; where the database refuses it returns what it drew before, and says once why.

    The first look is not forgiven: it raises what the view does, such as for a wrong password.
    """

    def __init__(self, connection: sa.Connection, view: Callable[[], RenderableType]) -> None:
        """Take the connection that the view reads; SQLAlchemy opens it again if it was lost."""
        self._connection = connection
        self._view = view
        self._shown: RenderableType | None = None
        self._problem = ""

    def __call__(self) -> RenderableType:
        """Return the view as it is now, or as it was at the last look that succeeded."""
        try:
            with readable_errors(self._connection.engine.url):
                self._shown, self._problem = self._view(), ""
        except DatabaseError as error:
            if self._shown is None:
                raise
            self._try_again_later(str(error))
        return self._shown

    def _try_again_later(self, problem: str) -> None:
        if problem != self._problem:
            print_error(f"{problem}. The watch goes on")
        self._problem = problem
        self._connection.rollback()
