"""An application whose own revisions are called 0001 to 0003: neither chain is taken for the other."""

from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from alembic.util import CommandError

from app.cli.main import run
from app.migration.environment import OUR_TABLES
from tests.support.migrations import alembic_config
from tests.support.other_chain import OURS, THEIRS, other_chain, recorded, tables, their_tables
from tests.support.tables import execute

ORDERS = ["".join("o" if place in ours else "t" for place in range(6)) for ours in combinations(range(6), 3)]
"""Which chain takes the next of its three steps: ours or theirs."""
BOTH = {"billing", "invoices"}
COMMANDS: dict[str, Callable[[Config], object]] = {
    "upgrade": lambda config: command.upgrade(config, "head"),
    "current": command.current,
    "stamp": lambda config: command.stamp(config, "head"),
    "downgrade": lambda config: command.downgrade(config, "base"),
}


def climb(theirs: Config, ours: Config, order: str) -> None:
    """Upgrade both chains, a revision at a time, in some order."""
    left = {"t": list(THEIRS), "o": list(OURS)}
    for chain in order:
        command.upgrade(theirs if chain == "t" else ours, left[chain].pop(0))


@pytest.mark.parametrize("order", ORDERS)
def test_in_every_order_with_a_version_table_of_our_own(empty_database: str, tmp_path: Path, order: str) -> None:
    """Both chains end at their heads, each in its table; what goes down leaves the other alone."""
    theirs = other_chain(tmp_path / "theirs", empty_database)
    ours = alembic_config(empty_database, version_table="media_ids_version")

    climb(theirs, ours, order)

    assert (recorded(empty_database), recorded(empty_database, "media_ids_version")) == ({"0003"}, {OURS[-1]})
    assert tables(empty_database) == BOTH | OUR_TABLES | {"alembic_version", "media_ids_version"}
    command.downgrade(ours, "base")
    assert (recorded(empty_database), their_tables(empty_database)) == ({"0003"}, BOTH)
    command.upgrade(ours, "head")
    command.downgrade(theirs, "base")
    assert (recorded(empty_database), recorded(empty_database, "media_ids_version")) == (set(), {OURS[-1]})
    assert tables(empty_database) >= OUR_TABLES


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("options", ["", "transaction_per_migration=True"])
def test_in_every_order_with_our_revisions_as_a_second_location(
    empty_database: str, tmp_path: Path, order: str, options: str
) -> None:
    """Both chains end at their heads, in one table, under the application's env.py."""
    config = other_chain(tmp_path / "theirs", empty_database, with_ours=True, options=options)

    climb(config, config, order)

    assert recorded(empty_database) == {"0003", OURS[-1]}
    assert tables(empty_database) == BOTH | OUR_TABLES | {"alembic_version"}
    command.downgrade(config, "media_ids@base")
    assert (recorded(empty_database), their_tables(empty_database)) == ({"0003"}, BOTH)
    command.upgrade(config, "heads")
    command.downgrade(config, "0001@base")
    assert recorded(empty_database) == {OURS[-1]}
    assert tables(empty_database) >= OUR_TABLES


@pytest.mark.parametrize("name", COMMANDS)
def test_another_programs_revisions_are_not_taken_for_ours(empty_database: str, tmp_path: Path, name: str) -> None:
    """One line that names the setting; nothing is changed."""
    command.upgrade(other_chain(tmp_path / "theirs", empty_database), "head")

    with pytest.raises(CommandError, match=r"alembic_version holds 0003.* set version_table \(-x") as caught:
        COMMANDS[name](alembic_config(empty_database))

    assert ("\n" in str(caught.value), recorded(empty_database)) == (False, {"0003"})
    assert tables(empty_database) == BOTH | {"alembic_version"}


def test_check_does_not_take_them_for_ours_either(
    empty_database: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same line, and exit code 2; in the right table it finds what it looks for."""
    command.upgrade(other_chain(tmp_path / "theirs", empty_database), "head")
    command.upgrade(alembic_config(empty_database, version_table="media_ids_version"), "head")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("MEDIA_IDS_VERSION_TABLE", "media_ids_version")
        right = run(["check", "--database", empty_database])
    capsys.readouterr()

    wrong = run(["check", "--database", empty_database])

    assert (right, wrong) == (0, 2)
    assert "version table alembic_version holds 0003, which" in capsys.readouterr().err


def test_a_table_with_both_chains_is_nothing_for_our_env_py(empty_database: str, tmp_path: Path) -> None:
    """It would migrate one of them behind the other's back."""
    command.upgrade(other_chain(tmp_path / "theirs", empty_database, with_ours=True), "heads")

    with pytest.raises(CommandError, match=r"holds 0003 beside our media_ids_0003.*the env.py that keeps both"):
        command.upgrade(alembic_config(empty_database), "head")


def test_a_revision_of_a_later_version_of_ours_is_no_strangers(sqlite_database: str) -> None:
    """Alembic says that it does not know it."""
    execute(sqlite_database, "UPDATE alembic_version SET version_num = 'media_ids_0099'")

    with pytest.raises(CommandError, match="Can't locate revision identified by 'media_ids_0099'"):
        command.upgrade(alembic_config(sqlite_database), "head")
