"""A script of an upgrade: what it says of itself, and what it leaves out for a table in use."""

import re

import pytest
from alembic import command

from tests.conftest import Databases
from tests.support.migrations import alembic_config
from tests.support.responses import make_rows
from tests.support.tables import TABLE, execute, insert, query


@pytest.mark.parametrize("url", ["sqlite:///x.db", "postgresql://host/name"])
def test_a_script_says_that_it_fills_plain_cases_only(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    """And what does the rest."""
    command.upgrade(alembic_config(url), "head", sql=True)

    assert "\n\n-- Plain cases only: run media-gen-ids sync after this script.\n" in capsys.readouterr().out


def test_a_script_builds_an_index_for_answers_on_an_empty_table_alone(
    databases_of_kind: dict[str, Databases], capsys: pytest.CaptureFixture[str]
) -> None:
    """On one with rows it would hold up whoever writes them."""
    url = databases_of_kind["postgresql-16"].upgraded()
    index = "idx_veo3_generations_operation_name"
    command.upgrade(alembic_config("postgresql://host/name"), "media_ids_0001", sql=True)
    (block,) = re.findall(r"DO \$index\$.*?\$index\$;", capsys.readouterr().out, re.DOTALL)
    insert(url, make_rows(1))

    execute(url, f"DROP INDEX {index}", block)
    with_rows = query(url, f"SELECT to_regclass('{index}') IS NULL")
    execute(url, f"DELETE FROM {TABLE}", block)

    assert (with_rows, query(url, f"SELECT to_regclass('{index}') IS NULL")) == ([(True,)], [(False,)])
