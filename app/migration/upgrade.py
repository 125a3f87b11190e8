"""Upgrade: what `alembic upgrade head` does, from any folder and with this project's own errors."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.script.revision import ResolutionError
from alembic.util import CommandError

from app.backfill.listener import Listener
from app.backfill.report import Report
from app.database.errors import UnknownRevisionError
from app.migration.errors import AlembicError
from app.migration.scripts import alembic_config
from app.settings import Settings

ATTRIBUTE: Final = "media_ids_upgrade"
"""The key in the attributes of Alembic's configuration by which env.py finds the upgrade."""


@dataclass(kw_only=True)
class Upgrade:
    """An upgrade that a command of ours asks for: what our env.py takes from it, and what it gives back."""

    settings: Settings
    listening: Callable[[], AbstractContextManager[Listener]]
    """Shows the backfill while it runs."""
    report: Report | None = None
    """The backfill's report, also where the upgrade then raises an error; None if no backfill ran."""

    def run(self) -> None:
        """Upgrade the database of the settings to the head, in Alembic's own way, without an alembic.ini.

        Errors stay what they are, with their exit codes: `alembic` itself has one code for all of them. Raises
        UnknownRevisionError for a database that a later version has upgraded.
        """
        config = alembic_config()
        config.attributes[ATTRIBUTE] = self
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            if isinstance(error.__cause__, ResolutionError):
                raise UnknownRevisionError(error.__cause__.argument) from error
            raise AlembicError(str(error)) from error


def asked_for(config: Config | None) -> Upgrade | None:
    """Return the upgrade that a command of ours asks for; None where Alembic's own command runs, or another program."""
    found = None if config is None else config.attributes.get(ATTRIBUTE)
    return found if isinstance(found, Upgrade) else None
