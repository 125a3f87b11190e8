"""The video API over HTTP, asynchronously: the twin of app.videos.api.client, with the same bounds and the same errors.

Runs under asyncio, and under the other event loops that anyio supports.
"""

import copy
import inspect
from collections.abc import Sequence
from types import TracebackType
from typing import Self

import tenacity
from pydantic import SecretStr

from app.settings import Settings
from app.videos.api.http_library import anyio, httpx
from app.videos.api.protocol import (
    DEFAULT_ATTEMPTS,
    DEFAULT_FIRST_WAIT_SECONDS,
    DEFAULT_MOST_BYTES,
    AsyncToken,
    Exchange,
    Operation,
    Secret,
    Terms,
    TryAgain,
    require_operations,
    terms_from_settings,
    token_text,
)


class AsyncApiClient:
    """Asks the API at one base URL. Good for several tasks; `await aclose()`, or use it in an `async with` block.

    What is tried again, and what is not, is as in ApiClient.
    """

    def __init__(  # noqa: PLR0913  # as many bounds as an answer has
        self,
        base_url: str,
        token: AsyncToken,
        *,
        timeout: float,
        deadline: float | None = None,
        most_bytes: int = DEFAULT_MOST_BYTES,
        attempts: int = DEFAULT_ATTEMPTS,
        first_wait: float = DEFAULT_FIRST_WAIT_SECONDS,
    ) -> None:
        """Take what ApiClient takes; a callable `token` may also be asynchronous. Raises ConfigurationError as well."""
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
        transport = httpx.AsyncHTTPTransport(proxy=self._terms.proxy)
        self._http = httpx.AsyncClient(transport=transport, timeout=timeout, follow_redirects=False, trust_env=False)
        self._retrying = tenacity.AsyncRetrying(**self._terms.retrying())

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """Return a client for MEDIA_IDS_API_URL and _TOKEN, or raise ConfigurationError if one is missing."""
        url, token, timeout = terms_from_settings(settings)
        return cls(url, token, timeout=timeout)

    async def __aenter__(self) -> Self:
        """Return the client."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close the connections."""
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections, which every client that `for_profile` made shares."""
        await self._http.aclose()

    def for_profile(self, profile_id: str | None) -> Self:
        """Return a client on the same connections whose token is this profile's, where the token is a callable."""
        client = copy.copy(self)
        client._profile_id = profile_id  # noqa: SLF001  # of its own class
        return client

    async def fetch(self, operation_name: str, scene_id: str) -> str:
        """Return the API's answer for an operation, as it came, JSON or not. Raises as ApiClient.fetch does."""
        return await self.fetch_batch([(operation_name, scene_id)])

    async def fetch_batch(self, operations: Sequence[Operation]) -> str:
        """Return the API's one answer for several operations. Raises as ApiClient.fetch_batch does."""
        require_operations(operations)
        try:
            return await self._retrying.copy()(self._ask, operations)
        except TryAgain as last:
            raise last.error from None

    async def _ask(self, operations: Sequence[Operation]) -> str:
        exchange = Exchange(self._terms, operations, await self._secret())
        with exchange.translated(), anyio.fail_after(self._terms.whole):
            async with self._http.stream(**exchange.request()) as response:
                exchange.begin(response)
                async for chunk in response.aiter_raw():
                    if not exchange.takes(chunk):
                        break
        return exchange.answer()

    async def _secret(self) -> Secret:
        if isinstance(self._token, SecretStr):
            return self._token
        secret = self._token(self._profile_id)
        return await secret if inspect.isawaitable(secret) else secret
