"""What is wrong with the values of an event in the log format."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from sentry_conventions.attributes import ATTRIBUTE_METADATA

from translator.checks.diagnostic import Diagnostic, Origin, say
from translator.checks.records import Entry, event_name, is_name_key, near_field
from translator.content.names import DEFAULT_OPERATION, OPERATIONS
from translator.content.usage import LARGEST, doubts
from translator.formats.native.fields import ALIASES, ALL, USAGE_KEYS, Field, Type
from translator.formats.native.plans import cleaner
from translator.formats.records import parse_record
from translator.model import Event, Json, Kind, Phase
from translator.spans.ids import parse_sentry_trace, parse_traceparent

_OF_TIME = (Type.TIME, Type.DURATION)
_LENGTHS = frozenset(("start_time", "duration", "duration_ms", "duration_s", "duration_us", "duration_ns"))
"""Fields one of which a line for a whole span needs."""

_CONTEXTS = {"traceparent": parse_traceparent, "sentry_trace": parse_sentry_trace}
_LONGEST = 40
_WITHOUT_ZONE = re.compile(r"\d{4}-?\d\d-?\d\d[Tt _]\s*\d\d:?\d\d(?::?\d\d(?:[.,]\d+)?)?\Z")
_DEEPEST = 3

_LOGGERS_OWN = frozenset(("name", "target", "source", "version", "hostname", "message"))
"""Names of fields under which loggers write of themselves: one that does not count is no loss."""

_DOUBTS = {
    "total": ("W304", "the total of tokens is below input and output together"),
    "cache": ("W305", "more tokens are from the cache than there is input"),
    "reasoning": ("W305", "more tokens are reasoning than there is output"),
}


def of_event(origin: Origin, event: Event, found: list[Entry]) -> Iterator[Diagnostic]:
    """What is said of the values of an event.

    Args:
        origin: Its line.
        event: What the reader has made of it.
        found: The keys of its record.
    """
    kind = event.kind
    first: dict[str, tuple[int, Entry]] = {}
    counts: dict[str, Entry] = {}
    seen: set[str] = set()
    for entry in found:
        if entry.value is None:
            continue
        yield from _of_name(origin, kind, entry)
        known = ALIASES[kind].get(entry.word)
        if known is None:
            if entry.word in USAGE_KEYS:
                counts[entry.key] = entry
            continue
        field, rank = known
        seen.add(field.name)
        yield from _of_value(origin, field, rank, entry, found, kind)
        yield from _of_rival(origin, field, rank, entry, first)
    if kind in (Kind.MODEL, Kind.AGENT):
        usage = first.get("usage")
        yield from _of_usage(origin, event, usage[1] if usage is not None else None, counts)
    if kind is Kind.MODEL and "operation" in first:
        yield from _of_operation(origin, first["operation"][1])
    if event.start is not None and event.end is not None and event.end < event.start:
        yield say("E307", origin)
    if event.phase is Phase.WHOLE and kind is not Kind.HANDOFF and _LENGTHS.isdisjoint(seen):
        named = event_name(found)
        yield say("W312", origin, path=named.path if named is not None else (), on_value=True)


def of_zone(origin: Origin, kind: Kind, found: list[Entry]) -> Iterator[Diagnostic]:
    """What is said of a time that does not say its zone."""
    for entry in found:
        known = ALIASES[kind].get(entry.word)
        if known is not None and known[0].type is Type.TIME and type(entry.value) is str:
            if _WITHOUT_ZONE.match(entry.value.strip()):
                yield say("N309", origin, path=entry.path, on_value=True)
            return


def _of_name(origin: Origin, kind: Kind, entry: Entry) -> Iterator[Diagnostic]:
    key = entry.key
    metadata = ATTRIBUTE_METADATA.get(key) if "." in key else None
    if metadata is not None and metadata.deprecation is not None:
        known = ALIASES[kind].get(entry.word)
        better = metadata.deprecation.replacement or (known[0].name if known is not None else "")
        hint = f"log it as `{better}`" if better else ""
        yield say("W205", origin, f"`{key}` is deprecated", hint=hint, path=entry.path)
    elif entry.word not in ALIASES[kind] and entry.word not in USAGE_KEYS and not is_name_key(entry):
        near = near_field(kind, key)
        if near is not None:
            message = f"`{key[:_LONGEST]}` is no field of the log format"
            yield say("W204", origin, message, hint=f"did you mean `{near}`?", path=entry.path)


def _of_operation(origin: Origin, entry: Entry) -> Iterator[Diagnostic]:
    said = entry.value.strip() if type(entry.value) is str else ""
    if said and said not in OPERATIONS:
        shown = said[:_LONGEST]
        message = f"`{shown}` is no operation that Sentry knows, and is sent as `{DEFAULT_OPERATION}`"
        yield say("N313", origin, message, path=entry.path, on_value=True)


def _of_value(
    origin: Origin, field: Field, rank: int, entry: Entry, found: list[Entry], kind: Kind
) -> Iterator[Diagnostic]:
    value = entry.value
    if type(value) is dict and field.kinds == ALL and cleaner(field.name, field.type)(value) is None:
        message = f"`{entry.key}` holds an object, and becomes a log attribute"
        yield say("N311", origin, message, path=entry.path)
    elif cleaner(field.name, field.type)(value) is None and not is_name_key(entry):
        counting = _counting(field, found, kind) if field.type in _OF_TIME else None
        if counting is not None and counting[0] < rank:
            # Of a length of time it is said with what else does not count.
            if field.type is Type.TIME:
                message = f"`{entry.key}` does not count: `{counting[1].key}` says the `{field.name}` already"
                yield say("N206", origin, message, path=entry.path)
        elif field.type in _OF_TIME and counting is None:
            message = f"`{entry.key}` holds no {field.type.value} that can be read"
            yield say("E301", origin, message, path=entry.path, on_value=True)
        elif value != "" and entry.word not in _LOGGERS_OWN:
            message = f"the value of `{entry.key}` is no {field.type.value}, and becomes a log attribute"
            yield say("W302", origin, message, path=entry.path, on_value=True)
    elif field.name in _CONTEXTS and type(value) is str and _CONTEXTS[field.name](value) is None:
        yield say("W308", origin, f"`{entry.key}` cannot be read", path=entry.path, on_value=True)


def _counting(field: Field, found: list[Entry], kind: Kind) -> tuple[int, Entry] | None:
    """The key that a field is read from, with its rank; None where no key of it holds what fits."""
    clean = cleaner(field.name, field.type)
    fit = (
        (known[1], entry)
        for entry in found
        if (known := ALIASES[kind].get(entry.word)) is not None
        and known[0].name == field.name
        and clean(entry.value) is not None
    )
    return min(fit, key=lambda one: one[0], default=None)


def _of_rival(
    origin: Origin, field: Field, rank: int, entry: Entry, first: dict[str, tuple[int, Entry]]
) -> Iterator[Diagnostic]:
    """Two keys of one field; which of them counts is known when both have been seen."""
    if field.type is Type.TIME or entry.word in _LOGGERS_OWN:
        return
    before = first.get(field.name)
    if before is None:
        first[field.name] = (rank, entry)
        return
    winner, loser = (before[1], entry) if before[0] < rank else (entry, before[1])
    first[field.name] = min(before, (rank, entry), key=lambda one: one[0])
    if winner.value != loser.value:
        message = f"`{loser.key}` does not count: `{winner.key}` says the `{field.name}` already"
        yield say("N206", origin, message, path=loser.path)


def _of_usage(
    origin: Origin, event: Event, usage: Entry | None, counts: Mapping[str, Entry]
) -> Iterator[Diagnostic]:
    raw: Json = None
    path: tuple[str, ...] = ()
    if usage is not None:
        raw, path = usage.value, usage.path
        if type(raw) is str:
            raw = parse_record(raw.encode("utf-8", "surrogatepass"))
    if type(raw) is not dict:
        if not counts:
            return
        raw = {key: entry.value for key, entry in counts.items()}
        path = next(iter(counts.values())).path
        bad = [entry.path for entry in counts.values() if not _can_be(entry.value)]
    else:
        bad = list(_impossible(raw, path))
    for where in bad:
        message = f"`{where[-1]}` cannot be a count of tokens, and is left out"
        yield say("W303", origin, message, path=where, on_value=True)
    if not bad:
        for doubt in doubts(raw, event.fields.get("provider")):
            name, message = _DOUBTS[doubt]
            yield say(name, origin, message, path=path)


def _impossible(usage: dict[str, Json], path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for key, value in usage.items():
        where = (*path, key)
        if type(value) is dict and len(where) < len(path) + _DEEPEST:
            yield from _impossible(value, where)
        elif _is_count(key) and not _can_be(value):
            yield where


def _is_count(key: str) -> bool:
    return any(word in key.lower() for word in ("token", "count"))


def _can_be(value: Json) -> bool:
    if type(value) is str:
        return value.isascii() and value.isdigit()
    if type(value) is bool or type(value) not in (int, float):
        return type(value) in (type(None), list, dict)
    return bool(0 <= value <= LARGEST and value == int(value))
