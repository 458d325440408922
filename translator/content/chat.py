"""One logged message of any provider, made into `{role, parts}`."""

from __future__ import annotations

from itertools import groupby

from translator.content.parts import (
    Builder,
    Part,
    builder_of,
    call_part,
    read_part,
    reasoning_part,
    result_of,
    text_part,
)
from translator.content.values import BLOB, first, parsed, strip_data_urls
from translator.model import Json

Message = dict[str, Json]
"""`{"role": R, "parts": [P…]}`; R is system, user, assistant or tool."""

ROLES = {
    "system": "system", "developer": "system",
    "user": "user", "human": "user",
    "assistant": "assistant", "ai": "assistant", "model": "assistant", "chatbot": "assistant",
    "bot": "assistant", "agent": "assistant",
    "tool": "tool", "function": "tool", "tool_result": "tool", "toolresult": "tool",
}  # fmt: skip
"""What logs call the roles, in lower case."""

_TYPES = {
    "human": "user", "ai": "assistant", "system": "system", "tool": "tool", "function": "tool",
    "humanmessage": "user", "humanmessagechunk": "user", "aimessage": "assistant",
    "aimessagechunk": "assistant", "systemmessage": "system", "systemmessagechunk": "system",
    "toolmessage": "tool", "toolmessagechunk": "tool", "functionmessage": "tool",
}  # fmt: skip
_HOLDERS = ("message", "delta", "kwargs", "data")
_SAYING = frozenset({
    "content", "parts", "tool_calls", "toolCalls", "function_call", "message", "text", "refusal",
    "thinking", "reasoning_content", "reasoning", "images", "audio", "tool_plan",
})  # fmt: skip
_CONTENT = ("content", "message", "text")
_THOUGHTS = ("reasoning_content", "reasoning", "thinking", "tool_plan", "reasoningText")
_CALLS = ("tool_calls", "toolCalls")
_ANSWERED = ("tool_call_id", "toolCallId", "tool_use_id", "call_id")


def as_message(item: Json) -> Message | None:
    """The logged message that the item is or holds, or None where it is none."""
    if type(item) is not dict:
        return None
    if _is_message(item):
        message: Message = item
        return message
    for key in _HOLDERS:
        inner = item.get(key)
        if type(inner) is dict:
            inner = {**_class_of(item), **inner}
            if _is_message(inner):
                return inner
    inner = item.get("content")
    return inner if type(inner) is dict and _is_message(inner) else None


def plain_message(item: Json) -> Message | None:
    """The message that the item is, where it is nothing but a role and a text, as most are.

    It is what `read_message` makes of it, only sooner.
    """
    if type(item) is not dict or len(item) != 2:
        return None
    role, text = item.get("role"), item.get("content")
    if type(role) is not str or type(text) is not str or not text:
        return None
    known = ROLES.get(role.lower())
    if known is None or known == "tool":
        return None
    return {"role": known, "parts": [{"type": "text", "content": strip_data_urls(text)}]}


def read_message(message: Message, default: str) -> list[Message]:
    """Makes a logged message into messages of parts.

    Args:
        message: As `as_message` returns it.
        default: The role where the message names none.

    Returns:
        Usually one; none where it says nothing; several where a user's message carries the
        results of tools, which are a role of their own.
    """
    role = _role_of(message, default)
    own = message.get("parts")
    if type(own) is list and own:
        parts = _content(own, keep_unknown=True)
    elif role == "tool":
        parts = _tool_parts(message)
    else:
        parts = _parts_of(message)
    if role != "user":
        return [{"role": role, "parts": parts}] if parts else []
    return [
        {"role": "tool" if answers else role, "parts": list(group)}
        for answers, group in groupby(parts, _is_answer)
    ]


def _is_answer(part: Part) -> bool:
    return bool(part["type"] == "tool_call_response")


def _is_message(item: Message) -> bool:
    if _named_role(item) is not None:
        return not _SAYING.isdisjoint(item)
    parts = item.get("parts")
    if type(parts) is not list or not parts or "type" in item:
        return False
    return all(type(part) is dict and builder_of(part) is not None for part in parts)


def _class_of(item: Message) -> Message:
    """The type of a serialised LangChain message, whose fields are one level down."""
    path = item.get("id")
    if item.get("type") == "constructor" and type(path) is list and path:
        return {"type": path[-1]}
    return {"type": item["type"]} if "type" in item else {}


def _named_role(message: Message) -> str | None:
    role = message.get("role")
    if type(role) is str:
        return ROLES.get(role.lower())
    kind = message.get("type")
    return _TYPES.get(kind.lower()) if type(kind) is str else None


def _role_of(message: Message, default: str) -> str:
    return _named_role(message) or default


def _content(content: Json, *, keep_unknown: bool = False) -> list[Part]:
    if type(content) is dict and type(content.get("parts")) is list:
        content = content["parts"]
    blocks = content if type(content) is list else [content]
    made = [read_part(block, keep_unknown=keep_unknown) for block in blocks]
    return [part for part in made if part is not None]


def _parts_of(message: Message) -> list[Part]:
    """Reasoning, content and tool calls, in the order in which a model makes them."""
    parts = _content(first(message, _CONTENT))
    thought = reasoning_part(first(message, _THOUGHTS))
    if thought is not None and not any(part["type"] == "reasoning" for part in parts):
        parts.insert(0, thought)
    refusal = text_part(message.get("refusal"))
    if refusal is not None:
        parts.append(refusal)
    for key, reader in _ATTACHED:
        attached = message.get(key)
        if attached is not None:
            parts.extend(reader(attached))
    known = {part.get("id") for part in parts if part["type"] == "tool_call"}
    for call in _calls(message):
        if call.get("id") is None or call["id"] not in known:
            parts.append(call)
    return parts


def _calls(message: Message) -> list[Part]:
    """The calls of a message: a list, one call, or the JSON of either; what is none is shown as it is."""
    calls = first(message, _CALLS)
    if type(calls) is str:
        calls = parsed(calls) or calls
    blocks = calls if type(calls) is list else [calls]
    made = [_call(block) for block in [*blocks, message.get("function_call")]]
    return [part for part in made if part is not None]


def _call(block: Json) -> Part | None:
    inner = parsed(block) if type(block) is str else block
    if type(inner) is dict:
        return call_part(inner)
    return text_part(block) if type(block) in (str, list) else None


def _images(images: Json) -> list[Part]:
    """Ollama's list of images in base64."""
    blob = {"type": "blob", "modality": "image", "mime_type": "", "content": BLOB}
    return [dict(blob) for _ in images] if type(images) is list else []


def _spoken(audio: Json) -> list[Part]:
    """What a model said aloud, as text."""
    part = text_part(audio.get("transcript")) if type(audio) is dict else None
    return [part] if part is not None else []


_ATTACHED = (("images", _images), ("audio", _spoken))


def _tool_parts(message: Message) -> list[Part]:
    content = first(message, _CONTENT)
    blocks = content if type(content) is list else [content]
    if any(type(block) is dict and builder_of(block) in _ANSWERS for block in blocks):
        return _content(content)
    called = first(message, _ANSWERED)
    part: Part = {"type": "tool_call_response"}
    if type(called) is str or type(called) is int:
        part["id"] = str(called)
    part["result"] = result_of(message.get("content") if content is None else content)
    return [part]


_ANSWERS: tuple[Builder | None, ...] = tuple(
    builder_of({"type": kind}) for kind in ("tool_result", "tool_call_response")
)
