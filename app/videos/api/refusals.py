"""The message of an answer with an HTTP error: words for its status, and the API's own words."""

import json
from http import HTTPStatus
from typing import Final

from app.videos.storable_text import storable_prose

MOST_MESSAGE_CHARACTERS: Final = 300


def problem_of(code: int, token_setting: str) -> str:
    """Return what an HTTP status means, and which setting to look at where the token was refused."""
    try:
        phrase = f"HTTP {code} {HTTPStatus(code).phrase}"
    except ValueError:
        phrase = f"HTTP {code}"
    refused = code in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}
    return f"{phrase}; check {token_setting}" if refused else phrase


def message_in(content: bytes, token: str) -> str:
    """Return the API's own words in an error, on one line, without the token; '' where it has none."""
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        return ""
    said = body.get("error") if isinstance(body, dict) else None
    said = said.get("message") if isinstance(said, dict) else said
    if not isinstance(said, str):
        return ""
    return " ".join(storable_prose(said.replace(token, "***")).split())[:MOST_MESSAGE_CHARACTERS]
