"""Watching: a view that is drawn again every few seconds, until somebody types q or Ctrl-C."""

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from rich.console import Console, RenderableType
from rich.live import Live

WATCH_SECONDS: Final = 2.0
QUIT: Final = frozenset({"q", "Q"})
KEY_SECONDS: Final = 0.1
"""Seconds between two looks for a key, where the system cannot wait for one."""


def is_watchable() -> bool:
    """Tell whether there is a terminal to draw on."""
    return sys.stdout is not None and sys.stdout.isatty()


def watch(view: Callable[[], RenderableType], seconds: float = WATCH_SECONDS) -> None:
    """Draw what `view` returns, each time anew, until q or Ctrl-C; the last picture stays."""
    console = Console(highlight=False, emoji=False, markup=False)
    live = Live(view(), console=console, auto_refresh=False, vertical_overflow="crop")
    with contextlib.suppress(KeyboardInterrupt), _keys() as typed_within, live:
        while not typed_within(seconds):
            live.update(view(), refresh=True)


def repeat(work: Callable[[], object], seconds: float = WATCH_SECONDS) -> None:
    """Do something again and again until Ctrl-C, and draw nothing."""
    with contextlib.suppress(KeyboardInterrupt):
        while True:
            work()
            time.sleep(seconds)


@contextmanager
def _keys() -> Iterator[Callable[[float], bool]]:
    """Yield a function that waits so many seconds for the key q and tells if it came; without a keyboard it waits."""
    if sys.stdin is None or not sys.stdin.isatty():
        yield _no_key
        return
    try:
        import termios  # noqa: PLC0415  # not on Windows
        import tty  # noqa: PLC0415
    except ImportError:
        yield _typed_on_windows
        return
    descriptor = sys.stdin.fileno()
    before = termios.tcgetattr(descriptor)
    tty.setcbreak(descriptor)
    try:
        yield _typed
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)


def _no_key(seconds: float) -> bool:
    time.sleep(seconds)
    return False


def _typed(seconds: float) -> bool:
    import os  # noqa: PLC0415
    import select  # noqa: PLC0415

    ready, _, _ = select.select([sys.stdin], [], [], seconds)
    return bool(ready) and os.read(sys.stdin.fileno(), 1).decode(errors="replace") in QUIT | {""}


def _typed_on_windows(seconds: float) -> bool:
    import msvcrt  # noqa: PLC0415  # nowhere else

    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if msvcrt.kbhit() and msvcrt.getwch() in QUIT:  # type: ignore[attr-defined,unused-ignore]
            return True
        time.sleep(KEY_SECONDS)
    return False
