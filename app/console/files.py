"""Files that options name: whoever reads one meanwhile sees the old text or the new one, and never a part."""

import contextlib
import os
import shutil
from pathlib import Path

from app.console.streams import ESCAPE


def try_to_replace(file: Path, text: str) -> str:
    """Write a file as a whole, and return what has kept it from being written; empty where nothing has.

    A pipe or a device is written to as it is, and so is a file in a folder that takes no new one.
    """
    target = Path(os.path.realpath(file))
    beside = target.with_name(f".{target.name[:200]}.{os.getpid()}.tmp")
    try:
        if (file.is_file() or not file.exists()) and os.access(target.parent, os.W_OK):
            _replace(target, beside, text)
        else:
            file.write_text(text, encoding="utf-8", errors=ESCAPE)
    except OSError as error:
        return error.strerror or str(error)
    return ""


def _replace(target: Path, beside: Path, text: str) -> None:
    """Write a new file beside the old one, with its permissions, and let it take the old one's place."""
    try:
        beside.write_text(text, encoding="utf-8", errors=ESCAPE)
        if target.exists():
            shutil.copymode(target, beside)
        beside.replace(target)
    finally:
        with contextlib.suppress(OSError):
            beside.unlink()
