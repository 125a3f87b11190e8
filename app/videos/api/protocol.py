"""What both clients of the video API share: the request, the checks of an answer, and what is tried again.

No connection is opened here. The token goes into one request header and nowhere else: neither into a log line, nor an
error, nor `repr`.
"""

import logging
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final, TypeAlias
from urllib.request import getproxies, proxy_bypass

import tenacity
from pydantic import SecretStr

from app.database.timestamps import now
from app.errors import ConfigurationError
from app.media_ids.extraction import STATUS_PREFIX
from app.settings import ENVIRONMENT_PREFIX, Settings
from app.videos.api.answer_body import AnswerBody, AnswerTooLongError, DamagedAnswerError
from app.videos.api.http_library import httpx
from app.videos.api.pauses import LONGEST_WAIT_SECONDS, Pause, seconds_of
from app.videos.api.refusals import message_in, problem_of
from app.videos.errors import ApiError

URL_SETTING: Final = f"{ENVIRONMENT_PREFIX}API_URL"
TOKEN_SETTING: Final = f"{ENVIRONMENT_PREFIX}API_TOKEN"
STATUS_PATH: Final = "/video:batchCheckAsyncVideoGenerationStatus"
DEFAULT_ATTEMPTS: Final = 5
DEFAULT_FIRST_WAIT_SECONDS: Final = 0.5
DEFAULT_MOST_BYTES: Final = 64 * 2**20
"""One kind of answer carries a whole video."""
MOST_ERROR_BYTES: Final = 64 * 2**10
"""The most bytes that are read of an error's body."""
TIMEOUTS_IN_DEADLINE: Final = 2
"""The default deadline for a whole answer, as a multiple of the timeout."""
LOCAL_HOSTS: Final = frozenset({"localhost", "127.0.0.1", "::1"})
TRIED_AGAIN: Final = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS})
LOWEST_SERVER_ERROR: Final = 500

Operation: TypeAlias = tuple[str, str]
"""Operation name and scene, '' where the row has none."""
Secret: TypeAlias = SecretStr | str
Token: TypeAlias = SecretStr | Callable[[str | None], Secret]
AsyncToken: TypeAlias = Token | Callable[[str | None], Awaitable[Secret]]

logger = logging.getLogger("app.videos.api.client")


class TryAgain(Exception):  # noqa: N818  # not an error yet
    """An attempt failed in a way that may pass; `error.retry_after` is the pause that the server asked for."""

    def __init__(self, error: ApiError) -> None:
        """Take what to raise if this was the last attempt."""
        super().__init__(str(error))
        self.error = error


@dataclass(frozen=True, kw_only=True)
class Terms:
    """The API's URL and the bounds, in seconds and bytes. Raises ConfigurationError for a URL that cannot be used."""

    base_url: str = field(repr=False)
    timeout: float
    deadline: float | None = None
    most_bytes: int = DEFAULT_MOST_BYTES
    attempts: int = DEFAULT_ATTEMPTS
    first_wait: float = DEFAULT_FIRST_WAIT_SECONDS

    def __post_init__(self) -> None:
        """Refuse a base URL that cannot be used."""
        _status_url(self.base_url)

    @property
    def url(self) -> httpx.URL:
        """The URL of the request for the state of operations."""
        return _status_url(self.base_url)

    @property
    def whole(self) -> float:
        """The seconds in which an attempt must have brought the whole answer."""
        return self.deadline or TIMEOUTS_IN_DEADLINE * self.timeout

    @property
    def proxy(self) -> str | None:
        """The environment's proxy for https; None for http, where the proxy would see the token."""
        url = self.url
        if url.scheme != "https" or proxy_bypass(url.host):
            return None
        proxies = getproxies()
        proxy = proxies.get("https") or proxies.get("all")
        return proxy if not proxy or "://" in proxy else f"http://{proxy}"

    def retrying(self) -> dict[str, Any]:
        """Return the arguments for tenacity's Retrying or AsyncRetrying."""
        return {
            "retry": tenacity.retry_if_exception_type(TryAgain),
            "wait": Pause(self.first_wait),
            "stop": tenacity.stop_after_attempt(self.attempts),
            "before_sleep": _log_pause,
            "reraise": True,
        }


def terms_from_settings(settings: Settings) -> tuple[str, SecretStr, float]:
    """Return URL, token and timeout, or raise ConfigurationError if one is missing."""
    if not settings.api_url:
        raise ConfigurationError(URL_SETTING, "not set; the video API's base URL is needed")
    if not settings.api_token:
        raise ConfigurationError(TOKEN_SETTING, "not set; the video API wants a token")
    return settings.api_url, SecretStr(settings.api_token), settings.api_timeout


class Exchange:
    """One attempt: the request to send, and the answer while it comes in."""

    def __init__(self, terms: Terms, operations: Sequence[Operation], secret: Secret) -> None:
        """Take the operations and the token. Raises ConfigurationError for a token that no header can carry."""
        self._terms = terms
        self._names = ", ".join(name for name, _ in operations)
        self._operations = operations
        self._token = token_text(secret)
        self._response: httpx.Response | None = None
        self._body = AnswerBody("", 0)

    def request(self) -> dict[str, Any]:
        """Return the request as the arguments of httpx's `stream`."""
        return {
            "method": "POST",
            "url": self._terms.url,
            "json": {"operations": [_asked(name, scene_id) for name, scene_id in self._operations]},
            "headers": {"Authorization": f"Bearer {self._token}", "Accept-Encoding": "gzip"},
        }

    @contextmanager
    def translated(self) -> Iterator[None]:
        """Turn what httpx raises, and a deadline that has passed, into TryAgain."""
        try:
            yield
        except (httpx.TimeoutException, TimeoutError) as error:
            raise self._again(f"no answer in time ({type(error).__name__})") from None
        except httpx.RequestError as error:
            raise self._again(f"no answer: {error}") from None

    def begin(self, response: httpx.Response) -> None:
        """Take the head of the answer."""
        self._response = response
        most = self._terms.most_bytes if response.is_success else MOST_ERROR_BYTES
        self._body = AnswerBody(response.headers.get("Content-Encoding", ""), most)

    def takes(self, chunk: bytes) -> bool:
        """Take bytes as they came; say whether more are wanted."""
        try:
            self._body.add(chunk)
        except (AnswerTooLongError, DamagedAnswerError) as error:
            self._refuse_success(error)
            return False  # of an error's body the part that was read is enough
        return True

    def answer(self) -> str:
        """Return the text of a good answer. Raises TryAgain or ApiError for any other."""
        response = self._response
        if response is None or not response.is_success:
            raise self._failure(response)
        try:
            content = self._body.whole()
        except DamagedAnswerError as error:
            raise self._again(str(error)) from None
        try:
            return content.decode("utf-8-sig")  # JSON is UTF-8, whatever the header says
        except UnicodeDecodeError:
            raise ApiError(self._names, "the answer is not UTF-8 text", response.status_code) from None

    def _refuse_success(self, error: Exception) -> None:
        if self._response is None or not self._response.is_success:
            return
        if isinstance(error, DamagedAnswerError):
            raise self._again(str(error))
        raise ApiError(self._names, str(error), self._response.status_code)

    def _again(self, problem: str) -> TryAgain:
        return TryAgain(ApiError(self._names, problem, retryable=True))

    def _failure(self, response: httpx.Response | None) -> Exception:
        if response is None:
            return self._again("no answer")
        code = response.status_code
        wait = seconds_of(response.headers.get("Retry-After"), now())
        passes = code in TRIED_AGAIN or code >= LOWEST_SERVER_ERROR
        too_long = wait is not None and wait > LONGEST_WAIT_SECONDS
        problem = problem_of(code, TOKEN_SETTING)
        if too_long and passes:
            problem += f"; asks to wait {wait:.0f} s"
        said = message_in(self._body.so_far(), self._token)
        error = ApiError(self._names, problem, code, retryable=passes, retry_after=wait, api_message=said)
        return TryAgain(error) if passes and not too_long else error


def token_text(secret: Secret) -> str:
    """Return the token's text. Raises ConfigurationError for one that no header can carry: httpx would print it."""
    text = secret.get_secret_value() if isinstance(secret, SecretStr) else secret
    if not isinstance(text, str) or not text or not text.isascii() or not text.isprintable() or " " in text:
        raise ConfigurationError(TOKEN_SETTING, "must be visible ASCII characters, without blanks or line ends")
    return text


def require_operations(operations: Sequence[Operation]) -> None:
    """Raise ConfigurationError for a request without operations."""
    if not operations:
        raise ConfigurationError("operations", "names none; the API has to be asked for one at least")


def _log_pause(retry_state: tenacity.RetryCallState) -> None:
    failure = retry_state.outcome.exception() if retry_state.outcome else None
    logger.info("%s; attempt %d, next in %.1f s", failure, retry_state.attempt_number, retry_state.upcoming_sleep)


def _status_url(base_url: str) -> httpx.URL:
    """Return the URL to ask. Errors repeat no part of the base URL, which could hold a password."""
    try:
        url = httpx.URL(base_url.rstrip("/") + STATUS_PATH)
        given = httpx.URL(base_url)
    except (httpx.InvalidURL, ValueError):
        raise ConfigurationError(URL_SETTING, "not a URL; use https://host/path") from None
    if url.scheme not in {"http", "https"} or not url.host:
        raise ConfigurationError(URL_SETTING, "not a web address; use https://host/path")
    if url.scheme == "http" and url.host not in LOCAL_HOSTS:
        raise ConfigurationError(URL_SETTING, "http:// would send the token unencrypted; use https://")
    if given.userinfo or "?" in base_url or "#" in base_url:
        raise ConfigurationError(URL_SETTING, "must have no user, password, query or fragment; use https://host/path")
    return url


def _asked(operation_name: str, scene_id: str) -> dict[str, object]:
    return {"operation": {"name": operation_name}, "sceneId": scene_id, "status": f"{STATUS_PREFIX}PENDING"}
