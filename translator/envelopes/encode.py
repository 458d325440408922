"""One span in Sentry's words: attributes, masked, within the size that is kept."""

from __future__ import annotations

from collections import Counter
from typing import Any

import msgspec
import orjson

from translator.content.names import span_name
from translator.content.plain import json_bytes
from translator.envelopes.attributes import (
    TRUNCATED,
    Identity,
    Privacy,
    build_attributes,
)
from translator.envelopes.legacy import AttributeNames, apply_names
from translator.envelopes.secrets import mask_text, mask_value, may_hold_secret
from translator.envelopes.templates import Templates
from translator.envelopes.trim import trim_attributes, trim_text
from translator.envelopes.typed import Typed, string
from translator.model import Span

LONGEST_NAME = 1_000
"""Bytes of a name's JSON, above which it is shortened in spans that are too large."""

SPAN_LIMIT = 900_000
"""Bytes of one span's JSON: above about 1 MB the server cuts attributes in the middle."""


class Encoded(msgspec.Struct, frozen=True):
    """A span in Sentry's words.

    Attributes:
        span: What it was made from.
        name: The name that Sentry shows.
        data: The span as the JSON object of span v2, in bytes.
    """

    span: Span
    name: str
    data: bytes

    def attributes(self) -> Typed:
        """Its attributes, read from the bytes."""
        made: Typed = orjson.loads(self.data)["attributes"]
        return made


class SpanEncoder:
    """Puts spans into Sentry's words.

    Args:
        identity: What is said of every span.
        privacy: What content may be sent.
        names: Under which names attributes are sent.
        mask_secrets: Whether API keys, passwords and credentials are masked.
        span_limit: Bytes of one span's JSON, above which its content is shortened.

    Attributes:
        counts: How many spans were masked or shortened.
    """

    def __init__(
        self,
        identity: Identity,
        privacy: Privacy,
        *,
        names: AttributeNames = AttributeNames.CURRENT,
        mask_secrets: bool = True,
        span_limit: int = SPAN_LIMIT,
    ) -> None:
        self._identity = identity
        self._privacy = privacy
        self._names = names
        self._mask_secrets = mask_secrets
        self._span_limit = span_limit
        # Old names are made of the attributes, which templates do not have.
        current = names is AttributeNames.CURRENT
        self._templates = Templates(identity, privacy, mask_secrets=mask_secrets) if current else None
        self.counts: Counter[str] = Counter()

    def encode(self, span: Span) -> Encoded:
        """The span with its attributes, as it goes over the wire."""
        filled = None if self._templates is None else self._templates.fill(span)
        if filled is None or len(filled[1]) > self._span_limit:
            filled = self._whole(span, span_name(span.kind, span.fields))
        return Encoded(span, *filled)

    def _whole(self, span: Span, name: str) -> tuple[str, bytes]:
        """The name and the bytes of a span in the plain way, masked and shortened where it must be."""
        attributes = build_attributes(span, self._identity, self._privacy)
        record = span_record(span, name, attributes)
        data = json_bytes(record)
        changed = False
        if self._mask_secrets and may_hold_secret(data):
            changed = _mask(attributes)
            record["name"] = name = mask_text(name)
            self.counts["masked_spans"] += changed
        if self._names is not AttributeNames.CURRENT:
            apply_names(attributes, self._names)
            changed = True
        if changed:
            data = json_bytes(record)
        if len(data) > self._span_limit:
            rest = len(data) - len(json_bytes(attributes))
            cut: list[str] = []
            if len(name) > LONGEST_NAME:
                record["name"] = shorter = trim_text(name, LONGEST_NAME)
                rest -= len(json_bytes(name)) - len(json_bytes(shorter))
                name = shorter
                cut.append("name")
            cut += trim_attributes(attributes, max(self._span_limit - rest, 1_000))
            if cut:
                attributes[TRUNCATED] = string(orjson.dumps(cut).decode())
                self.counts["shortened_spans"] += 1
            data = json_bytes(record)
        return name, data


def span_record(span: Span, name: str, attributes: Typed) -> dict[str, Any]:
    """The JSON object of span v2."""
    record: dict[str, Any] = {"trace_id": span.trace_id, "span_id": span.span_id}
    if span.parent_id is not None:
        record["parent_span_id"] = span.parent_id
    record["name"] = name
    record["status"] = "error" if "failure" in span.fields else "ok"
    record["is_segment"] = span.segment_id == span.span_id
    record["start_timestamp"] = span.start / 1e6
    record["end_timestamp"] = span.end / 1e6
    record["attributes"] = attributes
    return record


def _mask(attributes: Typed) -> bool:
    """Masks secrets in the values, and values whose key names a secret; in place."""
    changed = False
    for key, attribute in attributes.items():
        value = attribute["value"]
        name = key.rpartition(".")[2]
        masked = mask_value({name: value})[name]
        if masked is not value and masked != value:
            attribute["value"] = masked
            attribute["type"] = "array" if type(masked) is list else "string"
            changed = True
    return changed
