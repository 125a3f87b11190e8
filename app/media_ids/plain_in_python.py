"""What Python finds in a plain answer without reading all of it; every other answer is left to extract().

The decoder looks for the few fields below and skips the rest, which it checks as strictly as Python's own parser does,
but for bytes that are not UTF-8: those are looked for beforehand. It takes no NaN, no lone surrogate, and no other type
in a field. Of a key that occurs twice, it takes the last value, as Python does. It gives up at the same depth as
Python's parser but for a few levels, in which the outcome of extract() itself depends on how deep its caller stands.
"""

from typing import Any, Final

import msgspec

from app.media_ids.extraction import FAILED_STATUS, is_valid_id


class _Struct(msgspec.Struct, rename="camel", gc=False):
    """An object of an answer; its other fields are skipped."""


class _Video(_Struct):
    media_generation_id: str | None = None


class _Metadata(_Struct):
    video: _Video | None = None


class _Inner(_Struct):
    name: str | None = None
    metadata: _Metadata | None = None
    error: Any = None


class _Operation(_Struct):
    operation: _Inner
    media_generation_id: str | None = None
    status: str | None = None


class _Raw(_Struct):
    operations: list[_Operation] | None = None


class _Answer(_Struct):
    operations: list[_Operation] | None = None
    raw: _Raw | None = None


_DECODE: Final = msgspec.json.Decoder(_Answer).decode


def plain_id(raw_response: str | bytes, operation_name: str | None) -> str | None:
    """Return the id that extract() finds, if the answer is plain: one operation of the row's name, without an error.

    None says nothing: extract() must be asked. Never raises.
    """
    try:
        if not raw_response.isascii() and isinstance(raw_response, bytes):
            raw_response.decode()
        answer = _DECODE(raw_response)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
    operations = answer.operations or (answer.raw and answer.raw.operations)
    if not operations or not operation_name:
        return None
    operation = operations[0] if len(operations) == 1 else _only_one_named(operation_name, operations)
    if operation is None or operation.operation.name != operation_name:
        return None
    if operation.status == FAILED_STATUS or operation.operation.error is not None:
        return None
    return _agreed(operation.media_generation_id, operation.operation.metadata)


def _only_one_named(operation_name: str, operations: list[_Operation]) -> _Operation | None:
    named = [operation for operation in operations if operation.operation.name == operation_name]
    return named[0] if len(named) == 1 else None


def _agreed(top_level: str | None, metadata: _Metadata | None) -> str | None:
    """Return the id of an operation, if it has one that is valid, or the same one twice."""
    nested = None if metadata is None or metadata.video is None else metadata.video.media_generation_id
    if top_level is None:
        top_level = nested
    elif nested is not None and top_level != nested:
        return None
    return top_level if is_valid_id(top_level) else None
