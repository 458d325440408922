"""A span's fields as Sentry's attributes: one table, then what is computed from several fields."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping

import msgspec
import orjson
from sentry_conventions.attributes import ATTRIBUTE_NAMES as NAMES

from translator.content.names import op_of, operation_of, span_name
from translator.content.plain import json_text, rfc3339
from translator.envelopes.calls import add_call
from translator.envelopes.conventions import coerced, type_of
from translator.envelopes.extra import add_extra
from translator.envelopes.typed import Part, Typed, string
from translator.model import Json, Kind, Span

ORIGIN = "auto.ai.log_translator"
PLATFORM = "other"

INCOMPLETE = "translator.incomplete"
TRUNCATED = "translator.truncated"
ORIGINAL_START = "translator.original_start"
"""When a span truly began whose times were moved forward, in RFC 3339."""

SEGMENT_ID, SEGMENT_NAME = "segment's id", "segment's name"
"""What outlines call two things that stand in no field."""


class Identity(msgspec.Struct, frozen=True):
    """What is said of every span unless its own lines say otherwise.

    Attributes:
        sdk_name: The name under which the translator presents itself.
        sdk_version: Its version.
        environment: `sentry.environment`.
        release: `sentry.release`.
        server_name: `server.address`.
        service: `service.name`.
        attributes: Texts, numbers and flags under names of one's own.
    """

    sdk_name: str
    sdk_version: str
    environment: str | None = None
    release: str | None = None
    server_name: str | None = None
    service: str | None = None
    attributes: Mapping[str, Json] = {}


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


def _reasons(value: Json) -> str | None:
    """Finish reasons as the JSON text of a list, without those that are empty; None where none is left."""
    reasons = [one for one in (value if type(value) is list else [value]) if not _is_empty(one)]
    return json_text(reasons) if reasons else None


def _is_empty(value: Json) -> bool:
    return value is None or value == {} or (type(value) is str and not value.strip())


def _seconds(value: int) -> float:
    return value / 1e6


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


def _text(value: Json) -> Json:
    return coerced(value, "string")


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
    # Of an error that tells content in its message, or only in what a tool returned; over the message,
    # which is what may be told.
    _rule("error_output", NAMES.EXCEPTION_MESSAGE, content=True),
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
    _rule("seed", NAMES.GEN_AI_REQUEST_SEED, _text),
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


_TYPES = {str: "string", bool: "boolean", int: "integer", float: "double"}


def outline(span: Span, identity: Identity, privacy: Privacy) -> dict[str, Part]:
    """The attributes that come first, in their order: those that the table of rules tells.

    It depends on nothing but the kind, the operation, which fields there are and which of them are
    None, and whether the span is its segment's own.
    """
    fields = span.fields
    out = {
        "sentry.op": Part("string", op_of(span.kind, fields)),
        "sentry.origin": Part("string", ORIGIN),
        "sentry.segment.id": Part("string", None, SEGMENT_ID),
        "sentry.segment.name": Part("string", None, SEGMENT_NAME),
        "sentry.sdk.name": Part("string", identity.sdk_name),
        "sentry.sdk.version": Part("string", identity.sdk_version),
    }
    if span.segment_id == span.span_id:
        out["sentry.segment.name.source"] = Part("string", "custom")
        out["sentry.platform"] = Part("string", PLATFORM)
    for value, key in (
        (operation_of(span.kind, fields), "gen_ai.operation.name"),
        (identity.environment, "sentry.environment"),
        (identity.release, "sentry.release"),
        (identity.server_name, "server.address"),
        (identity.service, "service.name"),
    ):
        if value is not None:
            out[key] = Part("string", value)
    for key, value in identity.attributes.items():
        out[key] = Part(_TYPES[type(value)], value)
    for rule in RULES[span.kind]:
        if fields.get(rule.field) is not None and (privacy.content or not rule.content):
            out[rule.key] = Part(rule.type, None, rule.field, rule.convert)
    if "failure" in fields:
        out["sentry.status"] = Part("string", "internal_error")
    return out


def build_attributes(span: Span, identity: Identity, privacy: Privacy) -> Typed:
    """All attributes of a span under their current names, before masking and trimming."""
    said = {
        **span.fields,
        SEGMENT_ID: span.segment_id,
        SEGMENT_NAME: span.segment_name or span_name(span.kind, span.fields),
    }
    out: Typed = {}
    for key, (wire_type, constant, field, convert) in outline(span, identity, privacy).items():
        value = said[field] if field else constant
        if convert is not None:
            value = convert(value)
        if value is not None or not field:
            out[key] = {"type": wire_type, "value": value}
    out.update(own_attributes(span, out, privacy))
    if span.extra:
        add_extra(out, span.extra, (), content=privacy.content, most=privacy.log_attributes)
    return out


def own_attributes(span: Span, taken: Container[str], privacy: Privacy) -> Typed:
    """The attributes that follow the outline, which are computed of several fields.

    Args:
        span: The span.
        taken: The keys of the outline.
        privacy: What may be sent.
    """
    out: Typed = {}
    if span.incomplete is not None:
        out[INCOMPLETE] = string(span.incomplete)
    if span.shifted:
        out[ORIGINAL_START] = string(rfc3339(span.start - span.shifted))
    if span.kind is Kind.MODEL or span.kind is Kind.AGENT:
        add_call(out, span, taken, content=privacy.content)
    return out
