"""What is said of a call of a model or of an agent: tokens, models, messages, computed of several fields."""

from __future__ import annotations

from collections.abc import Container, Mapping

from sentry_conventions.attributes import ATTRIBUTE_NAMES as NAMES

from translator.content.messages import input_messages, output_messages, system_text, tool_definitions
from translator.content.plain import json_text
from translator.content.providers import guess_provider
from translator.content.usage import Usage
from translator.envelopes.typed import Typed, string
from translator.model import Json, Kind, Span

CALL_ID = "log.call_id"

_SAID = frozenset({"system", "input", "output"})
"""The fields that messages are made of."""

_MODELS = ("gen_ai.request.model", "gen_ai.response.model")

USAGE_KEYS = (
    NAMES.GEN_AI_USAGE_INPUT_TOKENS,
    NAMES.GEN_AI_USAGE_OUTPUT_TOKENS,
    NAMES.GEN_AI_USAGE_CACHE_READ_INPUT_TOKENS,
    NAMES.GEN_AI_USAGE_CACHE_CREATION_INPUT_TOKENS,
    NAMES.GEN_AI_USAGE_REASONING_OUTPUT_TOKENS,
    NAMES.GEN_AI_USAGE_TOTAL_TOKENS,
)
"""The attributes of the counts of `Usage` in their order, and of the total."""

_INPUT, _OUTPUT, _CACHE_READ, _CACHE_WRITE, _REASONING, _TOTAL = USAGE_KEYS


def add_call(out: Typed, span: Span, taken: Container[str], *, content: bool) -> None:
    """Adds what is computed of a call's fields: tokens, models, provider, rate and messages.

    Args:
        out: Where to.
        span: A call of a model, or an agent.
        taken: Attributes that there are already elsewhere.
        content: Whether messages are added.
    """
    fields = span.fields
    usage: Usage | None = fields.get("usage")
    if usage is not None:
        _add_counts(out, usage)
    if span.kind is Kind.MODEL:
        _add_models(out, fields, taken)
        seconds = (span.end - span.start) / 1e6
        if usage is not None and usage.output_tokens and seconds > 0:
            rate = round(usage.output_tokens / seconds, 3)
            out["gen_ai.response.tokens_per_second"] = {"type": "double", "value": rate}
        if "call_id" in fields:
            out[CALL_ID] = string(fields["call_id"])
    if "tools" in fields:
        out["gen_ai.tool.definitions"] = string(json_text(tool_definitions(fields["tools"])))
    if content and not _SAID.isdisjoint(fields):
        _add_messages(out, fields)


def _add_counts(out: Typed, usage: Usage) -> None:
    """The counts of tokens that are known, one by one: a loop would take twice as long."""
    count = usage.input_tokens
    if count is not None:
        out[_INPUT] = {"type": "integer", "value": count}
    count = usage.output_tokens
    if count is not None:
        out[_OUTPUT] = {"type": "integer", "value": count}
    count = usage.cache_read
    if count is not None:
        out[_CACHE_READ] = {"type": "integer", "value": count}
    count = usage.cache_write
    if count is not None:
        out[_CACHE_WRITE] = {"type": "integer", "value": count}
    count = usage.reasoning
    if count is not None:
        out[_REASONING] = {"type": "integer", "value": count}
    count = usage.total
    if count is not None:
        out[_TOTAL] = {"type": "integer", "value": count}


def _add_models(out: Typed, fields: Mapping[str, Json], taken: Container[str]) -> None:
    """Request and response model, each from the other where the log has but one, and the provider."""
    model = fields.get("model") or fields.get("response_model")
    if model is None:
        return
    for key in _MODELS:
        if key not in taken:
            out[key] = string(model)
    if "provider" not in fields:
        provider = guess_provider(model)
        if provider is not None:
            out["gen_ai.provider.name"] = string(provider)


def _add_messages(out: Typed, fields: Mapping[str, Json]) -> None:
    prompts: list[str] = []
    if fields.get("operation") == "embeddings":
        if "input" in fields:
            out["gen_ai.embeddings.input"] = string(_text(fields["input"]))
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
            out["gen_ai.input.messages"] = string(json_text(conversation.messages))
    if "output" in fields:
        answer = output_messages(fields["output"]).messages
        if answer:
            out["gen_ai.output.messages"] = string(json_text(answer))
    if prompts:
        out["gen_ai.system_instructions"] = string("\n\n".join(prompts))


def _text(value: Json) -> str:
    return value if type(value) is str else json_text(value)
