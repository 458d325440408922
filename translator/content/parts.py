"""The parts of messages: what providers call content blocks, made into Sentry's, by a table.

A builder takes one block as logged and makes one part, or None where there is nothing to show.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from translator.content.media import media
from translator.content.values import (
    BLOB,
    first,
    first_string,
    json_of,
    parsed,
    strip_data_urls,
    text_of,
    without_blobs,
)
from translator.model import Json

Part = dict[str, Json]
Block = dict[str, Json]
Builder = Callable[[Block], Part | None]

_CALL_IDS = (
    "call_id", "callId", "tool_call_id", "toolCallId", "tool_use_id", "toolUseId", "id",
)  # fmt: skip
_CALL_NAMES = ("name", "toolName", "tool_name")
_ARGUMENTS = ("arguments", "args", "input", "action", "queries", "code", "parameters")
_RESULTS = ("result", "output", "response", "content", "outputs", "errorText", "error")
_WRAPPED_CALLS = ("function", "custom", "toolInvocation")
_WRAPPED_RESULTS = ("text", "json", "content", "error-text", "error-json")
_TEXT_ONLY = frozenset({
    "text", "thought", "thoughtSignature", "thought_signature", "annotations", "citations",
})  # fmt: skip
_SAID = ("content", "text", "refusal", "value", "transcript")
_THOUGHT = ("content", "thinking", "text", "reasoning", "summary", "reasoningText", "reasoning_text")


def text_part(value: Json) -> Part | None:
    """A part of text; anything but a string by its JSON, nothing for None and empty strings."""
    text = strip_data_urls(value) if type(value) is str else "" if value is None else json_of(value)
    return {"type": "text", "content": text} if text else None


def reasoning_part(value: Json) -> Part | None:
    """A part of reasoning, of a text or of a list of texts."""
    text = text_of(value)
    return {"type": "reasoning", "content": text} if text else None


def call_part(block: Block) -> Part:
    """A tool call of any provider; arguments in JSON are parsed where they are an object or list."""
    for key in _WRAPPED_CALLS:
        if type(block.get(key)) is dict:
            block = {**block, **block[key]}
    part: Part = {"type": "tool_call"}
    _add_id(part, block)
    kind = block.get("type")
    part["name"] = first_string(block, _CALL_NAMES) or (
        kind.removesuffix("_call") if type(kind) is str and kind not in _CALL_TYPES else "unknown"
    )
    part["arguments"] = arguments(first(block, _ARGUMENTS))
    return part


def arguments(value: Json) -> Json:
    """The arguments of a call: JSON texts parsed, none at all as an empty object."""
    if type(value) is str:
        if not value.strip():
            return {}
        inner = parsed(value)
        return strip_data_urls(value) if inner is None else without_blobs(inner)
    return {} if value is None else without_blobs(value)


def response_part(block: Block) -> Part:
    """What a tool answered, of any provider."""
    part: Part = {"type": "tool_call_response"}
    _add_id(part, block)
    found = next((block[key] for key in _RESULTS if block.get(key) is not None), None)
    part["result"] = result_of(found)
    return part


def result_of(content: Json) -> Json:
    """A tool's result: blocks of text as one text, other blocks as parts, the rest as it is."""
    if type(content) is dict:
        if content.get("type") in _WRAPPED_RESULTS and "value" in content:
            content = content["value"]
        elif content.keys() == {"json"}:
            content = content["json"]
    if type(content) is not list:
        return without_blobs(content)
    blocks = [_result_block(item) for item in content]
    if blocks and all(type(block) is dict and block.get("type") == "text" for block in blocks):
        return "\n\n".join([block["content"] for block in blocks])
    return blocks[0] if len(blocks) == 1 and content[0] != blocks[0] else blocks


def _result_block(item: Json) -> Json:
    if type(item) is dict:
        if item.keys() == {"json"}:
            return without_blobs(item["json"])
        builder = builder_of(item)
        if builder is not None and builder in _RESULT_BUILDERS:
            return builder(item) or {"type": "text", "content": ""}
    return without_blobs(item)


def read_part(item: Json, *, keep_unknown: bool = False) -> Part | None:
    """Makes one part of one content block.

    Args:
        item: The block as logged.
        keep_unknown: Whether a block of a type that nobody knows is kept as it is, not as text.

    Returns:
        The part, or None where there is nothing to show.
    """
    if type(item) is dict:
        builder = builder_of(item)
        if builder is not None:
            return builder(item)
        if keep_unknown and type(item.get("type")) is str:
            kept: Part = without_blobs(item)
            return kept
    return text_part(item)


def builder_of(block: Block) -> Builder | None:
    """What makes a part of such a block: by its type, else by its telling key."""
    kind = block.get("type")
    if type(kind) is str:
        known = BY_TYPE.get(kind)
        if known is not None:
            return known
        return next((make for suffix, make in BY_SUFFIX if kind.endswith(suffix)), None)
    for key, make in BY_KEY:
        if key in block:
            return make
    return _gemini_text if type(block.get("text")) is str and block.keys() <= _TEXT_ONLY else None


def _add_id(part: Part, block: Block) -> None:
    found = first(block, _CALL_IDS)
    if (type(found) is str and found) or type(found) is int:
        part["id"] = str(found)


def _text(block: Block) -> Part | None:
    return text_part(text_of(first(block, _SAID)))


def _reasoning(block: Block) -> Part | None:
    return reasoning_part(first(block, _THOUGHT))


def _redacted(_block: Block) -> Part:
    return {"type": "reasoning", "content": BLOB}


def _own_response(block: Block) -> Part:
    """A response in Sentry's or OpenTelemetry's own form: its result is nobody's blocks."""
    part: Part = {"type": "tool_call_response"}
    _add_id(part, block)
    part["result"] = without_blobs(block["result"] if "result" in block else block.get("response"))
    return part


def _gemini_text(block: Block) -> Part | None:
    return (reasoning_part if block.get("thought") is True else text_part)(block["text"])


def _bedrock_reasoning(block: Block) -> Part | None:
    inner = block["reasoningContent"]
    if type(inner) is dict and "redactedContent" in inner:
        return _redacted(block)
    return reasoning_part(first(inner, _THOUGHT) if type(inner) is dict else inner)


def _within(key: str, make: Builder) -> Builder:
    """A builder for blocks whose only key holds what `make` reads."""

    def unwrap(block: Block) -> Part | None:
        inner = block[key]
        return make(inner) if type(inner) is dict else text_part(block)

    return unwrap


def _code_call(block: Block) -> Part:
    return {"type": "tool_call", "name": "code_execution", "arguments": without_blobs(block)}


def _nothing(_block: Block) -> None:
    return None


_IMAGE, _AUDIO, _VIDEO, _DOCUMENT = (
    partial(media, modality=modality) for modality in ("image", "audio", "video", "document")
)
_RESULT_BUILDERS: tuple[Builder, ...] = (
    _text, _gemini_text, _IMAGE, _AUDIO, _VIDEO, _DOCUMENT,
)  # fmt: skip

BY_TYPE: dict[str, Builder] = {
    **dict.fromkeys(("text", "input_text", "output_text", "summary_text", "refusal"), _text),
    **dict.fromkeys(("thinking", "reasoning", "reasoning_text"), _reasoning),
    "redacted_thinking": _redacted,
    **dict.fromkeys(
        ("tool_call", "tool_use", "server_tool_use", "mcp_tool_use", "function_call", "tool-call",
         "toolCall", "custom_tool_call", "function", "custom", "tool-invocation"),
        call_part,
    ),
    "tool_call_response": _own_response,
    **dict.fromkeys(("tool_result", "tool-result", "tool-error"), response_part),
    **dict.fromkeys(("image", "image_url", "input_image"), _IMAGE),
    **dict.fromkeys(("audio", "input_audio", "audio_url"), _AUDIO),
    **dict.fromkeys(("video", "video_url", "input_video"), _VIDEO),
    **dict.fromkeys(("document", "document_url", "file", "input_file"), _DOCUMENT),
    **dict.fromkeys(("blob", "uri", "media"), _IMAGE),
    "step-start": _nothing,
}  # fmt: skip
"""Blocks that name their type."""

_CALL_TYPES = frozenset(kind for kind, make in BY_TYPE.items() if make is call_part)

BY_SUFFIX: tuple[tuple[str, Builder], ...] = (
    ("_tool_result", response_part),
    ("_call_output", response_part),
    ("_call", call_part),
)
"""Families of types that providers keep adding to, such as `web_search_call`."""

BY_KEY: tuple[tuple[str, Builder], ...] = (
    *((key, _within(key, call_part)) for key in ("functionCall", "function_call", "toolUse")),
    *((key, _within(key, response_part)) for key in ("functionResponse", "function_response", "toolResult")),
    *((key, _IMAGE) for key in ("inlineData", "inline_data", "fileData", "file_data", "image", "image_url")),
    ("document", _DOCUMENT),
    ("video", _VIDEO),
    ("audio", _AUDIO),
    ("reasoningContent", _bedrock_reasoning),
    *((key, _within(key, _code_call)) for key in ("executableCode", "executable_code")),
    *((key, _within(key, response_part)) for key in ("codeExecutionResult", "code_execution_result")),
    ("cachePoint", _nothing),
)
"""Blocks without a type, by the key that tells what they are."""
