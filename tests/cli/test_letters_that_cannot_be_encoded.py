"""Several characters in a row that an encoding does not have: the codec hands them over together."""

import io

import pytest

from app.console.streams import ESCAPE, LenientStream, is_unicode

ENCODINGS = {"utf-8": True, "UTF8": True, "utf_16": True, "ascii": False, "cp1252": False, "latin-1": False}


def test_no_letter_of_a_word_is_lost() -> None:
    """Each becomes its number, each symbol a `?`; a sign that changes the one before it becomes nothing."""
    written = io.BytesIO()
    stream = LenientStream(io.TextIOWrapper(written, encoding="ascii"))

    stream.write("жук\x85 ⏭️😀!")
    stream.flush()

    assert (written.getvalue(), stream.problem) == (rb"\u0436\u0443\u043a\x85 ??!", None)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_which_encodings_have_every_letter(encoding: str) -> None:
    """By whatever name; a stream that does not say is none of them."""
    stream = LenientStream(io.TextIOWrapper(io.BytesIO(), encoding=encoding))

    assert (is_unicode(stream), stream.encoding) == (ENCODINGS[encoding], encoding)  # type: ignore[arg-type]
    assert [LenientStream(nothing).encoding for nothing in (None, io.StringIO())] == ["utf-8", "utf-8"]


def test_bytes_that_cannot_be_read_are_an_error_as_ever() -> None:
    """Nothing stands for them: only what is written is escaped."""
    with pytest.raises(UnicodeDecodeError):
        b"\xff".decode("utf-8", ESCAPE)
