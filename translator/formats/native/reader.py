"""Records to events: what one line of the log format means.

Lines of one program have few shapes (the tuple of their keys). For each shape and kind a `Plan`
says once which key is which field; reading a line is then a walk over its plan.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import msgspec

from translator.content.usage import Usage, read_usage
from translator.formats.native.around import Places, filled, places
from translator.formats.native.fields import ALIASES, DURATION_UNITS_US, USAGE_KEYS, Type, squash
from translator.formats.native.names import Meaning, meaning
from translator.formats.native.timestamps import parse_bare_duration, parse_duration, parse_time
from translator.formats.native.values import CLEANERS, settle
from translator.formats.records import Unreadable, parse_record
from translator.model import Event, Json, Kind, Line, Phase

EVENT_KEYS = ("event", "event_type", "event.name", "type", "msg", "message", "@mt", "@m",
              "message_template")  # fmt: skip
"""Keys whose value may be the event's name, the first known name wins."""

CONTAINERS = (
    "data", "fields", "attributes", "context", "extra", "payload", "properties", "labels", "record",
    "json_payload", "context_map", "mdc",
)  # fmt: skip
"""Keys of objects in which loggers put the fields, one level down; matched like names of fields."""

_EVENT_RANK = {squash(key): rank for rank, key in enumerate(EVENT_KEYS)}
_CONTAINER_RANK = {squash(key): rank for rank, key in enumerate(CONTAINERS)}
_MAX_SHAPES = 4096

IGNORED = Unreadable("ignored")
NO_TIMESTAMP = Unreadable("no_timestamp", "the event has no timestamp that can be read")


class _Shape(msgspec.Struct, frozen=True):
    """What the keys of a record say before its event is known."""

    names: tuple[str, ...]
    containers: tuple[str, ...]
    around: Places
    unfolds: bool


class _Plan(msgspec.Struct, frozen=True):
    """Which key of a record is which field, for one shape and one kind."""

    fields: tuple[tuple[str, str, Callable[[Json], Json]], ...]
    counts: tuple[str, ...]
    extra: tuple[str, ...]


class NativeReader:
    """Reads the lines of the log format.

    Args:
        counts: What it counts in.

    Attributes:
        counts: How often a value did not fit its field ("invalid_values") or a token count was
            absurd ("invalid_counts"); such values are kept as plain attributes or left out.
    """

    def __init__(self, counts: Counter[str] | None = None) -> None:
        self.counts: Counter[str] = Counter() if counts is None else counts
        self._shapes: dict[tuple[str, ...], _Shape] = {}
        self._plans: dict[tuple[Kind, tuple[str, ...]], _Plan] = {}

    def read(self, line: Line) -> Event | Unreadable:
        """What the line means: an event, or the reason why it is none."""
        record = parse_record(line.data)
        if isinstance(record, Unreadable):
            return record
        return self.read_record(line, record)

    def read_record(self, line: Line, record: dict[str, Json]) -> Event | Unreadable:
        """The same for a record that has been made of the line."""
        shape = self._shape(record)
        found: Meaning | None = None
        name_key = ""
        for name_key in shape.names:
            value = record[name_key]
            found = meaning(value.get("name") if type(value) is dict else value)
            if found is not None:
                break
        if shape.unfolds:
            found, record, name_key = self._unfold(record, shape, found, name_key)
            if shape.around:
                record = filled(record, shape.around)
        if found is None:
            return IGNORED
        return self._event(line, record, found, name_key)

    def _shape(self, record: dict[str, Json]) -> _Shape:
        keys = tuple(record)
        shape = self._shapes.get(keys)
        if shape is None:
            names = [(rank, key) for key in keys if (rank := _EVENT_RANK.get(squash(key))) is not None]
            inner = [(rank, key) for key in keys if (rank := _CONTAINER_RANK.get(squash(key))) is not None]
            around = places(keys)
            shape = _Shape(
                tuple(key for _, key in sorted(names)),
                tuple(key for _, key in sorted(inner)),
                around,
                bool(inner or around),
            )
            if len(self._shapes) >= _MAX_SHAPES:
                self._shapes.clear()
            self._shapes[keys] = shape
        return shape

    def _unfold(
        self, record: dict[str, Json], shape: _Shape, found: Meaning | None, name_key: str
    ) -> tuple[Meaning | None, dict[str, Json], str]:
        """Lifts the fields of containers beside those of the record; the inner ones win."""
        flat = record
        for container in shape.containers:
            inner = record[container]
            if type(inner) is not dict:
                continue
            inner_shape = self._shape(inner)
            if found is None:
                for key in inner_shape.names:
                    found = meaning(inner[key])
                    if found is not None:
                        name_key = key
                        break
            if inner_shape.containers:
                found, inner, name_key = self._unfold(inner, inner_shape, found, name_key)
            if flat is record:
                flat = dict(record)
            flat.pop(container, None)
            flat.update(inner)
        return found, flat, name_key

    def _plan(self, kind: Kind, record: dict[str, Json]) -> _Plan:
        keys = tuple(record)
        plan = self._plans.get((kind, keys))
        if plan is None:
            plan = _make_plan(kind, keys)
            if len(self._plans) >= _MAX_SHAPES:
                self._plans.clear()
            self._plans[kind, keys] = plan
        return plan

    def _event(self, line: Line, record: dict[str, Json], said: Meaning, name_key: str) -> Event | Unreadable:
        plan = self._plan(said.kind, record)
        fields: dict[str, Json] = {}
        extra: dict[str, Json] = {}
        for key, name, clean in plan.fields:
            value = record[key]
            if value is None or key == name_key:
                continue
            if name in fields:
                extra[key] = value
                continue
            cleaned = clean(value)
            if cleaned is None:
                self.counts["invalid_values"] += 1
                extra[key] = value
            else:
                fields[name] = cleaned
        for key in plan.extra:
            if key != name_key and record[key] is not None:
                extra[key] = record[key]
        if said.operation is not None:
            fields.setdefault("operation", said.operation)
        if said.failure is not None:
            fields["failure"] = said.failure
        settle(said.kind, fields, extra)
        if plan.counts or "usage" in fields:
            self._read_usage(record, plan, fields, extra)
        if _TIMES.isdisjoint(fields) and "timestamp" in fields:
            return _at_its_time(line, said, fields, extra)
        return _timed(line, said, fields, extra)

    def _read_usage(
        self, record: dict[str, Json], plan: _Plan, fields: dict[str, Json], extra: dict[str, Json]
    ) -> None:
        raw = fields.pop("usage", None)
        if type(raw) is str:
            # log4j2 and others keep nothing but texts.
            record_of_text = parse_record(raw.encode("utf-8", "surrogatepass"))
            raw = record_of_text if type(record_of_text) is dict else raw
        if type(raw) is not dict:
            if raw is not None:
                extra["usage"] = raw
            raw = {key: record[key] for key in plan.counts}
        elif plan.counts:
            extra.update((key, record[key]) for key in plan.counts)
        usage, dropped = read_usage(raw, fields.get("provider"))
        if dropped:
            self.counts["invalid_counts"] += dropped
        if usage != NO_USAGE:
            fields["usage"] = usage


NO_USAGE = Usage()


def _make_plan(kind: Kind, keys: tuple[str, ...]) -> _Plan:
    known: list[tuple[int, str, str, Type]] = []
    counts: list[str] = []
    extra: list[str] = []
    # Logging bridges of OpenTelemetry add the ids of the surrounding request to every line, always
    # with the flags beside them: such a span id is not the id of the span that the line tells of.
    ambient = any(squash(key) == "traceflags" for key in keys)
    for key in keys:
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
    fields = tuple((key, name, cleaner(name, type_)) for _, key, name, type_ in sorted(known))
    return _Plan(fields, tuple(counts), tuple(extra))


def cleaner(name: str, type_: Type) -> Callable[[Json], Json]:
    """What makes a value of a field from JSON, or None where the value does not fit it."""
    if type_ is Type.TIME:
        return parse_time
    if type_ is Type.DURATION:
        if name == "duration":
            return parse_bare_duration
        unit = DURATION_UNITS_US[name]
        return lambda value: parse_duration(value, unit)
    return CLEANERS[type_]


_TIMES = frozenset((
    "start_time", "end_time", "duration", "duration_ms", "duration_s", "duration_us", "duration_ns", "pid",
    "thread",
))  # fmt: skip
"""What besides its own time says of a line when, and where from, it is."""


def _at_its_time(line: Line, said: Meaning, fields: dict[str, Json], extra: dict[str, Json]) -> Event:
    """The event of a line that says nothing of times but when it was written, as most do."""
    phase = said.phase
    time = fields.pop("timestamp")
    start = time if phase is Phase.WHOLE else None
    end = None if phase is Phase.START else time
    return Event(said.kind, phase, time, start, end, line.source, "", fields, extra, line.data)


def _timed(line: Line, said: Meaning, fields: dict[str, Json], extra: dict[str, Json]) -> Event | Unreadable:
    """Puts the event's times right: any two of start, end and duration, or the line's own time."""
    written: int | None = fields.pop("timestamp", None)
    start: int | None = fields.pop("start_time", None)
    end: int | None = fields.pop("end_time", None)
    if written is None and start is None and end is None:
        written = line.written
    duration: int | None = None
    for name in ("duration", "duration_ms", "duration_s", "duration_us", "duration_ns"):
        if name in fields:
            duration = fields.pop(name)
    phase = said.phase
    if phase is Phase.START and (end is not None or duration is not None):
        # A start cannot know its end: a name like "tool.call" here tells of a whole call.
        phase = Phase.WHOLE
    if phase is Phase.START:
        time = start if start is not None else written
    else:
        if end is None:
            if start is not None and duration is not None:
                end = start + duration
            else:
                end = written if written is not None else start
        if start is None and duration is not None and end is not None:
            start = end - duration
        if phase is Phase.WHOLE and start is None:
            start = end
        time = end
    if time is None:
        return NO_TIMESTAMP
    source = line.source
    pid = fields.pop("pid", None)
    if pid is not None:
        source = f"{source}#{pid}"
    thread = fields.pop("thread", "")
    return Event(said.kind, phase, time, start, end, source, thread, fields, extra, line.data)
