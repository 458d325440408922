"""Records to events: what one line of the log format means.

Lines of one program have few shapes (the tuple of their keys). For each shape and event a `Plan`
says once which key is which field; reading a line is then to follow its plan.
"""

from __future__ import annotations

from collections import Counter

import msgspec

from translator.formats.native.around import Places, filled, places
from translator.formats.native.fields import squash
from translator.formats.native.names import Meaning, meaning
from translator.formats.native.plans import Plan, make_plan
from translator.formats.native.tokens import settle_usage
from translator.formats.native.values import LONGEST_ID, may_hold_body, settle
from translator.formats.records import Unreadable, parse_record
from translator.model import Event, Json, Line, Phase

EVENT_KEYS = ("event", "event_type", "event.name", "type", "msg", "message", "@mt", "@m",
              "message_template")  # fmt: skip
"""Keys whose value may be the event's name, the first known name wins."""

CLASS_KEY = "type"
"""The one of them under which loggers also put the class of an error, such as `ToolError`."""

CONTAINERS = (
    "data", "fields", "attributes", "context", "extra", "payload", "properties", "labels", "record",
    "json_payload", "context_map", "mdc",
)  # fmt: skip
"""Keys of objects in which loggers put the fields, one level down; matched like names of fields."""

_EVENT_RANK = {squash(key): rank for rank, key in enumerate(EVENT_KEYS)}
_CONTAINER_RANK = {squash(key): rank for rank, key in enumerate(CONTAINERS)}
_MAX_SHAPES = 4096
_MAX_SPELLINGS = 64

IGNORED = Unreadable("ignored")
NO_TIMESTAMP = Unreadable("no_timestamp", "the event has no timestamp that can be read")


class _Shape(msgspec.Struct, frozen=True):
    """What the keys of a record say before its event is known.

    Attributes:
        names: The keys that may hold the event's name, each with the plans by what it has held.
        classes: Those of them under which something in CamelCase beside another is a class.
        containers: The keys that may hold the fields.
        around: Where loggers put more about the line.
        unfolds: Whether there is any of both.
        plans: All plans, by the key of the event's name and what that means.
    """

    names: tuple[tuple[str, dict[str, Plan]], ...]
    classes: frozenset[str]
    containers: tuple[str, ...]
    around: Places
    unfolds: bool
    plans: dict[tuple[str, Meaning], Plan]


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

    def read(self, line: Line) -> Event | Unreadable:
        """What the line means: an event, or the reason why it is none."""
        record = parse_record(line.data)
        if isinstance(record, Unreadable):
            return record
        return self.read_record(line, record)

    def read_record(self, line: Line, record: dict[str, Json]) -> Event | Unreadable:
        """The same for a record that has been made of the line."""
        shape = self._shapes.get(tuple(record)) or self._shape(record)
        found: Meaning | None = None
        name_key = ""
        for name_key, plans in shape.names:
            value = record[name_key]
            if type(value) is str:
                plan = plans.get(value)
                if plan is not None:
                    return self._event(line, record, plan)
            said = value.get("name") if type(value) is dict else value
            found = meaning(said, camel=name_key not in shape.classes or len(shape.names) == 1)
            if found is not None:
                break
        if shape.unfolds:
            found, record, name_key = self._unfold(record, shape, found, name_key)
            if shape.around:
                record = filled(record, shape.around)
        if found is None:
            return IGNORED
        plan = self._plan(record, found, name_key)
        if not shape.unfolds and type(value) is str:
            if len(plans) >= _MAX_SPELLINGS:
                plans.clear()
            plans[value] = plan
        return self._event(line, record, plan)

    def _shape(self, record: dict[str, Json]) -> _Shape:
        keys = tuple(record)
        shape = self._shapes.get(keys)
        if shape is None:
            names = [(rank, key) for key in keys if (rank := _EVENT_RANK.get(squash(key))) is not None]
            inner = [(rank, key) for key in keys if (rank := _CONTAINER_RANK.get(squash(key))) is not None]
            around = places(keys)
            shape = _Shape(
                tuple((key, {}) for _, key in sorted(names)),
                frozenset(key for _, key in names if squash(key) == CLASS_KEY),
                tuple(key for _, key in sorted(inner)),
                around,
                bool(inner or around),
                {},
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
                for key, _ in inner_shape.names:
                    alone = len(inner_shape.names) == 1 and not shape.names
                    found = meaning(inner[key], camel=alone or key not in inner_shape.classes)
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

    def _plan(self, record: dict[str, Json], said: Meaning, name_key: str) -> Plan:
        plans = self._shape(record).plans
        plan = plans.get((name_key, said))
        if plan is None:
            plan = plans[name_key, said] = make_plan(record, said, name_key)
        return plan

    def _event(self, line: Line, record: dict[str, Json], plan: Plan) -> Event | Unreadable:
        """The event of a line, in the quick way if its values are what its plan expects."""
        data = line.data
        fields: dict[str, Json] = {}
        extra: dict[str, Json] = {}
        # Loops in this one function: calls for each key would take longer than all else.
        try:
            for name, key in plan.texts:
                fields[name] = record[key].strip()
            if not all(fields.values()):
                return self._plain_event(line, record, plan)
            if len(data) > LONGEST_ID and len("".join(fields.values())) > LONGEST_ID:
                return self._plain_event(line, record, plan)
        except AttributeError:
            return self._plain_event(line, record, plan)
        for name, key, clean in plan.others:
            value = clean(record[key])
            if value is not None:
                fields[name] = value
            elif record[key] is not None or not plan.lone:
                return self._plain_event(line, record, plan)
        for key in plan.beyond:
            value = record[key]
            if value is not None:
                extra[key] = value
        self._finish(record, plan, fields, extra)
        return self._timed(line, plan, fields, extra)

    def _plain_event(self, line: Line, record: dict[str, Json], plan: Plan) -> Event | Unreadable:
        """The event of any line: each value is cleaned by itself, and kept as it is if it does not fit."""
        fields: dict[str, Json] = {}
        extra: dict[str, Json] = {}
        for key, name, clean in plan.fields:
            value = record[key]
            if value is None:
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
            if record[key] is not None:
                extra[key] = record[key]
        self._finish(record, plan, fields, extra, settles=True)
        return self._timed(line, plan, fields, extra)

    def _timed(
        self, line: Line, plan: Plan, fields: dict[str, Json], extra: dict[str, Json]
    ) -> Event | Unreadable:
        said = plan.said
        if plan.timed or "timestamp" not in fields:
            return _timed(line, said, fields, extra)
        # Most lines say nothing of times but when they were written.
        time = fields.pop("timestamp")
        start = time if plan.starts else None
        end = time if plan.ends else None
        return Event(said.kind, said.phase, time, start, end, line.source, "", fields, extra, line.data)

    def _finish(
        self,
        record: dict[str, Json],
        plan: Plan,
        fields: dict[str, Json],
        extra: dict[str, Json],
        *,
        settles: bool = False,
    ) -> None:
        """Adds what the event's name says, and puts what has several forms into one."""
        said = plan.said
        if said.operation is not None:
            fields.setdefault("operation", said.operation)
        if said.failure is not None:
            fields["failure"] = said.failure
        if settles or plan.settles:
            settle(said.kind, fields, extra)
        else:
            for name in plan.bodies:
                if may_hold_body(fields.get(name)):
                    settle(said.kind, fields, extra)
                    break
        # A whole response may have brought its usage.
        if plan.usage or "usage" in fields:
            dropped = settle_usage(record, plan, fields, extra)
            if dropped:
                self.counts["invalid_counts"] += dropped


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
