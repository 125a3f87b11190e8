"""What Alembic says of itself is kept out of the log for as long as a command runs, and no longer."""

import logging

import pytest

from app.migration.environment import without_preamble

ALEMBICS = logging.getLogger("alembic.runtime.migration")


def test_a_command_that_fails_leaves_alembics_log_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    """The program that called it may run other migrations in the same process."""
    monkeypatch.setattr(ALEMBICS, "level", logging.DEBUG)

    with pytest.raises(ValueError, match="failed"), without_preamble():
        raise ValueError("failed")

    assert ALEMBICS.level == logging.DEBUG
