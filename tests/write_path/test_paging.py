"""Page tokens and limits, without a database; pages themselves are tested with the repository."""

import base64
import contextlib
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.dialects import postgresql

from app.errors import ConfigurationError
from app.videos.errors import PageTokenError
from app.videos.pages import GenerationFilter, page_statement

EVERYTHING = GenerationFilter()


@pytest.mark.parametrize("limit", [0, -1, 1001])
def test_a_page_has_one_to_a_thousand_rows(limit: int) -> None:
    """Other limits are refused by name."""
    with pytest.raises(ConfigurationError) as caught:
        page_statement(EVERYTHING, limit, None)

    assert caught.value.name == "limit"


@pytest.mark.parametrize("bound", ["created_from", "created_before"])
def test_a_moment_without_a_time_zone_is_refused_by_name(bound: str) -> None:
    """It could be any of two dozen moments."""
    naive = datetime(2026, 1, 2, tzinfo=UTC).replace(tzinfo=None)

    with pytest.raises(ConfigurationError, match="time zone") as caught:
        page_statement(GenerationFilter(**{bound: naive}), 10, None)  # type: ignore[arg-type]

    assert caught.value.name == bound


@pytest.mark.parametrize(
    "position",
    ["", "null", '"ab"', '["a"]', '["a","b","c"]', "[1,2]", '{"a":1,"b":2}', '["\\u0000","a"]', '["a","\\ud83d"]', "["],
)
def test_a_position_that_no_row_can_have_is_refused(position: str) -> None:
    """No JSON, another JSON, and text that no database holds."""
    token = base64.urlsafe_b64encode(position.encode()).decode().rstrip("=")

    with pytest.raises(PageTokenError) as caught:
        page_statement(EVERYTHING, 10, token)

    assert caught.value.token == token


@given(st.text(st.characters(codec=None)) | st.text("abAB01-_="))
def test_no_token_whatever_it_is_raises_another_error(token: str) -> None:
    """Tokens come back from outside."""
    with contextlib.suppress(PageTokenError):
        page_statement(EVERYTHING, 10, token)


@given(
    st.text(st.characters(exclude_characters="\0", codec="utf-8")), st.text(st.characters(codec="ascii"), min_size=1)
)
def test_a_position_goes_into_the_query_as_bound_values(created_text: str, generation_id: str) -> None:
    """Never as SQL: the texts of a token are parameters, whatever they are."""
    generation_id = generation_id.replace("\0", "")
    token = base64.urlsafe_b64encode(json.dumps([created_text, generation_id]).encode()).decode().rstrip("=")

    compiled = page_statement(EVERYTHING, 10, token).compile(dialect=postgresql.dialect())  # type: ignore[no-untyped-call]

    values = list(compiled.params.values())
    assert created_text in values
    assert generation_id in values
