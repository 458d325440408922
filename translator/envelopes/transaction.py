"""Encoded spans to transaction envelopes, for servers that do not take span v2.

A transaction is one segment with the spans in it, so spans are held until their segment's own span
has come. What does not fit into one transaction follows in further ones of the same trace.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping
from hashlib import blake2b
from typing import Any

import msgspec
import orjson

from translator.content.plain import json_bytes
from translator.envelopes.attributes import ORIGIN, PLATFORM, Identity
from translator.envelopes.encode import Encoded
from translator.envelopes.pack import MAX_SPANS, PackerState, Sender
from translator.model import Envelope, Json, Span

MAX_SPANS_BYTES = 700_000
"""Bytes of `spans[]` in one transaction; above 800 KiB the server cuts the last without a word."""

MAX_HELD = 20_000
"""Spans that wait for their segment; above it those of the oldest segment go without it."""

_REMEMBERED = 10_000
_STATUSES = {"timeout": "deadline_exceeded", "cancelled": "cancelled"}


def _spotlight_text(value: str) -> str:
    """The texts of a JSON list as one text: Spotlight shows the value as it is."""
    return "\n\n".join(orjson.loads(value))


SPOTLIGHT: dict[str, Callable[[str], Json]] = {
    "gen_ai.response.finish_reasons": orjson.loads,
    "gen_ai.response.text": _spotlight_text,
}
"""Attributes that Spotlight (4.11) reads in a shape of its own."""


class TransactionPacker:
    """Packs spans into transactions.

    Args:
        sender: Who sends.
        identity: Environment, release and server name of the transactions.
        reshaped: Attributes that the receiver wants in another shape, and how it is made.
    """

    def __init__(
        self, sender: Sender, identity: Identity, reshaped: Mapping[str, Callable[[str], Json]]
    ) -> None:
        self._sender = sender
        self._identity = identity
        self._reshaped = reshaped
        self._held: OrderedDict[tuple[str, str], list[Encoded]] = OrderedDict()
        self._count = 0
        self._sent: OrderedDict[tuple[str, str], None] = OrderedDict()

    def pack(self, encoded: Iterable[Encoded]) -> list[Envelope]:
        """The transactions of all segments that are complete with these spans."""
        ready: list[tuple[str, str]] = []
        for item in encoded:
            span = item.span
            segment = (span.trace_id, span.segment_id)
            self._held.setdefault(segment, []).append(item)
            self._count += 1
            if (span.segment_id == span.span_id or segment in self._sent) and segment not in ready:
                ready.append(segment)
        envelopes = [envelope for segment in ready for envelope in self._release(segment)]
        while self._count > MAX_HELD:
            envelopes.extend(self._release(next(iter(self._held))))
        return envelopes

    def drain(self) -> list[Envelope]:
        """The transactions of all spans that are still held."""
        return [envelope for segment in list(self._held) for envelope in self._release(segment)]

    def capture(self) -> PackerState:
        """What is still held, in a form that can be stored."""
        held = [item.span for items in self._held.values() for item in items]
        return PackerState(held, list(self._sent))

    def restore(self, state: PackerState, encode: Callable[[Span], Encoded]) -> None:
        """Goes on from what another packer has captured; to be called before anything else."""
        self._sent.update((segment, None) for segment in state.sent)
        for span in state.held:
            self._held.setdefault((span.trace_id, span.segment_id), []).append(encode(span))
        self._count = len(state.held)

    def _release(self, segment: tuple[str, str]) -> Iterator[Envelope]:
        items = self._held.pop(segment, [])
        self._count -= len(items)
        self._sent[segment] = None
        if len(self._sent) > _REMEMBERED:
            self._sent.popitem(last=False)
        # A segment that came twice (unfinished, then complete) is two transactions.
        items.sort(key=lambda item: item.span.span_id != segment[1])
        while items:
            items, envelope = self._transaction(items)
            yield envelope

    def _transaction(self, items: list[Encoded]) -> tuple[list[Encoded], Envelope]:
        """One transaction headed by the first of the items; returns the items that are left."""
        head, *rest = items
        spans: list[bytes] = []
        ids = [head.span.span_id]
        taken = set(ids)
        left: list[Encoded] = []
        size = 0
        for position, item in enumerate(rest):
            data = self._child(item)
            if len(spans) >= MAX_SPANS - 1 or size + len(data) > MAX_SPANS_BYTES:
                left.extend(rest[position:])
                break
            if item.span.span_id in taken:
                left.append(item)
                continue
            taken.add(item.span.span_id)
            spans.append(data)
            ids.append(item.span.span_id)
            size += len(data) + 1
        payload = self._payload(head, spans)
        envelope = Envelope(
            trace_id=head.span.trace_id,
            category="transaction",
            spans=1 + len(spans),
            header={
                **self._sender.header(head.span.trace_id, head.span.baggage),
                "event_id": _event_id(payload),
            },
            item_header={"type": "transaction", "content_type": "application/json"},
            payload=payload,
            span_ids=tuple(ids),
        )
        return left, envelope

    def _payload(self, head: Encoded, spans: list[bytes]) -> bytes:
        span = head.span
        event: dict[str, Any] = {
            "type": "transaction",
            "transaction": head.name,
            "transaction_info": {"source": "custom"},
            "platform": PLATFORM,
            "start_timestamp": span.start / 1e6,
            "timestamp": span.end / 1e6,
            "sdk": {"name": self._identity.sdk_name, "version": self._identity.sdk_version},
            "contexts": {"trace": self._described(head)},
        }
        fields = span.fields
        said = {
            "environment": fields.get("environment") or self._identity.environment,
            "release": fields.get("release") or self._identity.release,
            "server_name": fields.get("host") or self._identity.server_name,
        }
        event.update((key, value) for key, value in said.items() if value is not None)
        event_bytes = json_bytes(event)
        body = event_bytes[:-1] + b',"spans":[' + b",".join(spans) + b"]}"
        return b'{"event_id":"' + _hash(body).encode() + b'",' + body[1:]

    def _child(self, item: Encoded) -> bytes:
        span = item.span
        return json_bytes(
            {
                **self._described(item),
                "description": item.name,
                "start_timestamp": span.start / 1e6,
                "timestamp": span.end / 1e6,
            }
        )

    def _described(self, item: Encoded) -> dict[str, Any]:
        span = item.span
        attributes = item.attributes()
        data = {
            key: self._reshaped[key](attribute["value"]) if key in self._reshaped else attribute["value"]
            for key, attribute in attributes.items()
        }
        described: dict[str, Any] = {
            "trace_id": span.trace_id,
            "span_id": span.span_id,
            "op": attributes["sentry.op"]["value"],
            "origin": ORIGIN,
            "status": _status(span.fields.get("failure")),
            "data": data,
        }
        if span.parent_id is not None:
            described["parent_span_id"] = span.parent_id
        return described


def _status(failure: str | None) -> str:
    return "ok" if failure is None else _STATUSES.get(failure, "internal_error")


def _hash(body: bytes) -> str:
    return blake2b(body, digest_size=16, person=b"event").hexdigest()


def _event_id(payload: bytes) -> str:
    start = len(b'{"event_id":"')
    return payload[start : start + 32].decode()


def split_transaction(envelope: Envelope) -> list[Envelope]:
    """Two transactions of one that is too large; none of one that has no spans in it.

    The first keeps its head and the first half of the spans; the others follow one of theirs.
    """
    if envelope.spans < 2:
        return []
    event = orjson.loads(envelope.payload)
    spans = event["spans"]
    middle = len(spans) // 2
    head, *others = spans[middle:]
    described = dict(head)
    second = {
        **event,
        "transaction": described.pop("description"),
        "start_timestamp": described.pop("start_timestamp"),
        "timestamp": described.pop("timestamp"),
        "contexts": {"trace": described},
        "spans": others,
    }
    return [_again(envelope, {**event, "spans": spans[:middle]}), _again(envelope, second)]


def _again(envelope: Envelope, event: dict[str, Any]) -> Envelope:
    event.pop("event_id")
    event_id = _hash(orjson.dumps(event))
    ids = [event["contexts"]["trace"]["span_id"], *(span["span_id"] for span in event["spans"])]
    return msgspec.structs.replace(
        envelope,
        spans=len(ids),
        header={**envelope.header, "event_id": event_id},
        payload=orjson.dumps({"event_id": event_id, **event}),
        span_ids=tuple(ids),
    )
