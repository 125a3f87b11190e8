"""Several characters in a row that an encoding does not have: the codec hands them over together."""

import io

from app.console.streams import LenientStream


def test_no_letter_of_a_word_is_lost() -> None:
    """Each becomes its number, each symbol a `?`; a sign that changes the one before it becomes nothing."""
    written = io.BytesIO()
    stream = LenientStream(io.TextIOWrapper(written, encoding="ascii"))

    stream.write("жук ⏭️😀!")
    stream.flush()

    assert (written.getvalue(), stream.problem) == (rb"\u0436\u0443\u043a ??!", None)
