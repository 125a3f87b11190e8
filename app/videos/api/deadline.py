"""A deadline for a whole answer: nothing that waits for the socket waits longer.

httpx has timeouts for single reads only, so an answer of one byte at a time could take for ever. The asynchronous
client does not use this module: it is cancelled at its deadline.
"""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from ssl import SSLContext
from typing import Any

from app.videos.api.http_library import httpcore, httpx

_end: ContextVar[float | None] = ContextVar("end", default=None)
"""When the answer must be there, by the monotonic clock; None where there is no deadline."""


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Make what this thread reads or writes in the block raise a timeout once `seconds` have passed."""
    token = _end.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _end.reset(token)


class DeadlineTransport(httpx.HTTPTransport):
    """An HTTP transport that keeps to the deadline."""

    def __init__(self, proxy: str | None) -> None:
        """Take the proxy, where there is one."""
        super().__init__(proxy=proxy)
        self._pool._network_backend = _Backend(self._pool._network_backend)  # noqa: SLF001  # httpx offers no other way


class _Backend(httpcore.NetworkBackend):
    """Opens connections that keep to the deadline."""

    def __init__(self, inner: httpcore.NetworkBackend) -> None:
        self._inner = inner

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        left = _left(timeout, httpcore.ConnectTimeout)
        return _Stream(self._inner.connect_tcp(host, port, left, local_address, socket_options))


class _Stream(httpcore.NetworkStream):
    """A connection on which nothing waits beyond the deadline."""

    def __init__(self, inner: httpcore.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, _left(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, _left(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left = _left(timeout, httpcore.ConnectTimeout)
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, left))

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401  # as httpcore has it
        return self._inner.get_extra_info(info)


def _left(timeout: float | None, late: type[Exception]) -> float | None:
    """Return the seconds that may still be waited. Raises `late` where none are left."""
    end = _end.get()
    if end is None:
        return timeout
    left = end - time.monotonic()
    if left <= 0:
        raise late("the answer is not whole in time")
    return left if timeout is None else min(left, timeout)
