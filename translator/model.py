"""The values that stages hand to one another: line, event, span, envelope, answer.

Times are integers of microseconds since the Unix epoch, durations integers of microseconds:
floats would round differently on the way through, and equal input must give equal output.
Trace ids are 32 and span ids 16 lower-case hex characters.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import msgspec

Json = Any
"""A value as a JSON parser returns it: None, bool, int, float, str, list or dict."""


class Line(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """The bytes of one line, without its line ending.

    Attributes:
        data: The bytes as they stand in the file.
        source: An opaque name of the file, equal for all its lines; also shown to people.
        number: The number of the line in its file, from 1; 0 where it is not known.
        too_long: Whether the line was longer than is read; its bytes are not kept.
        offset: Where it begins in its file, in bytes.
        written: When it was written, in microseconds, where something around it says so.
        beside: The format whose logs have small files beside them, where this is the whole content of
            such a file beside `source`.
    """

    data: bytes
    source: str
    number: int
    too_long: bool = False
    offset: int = 0
    written: int | None = None
    beside: str = ""


class Checkpoint(msgspec.Struct, frozen=True):
    """How far a file has been read, and what it is known again by.

    Attributes:
        file_id: An opaque id of our own; it survives renaming and compressing.
        source: The path under which it was first seen, without the marks of rotation: `Line.source`.
        path: Where it was last seen.
        device: The device it lies on.
        inode: Its number there.
        offset: Bytes read, decompressed: the end of a whole line.
        lines: How many lines lie before the offset.
        size: Its size when it was last looked at, in bytes.
        head: A hash of its first `head_size` bytes, decompressed.
        head_size: At most 4,096, and not more than the offset.
        tail: A hash of the `tail_size` bytes before the offset.
        tail_size: At most 4,096, and not more than the offset.
    """

    file_id: str
    source: str
    path: str
    device: int
    inode: int
    offset: int
    lines: int
    size: int
    head: str
    head_size: int
    tail: str
    tail_size: int


class Kind(StrEnum):
    """What a span is about."""

    AGENT = "agent"
    MODEL = "model"
    TOOL = "tool"
    HANDOFF = "handoff"
    OTHER = "other"
    """A span of other instrumentation among them: a workflow's step, a retrieval, a request."""


KINDS = (Kind.AGENT, Kind.MODEL, Kind.TOOL, Kind.HANDOFF)
"""What the log format has events of."""


class Phase(StrEnum):
    """Which part of its span an event tells of."""

    START = "start"
    END = "end"
    CHUNK = "chunk"
    WHOLE = "whole"


class Event(msgspec.Struct, gc=False):
    """What one record means.

    Attributes:
        kind: What the span is about.
        phase: Whether the line opens a span, closes it, tells of its first output, or is all of it.
        time: When the line was written, in microseconds.
        start: Begin of a `WHOLE` span (or of an `END` that carries it), in microseconds.
        end: End of a `WHOLE` span, in microseconds.
        source: The file it came from, with the process where the line names one.
        thread: The thread that the line names, or an empty string.
        fields: Values by the names of the log format ("agent", "input", "usage"), cleaned.
        extra: What the log format does not know, by the log's own key.
        line: The bytes of the line, from which ids are made where the log has none.
    """

    kind: Kind
    phase: Phase
    time: int
    start: int | None
    end: int | None
    source: str
    thread: str
    fields: dict[str, Json]
    extra: dict[str, Json]
    line: bytes


class Span(msgspec.Struct, gc=False):
    """One finished span, before it is put into Sentry's words.

    Attributes:
        trace_id: 32 hex characters.
        span_id: 16 hex characters.
        parent_id: 16 hex characters, or None for a root.
        segment_id: The span id of the topmost span of the same trace that the logs know.
        segment_name: Its name as Sentry shows it; empty where it is not known.
        kind: What the span is about.
        start: Microseconds.
        end: Microseconds, not before start.
        fields: Values by the names of the log format.
        extra: What the log format does not know, by the log's own key.
        incomplete: "no_start" or "no_end" where the log lacks one of the two.
        baggage: Sentry's entries of the baggage that the trace's caller sent, without their prefix.
        shifted: Microseconds by which its times were moved forward, for it is older than what is kept.
        size: Bytes of the lines that it was made of.
    """

    trace_id: str
    span_id: str
    parent_id: str | None
    segment_id: str
    segment_name: str
    kind: Kind
    start: int
    end: int
    fields: dict[str, Json]
    extra: dict[str, Json]
    incomplete: str | None = None
    baggage: Mapping[str, str] = {}
    shifted: int = 0
    size: int = 0


class Envelope(msgspec.Struct, frozen=True):
    """One envelope, complete but for the time of its sending.

    Attributes:
        trace_id: The one trace that all its spans belong to.
        category: "span" or "transaction", as Sentry's rate limits name it.
        spans: How many spans are in it.
        header: The envelope's header without `sent_at`.
        item_header: The header of its only item, without `length`.
        payload: The item's payload.
        span_ids: The ids of the spans in it, in order.
    """

    trace_id: str
    category: str
    spans: int
    header: dict[str, Json]
    item_header: dict[str, Json]
    payload: bytes
    span_ids: tuple[str, ...]


class Acknowledged(msgspec.Struct, frozen=True):
    """Sentry has taken the envelope."""

    status: int = 200


class Retry(msgspec.Struct, frozen=True):
    """Send the same envelope again, not before `after` seconds from now.

    Attributes:
        after: Seconds to wait; None where the server named no time (back off).
        reason: A bounded word for counters: "rate_limited", "server_error", "network".
        detail: What to tell a person.
        status: The HTTP status, or None when there was no answer.
    """

    after: float | None
    reason: str
    detail: str
    status: int | None = None


class Refused(msgspec.Struct, frozen=True):
    """Never send these bytes again.

    Attributes:
        reason: A bounded word: "too_large", "malformed", "unauthorized".
        detail: The server's own words where it gave any.
        status: The HTTP status.
    """

    reason: str
    detail: str
    status: int


Answer = Acknowledged | Retry | Refused
"""What became of one attempt to send one envelope."""


class Attribute(msgspec.Struct, frozen=True):
    """One attribute as span v2 writes it."""

    type: str
    value: bool | int | float | str | list[str]


Fields = Mapping[str, Json]
