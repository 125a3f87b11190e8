"""The HTTP client against a real server on this machine."""

import logging
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from pydantic import SecretStr

from app.errors import ConfigurationError
from app.settings import Settings
from app.videos.api.client import ApiClient
from app.videos.errors import ApiError
from tests.support.http_api import HttpApi, Reply, http_api
from tests.support.responses import Response, responses

TOKEN = "token-that-nobody-may-see"  # noqa: S105  # made up
UNAVAILABLE = Reply(status=503)
GOOD = Reply(body=b'{"operations":[]}')


@pytest.fixture
def exits() -> Iterator[ExitStack]:
    """Close servers and clients after the test."""
    with ExitStack() as stack:
        yield stack


def serve(exits: ExitStack, *replies: Reply) -> HttpApi:
    """Start a server with these replies."""
    return exits.enter_context(http_api(*replies))


def client_of(exits: ExitStack, url: str, *, timeout: float = 10.0, attempts: int = 3) -> ApiClient:
    """Return a client that hardly pauses by itself."""
    client = ApiClient(url, SecretStr(TOKEN), timeout=timeout, attempts=attempts, first_wait=0.001)
    return exits.enter_context(client)


@pytest.mark.parametrize("response", responses(), ids=lambda response: response.name)
def test_the_answer_comes_back_as_the_server_sent_it(exits: ExitStack, response: Response) -> None:
    """Every stored body, character by character, JSON or not."""
    server = serve(exits, Reply(body=response.body.encode()))

    assert client_of(exits, server.url).fetch(response.operation_name, response.scene_id) == response.body


def test_the_question_names_operation_and_scene_and_carries_the_token(exits: ExitStack) -> None:
    """In the form that the API's own page uses; a slash at the end of the base URL makes no difference."""
    server = serve(exits, GOOD)

    client_of(exits, f"{server.url}/").fetch("op1", "scene1")

    asked = server.asked[0]
    assert (asked.path, asked.authorization) == ("/v1/video:batchCheckAsyncVideoGenerationStatus", f"Bearer {TOKEN}")
    assert asked.question == {
        "operations": [{"operation": {"name": "op1"}, "sceneId": "scene1", "status": "MEDIA_GENERATION_STATUS_PENDING"}]
    }


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_passing_failure_is_tried_again(exits: ExitStack, status: int) -> None:
    """Twice here, and then the answer comes."""
    server = serve(exits, Reply(status=status), Reply(status=status), GOOD)

    assert client_of(exits, server.url).fetch("op1", "") == '{"operations":[]}'
    assert len(server.asked) == 3


def test_the_pause_that_the_server_asks_for_is_kept(exits: ExitStack) -> None:
    """429 with `Retry-After: 1`: the second attempt comes a second later, not at once."""
    server = serve(exits, Reply(status=429, headers={"Retry-After": "1"}), GOOD)

    client_of(exits, server.url).fetch("op1", "")

    first, second = (asked.moment for asked in server.asked)
    assert 1.0 <= second - first < 3.0


def test_a_pause_until_a_date_is_kept(exits: ExitStack) -> None:
    """By this machine's clock; the header counts whole seconds, so two seconds ahead is more than one."""
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=2), usegmt=True)
    server = serve(exits, Reply(status=503, headers={"Retry-After": date}), GOOD)

    client_of(exits, server.url).fetch("op1", "")

    first, second = (asked.moment for asked in server.asked)
    assert 0.9 < second - first < 4.0


@pytest.mark.parametrize("retry_after", ["soon", "-1", "1.5", "٣", "Fri, 02 Jan 2026 03:04:05"])
def test_a_pause_that_makes_no_sense_is_none(exits: ExitStack, retry_after: str) -> None:
    """The client's own pauses serve."""
    header = retry_after.encode().decode("latin-1")
    server = serve(exits, Reply(status=503, headers={"Retry-After": header}), GOOD)

    client_of(exits, server.url).fetch("op1", "")

    assert len(server.asked) == 2


def test_a_very_long_pause_is_not_waited_for(exits: ExitStack) -> None:
    """The error says how long it would be."""
    server = serve(exits, Reply(status=429, headers={"Retry-After": "3600"}))

    with pytest.raises(ApiError, match="asks to wait 3600 s") as caught:
        client_of(exits, server.url).fetch("op1", "")

    assert (caught.value.status_code, len(server.asked)) == (429, 1)


def test_after_the_last_attempt_the_failure_is_told(exits: ExitStack) -> None:
    """With the operation and the status."""
    server = serve(exits, UNAVAILABLE)

    with pytest.raises(ApiError, match="HTTP 503 Service Unavailable") as caught:
        client_of(exits, server.url).fetch("op1", "")

    assert (caught.value.operation_name, caught.value.status_code, len(server.asked)) == ("op1", 503, 3)


@pytest.mark.parametrize(
    ("status", "problem"),
    [
        (404, "HTTP 404 Not Found"),
        (400, "HTTP 400 Bad Request"),
        (401, "HTTP 401 Unauthorized; check MEDIA_IDS_API_TOKEN"),
        (403, "HTTP 403 Forbidden; check MEDIA_IDS_API_TOKEN"),
        (302, "HTTP 302 Found"),
        (499, "HTTP 499"),
    ],
)
def test_what_another_attempt_cannot_change_is_told_at_once(exits: ExitStack, status: int, problem: str) -> None:
    """Redirects too: the token does not go where they point."""
    server = serve(exits, Reply(status=status, headers={"Location": "/elsewhere"}))

    with pytest.raises(ApiError) as caught:
        client_of(exits, server.url).fetch("op1", "")

    assert (caught.value.problem, caught.value.status_code, len(server.asked)) == (problem, status, 1)


def test_a_server_that_does_not_answer_in_time_is_tried_again_and_then_named(exits: ExitStack) -> None:
    """No wait without an end."""
    server = serve(exits, Reply(delay=0.5))

    with pytest.raises(ApiError, match="no answer in time") as caught:
        client_of(exits, server.url, timeout=0.1, attempts=2).fetch("op1", "")

    assert (caught.value.status_code, len(server.asked)) == (None, 2)


def test_a_server_that_is_not_there_is_named(exits: ExitStack) -> None:
    """After the last attempt."""
    with http_api(GOOD) as server:
        url = server.url

    with pytest.raises(ApiError, match="no answer"):
        client_of(exits, url, attempts=2).fetch("op1", "")


def test_bytes_that_are_no_text_are_refused(exits: ExitStack) -> None:
    """Replacing them would store what the API did not say."""
    server = serve(exits, Reply(body=b'{"operations":["\xff"]}'))

    with pytest.raises(ApiError, match="not UTF-8"):
        client_of(exits, server.url).fetch("op1", "")


def test_the_token_is_in_no_log_line_error_or_repr(exits: ExitStack, caplog: pytest.LogCaptureFixture) -> None:
    """Not even with every logger at DEBUG, through retries and a refusal."""
    caplog.set_level(logging.DEBUG)
    server = serve(exits, UNAVAILABLE, Reply(status=401))
    client = client_of(exits, server.url)

    with pytest.raises(ApiError) as caught:
        client.fetch("op1", "")

    assert [record.message for record in caplog.records if record.name == "app.videos.api.client"] != []
    assert TOKEN not in caplog.text + str(caught.value) + repr(vars(client)) + repr(caught.value.__dict__)


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("https://host:port/v1", "not a URL"),
        ("ftp://host/v1", "not a web address"),
        ("host/v1", "not a web address"),
        ("https:///v1", "not a web address"),
        ("http://user:password@api.example/v1", "unencrypted"),
    ],
)
def test_a_base_url_that_cannot_be_used_is_refused_and_not_repeated(url: str, problem: str) -> None:
    """It could hold a password."""
    with pytest.raises(ConfigurationError, match=problem) as caught:
        ApiClient(url, SecretStr(TOKEN), timeout=1.0)

    assert caught.value.name == "MEDIA_IDS_API_URL"
    assert url not in str(caught.value)


@pytest.mark.parametrize("token", ["", "two words", "line\n", "tokén", "nul\x00"])
def test_a_token_that_no_header_can_carry_is_refused_and_not_repeated(token: str) -> None:
    """Left to the libraries below, it would stand in their errors."""
    with pytest.raises(ConfigurationError, match="visible ASCII") as caught:
        ApiClient("https://api.example/v1", SecretStr(token), timeout=1.0)

    assert caught.value.name == "MEDIA_IDS_API_TOKEN"
    assert token == "" or token not in str(caught.value)


def test_an_answer_that_cannot_be_unpacked_is_tried_again(exits: ExitStack) -> None:
    """A damaged transfer may be whole the next time."""
    server = serve(exits, Reply(body=b"no gzip", headers={"Content-Encoding": "gzip"}), GOOD)

    assert client_of(exits, server.url).fetch("op1", "") == '{"operations":[]}'


def test_url_token_and_timeout_come_from_the_settings(exits: ExitStack, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the environment has them."""
    server = serve(exits, Reply(delay=0.5), GOOD)
    monkeypatch.setenv("MEDIA_IDS_API_URL", server.url)
    monkeypatch.setenv("MEDIA_IDS_API_TOKEN", TOKEN)
    monkeypatch.setenv("MEDIA_IDS_API_TIMEOUT", "0.1")

    settings = Settings.load()
    client = exits.enter_context(ApiClient.from_settings(settings))

    assert client.fetch("op1", "") == '{"operations":[]}'
    assert [asked.authorization for asked in server.asked] == [f"Bearer {TOKEN}"] * 2
    assert TOKEN not in repr(settings)


def test_an_unknown_setting_names_those_of_the_client_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """But an unknown option of an upgrade does not: there, they are none."""
    with pytest.raises(ConfigurationError) as option:
        Settings.load({"api": "x"})
    monkeypatch.setenv("MEDIA_IDS_API", "x")
    with pytest.raises(ConfigurationError, match="api_timeout, api_token, api_url") as setting:
        Settings.load()

    assert (setting.value.name, "api_token" in str(option.value)) == ("MEDIA_IDS_API", False)


@pytest.mark.parametrize(("set_one", "missing"), [("API_URL", "API_TOKEN"), ("API_TOKEN", "API_URL")])
def test_a_missing_setting_is_named(monkeypatch: pytest.MonkeyPatch, set_one: str, missing: str) -> None:
    """Whichever it is; the value of the other stays out of the error."""
    monkeypatch.setenv(f"MEDIA_IDS_{set_one}", "https://api.example/v1")

    with pytest.raises(ConfigurationError, match="not set") as caught:
        ApiClient.from_settings(Settings.load())

    assert caught.value.name == f"MEDIA_IDS_{missing}"


def test_without_httpx_the_client_says_what_to_install_and_the_rest_works() -> None:
    """In a Python of its own that cannot import httpx."""
    program = (
        "import sys; sys.modules['httpx'] = None\n"
        "import app.videos.status_checker\n"
        "try:\n    import app.videos.api.client\nexcept ImportError as error:\n    print(error)\n"
    )

    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert (result.stdout, result.stderr) == ("app.videos.api.client needs httpx: install media-gen-ids[http]\n", "")
