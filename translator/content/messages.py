"""What went into a model or an agent and what came out, as Sentry's messages.

Whatever the log has, a text, the messages of any provider or a whole request, becomes a list of
`{"role", "parts"}`; what nobody recognises becomes one part of text with its JSON.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from translator.content.bodies import read_structured
from translator.content.chat import Message
from translator.content.parts import text_part
from translator.content.plain import json_text
from translator.content.values import parsed
from translator.model import Json

__all__ = [
    "Conversation",
    "Message",
    "input_messages",
    "legacy_messages",
    "output_messages",
    "system_text",
    "texts",
    "tool_calls",
    "tool_definitions",
]


class Conversation(msgspec.Struct):
    """Messages, and the system prompt apart from them.

    Attributes:
        messages: In the order of the log, none of them of role system.
        system: The texts of all system prompts, joined by empty lines; empty where there is none.
    """

    messages: list[Message]
    system: str = ""


def input_messages(value: Json) -> Conversation:
    """Reads what went in: any JSON.

    Args:
        value: A string, messages, or a whole request, as logged; it is not changed.

    Returns:
        Messages whose role is "user" where the log names none. None and empty values give none.
    """
    return _conversation(_read(value, "user"))


def output_messages(value: Json) -> Conversation:
    """Reads what came out: any JSON.

    Args:
        value: A string, messages, or a whole response, as logged; it is not changed.

    Returns:
        Messages of role "assistant" only. Where the log repeats the conversation, what users
        said in it is left out, and what tools answered is counted to the assistant.
    """
    conversation = _conversation(_read(value, "assistant"))
    messages = conversation.messages
    roles = {message["role"] for message in messages}
    if roles and roles != {"assistant"}:
        conversation.messages = [
            {"role": "assistant", "parts": message["parts"]}
            for message in messages
            if "assistant" not in roles or message["role"] != "user"
        ]
    return conversation


def system_text(value: Json) -> str:
    """The text of a system prompt that is logged apart from the messages.

    Args:
        value: A string, a list of blocks of text, a message, or messages.

    Returns:
        The texts, joined by empty lines; empty where there is none.
    """
    conversation = _conversation(_read(value, "system"))
    return conversation.system


def tool_definitions(value: Json) -> list[Json]:
    """The definitions of tools as logged, always as a list; a JSON text is read."""
    if type(value) is str:
        inner = parsed(value)
        value = value if inner is None else inner
    if type(value) is list:
        return value
    return [] if value is None or value == "" else [value]


def legacy_messages(messages: Sequence[Message]) -> list[dict[str, Json]]:
    """The messages in the shape of the old `gen_ai.request.messages`.

    Returns:
        `{"role", "content"}` each; the content is the text, or the JSON of the parts where a
        message is not of text alone.
    """
    return [{"role": message["role"], "content": _legacy_content(message["parts"])} for message in messages]


def texts(messages: Sequence[Message]) -> list[str]:
    """What the assistant said, for the old `gen_ai.response.text`: one text per part."""
    return [part["content"] for part in _assistant_parts(messages, "text")]


def tool_calls(messages: Sequence[Message]) -> list[Json]:
    """The calls that the assistant made, for the old `gen_ai.response.tool_calls`.

    Returns:
        `{"id", "name", "arguments"}` each, the id where the log has one.
    """
    return [
        {key: value for key, value in part.items() if key != "type"}
        for part in _assistant_parts(messages, "tool_call")
    ]


def _assistant_parts(messages: Sequence[Message], kind: str) -> list[dict[str, Json]]:
    return [
        part
        for message in messages
        if message["role"] == "assistant"
        for part in message["parts"]
        if part["type"] == kind
    ]


def _legacy_content(parts: list[dict[str, Json]]) -> str:
    if all(part["type"] == "text" for part in parts):
        return "\n\n".join([part["content"] for part in parts])
    return json_text(parts)


def _read(value: Json, default: str) -> list[Message]:
    inner = parsed(value) if type(value) is str else None
    if inner is not None:
        messages = read_structured(inner, default, said=False) if inner else None
    else:
        messages = read_structured(value, default)
    if messages is not None:
        return messages
    part = None if type(value) in (dict, list) and not value else text_part(value)
    return [] if part is None else [{"role": default, "parts": [part]}]


def _conversation(messages: list[Message]) -> Conversation:
    if "system" not in {message["role"] for message in messages}:
        return Conversation(messages)
    prompts = [
        part["content"]
        for message in messages
        if message["role"] == "system"
        for part in message["parts"]
        if part["type"] == "text"
    ]
    return Conversation(
        [message for message in messages if message["role"] != "system"], "\n\n".join(prompts)
    )
