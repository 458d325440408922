"""Looking into JSON values of unknown shape: first key that is there, text, binary data."""

from __future__ import annotations

import re
from collections.abc import Mapping

import orjson

from translator.content.plain import MAX_DEPTH, TOO_DEEP, json_text, plain
from translator.model import Json

BLOB = "[Blob substitute]"
"""What stands for binary data; Sentry shows it as such."""

MIME_KEYS = ("mime_type", "mimeType", "media_type", "mediaType", "contentType")
_BINARY_KEYS = ("data", "blob", "base64", "bytes")
_ALWAYS_BINARY = "b64_json"
_TEXT_KEYS = ("text", "content", "thinking", "refusal", "value", "reasoning", "parts")
_TEXT_DEPTH = 4
_DATA_URL = re.compile(r"data:[\w.+/-]*(?:;[\w.+-]+=[\w.+-]*)*;base64,[A-Za-z0-9+/=_%-]*")


def first(value: Mapping[str, Json], keys: tuple[str, ...]) -> Json:
    """The value of the first of the keys that says something, or None."""
    for key in keys:
        found = value.get(key)
        if found is not None and found not in ([], {}):
            return found
    return None


def first_string(value: Mapping[str, Json], keys: tuple[str, ...]) -> str:
    """The first non-empty string under one of the keys, or an empty one."""
    for key in keys:
        found = value.get(key)
        if type(found) is str and found:
            return found
    return ""


def strip_data_urls(text: str) -> str:
    """The text with `BLOB` for every `data:` URL of base64 in it."""
    return _DATA_URL.sub(BLOB, text) if ";base64," in text else text


def without_blobs(value: Json, depth: int = 0) -> Json:
    """A copy of the value with `BLOB` for binary data, no deeper than `MAX_DEPTH`."""
    kind = type(value)
    if kind is str:
        return strip_data_urls(value)
    if kind is not dict and kind is not list:
        return value
    if depth >= MAX_DEPTH:
        return TOO_DEEP
    if kind is list:
        return [without_blobs(item, depth + 1) for item in value]
    copy = {key: without_blobs(item, depth + 1) for key, item in value.items()}
    if type(copy.get(_ALWAYS_BINARY)) is str:
        copy[_ALWAYS_BINARY] = BLOB
    if not first_string(copy, MIME_KEYS).startswith(("text/", "application/json")):
        for key in _BINARY_KEYS:
            if type(copy.get(key)) is str and first_string(copy, MIME_KEYS):
                copy[key] = BLOB
    return copy


def text_of(value: Json, depth: int = 0) -> str:
    """The text in a string, a list of texts or an object around one; else the value's JSON.

    Lists are joined by empty lines.
    """
    if value is None:
        return ""
    if type(value) is str:
        return strip_data_urls(value)
    if depth < _TEXT_DEPTH:
        if type(value) is list:
            return "\n\n".join(filter(None, [text_of(item, depth + 1) for item in value]))
        if type(value) is dict and (inner := first(value, _TEXT_KEYS)) is not None:
            return text_of(inner, depth + 1)
    return json_of(value)


def json_of(value: Json) -> str:
    """The JSON of the value without binary data, as a text."""
    return json_text(without_blobs(value))


def parsed(text: str) -> Json:
    """The object or array that the text is the JSON of, else None."""
    if not text.lstrip().startswith(("{", "[")):
        return None
    try:
        return plain(orjson.loads(text))
    except ValueError:
        return None
