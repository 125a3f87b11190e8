"""`--desktop`: where the desktop application keeps its file on each system, tested by path."""

import shutil
from collections.abc import Callable
from pathlib import Path

import platformdirs.macos
import platformdirs.unix
import platformdirs.windows
import pytest
from platformdirs.api import PlatformDirsABC

from app.cli.desktop_file import desktop_directories, desktop_url
from app.errors import ConfigurationError
from tests.cli.conftest import Command
from tests.support.tables import sqlite_path

PLACES: dict[str, tuple[Callable[..., PlatformDirsABC], str]] = {
    "Windows": (platformdirs.windows.Windows, "AppData/Roaming/veo3-automation/veo3-automation.db"),
    "macOS": (platformdirs.macos.MacOS, "Library/Application Support/veo3-automation/veo3-automation.db"),
    "Linux": (platformdirs.unix.Unix, ".config/veo3-automation/veo3-automation.db"),
}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder of its own; Windows folders are asked of the environment, since its own API is not here."""
    by_environment = platformdirs.windows.get_win_folder_from_env_vars
    monkeypatch.setattr(platformdirs.windows, "get_win_folder", by_environment)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("APPDATA", str(tmp_path / "AppData" / "Roaming"))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    return tmp_path


@pytest.mark.parametrize("system", PLACES)
def test_each_system_has_its_place(home: Path, system: str) -> None:
    """The folder of the application's configuration, without an author's name in it."""
    of_system, place = PLACES[system]
    (home / place).parent.mkdir(parents=True)
    (home / place).touch()

    assert desktop_url(desktop_directories(of_system)) == f"sqlite:///{home / place}"


def test_a_missing_file_is_named(home: Path) -> None:
    """With what to do instead."""
    with pytest.raises(ConfigurationError) as caught:
        desktop_url(desktop_directories(platformdirs.unix.Unix))

    assert caught.value.problem == f"no file {home / PLACES['Linux'][1]}; name the database with --database"


@pytest.mark.skipif("sys.platform != 'linux'", reason="looks at the Linux place")
def test_the_commands_use_it(home: Path, sqlite_database: str, command: Command) -> None:
    """Instead of DATABASE_URL; not together with --database."""
    file = home / PLACES["Linux"][1]
    file.parent.mkdir(parents=True)
    shutil.copy(sqlite_path(sqlite_database), file)

    codes = {name: command(name, "--desktop").code for name in ("sync", "status", "failures", "check")}
    both = command("status", "--desktop", "--database", sqlite_database)

    assert codes == {"sync": 0, "status": 0, "failures": 0, "check": 0}
    assert (both.code, both.err) == (2, "media-gen-ids: --desktop: not together with --database; choose one\n")
