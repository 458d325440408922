"""The keys of a record in the log format, with the paths under which they stand."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from translator.formats.native.fields import ALIASES, USAGE_KEYS, squash
from translator.formats.native.names import (
    ENDS,
    FAILURES,
    MEANINGS,
    STARTS,
    SUBJECTS,
    Meaning,
    meaning,
    normal,
)
from translator.formats.native.reader import CLASS_KEY, CONTAINERS, EVENT_KEYS
from translator.model import Json, Kind

_CONTAINERS = {squash(name): rank for rank, name in enumerate(CONTAINERS)}
_NAME_RANK = {squash(name): rank for rank, name in enumerate(EVENT_KEYS)}
_MESSAGES = frozenset(map(squash, ("msg", "message", "@mt", "@m", "message_template")))
_LONGEST_NAME = 40
_NAME_LIKE = re.compile(r"[A-Za-z]+(?:[._:/ -][A-Za-z]+)*\Z")
_NEAR = 0.84
_MOST_NEAR = 5
_SHORTEST_OF_NAME = 3
_WORDS_OF_OTHERS = frozenset(("step", "stats", "state", "calls", "requests", "models", "agents"))
"""Words of names of a log's own that are a letter away from one of an event's."""
_DEEPEST = 8
_squashed = lru_cache(maxsize=8192)(squash)


class Entry(NamedTuple):
    """One key of a record.

    Attributes:
        path: The keys down to it, itself the last.
        key: The key itself.
        word: The same without case, `_`, `-` and `.`.
        value: What stands there.
    """

    path: tuple[str, ...]
    key: str
    word: str
    value: Json


class Named(NamedTuple):
    """The name of an event.

    Attributes:
        path: Where it stands.
        meaning: What it says.
    """

    path: tuple[str, ...]
    meaning: Meaning


def entries(record: dict[str, Json], above: tuple[str, ...] = ()) -> Iterator[Entry]:
    """The keys of a record; of the objects in which loggers put the fields, what is in them."""
    for key, value in record.items():
        path = (*above, key)
        word = _squashed(key)
        if type(value) is dict and word in _CONTAINERS and len(path) < _DEEPEST:
            yield from entries(value, path)
        else:
            yield Entry(path, key, word, value)


def names(found: list[Entry]) -> list[tuple[Entry, str]]:
    """What stands where an event's name is looked for, the first first, but for classes of errors."""
    beside = Counter(entry.path[:-1] for entry in found if entry.word in _NAME_RANK)
    ranked = [
        (len(entry.path), _NAME_RANK[entry.word], number, entry, said)
        for number, entry in enumerate(found)
        if entry.word in _NAME_RANK
        and (said := _name_in(entry.value))
        and not (entry.word == CLASS_KEY and _is_class(said) and _is_beside(entry.path, beside))
    ]
    return [(entry, said) for *_, entry, said in sorted(ranked, key=lambda one: one[:3])]


def _is_beside(path: tuple[str, ...], beside: Counter[tuple[str, ...]]) -> bool:
    return sum(beside[path[:depth]] for depth in range(len(path))) > 1


def _is_class(said: str) -> bool:
    return len(said) <= _LONGEST_NAME and normal(said) != normal(said, camel=False)


def event_name(found: list[Entry]) -> Named | None:
    """The event's name, as the reader finds it; None where the record is no event."""
    for entry, said in names(found):
        known = meaning(said)
        if known is not None:
            return Named(entry.path, known)
    return None


def is_prose(entry: Entry, said: str) -> bool:
    """Whether what stands where an event's name is looked for is but a logger's message of several words."""
    return " " in said and entry.word in _MESSAGES


def is_name_key(entry: Entry) -> bool:
    """Whether an event's name is looked for under the key."""
    return entry.word in _NAME_RANK


@lru_cache(maxsize=4096)
def near_event(said: str) -> str | None:
    """The event name that somebody has mistyped; None for what is none at all."""
    if len(said) > _LONGEST_NAME or not _NAME_LIKE.match(said):
        return None
    name = normal(said)
    if "." not in name:
        return None
    near = difflib.get_close_matches(name, MEANINGS, _MOST_NEAR, _NEAR)
    return next((known for known in near if _is_slip(name.split("."), known.split("."))), None)


def _is_slip(words: list[str], known: list[str]) -> bool:
    """Whether each word is that of the known name, or has one typing error."""
    return len(words) == len(known) and all(
        word == meant or (word not in _WORDS_OF_OTHERS and _one_slip(word, meant, _SHORTEST_OF_NAME))
        for word, meant in zip(words, known, strict=True)
    )


@lru_cache(maxsize=4096)
def names_a_thing(said: str) -> bool:
    """Whether a name begins as those of events do: with a thing, and then a word."""
    if len(said) > _LONGEST_NAME or not _NAME_LIKE.match(said) or " " in said:
        return False
    thing, point, _ = normal(said).partition(".")
    return bool(point) and thing in _THINGS


_THINGS = frozenset(name.partition(".")[0] for name in MEANINGS)


@lru_cache(maxsize=4096)
def meant_for(said: str) -> Kind | None:
    """The kind of a name that is put together of the words of events, but otherwise than those are."""
    if len(said) > _LONGEST_NAME or not _NAME_LIKE.match(said):
        return None
    words = normal(said).split(".")
    if not _WORDS.issuperset(words):
        return None
    return next((_KINDS[word] for word in reversed(words) if word in _KINDS), None)


_KINDS = {subject: kind for kind, subjects in SUBJECTS.items() for subject in subjects} | {
    "embedding": Kind.MODEL
}
_WORDS = frozenset((
    *(word for words in (*SUBJECTS.values(), *STARTS.values(), *ENDS.values()) for name in words
      for word in name.split(".")),
    *FAILURES, "answer", "answered", "called", "calls", "embedding", "executed", "execution", "finish",
    "invocation", "invoked", "ran", "received", "reply", "requested", "returned", "run", "succeeded",
    "success",
))  # fmt: skip


def tells_of_span(kind: Kind, entry: Entry) -> bool:
    """Whether a key is what only a line for a span of the kind has."""
    if entry.word in _OF_ANY_REQUEST:
        return False
    known = ALIASES[kind].get(entry.word)
    if known is None:
        return kind is not Kind.TOOL and entry.word in USAGE_KEYS
    return known[0].name in _TELLING


_TELLING = frozenset((
    "model", "tool", "usage", "cost", "finish_reason", "call_id", "arguments", "input", "output", "request",
))  # fmt: skip
_OF_ANY_REQUEST = frozenset(("requestid",))
"""Fields of calls that lines of web servers have as well."""


@lru_cache(maxsize=8192)
def near_field(kind: Kind, key: str) -> str | None:
    """The name of a field that somebody has mistyped; None for a key of the log's own."""
    word = squash(key)
    for name in _known(kind):
        # Typing errors spare the first letter, and a plural is a word of its own.
        if name[0] == word[:1] and word != f"{name}s" and _one_slip(word, name):
            return _SPELLED[kind].get(name, name)
    return None


@lru_cache(maxsize=8)
def _known(kind: Kind) -> tuple[str, ...]:
    return tuple(name for name in (*ALIASES[kind], *USAGE_KEYS) if len(name) >= _SHORTEST)


_SHORTEST = 5
_SPELLED = {
    kind: {name: field.name for name, (field, _) in aliases.items()} for kind, aliases in ALIASES.items()
}


def _one_slip(word: str, name: str, shortest: int = _SHORTEST) -> bool:
    """Whether the words differ by one letter: another, one more, one less, or two exchanged."""
    if abs(len(word) - len(name)) > 1 or word == name or len(word) < shortest:
        return False
    at = next((i for i, (a, b) in enumerate(zip(word, name, strict=False)) if a != b), None)
    if at is None:
        return True
    if len(word) == len(name):
        exchanged = word[at : at + 2] == name[at + 1 : at + 2] + name[at : at + 1]
        return word[at + 1 :] == name[at + 1 :] or (exchanged and word[at + 2 :] == name[at + 2 :])
    longer, shorter = (word, name) if len(word) > len(name) else (name, word)
    return longer[at + 1 :] == shorter[at:]


def _name_in(value: Json) -> str:
    if type(value) is dict:
        value = value.get("name")
    return value if type(value) is str else ""
