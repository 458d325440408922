"""The lines of a session: which they are, and what of a message goes into which field.

Shapes as the project documents its session files (version 3; 2 and 1 are alike but for the tree).
"""

from __future__ import annotations

from translator.formats.native.timestamps import parse_time
from translator.formats.shapes import object_in, objects_in, text_in
from translator.model import Json, Line

Record = dict[str, Json]

ROLES = frozenset({"user", "assistant", "toolResult", "bashExecution", "custom", "hookMessage"})
"""Who speaks in a message."""

TOOLS = "toolUse"
"""The reason to stop after which the turn goes on with the tools' results."""

FAILED = "error"
"""The reason to stop after which the turn may go on with another try."""

CANCELLED = "aborted"
_MIRROR = "openclaw"
"""The provider of messages in which OpenClaw repeats what it has delivered; no model made them."""


def is_session_line(record: Record) -> bool:
    """Whether a line is the head of a session file, or an entry of one."""
    kind = record.get("type")
    if kind == "session":
        return (
            bool(text_in(record, "id")) and "timestamp" in record and ("version" in record or "cwd" in record)
        )
    if kind == "message":
        return (
            text_in(record.get("message"), "role") in ROLES and "timestamp" in record and "parentId" in record
        )
    return False


def native_id(record: Record) -> str:
    """What tells an entry from all others, in every copy of its session.

    Ids have eight digits and are unique in one session only, so the time is part of it; the first
    version of the format has no ids.
    """
    message = object_in(record, "message")
    own = text_in(record, "id") or f"{text_in(message, 'role')}/{text_in(message, 'toolCallId')}"
    return f"{own}@{record.get('timestamp')}@{message.get('timestamp')}"


def written_at(record: Record, line: Line) -> int | None:
    """When an entry was added, in microseconds."""
    written = parse_time(record.get("timestamp"))
    if written is None:
        written = parse_time(object_in(record, "message").get("timestamp"))
    return line.written if written is None else written


def asked_at(message: Record, end: int, otherwise: int) -> int:
    """When a response was asked for: its message is made when the request begins."""
    start = parse_time(message.get("timestamp"))
    return start if start is not None and start <= end else min(otherwise, end)


def is_mirror(message: Record) -> bool:
    """Whether a message only repeats an answer."""
    return message.get("provider") == _MIRROR and usage_of(message) is None


def goes_on(message: Record) -> bool:
    """Whether the turn goes on after a response, with the results of tools."""
    reason = text_in(message, "stopReason")
    return reason == TOOLS or (not reason and bool(calls_of(message)))


def calls_of(message: Record) -> list[Record]:
    """The tool calls of a response."""
    return [block for block in objects_in(message, "content") if block.get("type") == "toolCall"]


def usage_of(message: Record) -> Record | None:
    """The tokens of a response; None where no provider has told any."""
    usage = object_in(message, "usage")
    return usage if any(type(count) is int and count > 0 for count in usage.values()) else None


def spoken(message: Record) -> str | None:
    """What a message says aloud: its texts, without thoughts and calls."""
    content = message.get("content")
    if type(content) is str:
        return content or None
    blocks = objects_in(message, "content")
    return "\n\n".join(filter(None, [text_in(block, "text") for block in blocks])) or None


def failure_of(message: Record) -> Record:
    """The fields that say how a response failed; empty where it did not."""
    reason = message.get("stopReason")
    if reason == CANCELLED:
        return {"status": "cancelled", "error_message": text_in(message, "errorMessage") or None}
    if reason == FAILED:
        return {"status": "error", "error": text_in(message, "errorMessage") or None}
    return {}


def response_fields(message: Record) -> Record:
    """The fields of a model call that its response alone tells."""
    cost = object_in(object_in(message, "usage"), "cost").get("total")
    return {
        "model": text_in(message, "model") or None,
        "response_model": text_in(message, "responseModel") or None,
        "provider": text_in(message, "provider") or None,
        "response_id": text_in(message, "responseId") or None,
        "finish_reason": text_in(message, "stopReason") or None,
        "usage": usage_of(message),
        "cost": cost if isinstance(cost, (int, float)) and cost > 0 else None,
        "output": [message],
        **failure_of(message),
    }
