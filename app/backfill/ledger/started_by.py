"""Started by: who runs this process, where, and with which version of this software. Looks at the process alone."""

import getpass
import os
import socket
from importlib import metadata
from typing import Final

DISTRIBUTION: Final = "media-gen-ids"
UNKNOWN: Final = "unknown"


def user_name() -> str:
    """Return the name of the operating system's user; in a container that knows no names, its number."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # which of them depends on Python's version and the system
        return str(os.getuid()) if hasattr(os, "getuid") else UNKNOWN


def host_name() -> str:
    """Return the name of this machine."""
    return socket.gethostname()


def person() -> str:
    """Return who gives an order from this process: `user@host`."""
    return f"{user_name()}@{host_name()}"


def version() -> str:
    """Return the version of this software; `unknown` where it is not installed, or its files cannot be read."""
    try:
        return metadata.version(DISTRIBUTION)
    except (metadata.PackageNotFoundError, OSError):
        return UNKNOWN
