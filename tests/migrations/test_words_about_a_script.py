"""What an upgrade that is written as SQL says of itself: in the script, and in the log."""

import logging

import pytest
from alembic import command

from tests.support.migrations import alembic_config


@pytest.mark.parametrize("url", ["sqlite:///x.db", "postgresql://host/name"])
def test_a_script_says_that_it_fills_plain_cases_only(
    url: str, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever runs it, and whoever has it written."""
    caplog.set_level(logging.WARNING)

    command.upgrade(alembic_config(url), "head", sql=True)

    assert "\n\n-- Plain cases only: run media-gen-ids sync after this script.\n" in capsys.readouterr().out
    said = "the script fills plain cases only: run `media-gen-ids sync` after it to do the rest"
    assert caplog.messages == [said]
