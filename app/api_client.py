"""The video API over HTTP: asks for one operation and returns the answer as it came.

Needs httpx, which the optional extra `http` brings. The token goes into one request header and nowhere else:
neither into a log line, nor an error, nor `repr`.
"""

import logging
from datetime import datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from types import TracebackType
from typing import Final, Self

import tenacity
from pydantic import SecretStr

from app.db import now
from app.errors import ApiError, ConfigurationError
from app.extraction import STATUS_PREFIX
from app.settings import ENVIRONMENT_PREFIX, Settings

try:
    import httpx
except ModuleNotFoundError as error:
    raise ImportError("app.api_client needs httpx: install media-gen-ids[http]", name="httpx") from error

URL_SETTING: Final = f"{ENVIRONMENT_PREFIX}API_URL"
TOKEN_SETTING: Final = f"{ENVIRONMENT_PREFIX}API_TOKEN"
STATUS_PATH: Final = "/video:batchCheckAsyncVideoGenerationStatus"
DEFAULT_ATTEMPTS: Final = 5
DEFAULT_FIRST_WAIT_SECONDS: Final = 0.5
LONGEST_WAIT_SECONDS: Final = 60.0
"""A server that asks for a longer pause is not waited for: the caller has better things to do."""
LOCAL_HOSTS: Final = frozenset({"localhost", "127.0.0.1", "::1"})
LOWEST_SERVER_ERROR: Final = 500

logger = logging.getLogger(__name__)


class _TryAgain(Exception):  # noqa: N818  # not an error yet
    """An attempt failed in a way that may pass; `wait` in seconds, where the server asked for one."""

    def __init__(self, error: ApiError, wait: float | None = None) -> None:
        super().__init__(str(error))
        self.error = error
        self.wait = wait


class ApiClient:
    """Asks the API at one base URL with one token. Good for several threads; close it, or use it in a `with` block.

    Tries again on 429, on 5xx and when no answer comes, with growing, random pauses, or the pause that the server asks
    for with `Retry-After`. Does not follow redirects: the token would go along.
    """

    def __init__(
        self,
        base_url: str,
        token: SecretStr,
        *,
        timeout: float,
        attempts: int = DEFAULT_ATTEMPTS,
        first_wait: float = DEFAULT_FIRST_WAIT_SECONDS,
    ) -> None:
        """Take where the API is, the token, and seconds: `timeout` for each attempt to connect, and between bytes.

        Raises ConfigurationError for a URL that is none, one that would send the token unencrypted to another machine,
        and a token that no header can carry.
        """
        self._url = _status_url(base_url)
        _require_token(token)
        self._http = httpx.Client(timeout=timeout, follow_redirects=False)
        self._token = token
        self._retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(_TryAgain),
            wait=_Pause(first_wait),
            stop=tenacity.stop_after_attempt(attempts),
            before_sleep=_log_pause,
            reraise=True,
        )

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """Return a client for MEDIA_IDS_API_URL and _TOKEN, or raise ConfigurationError if one is missing."""
        if not settings.api_url:
            raise ConfigurationError(URL_SETTING, "not set; the video API's base URL is needed")
        if not settings.api_token:
            raise ConfigurationError(TOKEN_SETTING, "not set; the video API wants a token")
        return cls(settings.api_url, settings.api_token, timeout=settings.api_timeout)

    def __enter__(self) -> Self:
        """Return the client."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close the connections."""
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def fetch(self, operation_name: str, scene_id: str) -> str:
        """Return the API's answer for an operation, as it came, JSON or not.

        Raises ApiError, with the HTTP status where there was one: at once for one that another attempt cannot change,
        else after the last attempt.
        """
        try:
            return self._retrying(self._ask, operation_name, scene_id)
        except _TryAgain as last:
            raise last.error from None

    def _ask(self, operation_name: str, scene_id: str) -> str:
        headers = {"Authorization": f"Bearer {self._token.get_secret_value()}"}
        try:
            response = self._http.post(self._url, json=_question(operation_name, scene_id), headers=headers)
        except httpx.TimeoutException as error:
            raise _TryAgain(ApiError(operation_name, f"no answer in time ({type(error).__name__})")) from None
        except httpx.RequestError as error:
            raise _TryAgain(ApiError(operation_name, f"no answer: {error}")) from None
        return self._text(operation_name, response)

    def _text(self, operation_name: str, response: httpx.Response) -> str:
        """Return the body of a good answer. Raises _TryAgain or ApiError for any other."""
        code = response.status_code
        if response.is_success:
            return _decoded(operation_name, response.content)
        error = ApiError(operation_name, _problem(code), code)
        if code != HTTPStatus.TOO_MANY_REQUESTS and code < LOWEST_SERVER_ERROR:
            raise error
        wait = _seconds(response.headers.get("Retry-After"), now())
        if wait is not None and wait > LONGEST_WAIT_SECONDS:
            raise ApiError(operation_name, f"{_problem(code)}; asks to wait {wait:.0f} s", code)
        raise _TryAgain(error, wait)


class _Pause(tenacity.wait.wait_base):
    """What the server asked for, and on top a random part of a window that doubles with each attempt."""

    def __init__(self, first_wait: float) -> None:
        self._growing = tenacity.wait_random_exponential(multiplier=first_wait, max=LONGEST_WAIT_SECONDS)

    def __call__(self, retry_state: tenacity.RetryCallState) -> float:
        failure = retry_state.outcome.exception() if retry_state.outcome else None
        asked = failure.wait if isinstance(failure, _TryAgain) else None
        return (asked or 0.0) + self._growing(retry_state)


def _log_pause(retry_state: tenacity.RetryCallState) -> None:
    failure = retry_state.outcome.exception() if retry_state.outcome else None
    logger.info("%s; attempt %d, next in %.1f s", failure, retry_state.attempt_number, retry_state.upcoming_sleep)


def _status_url(base_url: str) -> httpx.URL:
    """Return where to ask. No part of the base URL is repeated in an error: it could hold a password."""
    try:
        url = httpx.URL(base_url.rstrip("/") + STATUS_PATH)
    except (httpx.InvalidURL, ValueError):
        raise ConfigurationError(URL_SETTING, "not a URL; use https://host/path") from None
    if url.scheme not in {"http", "https"} or not url.host:
        raise ConfigurationError(URL_SETTING, "not a web address; use https://host/path")
    if url.scheme == "http" and url.host not in LOCAL_HOSTS:
        raise ConfigurationError(URL_SETTING, "http:// would send the token unencrypted; use https://")
    return url


def _require_token(token: SecretStr) -> None:
    """Refuse a token that no header can carry here: the libraries below would repeat it in their own errors."""
    text = token.get_secret_value()
    if not text or not text.isascii() or not text.isprintable() or " " in text:
        raise ConfigurationError(TOKEN_SETTING, "must be visible ASCII characters, without blanks or line ends")


def _question(operation_name: str, scene_id: str) -> dict[str, object]:
    operation = {"operation": {"name": operation_name}, "sceneId": scene_id, "status": f"{STATUS_PREFIX}PENDING"}
    return {"operations": [operation]}


def _decoded(operation_name: str, content: bytes) -> str:
    """Return the text: JSON is UTF-8, whatever the header says. Raises ApiError for other bytes."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ApiError(operation_name, "the answer is not UTF-8 text", HTTPStatus.OK) from None


def _problem(code: int) -> str:
    try:
        phrase = f"HTTP {code} {HTTPStatus(code).phrase}"
    except ValueError:
        phrase = f"HTTP {code}"
    refused = code in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}
    return f"{phrase}; check {TOKEN_SETTING}" if refused else phrase


def _seconds(retry_after: str | None, moment: datetime) -> float | None:
    """Return the pause that a `Retry-After` header asks for, as seconds or as a date; None where it asks for none."""
    if not retry_after:
        return None
    if retry_after.isascii() and retry_after.isdigit():
        return float(retry_after)
    try:
        date = parsedate_to_datetime(retry_after)
    except ValueError:
        return None
    return max(0.0, (date - moment).total_seconds()) if date.tzinfo else None
