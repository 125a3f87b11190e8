"""Desktop: where the desktop application keeps its database. Looks at paths only."""

from collections.abc import Callable
from typing import Final

import platformdirs
from platformdirs.api import PlatformDirsABC

from app.errors import ConfigurationError

APPLICATION: Final = "veo3-automation"


def desktop_directories(system: Callable[..., PlatformDirsABC] = platformdirs.PlatformDirs) -> PlatformDirsABC:
    """Return the folders of the desktop application, on this system or another one."""
    return system(APPLICATION, appauthor=False, roaming=True)


def desktop_url(directories: PlatformDirsABC) -> str:
    """Return the URL of the desktop application's file. Raises ConfigurationError if there is none."""
    file = directories.user_config_path / f"{APPLICATION}.db"
    if not file.is_file():
        raise ConfigurationError("--desktop", f"no file {file}; name the database with --database")
    return f"sqlite:///{file}"
