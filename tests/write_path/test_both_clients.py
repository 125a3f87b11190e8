"""What the HTTP client and its asynchronous twin have in common, against a real server on this machine."""

import asyncio
import gzip
import json
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from app.errors import ConfigurationError
from app.settings import Settings
from app.videos.api.async_client import AsyncApiClient
from app.videos.api.client import ApiClient
from app.videos.api.pauses import seconds_of
from app.videos.api.protocol import Operation, Terms
from app.videos.errors import ApiError
from tests.support.http_api import Asked, HttpApi, Reply, http_api

TOKEN = "token-that-nobody-may-see"  # noqa: S105  # made up
GOOD = Reply(body=b'{"operations":[]}')
ONE = (("op1", ""),)
BOMB = gzip.compress(bytes(50_000_000))
CLIENTS = ("sync", "async")
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "all_proxy", "no_proxy")


@pytest.fixture(params=CLIENTS)
def ask(request: pytest.FixtureRequest) -> Callable[..., str]:
    """Ask for operations with each client in turn."""
    return ask_synchronously if request.param == "sync" else ask_asynchronously


@pytest.fixture
def exits() -> Iterator[ExitStack]:
    """Close servers after the test."""
    with ExitStack() as stack:
        yield stack


def ask_synchronously(
    url: str, operations: Sequence[Operation] = ONE, *, profile: str | None = None, **options: object
) -> str:
    """Ask with ApiClient."""
    with ApiClient(url, **arguments(options)) as client:
        return client.for_profile(profile).fetch_batch(operations)


def ask_asynchronously(
    url: str, operations: Sequence[Operation] = ONE, *, profile: str | None = None, **options: object
) -> str:
    """Ask with AsyncApiClient."""

    async def ask_once() -> str:
        async with AsyncApiClient(url, **arguments(options)) as client:
            return await client.for_profile(profile).fetch_batch(operations)

    return asyncio.run(ask_once())


def arguments(options: dict[str, object]) -> dict[str, Any]:
    """Return what a client is made of: one that hardly pauses by itself, unless the options say otherwise."""
    return {"token": SecretStr(TOKEN), "timeout": 10.0, "attempts": 3, "first_wait": 0.001, **options}


def serve(exits: ExitStack, *replies: Reply) -> HttpApi:
    """Start a server with these replies."""
    return exits.enter_context(http_api(*replies))


def refusal(ask: Callable[..., str], server: HttpApi, **options: object) -> ApiError:
    """Return the error that a question ends in."""
    with pytest.raises(ApiError) as caught:
        ask(server.url, **options)
    return caught.value


def test_several_operations_are_one_question(exits: ExitStack, ask: Callable[..., str]) -> None:
    """In their order, each with its scene; the answer comes back as it came."""
    server = serve(exits, GOOD)

    answer = ask(server.url, [("op1", "s1"), ("op2", "")])

    assert (answer, [asked.names for asked in server.asked]) == (GOOD.body.decode(), [("op1", "op2")])
    assert [one["sceneId"] for one in server.asked[0].question["operations"]] == ["s1", ""]


def test_a_question_about_nothing_is_refused(exits: ExitStack, ask: Callable[..., str]) -> None:
    """Before the API is asked."""
    server = serve(exits, GOOD)

    with pytest.raises(ConfigurationError, match="names none"):
        ask(server.url, [])

    assert server.asked == []


@pytest.mark.parametrize("body", [b"x" * 400, b""])
def test_an_answer_that_drips_has_a_deadline_as_a_whole(exits: ExitStack, ask: Callable[..., str], body: bytes) -> None:
    """Head or body: each byte comes in time, and the whole would take many seconds. It counts as a failed attempt."""
    server = serve(exits, Reply(body=body, drip=0.1), GOOD)

    answer = ask(server.url, deadline=0.5, timeout=5.0)

    assert (answer, len(server.asked)) == (GOOD.body.decode(), 2)


def test_after_the_last_attempt_the_deadline_is_told(exits: ExitStack, ask: Callable[..., str]) -> None:
    """As what may pass."""
    server = serve(exits, Reply(body=b"x" * 400, drip=0.1))

    error = refusal(ask, server, deadline=0.3, attempts=1)

    assert (error.problem.startswith("no answer in time"), error.retryable, error.status) == (True, True, None)


@pytest.mark.parametrize(
    "reply",
    [Reply(body=b"x" * 2_000_000), Reply(body=BOMB, headers={"Content-Encoding": "gzip"})],
    ids=["long", "bomb"],
)
def test_an_answer_beyond_the_bound_is_given_up(exits: ExitStack, ask: Callable[..., str], reply: Reply) -> None:
    """Packed or not; another attempt would bring the same."""
    server = serve(exits, reply)

    error = refusal(ask, server, most_bytes=1_000_000)

    assert (error.problem, error.retryable) == ("the answer is longer than 1,000,000 bytes", False)
    assert len(server.asked) == 1


def test_a_bomb_of_an_error_does_not_hide_its_status(exits: ExitStack, ask: Callable[..., str]) -> None:
    """No more of it is read than a message needs."""
    server = serve(exits, Reply(status=404, body=BOMB, headers={"Content-Encoding": "gzip"}))

    assert refusal(ask, server).status == 404


def test_a_packed_answer_is_unpacked(exits: ExitStack, ask: Callable[..., str]) -> None:
    """As other servers send it."""
    server = serve(exits, Reply(body=gzip.compress(GOOD.body, mtime=0), headers={"Content-Encoding": "gzip"}))

    assert ask(server.url) == GOOD.body.decode()


@pytest.mark.parametrize(
    "damaged",
    [
        Reply(body=b"x" * 5_000, cut=10),
        Reply(body=gzip.compress(b"x" * 5_000, mtime=0)[:-10], headers={"Content-Encoding": "gzip"}),
        Reply(body=b"no gzip", headers={"Content-Encoding": "gzip"}),
        Reply(body=b"", headers={"Content-Encoding": "gzip"}),
        Reply(body=b"x", headers={"Content-Encoding": "br"}),
    ],
    ids=["cut off", "packed and cut off", "no gzip", "nothing packed", "packed otherwise"],
)
def test_a_damaged_answer_is_asked_for_again(exits: ExitStack, ask: Callable[..., str], damaged: Reply) -> None:
    """What came is never taken for the whole."""
    server = serve(exits, damaged, GOOD)

    assert ask(server.url) == GOOD.body.decode()
    assert len(server.asked) == 2


@pytest.mark.parametrize("status", [408, 425, 429, 500, 503])
def test_what_may_pass_is_tried_again(exits: ExitStack, ask: Callable[..., str], status: int) -> None:
    """And is told as such when it does not pass."""
    server = serve(exits, Reply(status=status))

    error = refusal(ask, server)

    assert (error.status, error.status_code, error.retryable, len(server.asked)) == (status, status, True, 3)


def test_an_error_has_the_apis_own_message_without_the_token(exits: ExitStack, ask: Callable[..., str]) -> None:
    """On one line; an echo of the token is taken out."""
    body = {"error": {"code": 400, "message": f"no\nsuch {TOKEN} thing", "status": "INVALID"}}
    server = serve(exits, Reply(status=400, body=json.dumps(body).encode()))

    error = refusal(ask, server)

    assert (error.api_message, error.retryable, error.retry_after) == ("no such *** thing", False, None)
    assert str(error) == "operation op1: HTTP 400 Bad Request: no such *** thing"


@pytest.mark.parametrize(
    "body", [b"<html>", b"[]", b"null", b'{"error":7}', b'{"error":{"message":[]}}', b"\xff", b"[" * 9_999]
)
def test_an_error_without_a_message_has_none(exits: ExitStack, ask: Callable[..., str], body: bytes) -> None:
    """Whatever came instead."""
    server = serve(exits, Reply(status=403, body=body))

    error = refusal(ask, server)

    assert (error.api_message, error.problem) == ("", "HTTP 403 Forbidden; check MEDIA_IDS_API_TOKEN")


def test_an_error_says_how_long_to_stay_away(exits: ExitStack, ask: Callable[..., str]) -> None:
    """Also where that is longer than anybody waits."""
    server = serve(exits, Reply(status=429, headers={"Retry-After": "3600"}))

    error = refusal(ask, server)

    assert (error.retry_after, error.retryable, len(server.asked)) == (3600.0, True, 1)


@given(st.text(max_size=40) | st.from_regex(r"\w{3}, \d+ \w{3} \d+ \d+:\d+:\d+ ([+-]\d+|GMT)"))
def test_no_pause_whatever_it_is_raises_an_error(text: str) -> None:
    """It is none, or a number of seconds that is not negative."""
    seconds = seconds_of(text, datetime(2026, 1, 2, tzinfo=UTC))

    assert seconds is None or seconds >= 0


@pytest.mark.parametrize(
    "text", ["9" * 400, "Fri, 31 Dec 9999 23:59:59 GMT", "Fri, 31 Dec 99999999999 00:00:00 GMT", "0"]
)
def test_odd_pauses_do_not_break_the_client(exits: ExitStack, ask: Callable[..., str], text: str) -> None:
    """Very long ones are told; what makes no sense is none."""
    server = serve(exits, Reply(status=503, headers={"Retry-After": text}))

    assert refusal(ask, server, attempts=2).status == 503


@pytest.mark.parametrize(
    "url",
    [
        "https://user:password@api.example/v1",
        "https://password@api.example/v1",
        "https://api.example/v1?key=password",
        "https://api.example/v1#password",
        "https://api.example/v1?",
    ],
)
@pytest.mark.parametrize("client", [ApiClient, AsyncApiClient])
def test_a_base_url_is_an_address_alone(client: Callable[..., object], url: str) -> None:
    """What else stands in it would be sent along, or be lost; it is not repeated."""
    with pytest.raises(ConfigurationError, match="no user, password, query") as caught:
        client(url, SecretStr(TOKEN), timeout=1.0)

    assert "password@" not in str(caught.value)
    assert "key" not in str(caught.value)


@pytest.fixture
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """An environment without proxies."""
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


@pytest.mark.parametrize("name", ["HTTP_PROXY", "ALL_PROXY", "http_proxy"])
def test_no_proxy_of_the_environment_sees_an_unencrypted_token(
    exits: ExitStack, ask: Callable[..., str], clean_environment: pytest.MonkeyPatch, name: str
) -> None:
    """The API is asked directly."""
    proxy, server = serve(exits, Reply(body=b"from the proxy")), serve(exits, GOOD)
    clean_environment.setenv(name, proxy.url)

    answer = ask(server.url)

    assert (answer, proxy.asked, len(server.asked)) == (GOOD.body.decode(), [], 1)


def test_an_encrypted_question_goes_through_the_proxy_which_is_not_told_the_token(
    exits: ExitStack, ask: Callable[..., str], clean_environment: pytest.MonkeyPatch
) -> None:
    """The one here opens no tunnels, and says so."""
    proxy = serve(exits, GOOD)
    clean_environment.setenv("HTTPS_PROXY", proxy.url.removeprefix("http://").removesuffix("/v1"))

    with pytest.raises(ApiError, match="501") as caught:
        ask("https://api.example/v1", attempts=1)

    assert (proxy.asked, caught.value.retryable) == ([], True)


def test_hosts_that_need_no_proxy_get_none(clean_environment: pytest.MonkeyPatch) -> None:
    """As `NO_PROXY` says."""
    clean_environment.setenv("ALL_PROXY", "http://proxy.example:3128")
    clean_environment.setenv("NO_PROXY", "inner.example")

    proxies = [Terms(base_url=f"https://{host}/v1", timeout=1.0).proxy for host in ("api.example", "inner.example")]

    assert proxies == ["http://proxy.example:3128", None]


def test_a_callable_token_is_told_the_profile_and_asked_for_every_attempt(
    exits: ExitStack, ask: Callable[..., str]
) -> None:
    """A token that has run out meanwhile is renewed."""
    server = serve(exits, Reply(status=503), GOOD)
    told: list[str | None] = []

    def token(profile: str | None) -> SecretStr:
        told.append(profile)
        return SecretStr(f"token-{len(told)}")

    ask(server.url, token=token, profile="p1")

    assert told == ["p1", "p1"]
    assert [asked.authorization for asked in server.asked] == ["Bearer token-1", "Bearer token-2"]


def test_the_asynchronous_client_awaits_an_asynchronous_token(exits: ExitStack) -> None:
    """It may have to be fetched."""
    server = serve(exits, GOOD)

    async def token(profile: str | None) -> str:
        await asyncio.sleep(0)
        return f"token-of-{profile}"

    ask_asynchronously(server.url, token=token, profile="p2")

    assert [asked.authorization for asked in server.asked] == ["Bearer token-of-p2"]


@pytest.mark.parametrize("token", ["two words", "", "tokén", None])
def test_a_callables_token_that_no_header_can_carry_is_refused(
    exits: ExitStack, ask: Callable[..., str], token: str | None
) -> None:
    """And not repeated; the API is not asked."""
    server = serve(exits, GOOD)

    with pytest.raises(ConfigurationError, match="visible ASCII") as caught:
        ask(server.url, token=lambda _: token)

    assert server.asked == []
    assert not token or token not in str(caught.value)


def test_the_token_is_in_no_log_line(
    exits: ExitStack, ask: Callable[..., str], caplog: pytest.LogCaptureFixture
) -> None:
    """Not even with every logger at DEBUG."""
    caplog.set_level(logging.DEBUG)
    server = serve(exits, Reply(status=503), GOOD)

    ask(server.url)

    assert [record.message for record in caplog.records if record.name == "app.videos.api.client"] != []
    assert TOKEN not in caplog.text


def test_the_asynchronous_client_comes_from_the_settings_too(exits: ExitStack, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the environment has them."""
    server = serve(exits, GOOD)
    monkeypatch.setenv("MEDIA_IDS_API_URL", server.url)
    monkeypatch.setenv("MEDIA_IDS_API_TOKEN", TOKEN)

    async def ask_once() -> str:
        async with AsyncApiClient.from_settings(Settings.load()) as client:
            return await client.fetch("op1", "")

    assert asyncio.run(ask_once()) == GOOD.body.decode()


def test_tasks_of_one_client_do_not_disturb_each_other(exits: ExitStack) -> None:
    """Each retries for itself; every question gets the answer to it."""
    seen: set[str] = set()

    def by_question(asked: Asked) -> Reply:
        name = asked.names[0]
        first = name not in seen
        seen.add(name)
        return Reply(status=503) if first else Reply(body=name.encode())

    server = exits.enter_context(http_api(by_question=by_question))

    async def ask_all() -> list[str]:
        async with AsyncApiClient(server.url, **arguments({})) as client:
            return await asyncio.gather(*(client.fetch(f"op{number}", "") for number in range(20)))

    assert asyncio.run(ask_all()) == [f"op{number}" for number in range(20)]
