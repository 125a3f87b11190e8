"""A real HTTP server on 127.0.0.1 that replays answers in turn and keeps what it was asked."""

import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Reply:
    """One answer of the server; `delay` in seconds before it."""

    status: int = 200
    body: bytes = b"null"
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One request; `moment` in seconds of the monotonic clock."""

    path: str
    authorization: str | None
    question: Any
    moment: float


class HttpApi(ThreadingHTTPServer):
    """Gives the replies one after the other, the last one again and again."""

    daemon_threads = True

    def __init__(self, replies: tuple[Reply, ...]) -> None:
        """Listen on a free port."""
        super().__init__(("127.0.0.1", 0), _Handler)
        self.replies = list(replies)
        self.asked: list[Asked] = []

    @property
    def url(self) -> str:
        """The base URL."""
        return f"http://127.0.0.1:{self.server_port}/v1"

    def next_reply(self) -> Reply:
        """Return the next reply."""
        return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]


class _Handler(BaseHTTPRequestHandler):
    server: HttpApi

    def do_POST(self) -> None:
        question = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append(
            Asked(
                path=self.path,
                authorization=self.headers["Authorization"],
                question=question,
                moment=time.monotonic(),
            )
        )
        self._answer(self.server.next_reply())

    def _answer(self, reply: Reply) -> None:
        time.sleep(reply.delay)
        self.send_response(reply.status)
        for name, value in {"Content-Length": str(len(reply.body)), **reply.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(reply.body)

    def log_message(self, *_: object) -> None:
        """Stay silent."""

    def handle_one_request(self) -> None:
        """Handle a request; a client that has gone away is no error here."""
        try:
            super().handle_one_request()
        except ConnectionError:
            self.close_connection = True


@contextmanager
def http_api(*replies: Reply) -> Iterator[HttpApi]:
    """Serve the replies while the block runs."""
    with HttpApi(replies) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
