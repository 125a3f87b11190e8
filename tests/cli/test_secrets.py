"""Passwords: no command shows one, in a line, a traceback or the log, wherever in a URL it stands."""

import pytest
from alembic import command as alembic_command
from alembic.util import CommandError
from sqlalchemy.engine import make_url

from app.cli import check
from tests.cli.conftest import Command
from tests.conftest import Databases
from tests.support.commands import alembic, media_gen_ids
from tests.support.migrations import alembic_config

CREDENTIALS = "postgresql://user:s3cret@host/x"
URLS = (
    "postgresql://user@127.0.0.1:1/x?password=s3cret",
    "postgresql://user:p@s3cret@127.0.0.1:1/x",
    "postgresql://127.0.0.1:1/x?sslpassword=s3cret&sslmode=nonsense",
    "postgresql://127.0.0.1:s3cret/x",
    "postgresql://127.0.0.1:1/host=h%20password=s3cret",
    "postgresql://127.0.0.1:1/x?dbname=host=127.0.0.1%20password=s3cret%20port",
    "postgresql://127.0.0.1:1/x?options=password%3D%27s3cret%27",
    "sqlite://user:s3cret@host/x",
    "sqlite:////nowhere/x.db?password=s3cret&timeout=nonsense",
    "mysql://user:s3cret@127.0.0.1:1/x",
)


@pytest.mark.parametrize("url", URLS)
@pytest.mark.parametrize("name", ["sync", "status", "failures", "check"])
def test_no_command_shows_a_password(name: str, url: str, command: Command) -> None:
    """In its line, or with --debug in the traceback."""
    plain, debug = command(name, "--database", url), command(name, f"--database={url}", "--debug")

    assert (plain.code, plain.err.count("\n"), debug.code) == (2, 1, 2)
    assert "s3cret" not in plain.out + plain.err + debug.out + debug.err


@pytest.mark.parametrize("url", URLS)
def test_alembic_shows_no_password(url: str) -> None:
    """In what its command prints, which is the error's text."""
    with pytest.raises(CommandError) as caught:
        alembic_command.upgrade(alembic_config(url), "head")

    assert ("s3cret" in str(caught.value), "\n" in str(caught.value)) == (False, False)


def test_a_password_in_the_environment_is_not_shown_either() -> None:
    """By the real commands."""
    ended = alembic("upgrade", "head", url=URLS[0])
    debug = media_gen_ids("status", "--debug", url=URLS[0])

    assert (ended.returncode, debug.returncode, "Traceback" in debug.stderr) == (255, 2, True)
    assert "s3cret" not in ended.stdout + ended.stderr + debug.stderr


@pytest.mark.parametrize("arguments", [("--database", CREDENTIALS), (f"--database={CREDENTIALS}", "--debug"), ()])
def test_a_fault_of_ours_shows_no_password(
    arguments: tuple[str, ...], command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever its error holds, and wherever the URL was given."""

    def fail() -> None:
        raise RuntimeError(f"cannot handle {CREDENTIALS} and s3cret")

    monkeypatch.setattr(check, "revisions", fail)
    if not arguments:
        monkeypatch.setenv("DATABASE_URL", CREDENTIALS)
    ended = command("check", *arguments)

    assert (ended.code, "RuntimeError" in ended.err, "s3cret" in ended.err) == (70, True, False)


def test_the_demo_shows_no_password(command: Command) -> None:
    """It repeats the URL that it was given."""
    ended = command("demo", "--database", "postgresql://user:s3cret@host/x")

    assert (ended.code, "s3cret" in ended.out + ended.err) == (2, False)


def test_the_line_of_a_dry_run_shows_no_password(databases_of_kind: dict[str, Databases], command: Command) -> None:
    """It names the database, which is there."""
    url = make_url(databases_of_kind["postgresql-16"].upgraded()).set(password="s3cret")  # noqa: S106

    ended = command("sync", "--dry-run", "--database", url.render_as_string(hide_password=False))

    assert (ended.code, "a dry run" in ended.err, "s3cret" in ended.out + ended.err) == (0, True, False)
