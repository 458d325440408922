"""Lists of messages, and whole requests and responses, made into messages of parts.

Each reader returns None for a value that is not of its shape; the caller then shows the JSON.
"""

from __future__ import annotations

from collections.abc import Callable

from translator.content.chat import Message, as_message, plain_message, read_message
from translator.content.parts import builder_of, read_part
from translator.content.values import first
from translator.model import Json

_Reader = Callable[[Json, str], list[Message] | None]

_ROLE_OF_PART = {"tool_call": "assistant", "reasoning": "assistant", "tool_call_response": "tool"}
_SYSTEM = ("system", "instructions", "systemInstruction", "system_instruction", "preamble",
           "system_prompt")  # fmt: skip
_HALLMARKS = frozenset({
    "model", "modelId", "model_id", "system", "instructions", "max_tokens", "temperature",
    "usage", "finish_reason", "finishReason", "stop_reason", "stopReason", "done", "generation_id",
    "usageMetadata", "meta", "chat_history", "stream", "top_p", "max_output_tokens", "max_completion_tokens",
    "tool_choice", "response_format", "previous_response_id", "generationConfig",
})  # fmt: skip
"""Keys that only a provider's request or response has beside a prompt or an answer."""


def read_structured(value: Json, default: str, *, said: bool = True) -> list[Message] | None:
    """Reads what is recognisably a message, a list of messages or parts, or a whole body.

    Args:
        value: Any JSON.
        default: The role where nothing names one: "user" for what went in, else "assistant".
        said: Whether texts count as well, as in a list of strings or in `{"prompt": "…"}`. Not
            so for JSON in a string, which may be what somebody wrote.

    Returns:
        Messages of parts, system prompts among them; None where the value is something else.
    """
    if type(value) is list:
        return _read_list(value, default, said=said)
    if type(value) is not dict:
        return None
    if as_message(value) is value or _is_answer(value, default):
        return read_message(value, default)
    messages = _read_body(value, default, said=said)
    if messages is not None:
        return messages
    saying = _saying(value) if default == "assistant" else value
    if saying is not value:
        return read_structured(saying, default, said=said)
    return _read_single(value, default, said=said)


def _saying(value: Message) -> Message:
    """The object without the keys that say nothing, as SDKs write all that an answer might have.

    Of a block with a type an empty key is what it says: the result of a tool.
    """
    if "type" in value:
        return value
    said = {key: item for key, item in value.items() if item is not None and item not in ([], {}, "")}
    return said if said and len(said) < len(value) else value


def _read_single(value: Message, default: str, *, said: bool) -> list[Message] | None:
    message = as_message(value)
    if message is not None:
        return read_message(message, default)
    if _is_known(value, said=said):
        return _read_list([value], default, said=said)
    return None


def _read_list(items: list[Json], default: str, *, said: bool) -> list[Message] | None:
    """Messages, and parts between them; neighbouring parts of one role share a message."""
    if len(items) == 1 and type(items[0]) is list:
        items = items[0]
    messages: list[Message] = []
    known = False
    open_role = ""
    for item in items:
        plain = plain_message(item)
        if plain is not None:
            known = True
            messages.append(plain)
            open_role = ""
            continue
        message = item if _is_answer(item, default) else as_message(item)
        if message is not None:
            known = True
            made = read_message(message, default)
            if message.get("type") != "message" or "parts" in message:
                messages += made
                open_role = ""
                continue
        else:
            known = known or _is_known(item, said=said)
            made = _loose(item, default)
        for one in made:
            if one["role"] == open_role and (message is None or open_role != "user"):
                messages[-1]["parts"] += one["parts"]
            else:
                messages.append(one)
            open_role = one["role"]
    return messages if known or not items else None


def _is_answer(item: Json, default: str) -> bool:
    """Whether it is a model's answer that names no role: calls of tools, and maybe a text."""
    if default != "assistant" or type(item) is not dict or not _ELSEWHERE.isdisjoint(item):
        return False
    calls = first(item, _CALLS)
    if type(calls) is not list or not all(
        type(call) is dict and not _CALLED.isdisjoint(call) for call in calls
    ):
        return False
    return bool(calls) and (len(item) == 1 or not _BESIDE_CALLS.isdisjoint(item))


def _is_known(item: Json, *, said: bool) -> bool:
    if type(item) is dict:
        return builder_of(item) is not None and (said or "type" in item)
    return said and type(item) is str


def _loose(item: Json, default: str) -> list[Message]:
    """A part that stands where messages do, as a message of the role that makes such parts."""
    part = read_part(item)
    if part is None:
        return []
    return [{"role": _ROLE_OF_PART.get(part["type"], default), "parts": [part]}]


def _read_body(value: Message, default: str, *, said: bool) -> list[Message] | None:
    for key, read in _INPUT if default == "user" else _OUTPUT:
        inner = value.get(key)
        if inner is None:
            continue
        messages = read(inner, default)
        if messages is None and said and _is_body_of_text(value, inner):
            messages = _earlier(value, key) + read_message(_speaking(value, key, default), default)
        if messages or (messages is not None and not _HALLMARKS.isdisjoint(value)):
            return _instructions(value) + messages
    return None


def _is_body_of_text(value: Message, inner: Json) -> bool:
    if len(value) > 1 and _HALLMARKS.isdisjoint(value):
        return False
    return type(inner) is str or (type(inner) is list and all(type(item) is str for item in inner))


def _speaking(value: Message, key: str, default: str) -> Message:
    """A message that says the text under the key, with what is said beside it.

    A request has settings under the names of a response's reasoning and calls.
    """
    names = _BESIDE if default == "assistant" else ("images",)
    beside = {name: value[name] for name in names if name in value}
    return {**beside, "content": value[key]}


_CALLS = ("tool_calls", "toolCalls")
_CALLED = frozenset({"function", "custom", "name", "toolName", "tool_name"})
"""Keys that a call of a tool has one of."""

_BESIDE_CALLS = _HALLMARKS | {"content", "text"}
_ELSEWHERE = frozenset(
    {"choices", "candidates", "generations", "output", "message", "messages", "response", "type"}
)
"""Keys of responses whose text stands elsewhere, and of blocks that say themselves what they are."""

_BESIDE = ("reasoning", "reasoningText", "thinking", "tool_calls", "toolCalls", "images")


def _earlier(value: Message, key: str) -> list[Message]:
    """Cohere's history, which stands beside the newest message."""
    history = value.get("chat_history")
    if key != "message" or type(history) is not list:
        return []
    return _read_list(history, "user", said=False) or []


def _instructions(value: Message) -> list[Message]:
    """The system prompt that a body carries beside its messages."""
    config = value.get("config")
    prompt = first(value, _SYSTEM) or (first(config, _SYSTEM) if type(config) is dict else None)
    return [] if prompt is None else read_message({"role": "system", "content": prompt}, "system")


def _messages(inner: Json, default: str) -> list[Message] | None:
    """Messages, or one message, but no body again."""
    if type(inner) is list:
        return _read_list(inner, default, said=False)
    message = as_message(inner)
    return None if message is None else read_message(message, default)


def _choices(inner: Json, default: str) -> list[Message] | None:
    """Alternative answers: each a message, or a text beside its finish reason."""
    if type(inner) is not list:
        return None
    items = [one for item in inner[:_MOST_CHOICES] for one in (item if type(item) is list else [item])]
    made: list[Message] = []
    for item in items:
        if type(item) is not dict:
            return None
        held = next((item[key] for key in _HELD if type(item.get(key)) is dict), None)
        if held is None and not _CHOICE.isdisjoint(item):
            held = item
        message = as_message(held) or held
        if message is not None and not _SPOKEN.isdisjoint(message):
            made += read_message(message, default)
    return made


_MOST_CHOICES = 1000
_HELD = ("message", "delta", "content")
_CHOICE = frozenset({"finish_reason", "finishReason", "index", "logprobs", "generation_info"})
_SPOKEN = frozenset({
    "content", "text", "parts", "tool_calls", "function_call", "refusal", "reasoning_content",
    "reasoning", "audio",
})  # fmt: skip

_INPUT: tuple[tuple[str, _Reader], ...] = (
    ("messages", _messages),
    ("contents", _messages),
    ("input", _messages),
    ("prompt", _messages),
    ("message", _messages),
    ("content", _messages),
)
_OUTPUT: tuple[tuple[str, _Reader], ...] = (
    ("choices", _choices),
    ("candidates", _choices),
    ("generations", _choices),
    ("output", _messages),
    ("message", _messages),
    ("messages", _messages),
    ("content", _messages),
    ("response", _messages),
    ("text", _messages),
)
"""Where a request or a response holds what was said, the most telling key first."""
