"""Log events of agents that tell of their work by themselves: which event is what, and its fields.

Claude Code, Codex and the Gemini CLI export log events; without spans beside them, these are turned
into turns, model calls and tool calls.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import msgspec

from translator.content.usage import Usage
from translator.formats.otlp.attributes import count, first, parsed
from translator.formats.otlp.decode import LogRecord
from translator.model import Json


class Part(StrEnum):
    """What an event tells of."""

    PROMPT = "prompt"
    REQUEST = "request"
    MODEL = "model"
    TOOL = "tool"


class Product(msgspec.Struct, frozen=True):
    """How one agent writes its events.

    Attributes:
        agent: What it is called.
        provider: Whose models it calls, where that is always the same.
        parts: Event name, without the product's prefix, to what it tells of.
        session: Attributes that name the session.
        tokens: Attributes that count tokens.
        cache_inside: Whether input is counted with the tokens of a cache.
        thoughts_inside: Whether output is counted with thoughts.
    """

    agent: str
    provider: str | None
    parts: dict[str, Part]
    session: tuple[str, ...]
    tokens: dict[str, tuple[str, ...]]
    cache_inside: bool = True
    thoughts_inside: bool = True


PRODUCTS: dict[str, Product] = {
    "claude_code.": Product(
        "claude-code", "anthropic",
        {"user_prompt": Part.PROMPT, "api_request": Part.MODEL, "api_error": Part.MODEL,
         "tool_result": Part.TOOL},
        ("session.id",),
        {"input_tokens": ("input_tokens",), "output_tokens": ("output_tokens",),
         "cache_read": ("cache_read_tokens",), "cache_write": ("cache_creation_tokens",)},
        cache_inside=False,
    ),
    "codex.": Product(
        "codex", "openai",
        {"user_prompt": Part.PROMPT, "api_request": Part.REQUEST, "websocket_request": Part.REQUEST,
         "sse_event": Part.MODEL, "websocket_event": Part.MODEL, "tool_result": Part.TOOL},
        ("conversation.id", "session.id"),
        {"input_tokens": ("input_token_count",), "output_tokens": ("output_token_count",),
         "cache_read": ("cached_token_count",), "reasoning": ("reasoning_token_count",)},
    ),
    "gemini_cli.": Product(
        "gemini-cli", None,
        {"user_prompt": Part.PROMPT, "api_response": Part.MODEL, "api_error": Part.MODEL,
         "tool_call": Part.TOOL},
        ("session.id",),
        {"input_tokens": ("input_token_count",), "output_tokens": ("output_token_count",),
         "cache_read": ("cached_content_token_count",), "reasoning": ("thoughts_token_count",)},
        thoughts_inside=False,
    ),
}  # fmt: skip
"""By the prefix of the names of their events."""

_COMPLETED = "response.completed"
"""Of Codex's stream of events, the one that ends a response and counts its tokens."""


class Telling(msgspec.Struct):
    """What one log event tells.

    Attributes:
        product: The prefix of its product.
        part: What of.
        session: The session.
        prompt: The id of the prompt that it belongs to; empty where it has none.
        key: What is the same in copies of the event.
        start: When it began, in microseconds.
        end: When it ended, in microseconds.
        fields: By the names of the log format.
        usage: Tokens of a model call.
    """

    product: str
    part: Part
    session: str
    prompt: str
    key: str
    start: int
    end: int
    fields: dict[str, Json] = {}
    usage: Usage | None = None


def telling_of(record: LogRecord) -> Telling | None:
    """What a log record tells of an agent's work; None if nothing."""
    prefix, name = _product_of(record)
    product = PRODUCTS.get(prefix)
    part = product.parts.get(name) if product is not None else None
    a = record.attributes
    if product is None or part is None:
        return None
    if name in ("sse_event", "websocket_event") and a.get("event.kind") != _COMPLETED:
        return None
    session = _text(first(a, product.session))
    if session is None:
        return None
    duration = _milliseconds(a.get("duration_ms"))
    end = record.time
    start = end - duration if part is not Part.PROMPT else end
    if name in ("sse_event", "websocket_event"):
        start = end
    prompt = _text(first(a, ("prompt.id", "prompt_id"))) or ""
    told = Telling(prefix, part, session, prompt, f"{name} {end} {_identity(a)}", start, end)
    if part is Part.PROMPT:
        told.fields = {"input": _text(a.get("prompt"))}
    elif part is Part.MODEL:
        told.fields = _model(a, product, failed=name == "api_error")
        told.usage = _usage(a, product)
    elif part is Part.TOOL:
        told.fields = _tool(a)
    return told


def _product_of(record: LogRecord) -> tuple[str, str]:
    """The product's prefix and the event's name without it; old versions name the product in the scope."""
    for prefix in PRODUCTS:
        if record.name.startswith(prefix):
            return prefix, record.name.removeprefix(prefix)
    scope = record.scope + str(record.resource.get("service.name", ""))
    if "claude_code" in scope or "claude-code" in scope:
        return "claude_code.", record.name
    return "", record.name


def _model(a: Mapping[str, Json], product: Product, *, failed: bool) -> dict[str, Json]:
    fields: dict[str, Json] = {
        "model": _text(first(a, ("model", "model_name"))),
        "provider": product.provider,
        "response_id": _text(a.get("response_id")),
        "cost": _number(a.get("cost_usd")),
        "finish_reason": a.get("finish_reasons"),
        "time_to_first_chunk_ms": _number(a.get("ttft_ms")),
    }
    if failed:
        fields |= _failure(a)
    return fields


def _tool(a: Mapping[str, Json]) -> dict[str, Json]:
    fields: dict[str, Json] = {
        "tool": _text(first(a, ("tool_name", "function_name"))) or "tool",
        "call_id": _text(first(a, ("tool_use_id", "call_id", "tool_call_id"))),
        "arguments": parsed(first(a, ("tool_input", "arguments", "function_args", "tool_parameters"))),
        "output": parsed(first(a, ("output", "tool_output"))),
    }
    if str(a.get("success", "true")).lower() == "false":
        fields |= _failure(a)
    return fields


def _failure(a: Mapping[str, Json]) -> dict[str, Json]:
    kind = first(a, ("error_type", "error.type", "status_code", "http.response.status_code"))
    return {
        "success": False,
        "error_type": str(kind)[:200] if isinstance(kind, (str, int)) else None,
        "error_message": _text(first(a, ("error", "error.message", "error_message"))),
    }


def _usage(a: Mapping[str, Json], product: Product) -> Usage | None:
    found = {part: count(first(a, names)) for part, names in product.tokens.items()}
    if all(value is None for value in found.values()):
        return None
    if not product.cache_inside:
        parts = (found.get("input_tokens"), found.get("cache_read"), found.get("cache_write"))
        found["input_tokens"] = sum(part or 0 for part in parts)
    if not product.thoughts_inside:
        found["output_tokens"] = (found.get("output_tokens") or 0) + (found.get("reasoning") or 0)
    return Usage(**found)


def _identity(a: Mapping[str, Json]) -> str:
    said = first(a, ("request_id", "tool_use_id", "call_id", "event.sequence", "response_id"))
    return str(said if said is not None else first(a, ("function_name", "tool_name", "model")))


def _milliseconds(value: Json) -> int:
    number = _number(value)
    return round(number * 1_000) if number is not None and 0 <= number < 1e9 else 0


def _number(value: Json) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if abs(number) < 1e15 else None


def _text(value: Json) -> str | None:
    return value if type(value) is str and value else None
