"""Encoded spans to envelopes, as span v2: one trace each, within the limits."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Protocol

import msgspec
import orjson

from translator.envelopes.encode import Encoded
from translator.model import Envelope, Json, Span

CONTENT_TYPE = "application/vnd.sentry.items.span.v2+json"
MAX_SPANS = 1_000
MAX_BYTES = 5 * 1024 * 1024
"""Bytes of an envelope's payload, decompressed, at which SDKs flush; the server takes 12 MiB."""

_FROM_BAGGAGE = ("sample_rand", "transaction", "environment", "release")
"""What the caller that began a trace has said of all of it."""


class PackerState(msgspec.Struct):
    """What a packer holds.

    Attributes:
        held: Spans that wait for their segment.
        sent: Segments that have been sent: trace id and span id of each.
        told: By trace id, the ids of error events that have been made.
    """

    held: list[Span] = []
    sent: list[tuple[str, str]] = []
    told: dict[str, list[str]] = {}


class Packer(Protocol):
    """Makes envelopes of encoded spans."""

    def pack(self, encoded: Iterable[Encoded]) -> list[Envelope]:
        """The envelopes that are ready with these spans."""

    def drain(self) -> list[Envelope]:
        """The envelopes of all spans that are still held."""

    def capture(self) -> PackerState:
        """What is still held, in a form that can be stored."""

    def restore(self, state: PackerState, encode: Callable[[Span], Encoded]) -> None:
        """Goes on from what another packer has captured; to be called before anything else."""


class Sender:
    """Who sends, for the header of every envelope.

    Args:
        public_key: The DSN's public key.
        sdk: Name and version of the translator.
        environment: The environment of traces whose lines name none.
        release: The release of traces whose lines name none.
        sample_rate: The share of traces that is sent, 0 to 1.
    """

    def __init__(
        self,
        public_key: str,
        sdk: tuple[str, str],
        *,
        environment: str | None = None,
        release: str | None = None,
        sample_rate: float = 1.0,
    ) -> None:
        self._sdk = {"name": sdk[0], "version": sdk[1]}
        self._context: dict[str, str] = {
            "public_key": public_key,
            "sample_rate": f"{sample_rate:g}",
            "sampled": "true",
        }
        if environment is not None:
            self._context["environment"] = environment
        if release is not None:
            self._context["release"] = release

    def header(self, trace_id: str, baggage: Mapping[str, str]) -> dict[str, Json]:
        """An envelope's header without the time of sending."""
        context = {"trace_id": trace_id, **self._context}
        if baggage:
            context.update((name, baggage[name]) for name in _FROM_BAGGAGE if name in baggage)
        return {"sdk": self._sdk, "trace": context}


class SpanPacker:
    """Packs the spans of one trace that are ready together into one envelope of span v2.

    Args:
        sender: Who sends.
        max_spans: Spans in one envelope.
        max_bytes: Bytes of one envelope's payload.
    """

    def __init__(self, sender: Sender, *, max_spans: int = MAX_SPANS, max_bytes: int = MAX_BYTES) -> None:
        self._sender = sender
        self._max_spans = max_spans
        self._max_bytes = max_bytes

    def pack(self, encoded: Iterable[Encoded]) -> list[Envelope]:
        """One envelope per trace, or several where a limit wants it."""
        traces: dict[str, list[Encoded]] = {}
        for item in encoded:
            traces.setdefault(item.span.trace_id, []).append(item)
        return [self._envelope(part) for items in traces.values() for part in self._parts(items)]

    def drain(self) -> list[Envelope]:
        """Nothing: spans of this kind are never held."""
        return []

    def capture(self) -> PackerState:
        """Nothing, for the same reason."""
        return PackerState()

    def restore(self, state: PackerState, encode: Callable[[Span], Encoded]) -> None:
        """Nothing is ever held."""

    def _parts(self, items: list[Encoded]) -> Iterable[list[Encoded]]:
        size = sum([len(item.data) for item in items]) + len(items)
        ids = {item.span.span_id for item in items}
        whole = size <= self._max_bytes and len(items) <= self._max_spans and len(ids) == len(items)
        return (items,) if whole else self._divided(items)

    def _divided(self, items: list[Encoded]) -> Iterator[list[Encoded]]:
        part: list[Encoded] = []
        ids: set[str] = set()
        size = 0
        for item in items:
            full = len(part) >= self._max_spans or size + len(item.data) > self._max_bytes
            # A span that comes twice (unfinished, then complete) is dropped within one envelope.
            if part and (full or item.span.span_id in ids):
                yield part
                part, ids, size = [], set(), 0
            part.append(item)
            ids.add(item.span.span_id)
            size += len(item.data) + 1
        if part:
            yield part

    def _envelope(self, part: list[Encoded]) -> Envelope:
        trace_id = part[0].span.trace_id
        payload = b'{"version":2,"items":[' + b",".join([item.data for item in part]) + b"]}"
        return Envelope(
            trace_id=trace_id,
            category="span",
            spans=len(part),
            header=self._sender.header(trace_id, part[0].span.baggage),
            item_header={"type": "span", "content_type": CONTENT_TYPE, "item_count": len(part)},
            payload=payload,
            span_ids=tuple([item.span.span_id for item in part]),
        )


def split_spans(envelope: Envelope) -> list[Envelope]:
    """Two envelopes of the halves of one that is too large; none of one with a single span."""
    if envelope.spans < 2:
        return []
    items = orjson.loads(envelope.payload)["items"]
    middle = len(items) // 2
    return [
        msgspec.structs.replace(
            envelope,
            spans=len(part),
            item_header={**envelope.item_header, "item_count": len(part)},
            payload=orjson.dumps({"version": 2, "items": part}),
            span_ids=tuple(item["span_id"] for item in part),
        )
        for part in (items[:middle], items[middle:])
    ]
