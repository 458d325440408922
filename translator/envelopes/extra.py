"""What a log says beyond its format: attributes that Sentry's conventions know, and the log's own."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from functools import lru_cache
from typing import NamedTuple

from translator.content.plain import json_text
from translator.content.private import is_content, without_content
from translator.envelopes.calls import CALL_ID
from translator.envelopes.conventions import Known, coerced, known
from translator.envelopes.typed import Part, Typed, string
from translator.model import Json

BLANKED = ("auth", "secret", "password", "passwd", "api_key", "apikey", "token", "credential")
"""Parts of keys that make the server blank a value, however harmless; such keys go into one JSON."""

OTHER = "log.other"
_LONGEST_KEY = 200
_PLAIN = {bool: "boolean", float: "double", int: "integer"}
_FITTING: dict[type, Callable[[Json], Json] | None] = {
    str: None,
    bool: None,
    float: lambda value: coerced(value, "double"),
    int: lambda value: coerced(value, "integer"),
}
"""How values of the plain types are made to fit; None comes of those that do not."""


def _json_without_content(value: Json) -> Json:
    kept = without_content(value)
    return None if kept is None else json_text(kept)


_HOLDING = frozenset((str, dict, list))
"""Types of values that may hold names of content."""
_FITTING_WITHOUT_CONTENT = {
    **_FITTING,
    str: without_content,
    dict: _json_without_content,
    list: _json_without_content,
}


class _Place(NamedTuple):
    """Where the value under a key of the log goes.

    Attributes:
        known: The attribute of the conventions that it is, if it is one.
        content: Whether the key says that it holds messages, tool data or user data.
        blanked: Whether the server would blank an attribute of the key.
        own: The attribute of the log's own that it is otherwise; where blanked, its key in `OTHER`.
    """

    known: Known | None
    content: bool
    blanked: bool
    own: str


def _find_place(key: str) -> _Place:
    found = known(key)
    name = key[:_LONGEST_KEY]
    lowered = name.lower()
    blanked = any(word in lowered for word in BLANKED)
    content = is_content(key) or (found is not None and is_content(found.key))
    return _Place(found, content, blanked, name if blanked else "log." + name)


_remembered_place = lru_cache(maxsize=2048)(_find_place)


def plain_extra(
    extra: Mapping[str, Json], taken: Container[str], *, content: bool, most: int
) -> dict[str, Part] | None:
    """What `add_extra` makes of each key, where nothing but the type of its value decides on that.

    Args:
        extra: By the log's own keys.
        taken: Attributes that there are already.
        content: Whether keys of content are added, and what values hold under such.
        most: How many keys of the log's own are added.
    """
    fitting = _FITTING if content else _FITTING_WITHOUT_CONTENT
    parts: dict[str, Part] = {}
    for key, value in extra.items():
        place = _find_place(key)
        name = place.own
        if place.known is not None or place.blanked or name in taken or name in parts or name == CALL_ID:
            return None
        if place.content and not content:
            return None
        wire_type = _PLAIN.get(type(value), "string")
        parts[name] = Part(wire_type, None, key, fitting.get(type(value), json_text))
    return parts if len(parts) <= most else None


def add_extra(
    out: Typed,
    extra: Mapping[str, Json],
    taken: Container[str],
    *,
    content: bool,
    most: int,
) -> None:
    """Adds attributes for what the log says beyond its format.

    Args:
        out: Where to; what is in it goes before attributes of the conventions.
        extra: By the log's own keys.
        taken: Attributes elsewhere, which go before as well.
        content: Whether keys of content are added, be they of the conventions or the log's own, and what
            values hold under such.
        most: How many keys of the log's own are added.
    """
    other: dict[str, Json] = {}
    for key, logged in extra.items():
        # Hostile logs must not fill the memory: a key that is too long to be kept whole is forgotten.
        place = _remembered_place(key) if len(key) <= _LONGEST_KEY else _find_place(key)
        if place.content and not content:
            continue
        holding = not content and type(logged) in _HOLDING
        value = without_content(logged) if holding else logged
        if holding and value is None:
            continue
        found = place.known
        if found is not None:
            if found.key in out or found.key in taken:
                continue
            fitting = found.fitting(value)
            if fitting is not None:
                out[found.key] = {"type": found.type, "value": fitting}
                continue
        if most <= 0:
            continue
        most -= 1
        if place.blanked:
            other[place.own] = value
        elif type(value) is str:
            out[place.own] = string(value)
        else:
            wire_type = _PLAIN.get(type(value))
            fitting = None if wire_type is None else coerced(value, wire_type)
            out[place.own] = (
                string(json_text(value)) if fitting is None else {"type": wire_type, "value": fitting}
            )
    if other:
        out[OTHER] = string(json_text(other))
