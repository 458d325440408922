"""Judges of finished spans: Sentry's own schema, conventions and normaliser, and what it assesses.

Each takes spans in the span v2 shape, or transaction events, and returns what it finds, one
sentence each; an empty list is a pass.
"""

from __future__ import annotations

import copy
import functools
import json
import re
from typing import TYPE_CHECKING, Any

import sentry_relay.exceptions
import sentry_relay.processing
from sentry_conventions.attributes import ATTRIBUTE_METADATA, AttributeMetadata
from sentry_kafka_schemas import get_codec
from sentry_kafka_schemas.codecs import ValidationError

from tests.assessment import CHECKS, assess
from tests.shapes import Node, render, tree
from tests.span_rules import fits
from tests.strict import Json, is_number

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "CHECKS",
    "Node",
    "assessment",
    "conventions",
    "kafka_schema",
    "relay_events",
    "relay_transactions",
    "render",
    "tree",
]

# What Relay adds to a span before it goes to Kafka.
_RELAY_FIELDS = {
    "organization_id": 1,
    "project_id": 1,
    "key_id": 1,
    "event_id": "f" * 32,
    "received": 1_700_000_100.0,
    "retention_days": 90,
    "downsampled_retention_days": 90,
}
# In OpenTelemetry's conventions and in Sentry's product, not yet in the list of its attributes.
_UNLISTED = {"gen_ai.tool.call.id": "string"}
# The server blanks attributes of its customers with such words in their keys.
_BLANKED = ("auth", "secret", "password", "api_key", "token", "credentials")
_MICROSECOND = 1e-6


def kafka_schema(spans: list[Json]) -> list[str]:
    """Validate spans, with what Relay adds, against the schema of `ingest-spans`."""
    codec = get_codec("ingest-spans")
    findings = []
    for span in spans:
        try:
            codec.decode(json.dumps({**_RELAY_FIELDS, **span}).encode())
        except ValidationError as error:
            findings.append(f"{_label(span)}: {error.__cause__}")
        except ValueError as error:
            findings.append(f"{_label(span)}: {error}")
    return findings


def _label(span: Json) -> str:
    return f"{span.get('name')!r} ({span.get('span_id')})"


def conventions(spans: list[Json], allow_prefixes: tuple[str, ...] = ("log.", "translator.")) -> list[str]:
    """Compare attributes with Sentry's conventions.

    Args:
        spans: The spans to judge.
        allow_prefixes: Keys that begin like this are of one's own and need not be known, but must
            not hold a word for which the server blanks them.

    Returns:
        Attributes that are unknown, deprecated, of another type, or would be blanked.
    """
    return [
        f"{_label(span)}: {key} {finding}"
        for span in spans
        for key, attribute in span.get("attributes", {}).items()
        for finding in _check_attribute(key, attribute, allow_prefixes)
    ]


def _check_attribute(key: str, attribute: Any, allowed: tuple[str, ...]) -> Iterator[str]:
    if not isinstance(attribute, dict) or not {"type", "value"} <= attribute.keys():
        yield "is no attribute of type and value"
        return
    metadata = _metadata(key)
    if metadata is not None:
        if metadata.deprecation is not None:
            replacement = metadata.deprecation.replacement
            yield f"is deprecated, use {replacement}" if replacement else "is deprecated"
        expected = metadata.type.value
    elif key in _UNLISTED:
        expected = _UNLISTED[key]
    elif key.startswith(allowed):
        if word := next((word for word in _BLANKED if word in key.lower()), None):
            yield f"is blanked by the server, its key contains {word!r}"
        return
    else:
        yield "is unknown"
        return
    if not _fits_convention(expected, attribute["type"], attribute["value"]):
        yield f"is {attribute['type']}, not {expected}: {attribute['value']!r:.60}"


@functools.cache
def _metadata(key: str) -> AttributeMetadata | None:
    if "<key>" in key:
        return None
    if key in ATTRIBUTE_METADATA:
        return ATTRIBUTE_METADATA[key]
    for template, metadata in ATTRIBUTE_METADATA.items():
        if metadata.has_dynamic_suffix:
            pattern = ".+".join(re.escape(part) for part in template.split("<key>"))
            if re.fullmatch(pattern, key):
                return metadata
    return None


def _fits_convention(expected: str, kind: str, value: Any) -> bool:
    if expected == "any":
        return True
    if expected.endswith("[]"):
        scalar = expected.removesuffix("[]")
        return kind == "array" and all(fits(scalar, element) for element in value)
    return kind == expected or (expected == "double" and kind == "integer")


def relay_transactions(transactions: list[Json]) -> list[str]:
    """Run transaction events through Relay's own normaliser.

    Without limits on the age of timestamps, which only the server's configuration gives, Relay
    takes times in the past as they are; unknown fields are dropped as they are on the server.

    Returns:
        Rejections, every error and remark in `_meta`, and all of the trace context and of the
        spans that comes out changed or not at all. What Relay adds is no finding.
    """
    return [
        f"{event.get('transaction')!r} ({event.get('event_id')}): {finding}"
        for event in transactions
        for finding in _normalize(event)
    ]


def relay_events(events: list[Json]) -> list[str]:
    """The same for error events, of which the exceptions must come out as they went in."""
    return [
        f"{event.get('event_id')}: {finding}"
        for event in events
        for finding in _normalize(event, "exception")
    ]


def _normalize(event: Json, compared: str = "spans") -> Iterator[str]:
    normalizer: Any = sentry_relay.processing.StoreNormalizer
    try:
        result = normalizer(remove_other=True).normalize_event(copy.deepcopy(event))
    except sentry_relay.exceptions.RelayError as error:
        yield f"rejected: {str(error).splitlines()[0]}"
        return
    found = list(_remarks(result.get("_meta"), ""))
    yield from (f"{path}: {what}" for path, what in found)
    told = {path for path, _ in found}
    trace, context = event["contexts"]["trace"], result["contexts"]["trace"]
    differences = [*_lost(trace, context, "contexts.trace")]
    differences += _lost(event[compared], result.get(compared), compared)
    yield from (f"{path}: {what}" for path, what in differences if path not in told)


def _remarks(meta: Any, path: str) -> Iterator[tuple[str, str]]:
    if not isinstance(meta, dict):
        return
    for key, below in meta.items():
        if key:
            yield from _remarks(below, f"{path}.{key}" if path else key)
            continue
        errors = [error if isinstance(error, str) else error[0] for error in below.get("err", [])]
        remarks = [str(remark[0]) for remark in below.get("rem", [])]
        yield path, ", ".join([*errors, *remarks]) or "changed by Relay"


def _lost(sent: Any, kept: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(sent, dict) and isinstance(kept, dict):
        for key, value in sent.items():
            yield from _lost(value, kept.get(key), f"{path}.{key}")
    elif isinstance(sent, list) and isinstance(kept, list) and len(sent) == len(kept):
        for place, value in enumerate(sent):
            yield from _lost(value, kept[place], f"{path}.{place}")
    elif is_number(sent) and is_number(kept):
        if abs(sent - kept) > _MICROSECOND:
            yield path, f"{sent!r} became {kept!r}"
    elif sent != kept:
        yield path, f"{sent!r:.60} became {kept!r:.60}"


def assessment(
    spans: list[Json], *, pii: bool = True, skip: frozenset[str] | set[str] = frozenset()
) -> list[str]:
    """Judge spans as Sentry assesses the AI support of its SDKs.

    Args:
        spans: Whole traces; the last version of a span counts.
        pii: Whether messages, arguments, results and user data must be there, or must not.
        skip: Names out of `CHECKS` of what not to judge.

    Returns:
        What Sentry would find.

    Raises:
        ValueError: For a name in `skip` that is no check.
    """
    if unknown := skip - {*CHECKS, "attributes"}:
        raise ValueError(f"no such checks: {', '.join(sorted(unknown))}")
    findings = assess(spans, pii=pii, skip=frozenset(skip))
    return findings if "attributes" in skip else [*findings, *conventions(spans)]
