"""The lines of a session: which they are, and what of an event goes into which field.

Every line is `{type, data, id, timestamp, parentId}`, and `agentId` where a sub-agent speaks. Shapes as
the published types of version 1.0 say, and as older versions wrote them.
"""

from __future__ import annotations

from translator.content.usage import LARGEST, Usage
from translator.formats.shapes import object_in, objects_in, text_in
from translator.model import Json

Record = dict[str, Json]

AGENT = "copilot"
PROVIDER = "github_copilot"

_FAMILIES = (
    "session.",
    "user.message",
    "assistant.",
    "tool.execution_",
    "subagent.",
    "system.message",
    "hook.",
)
_COUNTS = (
    ("inputTokens", "input"),
    ("outputTokens", "output"),
    ("cacheReadTokens", "cachedInput"),
    ("cacheWriteTokens", "cacheWrite"),
    ("reasoningTokens", "reasoning"),
)
"""The names of counts, and what older versions call them; in the order of `Usage`."""

_INJECTED = ("skill-", "agent-", "system", "hook", "jit-")
"""How the sources of messages begin that the program puts in the user's mouth."""


def is_session_line(record: Record) -> bool:
    """Whether a line is an event of a session."""
    kind = text_in(record, "type")
    known = kind.startswith(_FAMILIES) and type(record.get("data")) is dict
    return known and "parentId" in record and bool(text_in(record, "id")) and "timestamp" in record


def agent_of(record: Record) -> str:
    """The id of the sub-agent that an event is of; empty for the agent that the user speaks to."""
    return text_in(record, "agentId") or text_in(record.get("data"), "parentToolCallId")


def native_id(record: Record) -> str:
    """What tells an event from all others, in every copy of its session."""
    return text_in(record, "id") or f"{record.get('type')}@{record.get('timestamp')}"


def is_injected(data: Record) -> bool:
    """Whether a message of the user's comes from the program."""
    return text_in(data, "source").startswith(_INJECTED)


def prompt_in(data: Record) -> str:
    """What a tool call says to the agent that it runs."""
    return text_in(data.get("arguments"), "prompt")


def usage_of(counts: Record) -> Usage | None:
    """The tokens of a request: the input includes what the cache read and wrote."""
    found = []
    for names in _COUNTS:
        values = [counts.get(name) for name in names]
        found.append(next((v for v in values if type(v) is int and 0 <= v <= LARGEST), None))
    return Usage(*found) if any(count is not None for count in found) else None


def usage_of_answer(counts: Record, messages: list[Record]) -> Usage | None:
    """The tokens of a response: those of its request, else the output that its messages tell.

    Every message of a response tells the output of all of it.
    """
    usage = usage_of(counts)
    if usage is not None:
        return usage
    told = [message.get("outputTokens") for message in messages]
    output = [count for count in told if type(count) is int and 0 <= count <= LARGEST]
    return Usage(output_tokens=max(output)) if output else None


def spoken(messages: list[Record]) -> str | None:
    """What a response says aloud."""
    return "\n\n".join(filter(None, [text_in(message, "content") for message in messages])) or None


def output_of(messages: list[Record]) -> list[Record] | None:
    """What a model answered: thoughts, text and calls."""
    said: list[Record] = []
    for message in messages:
        parts: list[Record] = []
        if text_in(message, "reasoningText"):
            parts.append({"type": "reasoning", "content": text_in(message, "reasoningText")})
        if text_in(message, "content"):
            parts.append({"type": "text", "content": text_in(message, "content")})
        for call in objects_in(message, "toolRequests"):
            named = {
                "id": call.get("toolCallId"),
                "name": call.get("name"),
                "arguments": call.get("arguments"),
            }
            parts.append({"type": "tool_call", **named})
        if parts:
            said.append({"role": "assistant", "parts": parts})
    return said or None


def result_of(data: Record) -> Json:
    """What a tool returned to the model."""
    result = data.get("result")
    if type(result) is dict:
        found = result.get("content")
        return result.get("contents") if found is None else found
    return result


def failure_of_tool(data: Record) -> Record:
    """The fields that say how a tool failed; empty where it did not."""
    error = object_in(data, "error")
    if data.get("success") is not False and not error:
        return {}
    return {
        "success": False,
        "error_type": text_in(error, "code") or None,
        "error_message": text_in(error, "message") or text_in(data, "error") or None,
    }


def failure_of_session(data: Record) -> Record:
    """The fields that say how a turn failed, of a session's error."""
    return {
        "status": "error",
        "error_type": text_in(data, "errorType") or None,
        "error_message": text_in(data, "message") or None,
        "error_stack": text_in(data, "stack") or None,
    }


def milliseconds(data: Record, key: str) -> int:
    """A duration in microseconds; nothing where it is none."""
    value = data.get(key)
    return round(value * 1000) if isinstance(value, (int, float)) and 0 < value < 1e9 else 0
