"""The body of an HTTP answer: unpacked, bounded, and whole or refused."""

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.api_body import AnswerBody, AnswerTooLongError, DamagedAnswerError

BOMB = gzip.compress(bytes(50_000_000))


@pytest.mark.parametrize("size", [1, 7, 65_536])
def test_a_bomb_is_unpacked_no_further_than_the_bound(size: int) -> None:
    """By a byte at most, however it comes in."""
    body = AnswerBody("gzip", 1_000)

    with pytest.raises(AnswerTooLongError):
        add_in_pieces(body, BOMB, size)

    assert len(body.so_far()) <= 1_001


@given(st.binary(max_size=300), st.integers(1, 50), st.sampled_from(["", "gzip", "GZIP ", "identity"]))
def test_what_is_sent_in_pieces_comes_out_whole(content: bytes, size: int, encoding: str) -> None:
    """Packed or not, in pieces of any size."""
    sent = gzip.compress(content) if "gz" in encoding.lower() else content
    body = AnswerBody(encoding, 300)

    add_in_pieces(body, sent, size)

    assert body.whole() == content


@pytest.mark.parametrize("rest", [b"more", gzip.compress(b"more", mtime=0)])
def test_a_packed_body_that_goes_on_after_its_end_is_damaged(rest: bytes) -> None:
    """What came first is not the whole."""
    body = AnswerBody("gzip", 1_000)

    with pytest.raises(DamagedAnswerError, match="goes on"):
        add_in_pieces(body, gzip.compress(b"first") + rest, 1_000)


def add_in_pieces(body: AnswerBody, sent: bytes, size: int) -> None:
    """Add what is sent, so many bytes at a time."""
    for start in range(0, len(sent), size):
        body.add(sent[start : start + size])


@given(st.binary(max_size=100))
def test_bytes_that_are_not_packed_never_raise_another_error(content: bytes) -> None:
    """Whatever they are."""
    body = AnswerBody("gzip", 1_000)

    with pytest.raises(DamagedAnswerError):
        whole_of(body, content)


def whole_of(body: AnswerBody, content: bytes) -> bytes:
    """Return what a body is once all has come."""
    body.add(content)
    return body.whole()
