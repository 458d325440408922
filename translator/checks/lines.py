"""What is wrong with lines that are no events."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import orjson

from translator.checks.diagnostic import Diagnostic, Origin, say
from translator.checks.records import (
    entries,
    event_name,
    is_name_key,
    is_prose,
    meant_for,
    names,
    names_a_thing,
    near_event,
    tells_of_span,
)
from translator.formats.native.fields import ALIASES
from translator.formats.native.names import meaning, normal
from translator.formats.records import Unreadable, looks_like_event, parse_record
from translator.model import Json, Line

_COLUMN = re.compile(r"line 1 column (\d+)")
_SPACE = b" \t\r\n\0\xef\xbb\xbf"
_LONGEST = 40


def of_unreadable(origin: Origin, line: Line, why: Unreadable, *, native: bool) -> Iterator[Diagnostic]:
    """What is said of a line that gives no event.

    Args:
        origin: Where it stands.
        line: The line that was read: what is inside of a wrapped one.
        why: The reason.
        native: Whether it is of the log format, or of a file whose format is not known.
    """
    reason = why.reason
    if reason == "too_long":
        yield say("E104", origin)
    elif reason == "not_json":
        # No JSON logger indents its lines; those that are, are of a text over many lines.
        if looks_like_event(line, why) and line.data[:1] not in (b" ", b"\t"):
            yield say("E101", origin, f"the line is no JSON: {_problem(why.detail)}", column=_column(why))
        else:
            yield say("N102", origin)
    elif reason == "not_an_object":
        yield say("E103" if line.data.lstrip(_SPACE).startswith((b"[{", b"[ {")) else "N102", origin)
    elif reason == "no_timestamp":
        yield _timeless(origin, line, native=native)
    elif reason == "ignored" and native:
        record = parse_record(line.data)
        if isinstance(record, dict):
            yield from _unnamed(origin, record)


def of_json(origin: Origin, data: bytes) -> Iterator[Diagnostic]:
    """What is said of the JSON of a line that was understood: what parsers pass over in silence."""
    try:
        orjson.loads(data)
    except orjson.JSONDecodeError as error:
        if data.strip(_SPACE) == data or not _is_strict(data.strip(_SPACE)):
            yield say("W108", origin, column=_column_of(str(error)))
    twice = _repeated_key(data)
    if twice is not None:
        message = f"`{twice}` stands twice in the line: the later one counts"
        yield say("W107", origin, message, path=(twice,))


def _timeless(origin: Origin, line: Line, *, native: bool) -> Diagnostic:
    record = parse_record(line.data)
    if not native or not isinstance(record, dict):
        return say("E105", origin)
    found = list(entries(record))
    named = event_name(found)
    if named is None:
        return say("E105", origin)
    for entry in found:
        known = ALIASES[named.meaning.kind].get(entry.word)
        if known is not None and known[0].name == "timestamp" and entry.value is not None:
            message = f"`{entry.key}` holds no time that can be read"
            return say("E105", origin, message, path=entry.path, on_value=True)
    return say("E105", origin, "the event has no time", path=named.path, on_value=True)


def _unnamed(origin: Origin, record: dict[str, Json]) -> Iterator[Diagnostic]:
    """A record whose event's name is not known: mistyped, somewhere else, or the log's own."""
    found = list(entries(record))
    looked_at = names(found)
    for entry, said in looked_at:
        near = near_event(said)
        if near is not None:
            yield say(
                "E201", origin, f"no event is called `{said}`", hint=f"did you mean `{near}`?",
                path=entry.path, on_value=True,
            )  # fmt: skip
            return
    for entry in found:
        value = entry.value
        if type(value) is str and not is_name_key(entry) and "." in normal(value) and meaning(value):
            message = f"`{value}` is the name of an event, but nobody looks for it under `{entry.key}`"
            yield say("E202", origin, message, path=entry.path)
            return
    for entry, said in looked_at:
        kind = None if is_prose(entry, said) else meant_for(said)
        if kind is not None and any(tells_of_span(kind, one) for one in found if one.value is not None):
            thing = "embeddings" if "embedding" in normal(said) else kind
            hint = f"did you mean `{thing}`, `{thing}.start` or `{thing}.end`?"
            message = f"no event is called `{said}`"
            yield say("E201", origin, message, hint=hint, path=entry.path, on_value=True)
            return
    for entry, said in looked_at:
        if names_a_thing(said):
            message = f"no event is called `{said[:_LONGEST]}`, and the line is passed over"
            yield say("N203", origin, message, path=entry.path, on_value=True)
            return


def _column(why: Unreadable) -> int:
    return _column_of(why.detail)


def _column_of(detail: str) -> int:
    found = _COLUMN.search(detail)
    return int(found[1]) if found else 0


def _problem(detail: str) -> str:
    return detail.partition(": line ")[0]


def _is_strict(data: bytes) -> bool:
    try:
        orjson.loads(data)
    except orjson.JSONDecodeError:
        return False
    return True


def _repeated_key(data: bytes) -> str | None:
    """The first key that the outermost object has twice."""
    last: list[tuple[str, object]] = []

    def keep(pairs: list[tuple[str, object]]) -> None:
        last[:] = pairs

    try:
        json.loads(data.decode("utf-8", "replace").strip("\0"), object_pairs_hook=keep, strict=False)
    except (ValueError, RecursionError):
        return None
    seen: set[str] = set()
    for key, _ in last:
        if key in seen:
            return key
        seen.add(key)
    return None
