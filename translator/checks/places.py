"""Where in a line something stands: columns, found by taking its text apart once more."""

from __future__ import annotations

import json
import re

import msgspec

from translator.checks.diagnostic import Diagnostic
from translator.checks.records import entries, event_name
from translator.formats.records import parse_record

_TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\]:,]|[^\s"{}\[\]:,]+', re.DOTALL)


class Spot(msgspec.Struct, frozen=True):
    """A place in the text of a line.

    Attributes:
        text: The text to show: the line, or what was inside of it where that is not a part of its text.
        start: Where it begins in that text, from 0.
        length: How many characters it has; 0 for the line as a whole.
        column: Where it begins in the line as it stands in the file, from 1.
    """

    text: str
    start: int
    length: int
    column: int


def spot_of(diagnostic: Diagnostic) -> Spot:
    """Where a diagnostic points to."""
    origin = diagnostic.origin
    line = _text(origin.data)
    if diagnostic.column:
        start = min(diagnostic.column - 1, len(line))
        return Spot(line, start, min(1, len(line) - start), diagnostic.column)
    inner = _text(origin.inner) if origin.inner else line
    before = max(line.find(inner), 0) if origin.inner else 0
    shown, ahead = (line, before) if line[before : before + len(inner)] == inner else (inner, -1)
    found = _find(inner, diagnostic)
    if found is None:
        return Spot(shown, 0, 0, 1)
    start, end = found
    if ahead < 0:
        return Spot(shown, start, end - start, 1)
    return Spot(shown, ahead + start, end - start, ahead + start + 1)


def find_key(text: str, path: tuple[str, ...]) -> tuple[tuple[int, int], tuple[int, int]] | None:
    """Where the last key with this path stands in a JSON object, and where its value begins.

    Args:
        text: The object; it may be cut off.
        path: Keys from the outermost object on, through objects only.

    Returns:
        Begin and end of the key with its quotes, and of the value: of a list or an object, its bracket.
    """
    found: tuple[tuple[int, int], tuple[int, int]] | None = None
    keys: list[str | None] = []
    in_object: list[bool] = []
    wants_key = wants_value = False
    at_key = (0, 0)
    for token in _TOKEN.finditer(text):
        said = token[0]
        if said == ":":
            continue
        if wants_key and said[0] == '"':
            keys[-1] = _unquoted(said)
            wants_key, wants_value = False, tuple(keys) == path
            at_key = token.span()
            continue
        if wants_value:
            found = (at_key, token.span())
            wants_value = False
        if said in "{[":
            keys.append(None)
            in_object.append(said == "{")
            wants_key = said == "{"
        elif said in "}]" and keys:
            keys.pop()
            in_object.pop()
            wants_key = False
        elif said == ",":
            wants_key = bool(in_object) and in_object[-1]
    return found


def _find(text: str, diagnostic: Diagnostic) -> tuple[int, int] | None:
    if diagnostic.path:
        return _find_path(text, diagnostic.path, on_value=diagnostic.on_value)
    for literal in (diagnostic.literal, diagnostic.origin.mark):
        start = text.find(literal) if literal else -1
        if start >= 0:
            return start, start + len(literal)
    if diagnostic.code.family == "1":
        return None
    # What is about the event as a whole points to its name.
    record = parse_record(text.encode("utf-8", "surrogatepass"))
    named = event_name(list(entries(record))) if isinstance(record, dict) else None
    return _find_path(text, named.path, on_value=True) if named is not None else None


def _find_path(text: str, path: tuple[str, ...], *, on_value: bool) -> tuple[int, int] | None:
    places = find_key(text, path)
    if places is None:
        return None
    key, value = places
    single = value[1] - value[0] == 1 and text[value[0]] in "{["
    return value if on_value and not single else key


def _unquoted(token: str) -> str | None:
    try:
        text: str = json.loads(token, strict=False)
    except ValueError:
        return None
    return text


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace").rstrip("\r\n")
