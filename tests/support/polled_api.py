"""The video API as pollers meet it: every stored response and everything that can go wrong, by the operation."""

import gzip
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain
from threading import Lock

from tests.support.answers import answer, operation
from tests.support.http_api import Asked, Reply
from tests.support.responses import Response, responses

TRANSIENT = {
    "401": Reply(status=401),
    "408": Reply(status=408),
    "429": Reply(status=429, headers={"Retry-After": "soon"}),
    "500": Reply(status=500, body=b"<html>oh</html>"),
    "html-once": Reply(body=b"<html>oh</html>"),
    "cut-once": Reply(body=b'{"operations":[]}', cut=5),
}
"""What comes first, before the video is there."""
LASTING = {
    "404": Reply(status=404, body=b'{"error":{"message":"unknown operation"}}'),
    "html": Reply(body=b"<html>maintenance</html>"),
    "empty": Reply(body=b""),
    "cut-json": Reply(body=b'{"operations":[{"operation":'),
    "cut-http": Reply(body=b'{"operations":[]}', cut=5),
    "drip": Reply(body=b"x" * 500, drip=0.05),
    "bomb": Reply(body=gzip.compress(bytes(20_000_000)), headers={"Content-Encoding": "gzip"}),
}
"""What comes every time."""
UNREADABLE = {"html": "HTML or XML (24 characters)", "empty": "it is empty", "cut-json": "no JSON object, or cut off"}


@dataclass(frozen=True, kw_only=True)
class End:
    """How a row must stand in the end."""

    status: str
    media_generation_id: str | None = None
    error_starts: str | None = None


class PolledApi:
    """Answers by the operation's name; questions about several at once only where each has a plain answer."""

    def __init__(self) -> None:
        """Make the answers; nothing was asked yet."""
        self._stored = {one.operation_name: one for one in responses()}
        self._asked: Counter[str] = Counter()
        self._lock = Lock()

    @property
    def asked(self) -> Mapping[str, int]:
        """How often each operation was asked for by itself."""
        return self._asked

    def rows(self) -> dict[str, Response | None]:
        """Return the operations that there are, with the stored response of those that have one."""
        return {**self._stored, **dict.fromkeys([*TRANSIENT, *LASTING])}

    def reply(self, asked: Asked) -> Reply:
        """Return the reply to a question."""
        if len(asked.names) == 1:
            return self._single(asked.names[0])
        plain = [self._operations(name) for name in asked.names]
        if not all(plain):
            return Reply(status=400, body=b'{"error":{"message":"one at a time, please"}}')
        with self._lock:
            self._asked.update(asked.names)
        together = {"operations": list(chain.from_iterable(plain))}
        return Reply(body=json.dumps(together, ensure_ascii=False).encode())

    def _single(self, name: str) -> Reply:
        with self._lock:
            self._asked[name] += 1
            first = self._asked[name] <= 2
        if name in self._stored:
            return Reply(body=self._stored[name].body.encode())
        if name in LASTING or first:
            return LASTING.get(name) or TRANSIENT[name]
        return Reply(body=answer(operation(name, media_id=f"CAUS-{name}", fife_url="https://fife")).encode())

    def _operations(self, name: str) -> list[object]:
        """Return the operations of a direct answer that is all about this one."""
        body = self._stored[name].body if name in self._stored else ""
        direct = body.startswith('{"operations":[{') and self._stored[name].outcome == "synced"
        return list(json.loads(body)["operations"]) if direct else []


def end_of(name: str, response: Response | None) -> End:
    """Return how the row of an operation must stand in the end."""
    if response is None:
        return _end_of_trouble(name)
    if response.outcome == "synced":
        return End(status="completed", media_generation_id=response.media_generation_id)
    return ENDS[response.name[:2]]


def _end_of_trouble(name: str) -> End:
    if name in TRANSIENT:
        return End(status="completed", media_generation_id=f"CAUS-{name}")
    if name == "404":
        return End(status="failed", error_starts="operation 404: HTTP 404 Not Found: unknown operation")
    trace = UNREADABLE.get(name)
    return End(status="pending", error_starts=trace and f"unreadable answer: {trace}")


ENDS = {
    "04": End(status="processing"),
    "05": End(status="pending"),
    "07": End(status="processing"),
    "12": End(status="pending"),
    "13": End(status="failed", error_starts="PUBLIC_ERROR_AUDIO_FILTERED"),
    "17": End(status="pending"),
    "20": End(status="completed"),
    "22": End(status="failed", error_starts="PUBLIC_ERROR_IP_INPUT_IMAGE"),
    "33": End(status="completed"),
    "35": End(status="pending"),
    "37": End(status="completed"),
    "39": End(status="pending"),
    "44": End(status="pending", error_starts="unreadable answer: no JSON object, or cut off"),
    "45": End(status="completed"),
}
"""Of the stored responses without an id, by the number of the file."""
