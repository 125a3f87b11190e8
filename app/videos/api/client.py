"""The video API over HTTP: asks for the state of operations, and returns the answer unchanged.

Needs httpx, which the optional extra `http` brings. app.videos.api.async_client is its asynchronous twin;
app.videos.api.protocol has what both share.
"""

import copy
from collections.abc import Sequence
from types import TracebackType
from typing import Self

import tenacity
from pydantic import SecretStr

from app.settings import Settings
from app.videos.api.deadline import DeadlineTransport, deadline
from app.videos.api.http_library import httpx
from app.videos.api.protocol import (
    DEFAULT_ATTEMPTS,
    DEFAULT_FIRST_WAIT_SECONDS,
    DEFAULT_MOST_BYTES,
    Exchange,
    Operation,
    Terms,
    Token,
    TryAgain,
    require_operations,
    terms_from_settings,
    token_text,
)


class ApiClient:
    """Asks the API at one base URL. Good for several threads; close it, or use it in a `with` block.

    Tries again on 408, 425, 429, on 5xx and when no answer comes, with growing, random pauses, or the pause that the
    server asks for with `Retry-After`. Does not follow redirects: the token would go along.
    """

    def __init__(  # noqa: PLR0913  # as many bounds as an answer has
        self,
        base_url: str,
        token: Token,
        *,
        timeout: float,
        deadline: float | None = None,
        most_bytes: int = DEFAULT_MOST_BYTES,
        attempts: int = DEFAULT_ATTEMPTS,
        first_wait: float = DEFAULT_FIRST_WAIT_SECONDS,
    ) -> None:
        """Take the API's base URL, the token, and `timeout`: the seconds to connect, and between bytes.

        `token` may be a callable that takes the profile id (see `for_profile`) and returns the token; it is called for
        every attempt. `deadline`: the seconds for the whole answer of an attempt, by default twice the timeout.
        `most_bytes`: the most that an answer may have, unpacked. `attempts` counts the first one. `first_wait`: the
        longest random pause after the first attempt, in seconds. Raises ConfigurationError for text that is no URL, for
        a URL that holds more than an address or would send the token unencrypted to another machine, and for a token
        that no header can carry.
        """
        self._terms = Terms(
            base_url=base_url,
            timeout=timeout,
            deadline=deadline,
            most_bytes=most_bytes,
            attempts=attempts,
            first_wait=first_wait,
        )
        self._token = token
        self._profile_id: str | None = None
        if isinstance(token, SecretStr):
            token_text(token)
        self._http = httpx.Client(
            transport=DeadlineTransport(self._terms.proxy), timeout=timeout, follow_redirects=False, trust_env=False
        )
        self._retrying = tenacity.Retrying(**self._terms.retrying())

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """Return a client for MEDIA_IDS_API_URL and _TOKEN, or raise ConfigurationError if one is missing."""
        url, token, timeout = terms_from_settings(settings)
        return cls(url, token, timeout=timeout)

    def __enter__(self) -> Self:
        """Return the client."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close the connections."""
        self.close()

    def close(self) -> None:
        """Close the connections, which every client that `for_profile` made shares."""
        self._http.close()

    def for_profile(self, profile_id: str | None) -> Self:
        """Return a client on the same connections whose token is this profile's, where the token is a callable."""
        client = copy.copy(self)
        client._profile_id = profile_id  # noqa: SLF001  # of its own class
        return client

    def fetch(self, operation_name: str, scene_id: str) -> str:
        """Return the API's answer for an operation, as it came, JSON or not.

        Raises ApiError, with the HTTP status where there was one: at once where another attempt cannot help, else after
        the last attempt.
        """
        return self.fetch_batch([(operation_name, scene_id)])

    def fetch_batch(self, operations: Sequence[Operation]) -> str:
        """Return the API's one answer for several operations, each with its scene; it takes up to four at once.

        Raises as `fetch` does, and ConfigurationError for no operation at all.
        """
        require_operations(operations)
        try:
            return self._retrying(self._ask, operations)
        except TryAgain as last:
            raise last.error from None

    def _ask(self, operations: Sequence[Operation]) -> str:
        secret = self._token if isinstance(self._token, SecretStr) else self._token(self._profile_id)
        exchange = Exchange(self._terms, operations, secret)
        with exchange.translated(), deadline(self._terms.whole), self._http.stream(**exchange.request()) as response:
            exchange.begin(response)
            for chunk in response.iter_raw():
                if not exchange.takes(chunk):
                    break
        return exchange.answer()
