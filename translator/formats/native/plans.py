"""What the keys of a record and the name of its event say once for all lines that have both.

A plan knows two ways. The quick one is for values that are what their fields want: no
alias stands in for another, and texts need but `str.strip`. Whatever else is in a line, the plain way
reads it. Both give the same.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from translator.formats.native.fields import ALIASES, DURATION_UNITS_US, USAGE_KEYS, Type, squash
from translator.formats.native.names import Meaning
from translator.formats.native.timestamps import parse_bare_duration, parse_duration, parse_time
from translator.formats.native.values import BY_KEY, CLEANERS, MANIFOLD
from translator.model import Json, Kind, Phase

Clean = Callable[[Json], Json]

TIMES = frozenset((
    "start_time", "end_time", "duration", "duration_ms", "duration_s", "duration_us", "duration_ns", "pid",
    "thread", "thread_id",
))  # fmt: skip
"""What besides its own time says of a line when, and where from, it is."""

_TEXTS = frozenset((Type.TEXT, Type.ID, Type.NAMED))
_BODIES = ("input", "output")
_ONE_FORM = frozenset(("tool", "input", "output", "failure"))
"""Fields of several forms whose values in the quick way are in one already, unless they are objects."""


class Plan(msgspec.Struct, frozen=True):
    """How lines are read that have the same keys and the same event.

    Attributes:
        said: What the event's name means.
        fields: Per field its key, its name and what cleans its value, the best alias of each first.
        counts: The keys of counts of tokens.
        extra: The keys that are no fields.
        timed: Whether more than the line's own time may tell of times, and where from it is.
        texts: For the quick way, name and key of each field that tends to be a text.
        others: For the quick way, name and key of each other field, and what cleans its value.
        beyond: For the quick way, the keys that become no field.
        lone: Whether no two keys are the same field.
        settles: Whether a field may have to be put into its one form.
        bodies: The fields that have to be put into it if they are objects, or texts that hold one.
        usage: Whether there are counts of tokens.
        starts: Whether the event begins at the line's own time.
        ends: Whether it ends then.
    """

    said: Meaning
    fields: tuple[tuple[str, str, Clean], ...]
    counts: tuple[str, ...]
    extra: tuple[str, ...]
    timed: bool
    texts: tuple[tuple[str, str], ...]
    others: tuple[tuple[str, str, Clean], ...]
    beyond: tuple[str, ...]
    lone: bool
    settles: bool
    bodies: tuple[str, ...]
    usage: bool
    starts: bool
    ends: bool


def make_plan(record: dict[str, Json], said: Meaning, name_key: str) -> Plan:
    """The plan for lines like this one; its values tell which fields tend to be texts.

    Args:
        record: A line's record.
        said: What the name of its event means.
        name_key: The key under which that stands.
    """
    kind = said.kind
    known: list[tuple[int, str, str, Type]] = []
    counts: list[str] = []
    extra: list[str] = []
    # Logging bridges of OpenTelemetry add the ids of the surrounding request to every line, always
    # with the flags beside them: such a span id is not the id of the span that the line tells of.
    ambient = any(squash(key) == "traceflags" for key in record)
    for key in record:
        squashed = squash(key)
        entry = ALIASES[kind].get(squashed)
        if ambient and squashed == "spanid":
            entry = None
        if entry is not None:
            field, rank = entry
            known.append((rank, key, field.name, field.type))
        elif kind in (Kind.MODEL, Kind.AGENT) and squashed in USAGE_KEYS:
            counts.append(key)
        else:
            extra.append(key)
    fields = [(key, name, type_) for _, key, name, type_ in sorted(known) if key != name_key]
    extra = [key for key in extra if key != name_key]
    best = {name: (key, type_) for key, name, type_ in reversed(fields)}
    worse = [key for key, name, _ in fields if best[name][0] != key]
    texts = {
        name: key
        for name, (key, type_) in best.items()
        if type_ in _TEXTS and type(record[key]) is str and squash(key) not in BY_KEY
    }
    others = [
        (name, key, _cleaner_at(key, name, type_)) for name, (key, type_) in best.items() if name not in texts
    ]
    return Plan(
        said=said,
        fields=tuple((key, name, _cleaner_at(key, name, type_)) for key, name, type_ in fields),
        counts=tuple(counts),
        extra=tuple(extra),
        timed=not TIMES.isdisjoint(best),
        texts=tuple(texts.items()),
        others=tuple(others),
        beyond=(*worse, *extra),
        lone=not worse,
        settles=any(
            (name in MANIFOLD and name not in _ONE_FORM) or (type_ is Type.NAMED and name not in texts)
            for name, (_, type_) in best.items()
        ),
        bodies=_BODIES if kind in (Kind.MODEL, Kind.AGENT) and not best.keys().isdisjoint(_BODIES) else (),
        usage=bool(counts) or "usage" in best,
        starts=said.phase is Phase.WHOLE,
        ends=said.phase is not Phase.START,
    )


def _cleaner_at(key: str, name: str, type_: Type) -> Clean:
    return BY_KEY.get(squash(key)) or cleaner(name, type_)


def cleaner(name: str, type_: Type) -> Clean:
    """What makes a value of a field from JSON, or None where the value does not fit it."""
    if type_ is Type.TIME:
        return parse_time
    if type_ is Type.DURATION:
        if name == "duration":
            return parse_bare_duration
        unit = DURATION_UNITS_US[name]
        return lambda value: parse_duration(value, unit)
    return CLEANERS[type_]
