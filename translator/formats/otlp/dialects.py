"""What a span of each dialect is: which kind, which fields, from which attributes.

The order of `DIALECTS` is the order in which they are asked; the first that knows a span decides.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from translator.formats.otlp import messages
from translator.formats.otlp.attributes import decoded, first, parsed
from translator.formats.otlp.decode import SpanRecord
from translator.model import Json, Kind

Attributes = Mapping[str, Json]
Fields = dict[str, Json]


class Meaning(msgspec.Struct):
    """What a span is.

    Attributes:
        kind: Its kind.
        fields: What it says beyond what all dialects have in common.
        exclusive: Whether its input tokens are counted without those of a cache.
        aggregate: Whether its tokens only repeat those of spans below it.
    """

    kind: Kind
    fields: Fields = {}
    exclusive: bool = False
    aggregate: bool = False


Dialect = Callable[[SpanRecord], Meaning | None]

_OPERATIONS: dict[str, tuple[Kind, str | None]] = {
    "chat": (Kind.MODEL, "chat"),
    "text_completion": (Kind.MODEL, "text_completion"),
    "generate_content": (Kind.MODEL, "generate_content"),
    "embeddings": (Kind.MODEL, "embeddings"),
    "embed": (Kind.MODEL, "embeddings"),
    "responses": (Kind.MODEL, "chat"),
    "llm_call": (Kind.MODEL, "chat"),
    "execute_tool": (Kind.TOOL, None),
    "tool_call": (Kind.TOOL, None),
    "invoke_agent": (Kind.AGENT, None),
    "create_agent": (Kind.OTHER, None),
    "agent_call": (Kind.AGENT, None),
    "user_prompt": (Kind.AGENT, None),
    "system_prompt": (Kind.AGENT, None),
    "invoke_workflow": (Kind.OTHER, None),
    "handoff": (Kind.HANDOFF, None),
}
"""Values of `gen_ai.operation.name`; any other is none of a model, agent or tool."""

_ARGUMENTS = (
    "gen_ai.tool.call.arguments", "gen_ai.tool.input", "tool_arguments", "ai.toolCall.args",
    "gcp.vertex.agent.tool_call_args", "gen_ai.input.messages", "input-json",
)  # fmt: skip
_RESULTS = (
    "gen_ai.tool.call.result", "gen_ai.tool.output", "tool_response", "ai.toolCall.result",
    "gcp.vertex.agent.tool_response", "gen_ai.output.messages", "output-json",
)  # fmt: skip
"""What a tool is called with and returns; the Gemini CLI writes both as if they were messages."""

_OPENINFERENCE = {"LLM": Kind.MODEL, "AGENT": Kind.AGENT, "TOOL": Kind.TOOL}
_HANDOFF = "handoff to "
_TRACELOOP = {"agent": Kind.AGENT, "tool": Kind.TOOL, "workflow": Kind.OTHER, "task": Kind.OTHER}
_CLAUDE_CODE = {"interaction": Kind.AGENT, "llm_request": Kind.MODEL, "tool": Kind.TOOL}


def _openinference(span: SpanRecord) -> Meaning | None:
    said = span.attributes.get("openinference.span.kind")
    if type(said) is not str:
        return None
    kind = _OPENINFERENCE.get(said.upper(), Kind.OTHER)
    a = span.attributes
    if kind is Kind.MODEL:
        return Meaning(kind, messages.openinference_model(a))
    if kind is Kind.TOOL and span.name.startswith(_HANDOFF):
        fields = {"from_agent": a.get("input.value"), "to_agent": span.name.removeprefix(_HANDOFF)}
        return Meaning(Kind.HANDOFF, fields)
    if kind is Kind.TOOL:
        fields = {
            "tool": a.get("tool.name") or span.name,
            "call_id": first(a, ("tool_call.id", "tool.id")),
            "arguments": parsed(first(a, ("tool.parameters", "input.value"))),
            "output": parsed(a.get("output.value")),
            "tool_description": a.get("tool.description"),
        }
        if a.get("input.value") is not None:
            fields["arguments"] = parsed(a["input.value"])
        return Meaning(kind, fields)
    if kind is Kind.AGENT:
        fields = {
            "agent": first(a, ("agent.name", "gen_ai.agent.name", "graph.node.id")) or span.name,
            "input": parsed(a.get("input.value")),
            "output": parsed(a.get("output.value")),
        }
        return Meaning(kind, fields, aggregate=True)
    if said.upper() == "EMBEDDING":
        fields = {
            "operation": "embeddings",
            "model": first(a, ("embedding.model_name", "llm.model_name")),
            "input": a.get("input.value"),
        }
        return Meaning(Kind.MODEL if fields["model"] else Kind.OTHER, fields if fields["model"] else {})
    return Meaning(Kind.OTHER, aggregate=True)


def _otel(span: SpanRecord) -> Meaning | None:
    a = span.attributes
    said = a.get("gen_ai.operation.name")
    if type(said) is not str:
        return None
    said = said.lower()
    kind, operation = _OPERATIONS.get(said, (Kind.OTHER, None))
    if kind is Kind.TOOL:
        return Meaning(kind, _otel_tool(span, said))
    fields = messages.otel(span)
    if kind is Kind.MODEL:
        fields["operation"] = operation
    elif kind is Kind.AGENT:
        fields["agent"] = first(a, ("gen_ai.agent.name", "agent_name")) or _after(span.name, said)
    elif kind is Kind.HANDOFF:
        fields |= {
            "from_agent": a.get("gen_ai.handoff.from_agent"),
            "to_agent": a.get("gen_ai.handoff.to_agent"),
        }
    return Meaning(kind, fields, aggregate=kind is not Kind.MODEL)


def _otel_tool(span: SpanRecord, said: str) -> Fields:
    a = span.attributes
    return {
        "tool": first(a, ("gen_ai.tool.name", "tool_name", "ai.toolCall.name")) or _after(span.name, said),
        "call_id": first(a, ("gen_ai.tool.call.id", "gen_ai.tool.call_id", "ai.toolCall.id")),
        "arguments": decoded(first(a, _ARGUMENTS)),
        "output": decoded(first(a, _RESULTS)),
        "tool_description": a.get("gen_ai.tool.description"),
        "tool_type": a.get("gen_ai.tool.type"),
    }


def _after(name: str, operation: str) -> str | None:
    """Whom an operation is done to, of a span that is named after both."""
    head, _, rest = name.partition(" ")
    return rest or (name if head != operation else None)


def _vercel(span: SpanRecord) -> Meaning | None:
    a = span.attributes
    said = a.get("ai.operationId") or a.get("operation.name")
    if type(said) is not str or not said.startswith("ai."):
        return None
    said = said.split(" ")[0]
    action = said.rpartition(".")[2]
    if said == "ai.toolCall":
        fields = {
            "tool": a.get("ai.toolCall.name"),
            "call_id": a.get("ai.toolCall.id"),
            "arguments": decoded(a.get("ai.toolCall.args")),
            "output": decoded(a.get("ai.toolCall.result")),
        }
        return Meaning(Kind.TOOL, fields)
    fields = messages.vercel(a)
    if action in ("doGenerate", "doStream"):
        return Meaning(Kind.MODEL, fields | {"operation": "chat"})
    if action == "doEmbed":
        return Meaning(Kind.MODEL, fields | {"operation": "embeddings", "input": messages.embedded(a)})
    if said.startswith(("ai.embed", "ai.rerank")):
        return Meaning(Kind.OTHER, aggregate=True)
    name = first(a, ("ai.telemetry.functionId", "gen_ai.agent.name", "resource.name")) or said.removeprefix(
        "ai."
    )
    return Meaning(Kind.AGENT, fields | {"agent": name}, aggregate=True)


def _openllmetry(span: SpanRecord) -> Meaning | None:
    a = span.attributes
    entity = a.get("traceloop.span.kind")
    if type(entity) is str:
        kind = _TRACELOOP.get(entity.lower(), Kind.OTHER)
        said, out = decoded(a.get("traceloop.entity.input")), decoded(a.get("traceloop.entity.output"))
        name = a.get("traceloop.entity.name") or span.name
        if kind is Kind.AGENT:
            return Meaning(kind, {"agent": name, "input": said, "output": out}, aggregate=True)
        if kind is Kind.TOOL:
            return Meaning(kind, {"tool": name, "arguments": said, "output": out})
        return Meaning(kind, aggregate=True)
    request = a.get("llm.request.type")
    if type(request) is not str:
        return None
    operation = {"embedding": "embeddings", "rerank": None}.get(request, "chat")
    if operation is None:
        return Meaning(Kind.OTHER)
    fields = messages.openllmetry(span) | {"operation": operation}
    said = fields.get("input")
    if operation == "embeddings" and type(said) is list:
        fields["input"] = [item.get("content") if type(item) is dict else item for item in said]
    return Meaning(Kind.MODEL, fields)


def _claude_code(span: SpanRecord) -> Meaning | None:
    a = span.attributes
    said = a.get("span.type")
    if type(said) is not str or not (span.name.startswith("claude_code.") or "claude" in span.scope):
        return None
    kind = _CLAUDE_CODE.get(said, Kind.OTHER)
    fields: Fields = {}
    if kind is Kind.AGENT:
        fields = {"agent": "claude-code", "input": a.get("user_prompt")}
    elif kind is Kind.MODEL:
        fields = {
            "model": first(a, ("gen_ai.request.model", "model")),
            "provider": "anthropic",
            "input": a.get("new_context"),
            "output": a.get("response.model_output"),
            "finish_reason": a.get("stop_reason"),
            "time_to_first_chunk_ms": _number(a.get("ttft_ms")),
            "response_id": a.get("gen_ai.response.id"),
        }
    elif kind is Kind.TOOL:
        shown = next((event.attributes for event in span.events if event.name == "tool.output"), None)
        fields = {
            "tool": a.get("tool_name"),
            "call_id": a.get("tool_use_id"),
            "arguments": parsed(first(a, ("tool_input", "tool_parameters"))),
            "output": parsed(first(a, ("tool_output", "tool_result"))) or shown,
        }
    if str(a.get("success")).lower() == "false":
        fields |= {"success": False, "error_message": a.get("error")}
    exclusive = kind is Kind.MODEL and "input_tokens" in a
    return Meaning(kind, fields, exclusive=exclusive, aggregate=kind is Kind.AGENT)


def _codex(span: SpanRecord) -> Meaning | None:
    if "codex" not in span.scope and not str(span.resource.get("service.name", "")).startswith("codex"):
        return None
    if span.name in ("session_task.turn", "turn"):
        return Meaning(Kind.AGENT, {"agent": "codex"}, aggregate=True)
    if span.name == "handle_responses":
        return Meaning(
            Kind.MODEL,
            {"provider": "openai", "model": first(span.attributes, ("gen_ai.request.model", "model"))},
        )
    return None


def _bare(span: SpanRecord) -> Meaning | None:
    """A model call that says no more than whose model it is."""
    a = span.attributes
    if first(a, ("gen_ai.system", "gen_ai.provider.name")) is None or first(a, _REQUESTED) is None:
        return None
    return Meaning(Kind.MODEL, messages.openllmetry(span) | messages.otel(span))


_REQUESTED = ("gen_ai.request.model", "gen_ai.response.model")


def _number(value: Json) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


DIALECTS: tuple[Dialect, ...] = (_openinference, _otel, _vercel, _openllmetry, _claude_code, _codex, _bare)
"""OpenInference, OpenTelemetry, Vercel AI, OpenLLMetry, Claude Code, Codex, and what is left."""


_MARKS = frozenset({
    "openinference.span.kind", "gen_ai.operation.name", "ai.operationId", "operation.name",
    "traceloop.span.kind", "llm.request.type", "span.type", "gen_ai.system", "gen_ai.provider.name",
})  # fmt: skip


def may_mean(span: SpanRecord) -> bool:
    """Whether a dialect may know a span, at a glance."""
    return not _MARKS.isdisjoint(span.attributes) or "codex" in span.scope


def meaning_of(span: SpanRecord) -> Meaning | None:
    """What a span is; None where no dialect knows it."""
    for dialect in DIALECTS:
        found = dialect(span)
        if found is not None:
            return found
    return None
