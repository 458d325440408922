"""Large content made smaller by its structure, so that what is left is whole JSON."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson

from translator.content.plain import json_bytes
from translator.model import Json

_MARK = "… [{} characters cut] …"
_MARK_BYTES = 48
_ITEMS_MARK = "[{} items cut]"
_KEY = "…"
_SHORT = 256
"""Bytes under which a string, or an attribute, is left alone as long as others are longer."""

_LEAST = 64
"""Bytes of JSON in which there is room for what is left of any value."""

_HEADROOM = 2_000


def trim_text(text: str, limit: int) -> str:
    """The text within so many bytes of JSON, with its head and tail, and what was cut between.

    Args:
        text: Any text.
        limit: Bytes that its JSON may have, quotes and escapes included.
    """
    if len(text) * 6 + 2 <= limit or len(json_bytes(text)) <= limit:
        return text
    room = max(limit - _MARK_BYTES - 2, 0)
    # The longest head and tail that fit, found by halving: escapes make characters unequal.
    low, high = 0, min(len(text), room)
    while low < high:
        kept = (low + high + 1) // 2
        if len(json_bytes(_cut(text, kept))) <= limit:
            low = kept
        else:
            high = kept - 1
    return _cut(text, low)


def _cut(text: str, kept: int) -> str:
    head = (kept + 1) // 2
    tail = kept - head
    return text[:head] + _MARK.format(len(text) - kept) + (text[-tail:] if tail else "")


def trim_json(value: Json, limit: int) -> Json:
    """A JSON value whose compact JSON has at most so many bytes, cut by its structure.

    Of messages the oldest go first, but never the last; then the longest strings are shortened; then
    lists lose items from their middle, objects their last entries.

    Args:
        value: Any JSON value; it is not changed.
        limit: Bytes of its JSON; at least `_LEAST`.
    """
    if len(json_bytes(value)) <= limit:
        return value
    if _are_messages(value):
        value = _without_oldest(value, limit)
        if len(json_bytes(value)) <= limit:
            return value
    longest = limit
    while longest >= _SHORT:
        shortened = _map_strings(value, longest)
        if len(json_bytes(shortened)) <= limit:
            return shortened
        longest //= 2
    return _shrunk(_map_strings(value, _SHORT), limit)


def trim_attributes(attributes: dict[str, dict[str, Any]], limit: int) -> list[str]:
    """Shortens the longest attributes until all together fit, in place.

    Args:
        attributes: As span v2 writes them: `{key: {"type": …, "value": …}}`.
        limit: Bytes of their JSON.

    Returns:
        The keys of what was shortened, sorted.
    """
    sizes = {key: len(json_bytes(attribute)) for key, attribute in attributes.items()}
    excess = sum(sizes.values()) + sum(len(key) + 6 for key in sizes) + _HEADROOM - limit
    cut: list[str] = []
    if excess <= 0:
        return cut
    # Every long attribute may keep as much as would fit if all long ones were equally long.
    by_size = sorted(sizes, key=lambda key: sizes[key])
    left = max(limit - _HEADROOM - sum(len(key) + 6 for key in sizes), 0)
    for place, key in enumerate(by_size):
        share = left // (len(by_size) - place)
        if sizes[key] > max(share, _SHORT):
            _shorten(attributes[key], max(share, _SHORT))
            cut.append(key)
            sizes[key] = len(json_bytes(attributes[key]))
        left = max(left - sizes[key], 0)
    return sorted(cut)


def _shorten(attribute: dict[str, Any], limit: int) -> None:
    """Makes an attribute's JSON fit; a text that holds JSON holds JSON afterwards, too."""
    value = attribute["value"]
    room = limit - len(json_bytes({**attribute, "value": ""}))
    if type(value) is list:
        attribute["value"] = [item for item in trim_json(value, room) if type(item) is str]
        return
    text = str(value)
    try:
        parsed = orjson.loads(text)
    except orjson.JSONDecodeError:
        attribute["value"] = trim_text(text, room)
        return
    # The JSON is a string within JSON: its quotes and backslashes are escaped once more.
    inner = room
    while len(json_bytes(shorter := json_bytes(trim_json(parsed, max(inner, _LEAST))).decode())) > room:
        if inner <= _LEAST:
            break
        inner = inner * 3 // 4
    attribute["value"] = shorter


def _are_messages(value: Json) -> bool:
    return type(value) is list and all(type(item) is dict and "role" in item for item in value)


def _without_oldest(messages: list[Json], limit: int) -> list[Json]:
    size = 2
    kept: list[Json] = []
    for message in reversed(messages):
        size += len(json_bytes(message)) + 1
        if kept and size > limit:
            break
        kept.append(message)
    return kept[::-1]


def _map_strings(value: Json, longest: int) -> Json:
    return _mapped(value, lambda text: trim_text(text, longest))


def _mapped(value: Json, change: Callable[[str], str]) -> Json:
    if type(value) is str:
        return change(value)
    if type(value) is dict:
        return {change(key): _mapped(item, change) for key, item in value.items()}
    if type(value) is list:
        return [_mapped(item, change) for item in value]
    return value


def _shrunk(value: Json, limit: int, key: str = "") -> Json:
    if len(json_bytes(value)) <= limit:
        return value
    if type(value) is str:
        return trim_text(value, limit)
    if type(value) is list:
        return _shrunk_list(value, limit, key)
    if type(value) is dict:
        return _shrunk_dict(value, limit)
    return None


def _shrunk_list(items: list[Json], limit: int, key: str) -> Json:
    """The items from both ends inwards; one that takes more than half of what room is left is shrunk, too."""
    if len(items) == 1:
        return [_shrunk(items[0], limit - 2)]
    room = limit - 3 - len(json_bytes(_mark_of(len(items), key, limit)))
    head: list[Json] = []
    tail: list[Json] = []
    first, last = 0, len(items) - 1
    while first <= last:
        from_head = len(head) <= len(tail)
        item = items[first] if from_head else items[last]
        size = len(json_bytes(item)) + 1
        share = room if first == last else max(room // 2, _SHORT)
        if size > share and _LEAST < share <= room:
            item = _shrunk(item, share - 1)
            size = len(json_bytes(item)) + 1
        if size > room:
            break
        room -= size
        if from_head:
            head.append(item)
            first += 1
        else:
            tail.append(item)
            last -= 1
    if first > last:
        return [*head, *reversed(tail)]
    return [*head, _mark_of(last - first + 1, key, limit), *reversed(tail)]


def _mark_of(count: int, key: str, limit: int) -> Json:
    """What stands for items that are cut: among the parts of a message a part."""
    mark = _ITEMS_MARK.format(count)
    return {"type": "text", "content": mark} if key == "parts" and limit >= _LEAST else mark


def _shrunk_dict(entries: dict[str, Json], limit: int) -> Json:
    room = limit - 40
    kept: dict[str, Json] = {}
    for key, item in entries.items():
        own = len(json_bytes(key)) + 2
        size = len(json_bytes(item))
        if own + size > room:
            if room - own >= _LEAST and type(item) in (str, list, dict):
                item = _shrunk(item, room - own, key)  # noqa: PLW2901 - what is left of it
                size = len(json_bytes(item))
            else:
                continue
        kept[key] = item
        room -= own + size
    if len(kept) < len(entries):
        kept[_KEY] = _ITEMS_MARK.format(len(entries) - len(kept))
    return kept
