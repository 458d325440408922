"""Values that JSON in UTF-8 can say, and their text."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import orjson

from translator.model import Json

MAX_DEPTH = 200
"""Levels of nesting that are kept; what lies deeper becomes a text."""

TOO_DEEP = "[nested too deeply]"


def json_bytes(value: Json) -> bytes:
    """The value as compact JSON; what JSON cannot say is put as `plain` puts it."""
    try:
        return orjson.dumps(value)
    except (TypeError, ValueError):
        return orjson.dumps(plain(value))


def json_text(value: Json) -> str:
    """The same as a text."""
    try:
        return orjson.dumps(value).decode()
    except (TypeError, ValueError):
        return json_bytes(value).decode()


def plain(value: Json, depth: int = 0) -> Json:
    """The value with nothing in it that JSON in UTF-8 cannot say, and no deeper than `MAX_DEPTH`.

    Numbers that are not finite or longer than 64 bits become texts, lone surrogates U+FFFD.
    """
    kind = type(value)
    if kind is str:
        return _whole_characters(value)
    if kind is dict:
        if depth >= MAX_DEPTH:
            return TOO_DEEP
        return {plain(key): plain(item, depth + 1) for key, item in value.items()}
    if kind is list:
        if depth >= MAX_DEPTH:
            return TOO_DEEP
        return [plain(item, depth + 1) for item in value]
    if kind is float and not math.isfinite(value):
        return str(value)
    if kind is int and not -(2**63) <= value < 2**64:
        return str(value)
    return value


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def rfc3339(time: int) -> str:
    """A time in microseconds since the epoch as RFC 3339 in UTC."""
    return (_EPOCH + timedelta(microseconds=time)).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _whole_characters(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text
