"""The body of an HTTP answer as it comes in: unpacked piece by piece, never beyond a bound."""

import zlib
from typing import Final

GZIP: Final = 16 + zlib.MAX_WBITS


class AnswerTooLongError(Exception):
    """The answer is longer than it may be, packed or unpacked."""


class DamagedAnswerError(Exception):
    """The answer cannot be unpacked; another attempt may bring it whole."""


class AnswerBody:
    """Collects a body of bounded size; a small packed body that unpacks to gigabytes is given up at the bound."""

    def __init__(self, encoding: str, most_bytes: int) -> None:
        """Take the header `Content-Encoding`, and the most bytes that the body may have unpacked."""
        self._encoding = encoding.strip().lower()
        self._most = most_bytes
        self._content = bytearray()
        self._unpacker = zlib.decompressobj(GZIP) if self._encoding in {"gzip", "x-gzip"} else None

    def add(self, chunk: bytes) -> None:
        """Take bytes as they came. Raises AnswerTooLongError and DamagedAnswerError."""
        if self._unpacker is None:
            if self._encoding not in {"", "identity"}:
                raise DamagedAnswerError(f"the answer is packed in a way that was not asked for: {self._encoding[:20]}")
            self._keep(chunk)
        else:
            self._unpack(self._unpacker, chunk)

    def so_far(self) -> bytes:
        """Return what has come."""
        return bytes(self._content)

    def whole(self) -> bytes:
        """Return the whole body, unpacked. Raises DamagedAnswerError for a packed body that ends too early."""
        if self._unpacker is not None and not self._unpacker.eof:
            raise DamagedAnswerError("the answer is packed, and ends too early")
        return bytes(self._content)

    def _unpack(self, unpacker: "zlib._Decompress", chunk: bytes) -> None:
        try:
            self._keep(unpacker.decompress(chunk, self._most - len(self._content) + 1))
        except zlib.error:
            raise DamagedAnswerError("the answer cannot be unpacked") from None
        if unpacker.unused_data:
            raise DamagedAnswerError("the answer is packed, and goes on after its end")

    def _keep(self, content: bytes) -> None:
        self._content += content
        if len(self._content) > self._most:
            raise AnswerTooLongError(f"the answer is longer than {self._most:,} bytes")
