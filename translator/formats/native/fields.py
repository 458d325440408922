"""The fields of the log format and every name they go by: one table.

Names match without regard to case, `_`, `-` and `.` (see `squash`), so each alias stands here once
in one spelling. Earlier aliases win over later ones where a line has several.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec
from sentry_conventions.attributes import ATTRIBUTE_METADATA

from translator.model import KINDS, Kind

AGENT, MODEL, TOOL, HANDOFF = Kind.AGENT, Kind.MODEL, Kind.TOOL, Kind.HANDOFF
ALL = frozenset(KINDS)


class Type(StrEnum):
    """How a field's value is read; what does not fit is kept as an ordinary log attribute."""

    TIME = "time"
    """A point in time, see `parse_time`."""
    DURATION = "duration"
    """A length of time; the field's name says the unit of a bare number."""
    ID = "id"
    """A string, or an integer read as one."""
    TEXT = "text"
    """A string that is not empty."""
    TEXTS = "texts"
    """A string that is not empty, or a list of strings."""
    NUMBER = "number"
    """A finite number, also as a string."""
    AMOUNT = "amount"
    """The same from 0 on."""
    INTEGER = "integer"
    """A whole number, also as a string."""
    FLAG = "flag"
    """true or false, also as 0, 1, "true", "false"."""
    JSON = "json"
    """Any value but null."""
    NAMED = "named"
    """A name, or an object with `name` and more."""


class Field(msgspec.Struct, frozen=True):
    """One field of the log format.

    Attributes:
        name: Its name in documents, code and the JSON Schema.
        type: How its value is read.
        doc: What it says, for the schema and the documentation.
        aliases: Other names for it, best first.
        kinds: The events whose lines it is read from.
        convention: The Sentry attribute whose whole alias family names it, too.
    """

    name: str
    type: Type
    doc: str
    aliases: tuple[str, ...] = ()
    kinds: frozenset[Kind] = ALL
    convention: str | None = None


def _field(
    name: str,
    kind: Type,
    doc: str,
    *aliases: str,
    on: tuple[Kind, ...] = (),
    convention: str | None = None,
) -> Field:
    return Field(name, kind, doc, aliases, frozenset(on) or ALL, convention)


FIELDS: tuple[Field, ...] = (
    _field("timestamp", Type.TIME, "When the line was written.",
           "@timestamp", "@t", "time", "ts", "asctime", "datetime", "date", "eventTime", "timeUnixNano",
           "observedTimeUnixNano", "log_time", "instant", "timestampSeconds"),
    _field("start_time", Type.TIME, "When the span began, on a line that tells of all of it.",
           "started_at", "start_timestamp", "startTimeUnixNano", "begin_time", "start", "begin"),
    _field("end_time", Type.TIME, "When the span ended, on a line that tells of all of it.",
           "ended_at", "end_timestamp", "endTimeUnixNano", "finished_at", "completed_at", "stop_time",
           "end"),
    _field("duration_ms", Type.DURATION, "How long it took, in milliseconds.",
           "latency_ms", "elapsed_ms", "took_ms", "duration_millis", "elapsed_millis"),
    _field("duration", Type.DURATION,
           "How long it took: milliseconds, or nanoseconds for whole numbers from 10,000,000 on.",
           "latency", "elapsed"),
    _field("duration_s", Type.DURATION, "How long it took, in seconds.",
           "duration_seconds", "elapsed_s", "elapsed_seconds", "latency_s", "latency_seconds",
           "duration_sec", "took_s", "took_seconds", "elapsed_sec", "latency_sec"),
    _field("duration_us", Type.DURATION, "How long it took, in microseconds.",
           "duration_micros", "elapsed_us", "latency_us"),
    _field("duration_ns", Type.DURATION, "How long it took, in nanoseconds.",
           "duration_nanos", "elapsed_ns", "latency_ns"),

    _field("trace_id", Type.ID, "The trace: 32 hex characters, or any other string.",
           "dd.trace_id", "otelTraceID", "logging.googleapis.com/trace", "@tr"),
    _field("run_id", Type.ID, "The run, which is the trace where there is no trace id.",
           "agent_run_id", "workflow_run_id"),
    _field("traceparent", Type.TEXT, "The caller's W3C trace context."),
    _field("sentry_trace", Type.TEXT, "The caller's Sentry trace header."),
    _field("baggage", Type.TEXT, "The caller's baggage header."),
    _field("span_id", Type.ID, "The span: 16 hex characters, or any other string.",
           "invocation_id"),
    _field("weak_id", Type.ID, "The span, unless it pairs nothing: some loggers number their lines.",
           "id"),
    _field("parent_id", Type.ID, "The span it lies under.",
           "parent_span_id", "parent_run_id"),
    _field("call_id", Type.ID, "What a call's start and end have in common.",
           "tool_call_id", "tool_use_id", "gen_ai.tool.call.id", "request_id"),
    _field("conversation_id", Type.ID, "The conversation of several runs.",
           "session_id", "chat_id", "conversation", convention="gen_ai.conversation.id"),
    _field("thread_id", Type.JSON, "A conversation when it is a word, a thread when it is a number."),
    _field("pid", Type.ID, "The process, which keeps runs in one file apart.", "process_id"),
    _field("thread", Type.ID, "The thread, which keeps runs in one process apart.",
           "thread_name", "tid"),

    _field("agent", Type.NAMED, "The agent's name, or an object with it.",
           "agent_name", convention="gen_ai.agent.name"),
    _field("agent", Type.NAMED, "The agent's name.", "from", on=(AGENT, MODEL, TOOL)),
    _field("agent", Type.NAMED, "The agent's name.", "name", on=(AGENT,)),
    _field("pipeline", Type.TEXT, "The workflow that the run belongs to.",
           "workflow", "workflow_name", "pipeline_name", convention="gen_ai.pipeline.name"),
    _field("model", Type.NAMED, "The model that was asked for, as the provider spells it.",
           "model_name", "request_model", "model_id", "llm_model", convention="gen_ai.request.model"),
    _field("response_model", Type.TEXT, "The model that answered.",
           convention="gen_ai.response.model", on=(MODEL, AGENT)),
    _field("provider", Type.TEXT, "Who serves the model: openai, anthropic, ...",
           "vendor", "llm_provider", "model_provider", convention="gen_ai.provider.name"),
    _field("operation", Type.TEXT, "chat, text_completion, generate_content or embeddings.",
           "operation_name", convention="gen_ai.operation.name", on=(MODEL,)),
    _field("tool", Type.NAMED, "The tool's name, or an object with name, description, type.",
           "tool_name", "function", "function_name", convention="gen_ai.tool.name", on=(TOOL,)),
    _field("tool", Type.NAMED, "The tool's name.", "name", on=(TOOL,)),
    _field("tool_description", Type.TEXT, "What the tool does.",
           convention="gen_ai.tool.description", on=(TOOL,)),
    _field("tool_type", Type.TEXT, "function, extension or datastore.",
           convention="gen_ai.tool.type", on=(TOOL,)),
    _field("from_agent", Type.NAMED, "The agent that hands over.",
           "from", "source_agent", "source", on=(HANDOFF,)),
    _field("to_agent", Type.NAMED, "The agent that takes over.",
           "to", "target_agent", "target", on=(HANDOFF,)),

    _field("arguments", Type.JSON, "What the tool was called with.",
           "args", "tool_arguments", "tool_args", "tool_input", "parameters", "params",
           "tool_parameters", "tool_params", "input", "tool_call_arguments",
           convention="gen_ai.tool.call.arguments", on=(TOOL,)),
    _field("output", Type.JSON, "What the tool returned.",
           "result", "response", "tool_output", "tool_result", "tool_call_result",
           convention="gen_ai.tool.call.result", on=(TOOL,)),
    _field("input", Type.JSON, "What went in: a text or messages in any provider's shape.",
           "messages", "prompt", "request.messages", "gen_ai.request.messages", "contents",
           "query", "question", "input_messages", convention="gen_ai.input.messages", on=(AGENT, MODEL)),
    _field("request", Type.JSON, "The provider's request object as it is.",
           "request_body", on=(AGENT, MODEL)),
    _field("system", Type.JSON, "The system prompt.",
           "instructions", "system_prompt", "system_instruction", "system_instructions",
           convention="gen_ai.system_instructions", on=(AGENT, MODEL)),
    _field("output", Type.JSON, "What came out: a text, messages, or the provider's response.",
           "response", "result", "completion", "answer", "gen_ai.response.text", "output_messages",
           convention="gen_ai.output.messages", on=(AGENT, MODEL)),
    _field("tools", Type.JSON, "The definitions of the tools that the model may call.",
           "tool_definitions", "available_tools",
           convention="gen_ai.tool.definitions", on=(AGENT, MODEL)),

    _field("usage", Type.JSON, "The provider's usage object as it is.",
           "usage_metadata", "token_usage", "tokens", "gen_ai.usage", on=(AGENT, MODEL)),
    _field("cost", Type.AMOUNT, "What the call cost, in US dollars.",
           "cost_usd", "total_cost", "total_cost_usd",
           convention="gen_ai.cost.total_tokens", on=(AGENT, MODEL)),
    _field("finish_reason", Type.JSON, "Why the model stopped.",
           "finish_reasons", "stop_reason", convention="gen_ai.response.finish_reasons", on=(MODEL,)),
    _field("response_id", Type.ID, "The provider's id of the response.",
           convention="gen_ai.response.id", on=(MODEL,)),
    _field("stream", Type.FLAG, "Whether the response was streamed.",
           "streaming", "streamed", convention="gen_ai.response.streaming", on=(MODEL,)),
    _field("time_to_first_chunk_ms", Type.DURATION, "From the start to the first output, in milliseconds.",
           "ttft_ms", "time_to_first_token_ms", "ms_to_first_chunk", on=(MODEL,)),
    _field("time_to_first_chunk_s", Type.DURATION, "From the start to the first output, in seconds.",
           "ttft_s", "ttft", "time_to_first_token_s",
           convention="gen_ai.response.time_to_first_chunk", on=(MODEL,)),
    _field("temperature", Type.NUMBER, "A request parameter.",
           convention="gen_ai.request.temperature", on=(AGENT, MODEL)),
    _field("max_tokens", Type.INTEGER, "A request parameter.",
           "max_output_tokens", "max_completion_tokens",
           convention="gen_ai.request.max_tokens", on=(AGENT, MODEL)),
    _field("top_p", Type.NUMBER, "A request parameter.",
           convention="gen_ai.request.top_p", on=(AGENT, MODEL)),
    _field("top_k", Type.INTEGER, "A request parameter.",
           convention="gen_ai.request.top_k", on=(AGENT, MODEL)),
    _field("seed", Type.ID, "A request parameter.",
           convention="gen_ai.request.seed", on=(AGENT, MODEL)),
    _field("frequency_penalty", Type.NUMBER, "A request parameter.",
           convention="gen_ai.request.frequency_penalty", on=(AGENT, MODEL)),
    _field("presence_penalty", Type.NUMBER, "A request parameter.",
           convention="gen_ai.request.presence_penalty", on=(AGENT, MODEL)),
    _field("stop", Type.TEXTS, "The sequences at which the model stops.",
           "stop_sequences", convention="gen_ai.request.stop_sequences", on=(AGENT, MODEL)),
    _field("reasoning_effort", Type.TEXT, "How much the model may think.",
           convention="gen_ai.request.reasoning.level", on=(AGENT, MODEL)),

    _field("error", Type.JSON, "What went wrong: a text, or an object with type, message, stack.",
           "err", "exception", "exc_info"),
    _field("error_type", Type.TEXT, "The class of the error.", "exception_type", "exc_type"),
    _field("error_message", Type.TEXT, "The error's message.", "exception_message", "exc_message"),
    _field("error_stack", Type.TEXT, "The error's stack.",
           "stack_trace", "stack", "error.stack_trace", "exception.stacktrace"),
    _field("status", Type.ID, "`error`, `failed`, `timeout` or `cancelled` make an error; all else does not.",
           "outcome"),
    _field("success", Type.FLAG, "false makes an error.", "ok", "succeeded"),
    _field("user", Type.JSON, "The user's id, or an object with id, email, name.", "user_id"),
    _field("user_email", Type.TEXT, "The user's e-mail address."),
    _field("user_name", Type.TEXT, "The user's name.", "username"),
    _field("service", Type.NAMED, "The service, over the configured one.", "service_name"),
    _field("environment", Type.TEXT, "The environment, over the configured one.",
           "env", "deployment_environment", "deployment_environment_name", "sentry_environment"),
    _field("release", Type.TEXT, "The release, over the configured one.",
           "version", "service_version", "sentry_release"),
    _field("host", Type.TEXT, "The machine, over the configured one.",
           "hostname", "server_name", "server_address"),
)  # fmt: skip
"""Every field. Where a name stands in two rows, the first row that fits the event's kind has it."""

USAGE_NAMES = (
    "input_tokens", "prompt_tokens", "tokens_in", "output_tokens", "completion_tokens", "tokens_out",
    "total_tokens", "cached_tokens", "cached_input_tokens", "cache_read_tokens", "cache_write_tokens",
    "cache_read_input_tokens", "cache_creation_input_tokens", "cache_creation_tokens",
    "reasoning_tokens", "reasoning_output_tokens", "prompt_eval_count", "eval_count",
    "prompt_token_count", "candidates_token_count", "thoughts_token_count", "cached_content_token_count",
    "cache_write_input_tokens", "total_token_count",
)  # fmt: skip
"""Counts that may stand on a line by themselves, without a usage object."""

DURATION_UNITS_US = {
    "duration_ms": 1e3,
    "duration_s": 1e6,
    "duration_us": 1.0,
    "duration_ns": 1e-3,
    "time_to_first_chunk_ms": 1e3,
    "time_to_first_chunk_s": 1e6,
}
"""Microseconds in one unit of a bare number."""

_SQUASH = str.maketrans("", "", "_-.")


def squash(key: str) -> str:
    """A key without case, `_`, `-` and `.`: how names are compared."""
    return key.lower().translate(_SQUASH)


def _alias_index() -> dict[Kind, dict[str, tuple[Field, int]]]:
    index: dict[Kind, dict[str, tuple[Field, int]]] = {kind: {} for kind in KINDS}
    rank = 0
    for field in FIELDS:
        family: tuple[str, ...] = ()
        if field.convention is not None:
            metadata = ATTRIBUTE_METADATA[field.convention]
            family = metadata.keys or (field.convention,)
        for alias in (field.name, *field.aliases, *family):
            rank += 1
            for kind in field.kinds:
                index[kind].setdefault(squash(alias), (field, rank))
    return index


ALIASES: dict[Kind, dict[str, tuple[Field, int]]] = _alias_index()
"""Per kind, every squashed name with its field and its rank: the lower wins."""

USAGE_KEYS: frozenset[str] = frozenset(
    squash(prefix + name) for name in USAGE_NAMES for prefix in ("", "gen_ai.usage.")
) | frozenset(
    squash(member)
    for key, metadata in ATTRIBUTE_METADATA.items()
    if key.startswith("gen_ai.usage.")
    for member in (metadata.keys or (key,))
)
"""Squashed names of counts that stand on the line itself."""
