"""Attributes as dialects write them: texts that hold JSON, lists spread over numbered keys, tokens."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import orjson

from translator.content.usage import Usage
from translator.model import Json

_MOST_ITEMS = 2_000

Keys = dict[str, tuple[int, str]]
"""Per attribute, how good it is for its field (0 is best), and the field."""


def parsed(value: Json) -> Json:
    """The value, or what its text holds where that is a JSON object or list."""
    if type(value) is str and value[:1] in ("{", "["):
        try:
            return orjson.loads(value)
        except orjson.JSONDecodeError:
            return value
    return value


def decoded(value: Json) -> Json:
    """The same for values that are always written as JSON: a text in quotes is read, too."""
    if type(value) is str and len(value) > 1 and value[0] == value[-1] == '"':
        try:
            return orjson.loads(value)
        except orjson.JSONDecodeError:
            return value
    return parsed(value)


def first(attributes: Mapping[str, Json], names: Iterable[str]) -> Json:
    """The value of the first of the names that has one."""
    for name in names:
        value = attributes.get(name)
        if value is not None and value != "":
            return value
    return None


def by_key(table: Mapping[str, tuple[str, ...]]) -> Keys:
    """A table of fields and the attributes that give them, best first, turned round for `best`."""
    return {key: (rank, name) for name, keys in table.items() for rank, key in enumerate(keys)}


def best(attributes: Mapping[str, Json], keys: Keys) -> dict[str, Json]:
    """The fields that attributes give, each from the best attribute that has a value."""
    said: dict[str, Json] = {}
    ranks: dict[str, int] = {}
    for key in attributes.keys() & keys.keys():
        rank, name = keys[key]
        value = attributes[key]
        if value is not None and value != "" and rank < ranks.get(name, len(keys)):
            said[name], ranks[name] = value, rank
    return said


def gathered(attributes: Mapping[str, Json], prefix: str) -> Json:
    """What keys below a prefix spell out: `p.0.role`, `p.1.parts.0.text` give lists of objects.

    Returns:
        A list or an object; None if there is no such key.
    """
    root: dict[str, Json] = {}
    start = prefix + "."
    for key, value in attributes.items():
        if not key.startswith(start):
            continue
        place = root
        *path, last = key[len(start) :].split(".")
        for part in path:
            inner = place.get(part)
            if type(inner) is not dict:
                inner = place[part] = {}
            place = inner
        if type(place.get(last)) is not dict:
            place[last] = value
    return _listed(root) if root else None


def _listed(value: Json) -> Json:
    if type(value) is not dict:
        return value
    inner = {key: _listed(item) for key, item in value.items()}
    if len(inner) <= _MOST_ITEMS and all(key.isdecimal() for key in inner):
        return [inner[key] for key in sorted(inner, key=int)]
    return inner


USAGE_NAMES: dict[str, tuple[str, ...]] = {
    "input_tokens": (
        "gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens", "llm.token_count.prompt",
        "ai.usage.inputTokens", "ai.usage.promptTokens", "ai.usage.tokens", "llm.usage.prompt_tokens",
    ),
    "output_tokens": (
        "gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens", "llm.token_count.completion",
        "ai.usage.outputTokens", "ai.usage.completionTokens", "llm.usage.completion_tokens",
    ),
    "cache_read": (
        "gen_ai.usage.cache_read.input_tokens", "gen_ai.usage.cache_read_input_tokens",
        "gen_ai.usage.input_tokens.cached", "llm.token_count.prompt_details.cache_read",
        "ai.usage.cachedInputTokens", "ai.usage.inputTokenDetails.cacheReadTokens",
        "gen_ai.usage.details.cache_read_tokens", "gen_ai.usage.details.cache_read_input_tokens",
        "gen_ai.usage.details.cached_tokens",
    ),
    "cache_write": (
        "gen_ai.usage.cache_creation.input_tokens", "gen_ai.usage.cache_write.input_tokens",
        "gen_ai.usage.cache_creation_input_tokens", "gen_ai.usage.input_tokens.cache_write",
        "llm.token_count.prompt_details.cache_write", "ai.usage.inputTokenDetails.cacheWriteTokens",
        "gen_ai.usage.details.cache_write_tokens", "gen_ai.usage.details.cache_creation_input_tokens",
    ),
    "reasoning": (
        "gen_ai.usage.reasoning.output_tokens", "gen_ai.usage.output_tokens.reasoning",
        "gen_ai.usage.reasoning_tokens", "llm.usage.reasoning_tokens",
        "llm.token_count.completion_details.reasoning", "ai.usage.reasoningTokens",
        "ai.usage.outputTokenDetails.reasoningTokens", "gen_ai.usage.details.reasoning_tokens",
    ),
}  # fmt: skip
"""Every name under which a dialect counts tokens, best first."""

EXCLUSIVE_NAMES: dict[str, tuple[str, ...]] = {
    "input_tokens": ("input_tokens",),
    "output_tokens": ("output_tokens",),
    "cache_read": ("cache_read_tokens",),
    "cache_write": ("cache_creation_tokens",),
}
"""The same where input is counted without what a cache held: the telemetry of Claude Code."""


_USAGE_KEYS, _EXCLUSIVE_KEYS = by_key(USAGE_NAMES), by_key(EXCLUSIVE_NAMES)


def count(value: Json) -> int | None:
    """A count of tokens, also from a text."""
    if type(value) is str and value.isdecimal() and len(value) < 16:
        value = int(value)
    if type(value) is float and value.is_integer():
        value = int(value)
    return value if type(value) is int and 0 <= value < 10**12 else None


def usage_of(attributes: Mapping[str, Json], *, exclusive: bool = False) -> Usage | None:
    """The tokens that a span counts, in Sentry's sense; None if it counts none.

    Args:
        attributes: Of the span.
        exclusive: Whether input is counted without the cache; taken for granted where the cache is larger.
    """
    keys = _EXCLUSIVE_KEYS if exclusive else _USAGE_KEYS
    said = best(attributes, keys)
    if "input_tokens" not in said and "output_tokens" not in said:
        return None
    found = {part: count(said.get(part)) for part in USAGE_NAMES}
    if all(value is None for value in found.values()):
        return None
    cached = (found["cache_read"] or 0) + (found["cache_write"] or 0)
    if exclusive or cached > (found["input_tokens"] or 0):
        found["input_tokens"] = (found["input_tokens"] or 0) + cached
    return Usage(**found)
