"""Secrets in what agents say and do: API keys, passwords, credentials and private keys are masked.

The literals of all rules are looked for first, in all of a span's bytes at once: plain expressions
over every message would make the whole pipeline many times slower.
"""

from __future__ import annotations

import json

from ahocorasick_rs import BytesAhoCorasick

from translator.envelopes.secret_rules import MASK, RULES, names_credential, names_secret
from translator.model import Json

_MAX_DEPTH = 200
_MAX_TEXTS = 8
"""Levels of JSON in the texts of JSON that are taken apart; below, expressions must do."""

# One pass over the bytes finds any of a hundred literals; `in` for each took ten times as long.
_EXACT = BytesAhoCorasick([text.encode() for rule in RULES if not rule.folded for text in rule.literals])
_FOLDED = BytesAhoCorasick(
    list(dict.fromkeys(text.encode() for rule in RULES if rule.folded for text in rule.literals))
)


def may_hold_secret(data: bytes) -> bool:
    """Whether a text can hold a secret at all: the cheap test before all others.

    Args:
        data: JSON as bytes.
    """
    return bool(_EXACT.find_matches_as_indexes(data) or _FOLDED.find_matches_as_indexes(data.lower()))


def mask_text(text: str, level: int = 0) -> str:
    """The text with every secret in it replaced by `MASK`; JSON stays JSON.

    Args:
        text: Any text; an object or list in JSON is masked by its structure.
        level: In how many texts of JSON it lies.
    """
    folded = text.lower()
    rules = [
        rule
        for rule in RULES
        if any(literal in (folded if rule.folded else text) for literal in rule.literals)
    ]
    if not rules:
        return text
    if level < _MAX_TEXTS and text.lstrip()[:1] in ("{", "["):
        masked = _mask_json(text, level)
        if masked is not None:
            return masked
    for rule in rules:
        text = rule.mask(text)
    return text


def mask_value(value: Json, depth: int = 0, level: int = 0) -> Json:
    """The JSON value with every secret in it masked; the same object where there is none.

    Values of keys that name a secret are masked whole; in objects and lists, everything in them.
    """
    kind = type(value)
    if kind is str:
        masked = mask_text(value, level)
        return value if masked == value else masked
    if depth >= _MAX_DEPTH:
        return value
    if kind is dict:
        named = value.get("name")
        pair = "value" if type(named) is str and names_secret(named) else None
        changed = {
            key: _all_masked(item, depth + 1)
            if key == pair or (type(key) is str and _is_secret(key, item))
            else mask_value(item, depth + 1, level)
            for key, item in value.items()
        }
        return changed if any(changed[key] is not item for key, item in value.items()) else value
    if kind is list:
        items = [mask_value(item, depth + 1, level) for item in value]
        same = all(new is old for new, old in zip(items, value, strict=True))
        return value if same else items
    return value


def _is_secret(key: str, value: Json) -> bool:
    return names_secret(key) or (type(value) is str and names_credential(key, value))


def _all_masked(value: Json, depth: int) -> Json:
    kind = type(value)
    if kind is dict and depth < _MAX_DEPTH:
        changed = {key: _all_masked(item, depth + 1) for key, item in value.items()}
        return changed if any(changed[key] is not item for key, item in value.items()) else value
    if kind is list and depth < _MAX_DEPTH:
        items = [_all_masked(item, depth + 1) for item in value]
        same = all(new is old for new, old in zip(items, value, strict=True))
        return value if same else items
    return value if kind is bool or value in (None, "", MASK) else MASK


def _mask_json(text: str, level: int) -> str | None:
    """The text masked by its structure; None where it is no JSON, or cannot be written as it was."""
    try:
        value = json.loads(text, object_pairs_hook=_without_repeats)
        masked = mask_value(value, level=level + 1)
        if masked is value:
            return text
        separators = (", ", ": ") if '": ' in text else (",", ":")
        return json.dumps(masked, separators=separators, allow_nan=False, ensure_ascii=text.isascii())
    except (ValueError, RecursionError):
        return None


def _without_repeats(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    """An object; one that has a key twice would lose one of them."""
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a key stands twice")
    return made
