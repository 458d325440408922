"""What makes Sentry lose or damage one span of the span v2 protocol."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from tests.strict import (
    Json,
    is_hex_id,
    is_integer,
    is_number,
    is_text,
    is_unix_seconds,
    size,
    strict_json,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_SPAN_BYTES = 1_000_000
REQUIRED_FIELDS = (
    "trace_id",
    "span_id",
    "name",
    "status",
    "is_segment",
    "start_timestamp",
    "end_timestamp",
    "attributes",
)
FIELDS = frozenset(REQUIRED_FIELDS) | {"parent_span_id", "links"}
JSON_ATTRIBUTES = frozenset(
    {
        "gen_ai.embeddings.input",
        "gen_ai.input.messages",
        "gen_ai.output.messages",
        "gen_ai.request.available_tools",
        "gen_ai.request.messages",
        "gen_ai.response.finish_reasons",
        "gen_ai.response.text",
        "gen_ai.response.tool_calls",
        "gen_ai.system_instructions",
        "gen_ai.tool.call.arguments",
        "gen_ai.tool.call.result",
        "gen_ai.tool.definitions",
        "gen_ai.tool.input",
        "gen_ai.tool.output",
    }
)
SEGMENT_ATTRIBUTES = ("sentry.segment.name.source", "sentry.platform")
_ORIGIN = re.compile(r"[a-zA-Z0-9_.]+")


def check_span(span: Any) -> Iterator[str]:
    """Find what is wrong with one span.

    Args:
        span: An element of the `items` of a span item.

    Yields:
        One sentence per broken rule, beginning with the field.
    """
    if not isinstance(span, dict):
        yield f"not an object: {span!r:.60}"
        return
    for field in sorted(span.keys() - FIELDS):
        yield f"{field}: unknown field"
    for field in REQUIRED_FIELDS:
        if field not in span:
            yield f"{field}: missing"
    yield from _check_ids(span)
    yield from _check_values(span)
    yield from _check_times(span)
    yield from _check_links(span)
    attributes = span.get("attributes")
    if isinstance(attributes, dict):
        yield from check_attributes(attributes)
        yield from _check_common_attributes(span, attributes)
    elif "attributes" in span:
        yield "attributes: not an object"
    if size(span) > MAX_SPAN_BYTES:
        yield f"larger than {MAX_SPAN_BYTES} bytes"


def _check_ids(span: Json) -> Iterator[str]:
    for field, digits in (("trace_id", 32), ("span_id", 16), ("parent_span_id", 16)):
        if field in span and not is_hex_id(span[field], digits):
            yield f"{field}: not {digits} lower-case hex digits, or all zero: {span[field]!r:.60}"
    if "parent_span_id" in span and span["parent_span_id"] == span.get("span_id"):
        yield "parent_span_id: the span itself"


def _check_values(span: Json) -> Iterator[str]:
    if "name" in span and not is_text(span["name"]):
        yield f"name: not a text: {span['name']!r:.60}"
    if "status" in span and span["status"] not in ("ok", "error"):
        yield f"status: neither ok nor error: {span['status']!r:.60}"
    if "is_segment" in span and not isinstance(span["is_segment"], bool):
        yield f"is_segment: not a boolean: {span['is_segment']!r:.60}"
    elif span.get("is_segment") is False and "parent_span_id" not in span:
        yield "is_segment: false on a span without a parent"


def _check_times(span: Json) -> Iterator[str]:
    wrong = False
    for field in ("start_timestamp", "end_timestamp"):
        if field in span and not is_unix_seconds(span[field]):
            wrong = True
            yield f"{field}: not Unix seconds: {span[field]!r:.60}"
    if wrong or "start_timestamp" not in span or "end_timestamp" not in span:
        return
    if span["start_timestamp"] > span["end_timestamp"]:
        yield "start_timestamp: after end_timestamp"


def _check_links(span: Json) -> Iterator[str]:
    links = span.get("links", [])
    if not isinstance(links, list):
        yield "links: not an array"
        return
    for place, link in enumerate(links):
        if not (
            isinstance(link, dict)
            and is_hex_id(link.get("trace_id"), 32)
            and is_hex_id(link.get("span_id"), 16)
        ):
            yield f"links: link {place} has no valid trace_id and span_id"


def check_attributes(attributes: Json) -> Iterator[str]:
    """Find attributes that are not `{"type": T, "value": V}` with V of type T."""
    for key, attribute in attributes.items():
        if not key:
            yield "attributes: an empty key"
        if not isinstance(attribute, dict) or attribute.keys() != {"type", "value"}:
            yield f"{key}: not an object of type and value"
        elif not fits(attribute["type"], attribute["value"]):
            yield f"{key}: {attribute['value']!r:.60} is no {attribute['type']!r}"
        elif key in JSON_ATTRIBUTES and looks_like_broken_json(attribute["value"]):
            yield f"{key}: looks like JSON and is not"


def fits(kind: Any, value: Any) -> bool:
    """Whether an attribute's value is of its declared type."""
    match kind:
        case "boolean":
            return isinstance(value, bool)
        case "integer":
            return is_integer(value)
        case "double":
            return is_number(value)
        case "string":
            return isinstance(value, str)
        case "array":
            return isinstance(value, list) and any(
                all(fits(scalar, element) for element in value)
                for scalar in ("boolean", "integer", "double", "string")
            )
        case _:
            return False


def looks_like_broken_json(value: Any) -> bool:
    """Whether a string begins like a JSON array or object but does not parse as one."""
    if not isinstance(value, str) or not value.lstrip().startswith(("[", "{")):
        return False
    try:
        strict_json(value)
    except ValueError:
        return True
    return False


def attribute(span: Json, key: str) -> Any:
    """The value of an attribute, or None where there is none."""
    found = span.get("attributes", {}).get(key)
    return found.get("value") if isinstance(found, dict) else None


def _check_common_attributes(span: Json, attributes: Json) -> Iterator[str]:
    required = ["sentry.op", "sentry.origin", "sentry.segment.id", "sentry.segment.name"]
    required += ["sentry.sdk.name", "sentry.sdk.version"]
    if span.get("is_segment") is True:
        required += SEGMENT_ATTRIBUTES
    for key in required:
        if key not in attributes:
            yield f"{key}: missing"
        elif not is_text(attribute(span, key)):
            yield f"{key}: not a text: {attribute(span, key)!r:.60}"
    yield from _check_origin(span)
    yield from _check_segment(span)


def _check_origin(span: Json) -> Iterator[str]:
    origin = attribute(span, "sentry.origin")
    if is_text(origin) and not _ORIGIN.fullmatch(origin):
        yield f"sentry.origin: other characters than [a-zA-Z0-9_.]: {origin!r:.60}"


def _check_segment(span: Json) -> Iterator[str]:
    segment = attribute(span, "sentry.segment.id")
    if not is_text(segment):
        return
    if not is_hex_id(segment, 16):
        yield f"sentry.segment.id: not 16 lower-case hex digits, or all zero: {segment!r:.60}"
    elif span.get("is_segment") is True:
        if segment != span.get("span_id"):
            yield "sentry.segment.id: not the segment's own span_id"
        name = attribute(span, "sentry.segment.name")
        if is_text(name) and name != span.get("name"):
            yield "sentry.segment.name: not the segment's own name"
        source = attribute(span, "sentry.segment.name.source")
        if is_text(source) and source != "custom":
            yield f"sentry.segment.name.source: not 'custom': {source!r:.60}"
    elif segment == span.get("span_id"):
        yield "sentry.segment.id: the span itself, which is no segment"
