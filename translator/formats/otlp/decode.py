"""OTLP-JSON to plain values: the mapping of protocol buffers, and what exporters make of it."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator

import msgspec

from translator.model import Json

_LARGEST = 253_402_300_799_999_999
_MOST_DIGITS = 20
_HEX = frozenset("0123456789abcdef")
_REMOTE = 0x300
"""Bits of `flags`: it is known whether the parent is remote, and it is."""

Attributes = dict[str, Json]


class SpanEvent(msgspec.Struct):
    """An event in a span, its time in microseconds."""

    name: str
    time: int
    attributes: Attributes


class SpanRecord(msgspec.Struct):
    """One span.

    Attributes:
        trace_id: 32 hex characters.
        span_id: 16 hex characters.
        parent_id: 16 hex characters, or None.
        remote: Whether the parent is in another process.
        name: Its name.
        start: Microseconds.
        end: Microseconds, not before start.
        attributes: Its own, decoded.
        resource: Those of what emitted it.
        scope: The instrumentation.
        events: In order.
        failed: Whether its status is an error.
        message: The status in words.
    """

    trace_id: str
    span_id: str
    parent_id: str | None
    remote: bool
    name: str
    start: int
    end: int
    attributes: Attributes
    resource: Attributes
    scope: str
    events: list[SpanEvent] = []
    failed: bool = False
    message: str = ""


class LogRecord(msgspec.Struct):
    """One log record.

    Attributes:
        trace_id: 32 hex characters, or None.
        span_id: 16 hex characters, or None.
        time: Microseconds.
        name: The event's name, from `eventName`, `event.name` or a body that is a mere word.
        body: Decoded.
        attributes: Its own, decoded.
        resource: Those of what emitted it.
        scope: The instrumentation.
    """

    trace_id: str | None
    span_id: str | None
    time: int
    name: str
    body: Json
    attributes: Attributes
    resource: Attributes
    scope: str


def decode(record: dict[str, Json]) -> Iterator[SpanRecord | LogRecord | None]:
    """The spans and log records of one line; None for each that has no id or no time."""
    for group in _tables(record, "resourceSpans", "resource_spans"):
        resource = _resource(group)
        for inner in _tables(group, "scopeSpans", "scope_spans", "instrumentationLibrarySpans"):
            scope = _scope(inner)
            for item in _tables(inner, "spans"):
                yield _span(item, resource, scope)
    for group in _tables(record, "resourceLogs", "resource_logs"):
        resource = _resource(group)
        for inner in _tables(group, "scopeLogs", "scope_logs", "instrumentationLibraryLogs"):
            scope = _scope(inner)
            for item in _tables(inner, "logRecords", "log_records"):
                yield _log(item, resource, scope)


def attribute_table(items: Json) -> Attributes:
    """A list of `{key, value}` as a table; of equal keys the last wins."""
    if type(items) is dict:
        return dict(items)
    if type(items) is not list:
        return {}
    table: Attributes = {}
    for item in items:
        if type(item) is dict:
            key, value = item.get("key"), item.get("value")
            if type(key) is str:
                text = value.get("stringValue") if type(value) is dict else None
                table[key] = any_value(value) if text is None else text
    return table


def any_value(value: Json) -> Json:
    """An `AnyValue` as a plain value; what is none is taken as it is."""
    if type(value) is not dict or len(value) != 1:
        return value if type(value) is not dict else None
    ((kind, inner),) = value.items()
    if kind in ("intValue", "int_value"):
        return _integer(inner)
    if kind in ("arrayValue", "array_value"):
        values = inner.get("values") if type(inner) is dict else None
        return [any_value(item) for item in values] if type(values) is list else []
    if kind in ("kvlistValue", "kvlist_value"):
        return attribute_table(inner.get("values") if type(inner) is dict else None)
    return inner


def _integer(value: Json) -> Json:
    """The number that a text is; a text that is none, or none of 64 bits, stays as it is."""
    if type(value) is not str or len(value) > _MOST_DIGITS:
        return value
    try:
        number = int(value)
    except ValueError:
        return value
    return number if abs(number) < 1 << 63 else value


def _tables(value: dict[str, Json], *names: str) -> Iterator[dict[str, Json]]:
    for name in names:
        items = value.get(name)
        if type(items) is list:
            yield from (item for item in items if type(item) is dict)


def _resource(group: dict[str, Json]) -> Attributes:
    resource = group.get("resource")
    return attribute_table(resource.get("attributes")) if type(resource) is dict else {}


def _scope(inner: dict[str, Json]) -> str:
    scope = inner.get("scope") or inner.get("instrumentationLibrary")
    name = scope.get("name") if type(scope) is dict else ""
    return name if type(name) is str else ""


def _first(item: dict[str, Json], *names: str) -> Json:
    for name in names:
        if item.get(name) is not None:
            return item[name]
    return None


def _span(item: dict[str, Json], resource: Attributes, scope: str) -> SpanRecord | None:
    trace_id = _id(_first(item, "traceId", "trace_id"), 32)
    span_id = _id(_first(item, "spanId", "span_id"), 16)
    end = _time(_first(item, "endTimeUnixNano", "end_time_unix_nano"))
    start = _time(_first(item, "startTimeUnixNano", "start_time_unix_nano"))
    start, end = start or end, end or start
    if trace_id is None or span_id is None or start is None or end is None:
        return None
    status = item.get("status")
    status = status if type(status) is dict else {}
    flags = _integer(item.get("flags"))
    name, message = item.get("name"), status.get("message")
    parent_id = _id(_first(item, "parentSpanId", "parent_span_id"), 16)
    return SpanRecord(
        trace_id, span_id, parent_id if parent_id != span_id else None,
        type(flags) is int and flags & _REMOTE == _REMOTE,
        name if type(name) is str else "", start, max(start, end), attribute_table(item.get("attributes")),
        resource, scope, [event for event in map(_event, _tables(item, "events")) if event is not None],
        status.get("code") in (2, "2", "STATUS_CODE_ERROR"), message if type(message) is str else "",
    )  # fmt: skip


def _event(item: dict[str, Json]) -> SpanEvent | None:
    time, name = _time(_first(item, "timeUnixNano", "time_unix_nano")), item.get("name")
    if time is None or type(name) is not str:
        return None
    return SpanEvent(name, time, attribute_table(item.get("attributes")))


def _log(item: dict[str, Json], resource: Attributes, scope: str) -> LogRecord | None:
    time = _time(_first(item, "timeUnixNano", "time_unix_nano"))
    time = time or _time(_first(item, "observedTimeUnixNano", "observed_time_unix_nano"))
    if time is None:
        return None
    attributes = attribute_table(item.get("attributes"))
    body = any_value(item.get("body"))
    name = _first(item, "eventName", "event_name") or attributes.get("event.name")
    if not name and type(body) is str and " " not in body:
        name = body
    return LogRecord(
        _id(_first(item, "traceId", "trace_id"), 32), _id(_first(item, "spanId", "span_id"), 16),
        time, name if type(name) is str else "", body, attributes, resource, scope,
    )  # fmt: skip


def _id(value: Json, length: int) -> str | None:
    """An id in hex; dumps of protocol buffers have base64 instead."""
    if type(value) is not str or not value:
        return None
    if len(value) != length:
        try:
            value = base64.b64decode(value, validate=True).hex()
        except (binascii.Error, ValueError):
            return None
    value = value.lower()
    return value if len(value) == length and _HEX.issuperset(value) and value.strip("0") else None


def _time(value: Json) -> int | None:
    nanoseconds = _integer(value)
    if type(nanoseconds) is float:
        nanoseconds = int(nanoseconds) if abs(nanoseconds) < 1e20 else 0
    if type(nanoseconds) is not int:
        return None
    microseconds = nanoseconds // 1_000
    return microseconds if 0 < microseconds <= _LARGEST else None
