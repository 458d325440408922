"""Secrets in what agents say and do: API keys, passwords, credentials and private keys are masked.

The literals of all rules are looked for first, in all of a span's bytes at once: plain expressions
over every message would make the whole pipeline many times slower.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from json.encoder import encode_basestring, encode_basestring_ascii

from ahocorasick_rs import BytesAhoCorasick, Implementation, MatchKind

from translator.envelopes.secret_rules import (
    MASK,
    RULES,
    STEMS,
    Rule,
    is_header,
    is_schema,
    names_credential,
    names_secret,
)
from translator.model import Json

_MAX_DEPTH = 200
_MAX_TEXTS = 8
"""Levels of JSON in the texts of JSON that are taken apart; below, expressions must do."""
_MAX_STARTS = 64
"""How often in a text something is read as JSON that turns out to be none: hostile text costs no more."""
_VECTOR, _PREFIX = 64, 4
"""What the automata's vector instructions are good for: so many literals, with prefixes as long as this."""
_START = re.compile(r'(?:(?<![\w\])])|(?<=\[Filtered\]))(?:\{\s{0,80}"|\[\s{0,80}["{\[])')
_PAIRS = (("name", "value"), ("key", "value"), ("Name", "Value"), ("Key", "Value"))


def _automata(literals: Iterable[str]) -> tuple[BytesAhoCorasick, ...]:
    """Automata that find whether one of the literals is in some bytes.

    Up to 64 literals that share a length of prefix are compared by vector instructions, several
    times as fast as byte by byte; one that has another in it is not needed.
    """
    texts = sorted({text.encode() for text in literals})
    least = [text for text in texts if not any(other in text for other in texts if other != text)]
    long = [text for text in least if len(text) >= _PREFIX]
    short = [text for text in least if len(text) < _PREFIX]
    return tuple(
        BytesAhoCorasick(group[first::parts], matchkind=MatchKind.LeftmostFirst)
        for group, parts in ((group, -(-len(group) // _VECTOR)) for group in (long, short))
        for first in range(parts)
    )


def _stems(literals: Iterable[str]) -> Iterator[str]:
    for literal in literals:
        yield next((stem for stem in STEMS if stem in literal), literal)


_EXACT_TEXTS = {text for rule in RULES if not rule.folded and not rule.also for text in rule.literals}
_FOLDED_TEXTS = set(_stems(text for rule in RULES if rule.folded for text in rule.literals))
_EXACT, _FOLDED = _automata(_EXACT_TEXTS), _automata(_FOLDED_TEXTS)
_WITH = tuple((rule.also.encode(), text.encode()) for rule in RULES if rule.also for text in rule.literals)

_SHORT = 1_000
_find_any = BytesAhoCorasick(
    [
        *{text.lower().encode(): None for text in sorted(_EXACT_TEXTS | _FOLDED_TEXTS)},
        *(also for also, _ in _WITH),
    ],
    matchkind=MatchKind.LeftmostFirst,
    implementation=Implementation.DFA,
).find_matches_as_indexes
"""Finds whether any of both is in bytes in lower case: for few bytes, one call is quicker than four."""

_LITERALS = tuple(dict.fromkeys(text.lower().encode() for rule in RULES for text in rule.literals))
_ALL = BytesAhoCorasick(_LITERALS, implementation=Implementation.DFA)
_RULES_OF = tuple(
    tuple(at for at, rule in enumerate(RULES) if literal in (text.lower().encode() for text in rule.literals))
    for literal in _LITERALS
)


def may_hold_secret(data: bytes) -> bool:
    """Whether a text can hold a secret at all: the cheap test before all others.

    Args:
        data: JSON as bytes.
    """
    if len(data) < _SHORT and not _find_any(data.lower()):
        return False
    return _may_hit(data) and bool(_rules_for(data))


def mask_text(text: str, level: int = 0) -> str:
    """The text with every secret in it replaced by `MASK`; JSON stays JSON.

    Args:
        text: Any text; JSON in it is masked by its structure.
        level: In how many texts of JSON it lies.
    """
    data = text.encode("utf-8", "surrogatepass")
    if not _may_hit(data):
        return text
    rules = _rules_for(data)
    if not rules:
        return text
    if level >= _MAX_TEXTS:
        return _by_rules(text, rules)
    if text.lstrip()[:1] in ("{", "[", '"'):
        masked = _mask_json(text, level)
        if masked is not None:
            return masked
    return "".join(
        (_mask_json(part, level) if is_json else None) or _by_rules(part, rules)
        for part, is_json in _parts(text)
    )


def mask_value(value: Json, depth: int = 0, level: int = 0) -> Json:
    """The JSON value with every secret in it masked; the same object where there is none.

    Values of keys that name a secret are masked whole; in objects and lists, everything in them.
    """
    kind = type(value)
    if kind is str:
        masked = mask_text(value, level)
        return value if masked == value else masked
    if kind is dict:
        if depth >= _MAX_DEPTH:
            return MASK
        pairs = {
            second
            for first, second in _PAIRS
            if first in value and type(value[first]) is str and _is_secret(value[first], value.get(second))
        }
        changed = {
            key: _all_masked(item, depth + 1)
            if key in pairs or (type(key) is str and _is_secret(key, item))
            else mask_value(item, depth + 1, level)
            for key, item in value.items()
        }
        return changed if any(changed[key] is not item for key, item in value.items()) else value
    if kind is list:
        if depth >= _MAX_DEPTH:
            return MASK
        if len(value) == 2 and type(value[0]) is str and type(value[1]) is str and is_header(*value):
            return value if value[1] == MASK else [value[0], MASK]
        items = [mask_value(item, depth + 1, level) for item in value]
        same = all(new is old for new, old in zip(items, value, strict=True))
        return value if same else items
    return value


def _may_hit(data: bytes) -> bool:
    for automaton in _EXACT:
        if automaton.find_matches_as_indexes(data):
            return True
    folded = data.lower()
    for automaton in _FOLDED:
        if automaton.find_matches_as_indexes(folded):
            return True
    return b"@" in data and any(also in data and literal in data for also, literal in _WITH)


def _rules_for(data: bytes) -> list[Rule]:
    """The rules of which a literal is in the bytes, in their order."""
    found = _ALL.find_matches_as_indexes(data.lower(), overlapping=True)
    hit = {rule for literal in {match[0] for match in found} for rule in _RULES_OF[literal]}
    rules = [RULES[at] for at in sorted(hit)]
    return [
        rule
        for rule in rules
        if (rule.folded or any(text.encode() in data for text in rule.literals))
        and rule.also.encode() in data
    ]


def _by_rules(text: str, rules: list[Rule]) -> str:
    for rule in rules:
        text = rule.mask(text)
    return text


def _is_secret(key: str, value: Json) -> bool:
    if type(value) is dict and is_schema(value):
        return False
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


class _Number(str):
    """A number as it is spelled: as a float, it would lose digits or be spelled in another way."""

    __slots__ = ()


def _without_repeats(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    """An object; one that has a key twice would lose one of them."""
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a key stands twice")
    return made


_DECODER = json.JSONDecoder(
    object_pairs_hook=_without_repeats, parse_float=_Number, parse_int=_Number, parse_constant=_Number
)


def _parts(text: str) -> Iterator[tuple[str, bool]]:
    """The objects and lists in JSON among a text, and what stands between them."""
    done = position = tries = 0
    while tries < _MAX_STARTS and (start := _START.search(text, position)) is not None:
        try:
            _, end = _DECODER.raw_decode(text, start.start())
        except (ValueError, RecursionError):
            tries += 1
            position = start.start() + 1
            continue
        yield text[done : start.start()], False
        yield text[start.start() : end], True
        done = position = end
    yield text[done:], False


def _mask_json(text: str, level: int) -> str | None:
    """The text masked by its structure; None where it is no JSON."""
    try:
        value = _DECODER.decode(text)
        masked = mask_value(value, level=level + 1)
        if masked is value:
            return text
        quoted = encode_basestring_ascii if text.isascii() else encode_basestring
        return _written(masked, quoted, *((", ", ": ") if '": ' in text else (",", ":")))
    except (ValueError, RecursionError):
        return None


def _written(value: Json, quoted: Callable[[str], str], comma: str, colon: str) -> str:
    """A value as JSON, its numbers as they were spelled."""
    kind = type(value)
    if kind is str:
        return quoted(value)
    if kind is dict:
        fields = (quoted(key) + colon + _written(item, quoted, comma, colon) for key, item in value.items())
        return "{" + comma.join(fields) + "}"
    if kind is list:
        return "[" + comma.join(_written(item, quoted, comma, colon) for item in value) + "]"
    return _CONSTANTS.get(value) or str(value)


_CONSTANTS: dict[Json, str] = {None: "null", True: "true", False: "false"}
