"""Attributes under the names that older Sentry servers, dashboards and Spotlight read."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

import orjson

from translator.content.messages import legacy_messages, texts, tool_calls
from translator.content.plain import json_text
from translator.envelopes.typed import Typed
from translator.model import Json


class AttributeNames(StrEnum):
    """Under which names attributes are sent."""

    CURRENT = "current"
    LEGACY = "legacy"
    BOTH = "both"


RENAMED = {
    "gen_ai.usage.cache_read.input_tokens": "gen_ai.usage.input_tokens.cached",
    "gen_ai.usage.cache_creation.input_tokens": "gen_ai.usage.input_tokens.cache_write",
    "gen_ai.usage.reasoning.output_tokens": "gen_ai.usage.output_tokens.reasoning",
    "gen_ai.tool.definitions": "gen_ai.request.available_tools",
    "gen_ai.tool.call.arguments": "gen_ai.tool.input",
    "gen_ai.tool.call.result": "gen_ai.tool.output",
    "gen_ai.provider.name": "gen_ai.system",
    "log.tool_type": "gen_ai.tool.type",
    "gen_ai.response.time_to_first_chunk": "gen_ai.response.time_to_first_token",
}
"""Current name to old name, where the value is the same."""


_SYSTEM = "gen_ai.system_instructions"


def _system_message(text: str) -> Json:
    """The system prompt as a message: it had no attribute of its own."""
    return {"role": "system", "parts": [{"type": "text", "content": text}]}


def _request_messages(messages: Json) -> str | None:
    return json_text(legacy_messages(messages))


def _response_text(messages: Json) -> str | None:
    said = texts(messages)
    return json_text(said) if said else None


def _response_tool_calls(messages: Json) -> str | None:
    calls = tool_calls(messages)
    return json_text(calls) if calls else None


RESHAPED: tuple[tuple[str, str, Callable[[Json], str | None]], ...] = (
    ("gen_ai.input.messages", "gen_ai.request.messages", _request_messages),
    ("gen_ai.output.messages", "gen_ai.response.text", _response_text),
    ("gen_ai.output.messages", "gen_ai.response.tool_calls", _response_tool_calls),
)
"""Current name, old name, and how the old value is made of the current messages."""


def apply_names(attributes: Typed, names: AttributeNames) -> None:
    """Adds the old names, and with `LEGACY` drops the current ones they stand for; in place."""
    if names is AttributeNames.CURRENT:
        return
    replaced: set[str] = set()
    for current, old in RENAMED.items():
        if current in attributes:
            attributes[old] = attributes[current]
            replaced.add(current)
    for current, old, reshape in RESHAPED:
        if current in attributes:
            messages = orjson.loads(attributes[current]["value"])
            if old == "gen_ai.request.messages" and _SYSTEM in attributes:
                messages.insert(0, _system_message(attributes[_SYSTEM]["value"]))
            value = reshape(messages)
            if value is not None:
                attributes[old] = {"type": "string", "value": value}
            replaced.add(current)
    if names is AttributeNames.LEGACY:
        for current in replaced:
            del attributes[current]
