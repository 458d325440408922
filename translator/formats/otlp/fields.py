"""Spans to the fields of the log format: what all dialects have in common."""

from __future__ import annotations

from collections.abc import Mapping

from translator.content.usage import Usage
from translator.formats.native.values import FLAGS
from translator.formats.otlp.attributes import best, by_key, parsed, usage_of
from translator.formats.otlp.decode import SpanRecord
from translator.formats.otlp.dialects import Meaning
from translator.model import Json, Kind

COMMON: dict[str, tuple[str, ...]] = {
    "conversation_id": (
        "gen_ai.conversation.id", "session.id", "conversation.id", "thread.id", "langgraph.thread_id",
        "traceloop.association.properties.session_id", "traceloop.association.properties.thread_id",
        "traceloop.association.properties.conversation_id", "langfuse.session.id", "sessionId",
        "gcp.vertex.agent.session_id",
    ),
    "agent": ("gen_ai.agent.name", "agent.name"),
    "user_id": ("user.id", "enduser.id", "traceloop.association.properties.user_id", "langfuse.user.id"),
    "model": ("gen_ai.request.model",),
    "response_model": ("gen_ai.response.model",),
    "provider": ("gen_ai.provider.name", "gen_ai.system"),
    "response_id": ("gen_ai.response.id",),
    "finish_reason": (
        "gen_ai.response.finish_reasons", "gen_ai.response.finish_reason", "llm.response.finish_reason",
    ),
    "temperature": ("gen_ai.request.temperature",),
    "max_tokens": ("gen_ai.request.max_tokens",),
    "top_p": ("gen_ai.request.top_p",),
    "top_k": ("gen_ai.request.top_k",),
    "seed": ("gen_ai.request.seed",),
    "frequency_penalty": ("gen_ai.request.frequency_penalty",),
    "presence_penalty": ("gen_ai.request.presence_penalty",),
    "stop": ("gen_ai.request.stop_sequences",),
    "stream": (
        "gen_ai.request.stream", "gen_ai.response.streaming", "gen_ai.is_streaming", "llm.is_streaming",
    ),
    "cost": ("gen_ai.cost.total_tokens", "gen_ai.usage.cost", "operation.cost", "llm.cost.total"),
    "time_to_first_chunk_s": (
        "gen_ai.response.time_to_first_chunk", "gen_ai.client.operation.time_to_first_chunk",
        "gen_ai.server.time_to_first_token",
    ),
    "pipeline": ("gen_ai.pipeline.name", "gen_ai.workflow.name", "traceloop.workflow.name"),
}  # fmt: skip
"""Fields that every dialect writes under OpenTelemetry's names, or that belong to the whole trace."""

NUMBERS = frozenset({
    "temperature", "max_tokens", "top_p", "top_k", "frequency_penalty", "presence_penalty", "cost",
    "time_to_first_chunk_s", "time_to_first_chunk_ms",
})  # fmt: skip
WHOLE_NUMBERS = frozenset({"max_tokens", "top_k"})

FIRST_CHUNKS = frozenset({
    "gen_ai.first_token", "First Token Stream Event", "ai.stream.firstChunk", "llm.content.completion.chunk",
    "gen_ai.content.completion.chunk",
})  # fmt: skip
"""Events at which the first output came."""

RESOURCE: dict[str, tuple[str, ...]] = {
    "service": ("service.name",),
    "environment": ("deployment.environment.name", "deployment.environment"),
    "release": ("service.version",),
    "host": ("host.name",),
}

TEXTS = frozenset({
    "conversation_id", "agent", "user_id", "model", "response_model", "provider", "response_id", "tool",
    "call_id", "tool_description", "tool_type", "pipeline", "service", "environment", "release", "host",
    "from_agent", "to_agent", "seed",
})  # fmt: skip

NOT_PASSED_ON = (
    "gen_ai.", "llm.", "ai.", "input.", "output.", "openinference.", "traceloop.entity.", "traceloop.span.",
    "traceloop.workflow.", "traceloop.association.", "pydantic_ai.", "logfire.", "final_result",
    "all_messages_events", "events", "tool.", "tool_arguments", "tool_response", "tool_input", "tool_output",
    "tool_result", "tool_parameters", "embedding.", "retrieval.", "reranker.", "user_prompt", "metadata",
    "exception.", "operation.name", "session.id", "agent.name", "user.", "enduser.", "http.request.header",
    "http.response.header", "message", "prompt", "response", "agent_name", "model_name", "span.type",
    "resource.name",
    "langfuse.", "new_context", "system_prompt", "user_system_prompt", "error", "gcp.vertex.agent.",
    "request_data", "response_data", "model_request_parameters", "input-json", "output-json",
)  # fmt: skip
"""Beginnings of attributes that have become fields, or may hold content: they are not sent as they are."""

PASSED_ON = (
    "client.",
    "code.",
    "db.",
    "http.",
    "messaging.",
    "network.",
    "process.",
    "rpc.",
    "server.",
    "thread.",
    "url.",
    "user_agent.",
)
"""Beginnings of attributes whose texts are sent; of others only those that are one word, like an id."""

_LONGEST, _LONGEST_WORD = 300, 100


_COMMON_KEYS, _RESOURCE_KEYS = by_key(COMMON), by_key(RESOURCE)


def fields_of(span: SpanRecord, meaning: Meaning) -> dict[str, Json]:
    """What a span says, by the names of the log format, of their types."""
    a = span.attributes
    said = {name: parsed(value) for name, value in best(a, _COMMON_KEYS).items()}
    said |= best(span.resource, _RESOURCE_KEYS)
    said |= {name: value for name, value in meaning.fields.items() if value is not None}
    if meaning.kind is Kind.OTHER:
        said |= {"other": span.name or "span", "op": _op(a)}
    if meaning.kind is Kind.MODEL and said.get("time_to_first_chunk_ms") is None:
        _first_chunk(span, said)
    if span.failed:
        said |= {name: value for name, value in _failure(span).items() if value is not None}
    return {name: clean for name, value in said.items() if (clean := _clean(name, value)) is not None}


def usage(span: SpanRecord, meaning: Meaning) -> Usage | None:
    """The tokens that a span counts."""
    return usage_of(span.attributes, exclusive=meaning.exclusive)


def extra_of(span: SpanRecord) -> dict[str, Json]:
    """What a span says beyond the log format, without what may be content."""
    return {
        key: value
        for key, value in span.attributes.items()
        if key not in _COMMON_KEYS and not key.startswith(NOT_PASSED_ON) and _is_plain(key, value)
    }


def _is_plain(key: str, value: Json) -> bool:
    if type(value) is str:
        if key.startswith(PASSED_ON):
            return len(value) <= _LONGEST
        return len(value) <= _LONGEST_WORD and len(value.split()) == 1
    return type(value) in (int, float, bool)


def _clean(name: str, value: Json) -> Json:
    if name in TEXTS:
        if type(value) is dict or type(value) is list or type(value) is bool:
            return None
        return str(value).strip() or None if value is not None else None
    if name in NUMBERS:
        try:
            number = float(value)
        except (TypeError, ValueError):
            return None
        if not abs(number) < 1e15 or (name == "cost" and number < 0):
            return None
        return int(number) if name in WHOLE_NUMBERS else number
    if name == "stream":
        return FLAGS.get(str(value).lower())
    return value


def _op(a: Mapping[str, Json]) -> str:
    for key, op in _OPS:
        if key in a:
            return op
    return "default"


_OPS = (
    ("db.system", "db"), ("db.system.name", "db"), ("http.request.method", "http"), ("http.method", "http"),
    ("rpc.system", "rpc"), ("messaging.system", "queue"),
)  # fmt: skip


def _first_chunk(span: SpanRecord, said: dict[str, Json]) -> None:
    for event in span.events:
        if event.name in FIRST_CHUNKS and event.time >= span.start:
            said.setdefault("time_to_first_chunk_s", (event.time - span.start) / 1e6)
            return


def _failure(span: SpanRecord) -> dict[str, Json]:
    found: dict[str, Json] = {"success": False, "error_message": span.message or None}
    for event in span.events:
        if event.name == "exception":
            thrown = event.attributes
            found |= {
                "error_type": _text(thrown.get("exception.type")),
                "error_message": _text(thrown.get("exception.message")) or found["error_message"],
                "error_stack": _text(thrown.get("exception.stacktrace")),
            }
    found["error_type"] = found.get("error_type") or _text(span.attributes.get("error.type"))
    return found


def _text(value: Json) -> str | None:
    return value if type(value) is str and value else None
