"""A real HTTP server on 127.0.0.1: replays answers in turn, or answers by the question; keeps what it was asked."""

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Reply:
    """One answer of the server; `delay` in seconds before it.

    `drip`: seconds between the single bytes of head and body; `cut`: so many bytes of the body are not sent, although
    the head counts them.
    """

    status: int = 200
    body: bytes = b"null"
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0
    drip: float = 0.0
    cut: int = 0


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One request; `moment` in seconds of the monotonic clock."""

    path: str
    authorization: str | None
    question: Any
    moment: float

    @property
    def names(self) -> tuple[str, ...]:
        """The operations that it asks for."""
        return tuple(one["operation"]["name"] for one in self.question["operations"])


class HttpApi(ThreadingHTTPServer):
    """Gives the replies one after the other, the last one again and again; or what `by_question` says."""

    daemon_threads = True

    def __init__(self, replies: tuple[Reply, ...], by_question: Callable[[Asked], Reply] | None = None) -> None:
        """Listen on a free port."""
        super().__init__(("127.0.0.1", 0), _Handler)
        self.replies = list(replies)
        self.by_question = by_question
        self.asked: list[Asked] = []
        self.stopped = threading.Event()

    @property
    def url(self) -> str:
        """The base URL."""
        return f"http://127.0.0.1:{self.server_port}/v1"

    def reply_to(self, asked: Asked) -> Reply:
        """Return the reply to a request."""
        if self.by_question:
            return self.by_question(asked)
        return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]


class _Handler(BaseHTTPRequestHandler):
    server: HttpApi

    def do_POST(self) -> None:
        question = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        asked = Asked(
            path=self.path,
            authorization=self.headers["Authorization"],
            question=question,
            moment=time.monotonic(),
        )
        self.server.asked.append(asked)
        self._answer(self.server.reply_to(asked))

    def _answer(self, reply: Reply) -> None:
        time.sleep(reply.delay)
        headers = {"Content-Length": str(len(reply.body)), **reply.headers}
        lines = [f"HTTP/1.0 {reply.status} Said", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
        sent = "\r\n".join(lines).encode("latin-1") + reply.body[: len(reply.body) - reply.cut]
        self.close_connection = True
        if not reply.drip:
            self.wfile.write(sent)
            return
        for byte in sent:
            if self.server.stopped.wait(reply.drip):
                break
            self.wfile.write(bytes([byte]))

    def log_message(self, *_: object) -> None:
        """Stay silent."""

    def handle_one_request(self) -> None:
        """Handle a request; a client that has gone away is no error here."""
        try:
            super().handle_one_request()
        except ConnectionError:
            self.close_connection = True


@contextmanager
def http_api(*replies: Reply, by_question: Callable[[Asked], Reply] | None = None) -> Iterator[HttpApi]:
    """Serve the replies while the block runs."""
    with HttpApi(replies, by_question) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.stopped.set()
            server.shutdown()
            thread.join()
