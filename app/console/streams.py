"""Output: streams that never stop a run. What cannot be encoded is escaped; what cannot be written is dropped."""

import atexit
import codecs
import contextlib
import os
import sys
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, Final, TextIO, cast

from app.console.errors import print_error

ESCAPE: Final = "media-gen-ids-escape"
"""Name of the error handler, registered with Python's codecs, for characters that an encoding does not have."""
LAST_STANDARD_DESCRIPTOR: Final = 2


class LenientStream:
    """A text stream that never raises; `problem` is the first error in writing, None if there was none."""

    def __init__(self, stream: TextIO | None) -> None:
        """Take the stream; None where the process has none, because it was closed before it started."""
        self._stream = stream
        self.problem: OSError | ValueError | None = None

    @property
    def encoding(self) -> str:
        """The encoding of the stream."""
        return getattr(self._stream, "encoding", None) or "utf-8"

    def isatty(self) -> bool:
        """Tell whether it is a terminal."""
        try:
            return self._stream is not None and self._stream.isatty()
        except ValueError:
            return False

    def write(self, text: str) -> int:
        """Write what can be written; nothing more once something could not be. Returns the length of the text."""
        if self._stream is not None and self.problem is None:
            try:
                _write(self._stream, text)
            except (OSError, ValueError) as error:
                self.problem = error
        return len(text)

    def flush(self) -> None:
        """Hand everything to the operating system."""
        if self._stream is not None and self.problem is None:
            try:
                self._stream.flush()
            except (OSError, ValueError) as error:
                self.problem = error

    def give_up(self) -> None:
        """Discard what is not yet written, which the interpreter would else try to write, and fail, at its end."""
        if self._stream is None:
            return
        with contextlib.suppress(OSError, ValueError), open(os.devnull, "wb") as nowhere:  # noqa: PTH123  # no file
            os.dup2(nowhere.fileno(), self._stream.fileno())

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  # whatever else the stream has
        """Return what else the stream has."""
        return getattr(self._stream, name)


def _write(stream: TextIO, text: str) -> None:
    try:
        stream.write(text)
    except UnicodeEncodeError:
        encoding = stream.encoding or "ascii"
        stream.write(text.encode(encoding, ESCAPE).decode(encoding))


def escape(error: UnicodeError) -> tuple[str, int]:
    """Return what stands for characters that an encoding does not have, as Python's codecs ask for it.

    No letter is lost: it becomes its number in Python's notation. A symbol or a line becomes a `?`.
    """
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(_stand_in, error.object[error.start : error.end])), error.end


def _stand_in(character: str) -> str:
    kind = unicodedata.category(character)[0]
    if kind == "M":  # changes how the character before it looks
        return ""
    return character.encode("ascii", "backslashreplace").decode() if kind in "LNC" else "?"


codecs.register_error(ESCAPE, escape)


@contextmanager
def lenient_output() -> Iterator[None]:
    """While the block runs, let nothing that is printed stop it; afterwards say in one line what could not be written.

    A reader that has gone (`| head`) wants to read no more, so nothing is said of that.
    """
    occupy_standard_descriptors()
    before = sys.stdout, sys.stderr
    out, err = LenientStream(sys.stdout), LenientStream(sys.stderr)
    sys.stdout, sys.stderr = cast("TextIO", out), cast("TextIO", err)
    try:
        yield
    finally:
        out.flush()
        if out.problem is not None and not isinstance(out.problem, BrokenPipeError):
            print_error(f"the output could not be written: {_words(out.problem)}")
        err.flush()
        sys.stdout, sys.stderr = before
        for stream in (out, err):
            if stream.problem is not None:
                stream.give_up()


def _words(problem: OSError | ValueError) -> str:
    return getattr(problem, "strerror", None) or str(problem)


def occupy_standard_descriptors() -> None:
    """Open what is closed of the three standard descriptors: the next file, a database, would get the number.

    Whatever a library prints there would then be written into it.
    """
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= LAST_STANDARD_DESCRIPTOR:
        pass
    os.close(descriptor)


@cache  # once in a process
def outlive_output() -> None:
    """Let a program that prints by itself, such as `alembic`, keep its exit code when its output cannot be written.

    Streams that are not there become ones that drop everything. What cannot be written when the program ends is
    dropped as well.
    """
    occupy_standard_descriptors()
    sys.stdout = cast("TextIO", LenientStream(None)) if sys.stdout is None else sys.stdout
    sys.stderr = cast("TextIO", LenientStream(None)) if sys.stderr is None else sys.stderr
    atexit.register(_drop_what_is_left)


def _drop_what_is_left() -> None:
    for stream in (LenientStream(sys.stdout), LenientStream(sys.stderr)):
        stream.flush()
        if stream.problem is not None:
            stream.give_up()


def is_unicode(stream: TextIO) -> bool:
    """Tell whether a stream takes every character."""
    return stream is not None and str(stream.encoding).lower().replace("_", "-").startswith(("utf-", "utf8"))
