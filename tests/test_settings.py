"""Settings: what holds where nothing is said, what a run is told of them, and where no file may be made."""

import logging
from dataclasses import asdict
from pathlib import Path

import pytest

from app.backfill.options import Options
from app.errors import ConfigurationError
from app.settings import Settings

DEFAULTS = {
    "database_url": "sqlite:///veo3.db",
    "require_url": False,
    "batch_size": 1_000,
    "target_seconds": 0.5,
    "workers": 1,
    "nice": 0.0,
    "max_replica_lag": None,
    "time_budget": None,
    "lock_wait": 600.0,
    "on_failure": "continue",
    "fail_on": "any",
    "backfill": "run",
    "version_table": "alembic_version",
    "log": "text",
    "api_url": None,
    "api_token": None,
    "api_timeout": 30.0,
}
RUN = {"batch_size": 7, "target_seconds": 1.5, "nice": 2.5, "max_replica_lag": 3.5, "time_budget": 4.5, "workers": 6}


def test_what_holds_where_nothing_is_said() -> None:
    """As the README has it."""
    assert asdict(Settings.load()) == DEFAULTS | {"given": frozenset()}


def test_a_run_is_told_what_was_asked_for() -> None:
    """Each under its own name."""
    options = Settings.load(RUN).options(limit=8, dry_run=True)

    assert options == Options(**RUN, limit=8, dry_run=True)  # type: ignore[arg-type]
    assert Settings.load(RUN).options() == Options(**RUN)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "value"),
    [("api_token", ""), ("api_url", "x"), ("database_url", "x")],
)
def test_the_environment_is_read_for_every_setting(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    """DATABASE_URL has no prefix; what a program gives goes first."""
    variable = "DATABASE_URL" if name == "database_url" else f"MEDIA_IDS_{name.upper()}"
    monkeypatch.setenv(variable, value)

    assert name in Settings.load().given
    assert getattr(Settings.load({name: "given"}), name) is not None


@pytest.mark.parametrize("name", ["database_url", "api_url", "api_token"])
def test_a_value_that_may_hold_a_secret_is_not_repeated(name: str) -> None:
    """Here of a program that gives a list for a text."""
    with pytest.raises(ConfigurationError) as caught:
        Settings.load({name: ["s3cret"]})

    assert str(caught.value).endswith(": Input should be a valid string")


def test_the_longest_names_of_a_schema_and_of_a_version_table() -> None:
    """PostgreSQL would cut off a longer one."""
    longest = f"{'s' * 63}.{'t' * 59}"

    assert Settings.load({"version_table": longest}).version_table == longest
    with pytest.raises(ConfigurationError, match=r"^version_table: must be a plain name"):
        Settings.load({"version_table": f"s{longest}"})


@pytest.mark.parametrize("problem", ["x" * 3, "3.5", "0"])
def test_a_value_that_holds_no_secret_is_repeated(monkeypatch: pytest.MonkeyPatch, problem: str) -> None:
    """By the name under which it was written."""
    monkeypatch.setenv("MEDIA_IDS_WORKERS", problem)

    with pytest.raises(ConfigurationError) as caught:
        Settings.load()

    assert (caught.value.name, caught.value.problem.endswith(f", got {problem!r}")) == ("MEDIA_IDS_WORKERS", True)


def test_a_new_file_is_made_where_nothing_forbids_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """With a warning, once it is asked for; a file that is there or a URL that is given needs none."""
    monkeypatch.chdir(tmp_path)
    caplog.set_level(logging.WARNING)

    new = Settings.load().chosen_url(), Settings.load({"database_url": "x"}).chosen_url()
    warned = len(caplog.messages)
    (tmp_path / "veo3.db").touch()
    there = Settings.load().chosen_url()

    assert (new, there, warned, len(caplog.messages)) == (("sqlite:///veo3.db", "x"), "sqlite:///veo3.db", 1, 1)
