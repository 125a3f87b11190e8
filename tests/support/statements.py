"""The statements that an engine sends, and a place to act between two of them."""

from collections.abc import Callable

import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

LOCKS = ("FOR NO KEY UPDATE", "WHERE 0 = 1", "WHERE false")
"""By what a statement that locks rows, or SQLite's file, is known."""


def takes_lock(statement: str) -> bool:
    """Say whether a statement locks: rows on PostgreSQL, the file on SQLite."""
    return any(words in statement for words in LOCKS)


def sent_by(sessions: sessionmaker[Session]) -> list[str]:
    """Return a list to which every statement of these sessions is added from now on."""
    sent: list[str] = []
    sa.event.listen(sessions.kw["bind"], "before_cursor_execute", lambda *arguments: sent.append(arguments[2]))
    return sent


def before_first_lock(sessions: sessionmaker[Session], act: Callable[[], None]) -> None:
    """Act once, just before these sessions send the first statement that locks."""
    done: list[bool] = []

    def listener(*arguments: str) -> None:
        if takes_lock(arguments[2]) and not done:
            done.append(True)
            act()

    sa.event.listen(sessions.kw["bind"], "before_cursor_execute", listener)
