"""OTLP-JSON lines made of plain spans."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

T0 = 1_795_423_737_000
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
Record = dict[str, Any]


def value(plain: Any) -> Record:
    """A plain value as an `AnyValue`."""
    if isinstance(plain, bool):
        return {"boolValue": plain}
    if isinstance(plain, int):
        return {"intValue": str(plain)}
    if isinstance(plain, float):
        return {"doubleValue": plain}
    if isinstance(plain, list):
        return {"arrayValue": {"values": [value(item) for item in plain]}}
    if isinstance(plain, dict):
        return {"kvlistValue": {"values": attributes(plain)}}
    return {"stringValue": plain}


def attributes(plain: Mapping[str, Any]) -> list[Record]:
    return [{"key": key, "value": value(item)} for key, item in plain.items()]


def span(number: int, parent: int | None, begin: int, end: int, name: str, **more: Any) -> Record:
    """A span from `begin` to `end` (milliseconds); `a` are its attributes."""
    made: Record = {
        "traceId": TRACE,
        "spanId": f"{number:016x}",
        "parentSpanId": "" if parent is None else f"{parent:016x}",
        "name": name,
        "kind": 1,
        "startTimeUnixNano": str((T0 + begin) * 1_000_000),
        "endTimeUnixNano": str((T0 + end) * 1_000_000),
        "attributes": attributes(more.pop("a", {})),
        "status": {},
    }
    return made | more


def line(spans: Iterable[Record], scope: str = "test", **resource: Any) -> Record:
    """One line of a collector's file."""
    return {
        "resourceSpans": [
            {
                "resource": {"attributes": attributes(resource or {"service.name": "shop"})},
                "scopeSpans": [{"scope": {"name": scope}, "spans": list(spans)}],
            }
        ]
    }
