"""What a receiver was sent, as spans again: so that what is shown is what was received."""

from __future__ import annotations

from typing import Any

from translator.content.usage import Usage
from translator.model import Json, Kind, Span

_KINDS = {
    "gen_ai.invoke_agent": Kind.AGENT,
    "gen_ai.execute_tool": Kind.TOOL,
    "gen_ai.handoff": Kind.HANDOFF,
}
_FIELDS = {
    "gen_ai.agent.name": "agent",
    "gen_ai.request.model": "model",
    "gen_ai.operation.name": "operation",
    "gen_ai.tool.name": "tool",
    "gen_ai.conversation.id": "conversation_id",
    "gen_ai.cost.total_tokens": "cost",
    "error.type": "failure",
    "exception.message": "error_message",
}


def span_of(item: dict[str, Any]) -> Span:
    """The span that a span v2 item tells of."""
    values = {key: attribute["value"] for key, attribute in item["attributes"].items()}
    fields: dict[str, Json] = {field: values[key] for key, field in _FIELDS.items() if key in values}
    kind = _KINDS.get(values["sentry.op"], Kind.MODEL)
    if kind is Kind.HANDOFF:
        giver, _, taker = item["name"].removeprefix("handoff from ").partition(" to ")
        fields |= {"from_agent": giver, "to_agent": taker}
    if "gen_ai.usage.total_tokens" in values:
        fields["usage"] = Usage(
            input_tokens=values.get("gen_ai.usage.input_tokens"),
            output_tokens=values.get("gen_ai.usage.output_tokens"),
        )
    return Span(
        trace_id=item["trace_id"],
        span_id=item["span_id"],
        parent_id=item.get("parent_span_id"),
        segment_id=values["sentry.segment.id"],
        segment_name=values["sentry.segment.name"],
        kind=kind,
        start=round(item["start_timestamp"] * 1e6),
        end=round(item["end_timestamp"] * 1e6),
        fields=fields,
        extra={},
        incomplete=values.get("translator.incomplete"),
    )
