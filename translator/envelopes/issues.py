"""Failed spans as error events, so that Sentry makes issues of them, in the same trace."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from hashlib import blake2b

import orjson
from msgspec import structs

from translator.envelopes.encode import Encoded
from translator.envelopes.pack import Packer, PackerState, Sender
from translator.envelopes.stacks import read_frames
from translator.envelopes.typed import Typed
from translator.model import Envelope, Json, Kind, Span

CATEGORY = "error"

_KINDS = frozenset((Kind.AGENT, Kind.MODEL, Kind.TOOL))
_MOST_TRACES = 10_000
_MOST_TRACES_KEPT = 1_000
"""Of how many traces what was told is kept across restarts."""

_LONGEST_TAG = 200
_LONGEST_MESSAGE = 8_192

_TAGS = (
    "gen_ai.agent.name", "gen_ai.request.model", "gen_ai.response.model", "gen_ai.tool.name",
    "gen_ai.provider.name", "gen_ai.conversation.id", "gen_ai.operation.name", "service.name",
)  # fmt: skip
"""Attributes of the span that issues can be searched by."""

_TOP = (
    ("environment", "sentry.environment"),
    ("release", "sentry.release"),
    ("server_name", "server.address"),
    ("transaction", "sentry.segment.name"),
)
"""Keys of an event, and the attributes that they are."""

_USER = (("id", "user.id"), ("email", "user.email"), ("username", "user.name"))


class IssuePacker:
    """Packs spans as another packer does, and beside them one event for each error that they tell of.

    An error that passes through several spans (a tool's that fails its agent) is told once, by the span
    that ended first, which is the innermost.

    Args:
        inner: Packs the spans.
        sender: Who sends.
        sdk: Name and version of the translator.
    """

    def __init__(self, inner: Packer, sender: Sender, sdk: Mapping[str, str]) -> None:
        self._inner = inner
        self._sender = sender
        self._sdk = dict(sdk)
        self._told: OrderedDict[str, set[str]] = OrderedDict()

    def pack(self, encoded: Iterable[Encoded]) -> list[Envelope]:
        """The envelopes of the spans, then those of the errors."""
        spans = list(encoded)
        events = [event for item in spans if _failed(item.span) and (event := self._event(item)) is not None]
        return self._inner.pack(spans) + events

    def drain(self) -> list[Envelope]:
        """The envelopes of all spans that are still held."""
        return self._inner.drain()

    def capture(self) -> PackerState:
        """What is still held, and what has been told."""
        lately = list(self._told)[-_MOST_TRACES_KEPT:]
        told = {trace_id: sorted(self._told[trace_id]) for trace_id in lately}
        return structs.replace(self._inner.capture(), told=told)

    def restore(self, state: PackerState, encode: Callable[[Span], Encoded]) -> None:
        """Goes on from what another packer has captured: what it has told is not told again."""
        self._inner.restore(state, encode)
        self._told = OrderedDict((trace_id, set(told)) for trace_id, told in state.told.items())

    def _event(self, item: Encoded) -> Envelope | None:
        span, attributes = item.span, item.attributes()
        trace_id = span.trace_id
        error = _Said(attributes)
        told = self._told.setdefault(trace_id, set())
        self._told.move_to_end(trace_id)
        if len(self._told) > _MOST_TRACES:
            self._told.popitem(last=False)
        event_id = blake2b(error.key, digest_size=16, key=trace_id.encode()).hexdigest()
        # What says no more than that it failed, after something in it has said why, says nothing new.
        if event_id in told or (told and not error.message and not error.stack):
            return None
        told.add(event_id)
        event = {"event_id": event_id, **_event_of(span, attributes, error), "sdk": self._sdk}
        return Envelope(
            trace_id=trace_id,
            category=CATEGORY,
            spans=0,
            header={"event_id": event_id, **self._sender.header(trace_id, span.baggage)},
            item_header={"type": "event", "content_type": "application/json"},
            payload=orjson.dumps(event),
            span_ids=(),
        )


class _Said:
    """What a span's attributes say of its error: masked, and within what is kept, as they are."""

    def __init__(self, attributes: Typed) -> None:
        self.type = _text(attributes, "error.type") or "error"
        self.message = _text(attributes, "exception.message")[:_LONGEST_MESSAGE]
        self.stack = _text(attributes, "exception.stacktrace")
        self.key = f"{self.type}\0{self.message}".encode()


def _failed(span: Span) -> bool:
    return "failure" in span.fields and span.kind in _KINDS and span.incomplete != "no_end"


def _event_of(span: Span, attributes: Typed, error: _Said) -> dict[str, Json]:
    frames = read_frames(error.stack) if error.stack else []
    exception: dict[str, Json] = {
        "type": error.type,
        "value": error.message or _text(attributes, "sentry.op"),
        "mechanism": {"type": "log", "handled": True},
    }
    if frames:
        exception["stacktrace"] = {"frames": frames}
    trace: dict[str, Json] = {
        "trace_id": span.trace_id,
        "span_id": span.span_id,
        "op": _text(attributes, "sentry.op"),
        "status": "internal_error",
        "origin": _text(attributes, "sentry.origin"),
    }
    if span.parent_id is not None:
        trace["parent_span_id"] = span.parent_id
    event: dict[str, Json] = {
        "timestamp": span.end / 1e6,
        "platform": "other",
        "level": "error",
        "exception": {"values": [exception]},
        "contexts": {"trace": trace},
        "tags": {key: said[:_LONGEST_TAG] for key in _TAGS if (said := _text(attributes, key))},
    }
    event.update((key, said) for key, name in _TOP if (said := _text(attributes, name)))
    user = {key: said for key, name in _USER if (said := _text(attributes, name))}
    if user:
        event["user"] = user
    if error.stack and not frames:
        event["extra"] = {"stack": error.stack}
    return event


def _text(attributes: Typed, key: str) -> str:
    attribute = attributes.get(key)
    return str(attribute["value"]) if attribute is not None else ""
