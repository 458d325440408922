"""A span's fields as Sentry's attributes: one table, then what is computed from several fields."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import orjson
from sentry_conventions.attributes import ATTRIBUTE_NAMES as NAMES

from translator.content.messages import input_messages, output_messages, system_text, tool_definitions
from translator.content.names import op_of, operation_of, span_name
from translator.content.plain import json_text, rfc3339
from translator.content.usage import Usage
from translator.envelopes.conventions import coerced, known, type_of
from translator.envelopes.providers import guess_provider
from translator.model import Json, Kind, Span

Typed = dict[str, dict[str, Any]]
"""Attributes as span v2 writes them: `{key: {"type": …, "value": …}}`."""

ORIGIN = "auto.ai.log_translator"
PLATFORM = "other"

INCOMPLETE = "translator.incomplete"
TRUNCATED = "translator.truncated"
ORIGINAL_START = "translator.original_start"
"""When a span truly began whose times were moved forward, in RFC 3339."""


class Identity(msgspec.Struct, frozen=True):
    """What is said of every span unless its own lines say otherwise.

    Attributes:
        sdk_name: The name under which the translator presents itself.
        sdk_version: Its version.
        environment: `sentry.environment`.
        release: `sentry.release`.
        server_name: `server.address`.
    """

    sdk_name: str
    sdk_version: str
    environment: str | None = None
    release: str | None = None
    server_name: str | None = None


class Privacy(msgspec.Struct, frozen=True):
    """What may be sent of the content.

    Attributes:
        content: Whether message contents, tool data and user data are sent.
        log_attributes: How many of a line's own keys become `log.…` attributes; 0 for none.
    """

    content: bool = False
    log_attributes: int = 64


class _Rule(msgspec.Struct, frozen=True):
    field: str
    key: str
    type: str
    content: bool = False
    convert: Callable[[Json], Json] | None = None


def _reasons(value: Json) -> str:
    """Finish reasons as the JSON text of a list."""
    return json_text(value if type(value) is list else [value])


def _seconds(value: int) -> float:
    return value / 1e6


def _text(value: Json) -> str:
    return value if type(value) is str else json_text(value)


def _tool_data(value: Json) -> str:
    """What went into a tool or came out, as JSON that parses back to what was logged.

    A text that holds a JSON object or list is what an API has encoded already.
    """
    if type(value) is str and value[:1] in ("{", "["):
        try:
            orjson.loads(value)
        except orjson.JSONDecodeError:
            return json_text(value)
        return value
    return json_text(value)


def _sequences(value: Json) -> Json:
    return coerced(value, "array")


def _rule(
    field: str, key: str, convert: Callable[[Json], Json] | None = None, *, content: bool = False
) -> _Rule:
    return _Rule(field, key, type_of(key), content, convert)


_COMMON = (
    _rule("agent", NAMES.GEN_AI_AGENT_NAME),
    _rule("conversation_id", NAMES.GEN_AI_CONVERSATION_ID),
    _rule("pipeline", NAMES.GEN_AI_PIPELINE_NAME),
    _rule("user_id", NAMES.USER_ID, content=True),
    _rule("user_email", NAMES.USER_EMAIL, content=True),
    _rule("user_name", NAMES.USER_NAME, content=True),
    _rule("service", NAMES.SERVICE_NAME),
    _rule("environment", NAMES.SENTRY_ENVIRONMENT),
    _rule("release", NAMES.SENTRY_RELEASE),
    _rule("host", NAMES.SERVER_ADDRESS),
    _rule("failure", NAMES.ERROR_TYPE),
    _rule("error_message", NAMES.EXCEPTION_MESSAGE),
    _rule("error_stack", NAMES.EXCEPTION_STACKTRACE),
)
_CALL = (
    _rule("model", NAMES.GEN_AI_REQUEST_MODEL),
    _rule("response_model", NAMES.GEN_AI_RESPONSE_MODEL),
    _rule("provider", NAMES.GEN_AI_PROVIDER_NAME),
    _rule("cost", NAMES.GEN_AI_COST_TOTAL_TOKENS, float),
    _rule("finish_reason", NAMES.GEN_AI_RESPONSE_FINISH_REASONS, _reasons),
    _rule("response_id", NAMES.GEN_AI_RESPONSE_ID),
    _rule("stream", NAMES.GEN_AI_RESPONSE_STREAMING),
    _rule("time_to_first_chunk", NAMES.GEN_AI_RESPONSE_TIME_TO_FIRST_CHUNK, _seconds),
    _rule("temperature", NAMES.GEN_AI_REQUEST_TEMPERATURE, float),
    _rule("max_tokens", NAMES.GEN_AI_REQUEST_MAX_TOKENS),
    _rule("top_p", NAMES.GEN_AI_REQUEST_TOP_P, float),
    _rule("top_k", NAMES.GEN_AI_REQUEST_TOP_K),
    _rule("seed", NAMES.GEN_AI_REQUEST_SEED),
    _rule("frequency_penalty", NAMES.GEN_AI_REQUEST_FREQUENCY_PENALTY, float),
    _rule("presence_penalty", NAMES.GEN_AI_REQUEST_PRESENCE_PENALTY, float),
    _rule("stop", NAMES.GEN_AI_REQUEST_STOP_SEQUENCES, _sequences),
    _rule("reasoning_effort", NAMES.GEN_AI_REQUEST_REASONING_LEVEL),
)
RULES: dict[Kind, tuple[_Rule, ...]] = {
    Kind.AGENT: (*_COMMON, *_CALL),
    Kind.MODEL: (*_COMMON, *_CALL),
    Kind.TOOL: (
        *_COMMON,
        _rule("tool", NAMES.GEN_AI_TOOL_NAME),
        _rule("tool_description", NAMES.GEN_AI_TOOL_DESCRIPTION),
        # OpenTelemetry's name, which Sentry reads; Sentry's conventions do not list it yet.
        _Rule("call_id", "gen_ai.tool.call.id", "string"),
        # Deprecated by Sentry without a successor, so it goes the way of the log's own keys.
        _Rule("tool_type", "log.tool_type", "string"),
        _rule("arguments", NAMES.GEN_AI_TOOL_CALL_ARGUMENTS, _tool_data, content=True),
        _rule("output", NAMES.GEN_AI_TOOL_CALL_RESULT, _tool_data, content=True),
    ),
    Kind.HANDOFF: _COMMON,
    Kind.OTHER: _COMMON,
}
"""Which field becomes which attribute, by the kind of span."""

USAGE_KEYS = (
    ("input_tokens", NAMES.GEN_AI_USAGE_INPUT_TOKENS),
    ("output_tokens", NAMES.GEN_AI_USAGE_OUTPUT_TOKENS),
    ("cache_read", NAMES.GEN_AI_USAGE_CACHE_READ_INPUT_TOKENS),
    ("cache_write", NAMES.GEN_AI_USAGE_CACHE_CREATION_INPUT_TOKENS),
    ("reasoning", NAMES.GEN_AI_USAGE_REASONING_OUTPUT_TOKENS),
    ("total", NAMES.GEN_AI_USAGE_TOTAL_TOKENS),
)

CONTENT_PREFIXES = (
    "user.", "enduser.", "gen_ai.prompt", "gen_ai.embeddings.input", "gen_ai.memory.", "gen_ai.input.",
    "gen_ai.output.", "gen_ai.system_instructions", "gen_ai.tool.call.", "gen_ai.response.text",
    "mcp.request.argument.", "mcp.prompt.result.", "mcp.tool.result.",
)  # fmt: skip
"""Attributes of the conventions that hold messages, tool data or user data."""

BLANKED = ("auth", "secret", "password", "passwd", "api_key", "apikey", "token", "credential")
"""Parts of keys that make the server blank a value, however harmless; such keys go into one JSON."""

OTHER = "log.other"
_LONGEST_KEY = 200
_PLAIN = {str: "string", bool: "boolean", float: "double", int: "integer"}


def build_attributes(span: Span, identity: Identity, privacy: Privacy) -> Typed:
    """All attributes of a span under their current names, before masking and trimming."""
    fields = span.fields
    out: Typed = {
        "sentry.op": _string(op_of(span.kind, fields)),
        "sentry.origin": _string(ORIGIN),
        "sentry.segment.id": _string(span.segment_id),
        "sentry.segment.name": _string(span.segment_name or span_name(span.kind, fields)),
        "sentry.sdk.name": _string(identity.sdk_name),
        "sentry.sdk.version": _string(identity.sdk_version),
    }
    if span.segment_id == span.span_id:
        out["sentry.segment.name.source"] = _string("custom")
        out["sentry.platform"] = _string(PLATFORM)
    for value, key in (
        (operation_of(span.kind, fields), "gen_ai.operation.name"),
        (identity.environment, "sentry.environment"),
        (identity.release, "sentry.release"),
        (identity.server_name, "server.address"),
    ):
        if value is not None:
            out[key] = _string(value)
    for rule in RULES[span.kind]:
        said = fields.get(rule.field)
        if said is None or (rule.content and not privacy.content):
            continue
        if rule.convert is not None:
            said = rule.convert(said)
        if said is not None:
            out[rule.key] = {"type": rule.type, "value": said}
    if "failure" in fields:
        out["sentry.status"] = _string("internal_error")
    _add_marks(out, span)
    if span.kind is Kind.MODEL or span.kind is Kind.AGENT:
        _add_call(out, span, privacy)
    if span.extra:
        _add_extra(out, span.extra, privacy)
    return out


def _add_marks(out: Typed, span: Span) -> None:
    """What the translator itself has to say of the span."""
    if span.incomplete is not None:
        out[INCOMPLETE] = _string(span.incomplete)
    if span.shifted:
        out[ORIGINAL_START] = _string(rfc3339(span.start - span.shifted))


def _string(value: str) -> dict[str, Any]:
    return {"type": "string", "value": value}


def _add_call(out: Typed, span: Span, privacy: Privacy) -> None:
    fields = span.fields
    usage: Usage | None = fields.get("usage")
    if usage is not None:
        for name, key in USAGE_KEYS:
            count = getattr(usage, name)
            if count is not None:
                out[key] = {"type": "integer", "value": count}
    if span.kind is Kind.MODEL:
        _add_models(out, fields)
        seconds = (span.end - span.start) / 1e6
        if usage is not None and usage.output_tokens and seconds > 0:
            rate = round(usage.output_tokens / seconds, 3)
            out["gen_ai.response.tokens_per_second"] = {"type": "double", "value": rate}
        if "call_id" in fields:
            out["log.call_id"] = _string(fields["call_id"])
    if "tools" in fields:
        out["gen_ai.tool.definitions"] = _string(json_text(tool_definitions(fields["tools"])))
    if privacy.content:
        _add_messages(out, fields)


def _add_models(out: Typed, fields: Mapping[str, Json]) -> None:
    """Request and response model, each from the other where the log has but one, and the provider."""
    model = fields.get("model") or fields.get("response_model")
    if model is None:
        return
    out.setdefault("gen_ai.request.model", _string(model))
    out.setdefault("gen_ai.response.model", _string(model))
    if "provider" not in fields:
        provider = guess_provider(model)
        if provider is not None:
            out["gen_ai.provider.name"] = _string(provider)


def _add_messages(out: Typed, fields: Mapping[str, Json]) -> None:
    prompts: list[str] = []
    if fields.get("operation") == "embeddings":
        if "input" in fields:
            out["gen_ai.embeddings.input"] = _string(_text(fields["input"]))
        return
    if "system" in fields:
        said = system_text(fields["system"])
        if said:
            prompts.append(said)
    if "input" in fields:
        conversation = input_messages(fields["input"])
        if conversation.system and conversation.system not in prompts:
            prompts.append(conversation.system)
        if conversation.messages:
            out["gen_ai.input.messages"] = _string(json_text(conversation.messages))
    if "output" in fields:
        answer = output_messages(fields["output"]).messages
        if answer:
            out["gen_ai.output.messages"] = _string(json_text(answer))
    if prompts:
        out["gen_ai.system_instructions"] = _string("\n\n".join(prompts))


def _add_extra(out: Typed, extra: Mapping[str, Json], privacy: Privacy) -> None:
    """What the log says beyond its format: attributes of the conventions, then the log's own."""
    left = privacy.log_attributes
    other: dict[str, Json] = {}
    for key, value in extra.items():
        found = known(key)
        if found is not None:
            if found.key in out or (not privacy.content and found.key.startswith(CONTENT_PREFIXES)):
                continue
            fitting = coerced(value, found.type)
            if fitting is not None:
                out[found.key] = {"type": found.type, "value": fitting}
                continue
        if left <= 0:
            continue
        left -= 1
        name = key[:_LONGEST_KEY]
        if any(word in name.lower() for word in BLANKED):
            other[name] = value
            continue
        wire_type = _PLAIN.get(type(value))
        fitting = coerced(value, wire_type) if wire_type is not None else None
        out["log." + name] = (
            _string(json_text(value)) if fitting is None else {"type": wire_type, "value": fitting}
        )
    if other:
        out[OTHER] = _string(json_text(other))
