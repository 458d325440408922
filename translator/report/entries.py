"""Spans in Sentry's words, read back: what trees and pages tell of one."""

from __future__ import annotations

from typing import Any

import msgspec
import orjson

from translator.envelopes.attributes import INCOMPLETE
from translator.model import Kind

_KINDS = {
    "gen_ai.invoke_agent": Kind.AGENT,
    "gen_ai.execute_tool": Kind.TOOL,
    "gen_ai.handoff": Kind.HANDOFF,
}
_GEN_AI = "gen_ai."


class Entry(msgspec.Struct, frozen=True):
    """One span, as it is told to a person.

    Attributes:
        trace_id: Its trace.
        span_id: Its id.
        parent_id: Its parent, or None for a root.
        kind: What it is about.
        name: The name that Sentry shows.
        start: Microseconds.
        end: Microseconds.
        failed: Whether its status is an error.
        error: The error's type and message, as far as there are any.
        agent: The agent's name.
        conversation: The conversation's id.
        input_tokens: As Sentry counts them.
        output_tokens: As Sentry counts them.
        tokens: Both.
        cost: In dollars, where the log states it.
        call_id: Of a tool: the id of the call that it answers.
        incomplete: "no_start" or "no_end" where the log lacks one of the two.
        data: The whole span as it is sent, in JSON.
    """

    trace_id: str
    span_id: str
    parent_id: str | None
    kind: Kind
    name: str
    start: int
    end: int
    failed: bool
    error: str
    agent: str | None
    conversation: str | None
    input_tokens: int | None
    output_tokens: int | None
    tokens: int | None
    cost: float | None
    call_id: str | None
    incomplete: str | None
    data: bytes


def entry_of(data: bytes) -> Entry:
    """Reads a span.

    Args:
        data: The JSON object of span v2, under current names.
    """
    span: dict[str, Any] = orjson.loads(data)
    said = {key: attribute["value"] for key, attribute in span["attributes"].items()}
    error = [said[key] for key in ("error.type", "exception.message") if said.get(key)]
    return Entry(
        trace_id=span["trace_id"],
        span_id=span["span_id"],
        parent_id=span.get("parent_span_id"),
        kind=_kind_of(said["sentry.op"]),
        name=span["name"],
        start=round(span["start_timestamp"] * 1e6),
        end=round(span["end_timestamp"] * 1e6),
        failed=span["status"] == "error",
        error=": ".join(error),
        agent=said.get("gen_ai.agent.name"),
        conversation=said.get("gen_ai.conversation.id"),
        input_tokens=said.get("gen_ai.usage.input_tokens"),
        output_tokens=said.get("gen_ai.usage.output_tokens"),
        tokens=said.get("gen_ai.usage.total_tokens"),
        cost=said.get("gen_ai.cost.total_tokens"),
        call_id=said.get("gen_ai.tool.call.id"),
        incomplete=said.get(INCOMPLETE),
        data=data,
    )


def _kind_of(op: str) -> Kind:
    """Sentry takes every operation of `gen_ai` that it does not know for a model call."""
    return _KINDS.get(op) or (Kind.MODEL if op.startswith(_GEN_AI) else Kind.OTHER)
