"""What a script of an upgrade says of itself to whoever runs it."""

import pytest
from alembic import command

from tests.support.migrations import alembic_config


@pytest.mark.parametrize("url", ["sqlite:///x.db", "postgresql://host/name"])
def test_a_script_says_that_it_fills_plain_cases_only(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    """And what does the rest."""
    command.upgrade(alembic_config(url), "head", sql=True)

    assert "\n\n-- Plain cases only: run media-gen-ids sync after this script.\n" in capsys.readouterr().out
