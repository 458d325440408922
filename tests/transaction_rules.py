"""What makes Sentry reject or cut a transaction event."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.strict import (
    Json,
    is_hex_id,
    is_integer,
    is_number,
    is_text,
    is_unix_seconds,
    parse_time,
    size,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_EVENT_BYTES = 1024 * 1024
MAX_SPANS_BYTES = 800 * 1024
STATUSES = frozenset(
    {
        "aborted",
        "already_exists",
        "cancelled",
        "data_loss",
        "deadline_exceeded",
        "failed_precondition",
        "internal_error",
        "invalid_argument",
        "not_found",
        "ok",
        "out_of_range",
        "permission_denied",
        "resource_exhausted",
        "unauthenticated",
        "unavailable",
        "unimplemented",
        "unknown",
        "unknown_error",
    }
)


def check_transaction(event: Any, event_bytes: int) -> Iterator[str]:
    """Find what is wrong with one transaction event.

    Args:
        event: The parsed payload of a transaction item.
        event_bytes: The size of that payload in bytes.

    Yields:
        One sentence per broken rule, beginning with the field.
    """
    if not isinstance(event, dict):
        yield f"not an object: {event!r:.60}"
        return
    if not is_hex_id(event.get("event_id"), 32):
        yield f"event_id: not 32 lower-case hex digits, or all zero: {event.get('event_id')!r:.60}"
    if event.get("type") != "transaction":
        yield f"type: not 'transaction': {event.get('type')!r:.60}"
    for field in ("transaction", "platform"):
        if not is_text(event.get(field)):
            yield f"{field}: not a text: {event.get(field)!r:.60}"
    yield from _check_times(event)
    trace = _trace_context(event)
    if trace is None:
        yield "contexts.trace: missing"
        return
    yield from _prefixed("contexts.trace.", _check_node(trace))
    yield from _check_spans(event, trace)
    if event_bytes > MAX_EVENT_BYTES:
        yield f"larger than {MAX_EVENT_BYTES} bytes"


def _prefixed(prefix: str, findings: Iterator[str]) -> Iterator[str]:
    return (prefix + finding for finding in findings)


def _trace_context(event: Json) -> Json | None:
    contexts = event.get("contexts")
    trace = contexts.get("trace") if isinstance(contexts, dict) else None
    return trace if isinstance(trace, dict) else None


def _seconds(value: Any) -> float | None:
    return float(value) if is_unix_seconds(value) else parse_time(value)


def _check_times(node: Json) -> Iterator[str]:
    start, end = _seconds(node.get("start_timestamp")), _seconds(node.get("timestamp"))
    for field, value in (("start_timestamp", start), ("timestamp", end)):
        if value is None:
            yield f"{field}: no time: {node.get(field)!r:.60}"
    if start is not None and end is not None and start > end:
        yield "start_timestamp: after timestamp"


def _check_node(node: Json) -> Iterator[str]:
    if not is_hex_id(node.get("trace_id"), 32):
        yield f"trace_id: not 32 lower-case hex digits, or all zero: {node.get('trace_id')!r:.60}"
    if not is_hex_id(node.get("span_id"), 16):
        yield f"span_id: not 16 lower-case hex digits, or all zero: {node.get('span_id')!r:.60}"
    parent = node.get("parent_span_id")
    if parent is not None and not is_hex_id(parent, 16):
        yield f"parent_span_id: not 16 lower-case hex digits: {parent!r:.60}"
    if not is_text(node.get("op")):
        yield f"op: not a text: {node.get('op')!r:.60}"
    if not is_text(node.get("status")) or node["status"] not in STATUSES:
        yield f"status: none of the older enum: {node.get('status')!r:.60}"
    if isinstance(node.get("data"), dict):
        for key, value in node["data"].items():
            if not _survives(value):
                yield f"data: {key}: {value!r:.60} does not survive"
    else:
        yield "data: not an object"


def _survives(value: Any) -> bool:
    if isinstance(value, list):
        return all(isinstance(v, str | bool | int | float) and _survives(v) for v in value)
    if isinstance(value, str | bool):
        return True
    return is_integer(value) if isinstance(value, int) else is_number(value)


def _check_spans(event: Json, trace: Json) -> Iterator[str]:
    spans = event.get("spans")
    if not isinstance(spans, list):
        yield "spans: not an array"
        return
    seen = [trace.get("span_id")]
    for place, span in enumerate(spans):
        if isinstance(span, dict):
            yield from _prefixed(f"spans.{place}.", _check_child(span, trace, seen))
        else:
            yield f"spans.{place}: not an object"
    if size(spans) > MAX_SPANS_BYTES:
        yield f"spans: larger than {MAX_SPANS_BYTES} bytes"


def _check_child(span: Json, trace: Json, seen: list[Any]) -> Iterator[str]:
    yield from _check_node(span)
    yield from _check_times(span)
    if span.get("parent_span_id") is None:
        yield "parent_span_id: missing"
    if not is_text(span.get("description")):
        yield f"description: not a text: {span.get('description')!r:.60}"
    if is_hex_id(span.get("trace_id"), 32) and span["trace_id"] != trace.get("trace_id"):
        yield "trace_id: not the transaction's"
    if is_hex_id(span.get("span_id"), 16):
        if span["span_id"] in seen:
            yield "span_id: not the first with this id"
        seen.append(span["span_id"])
