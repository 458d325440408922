"""Messages as Sentry reads them: a JSON string of `{role, parts}`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.span_rules import attribute
from tests.strict import Json, strict_json

if TYPE_CHECKING:
    from collections.abc import Iterator

INPUT, OUTPUT = "gen_ai.input.messages", "gen_ai.output.messages"
ROLES = ("system", "user", "assistant", "tool")
# The fields that a part of a message must have, by type.
PARTS: dict[str, frozenset[str]] = {
    "text": frozenset({"content"}),
    "reasoning": frozenset({"content"}),
    "tool_call": frozenset({"name", "arguments"}),
    "tool_call_response": frozenset({"result"}),
    "blob": frozenset({"mime_type"}),
    "uri": frozenset({"mime_type"}),
    "file": frozenset({"mime_type"}),
}


def _parsed(value: Any) -> Any:
    try:
        return strict_json(value) if isinstance(value, str) else None
    except ValueError:
        return None


def check_messages(key: str, value: Any) -> Iterator[str]:
    """Find what is wrong with an attribute of messages.

    Args:
        key: `INPUT` or `OUTPUT`.
        value: The value of the attribute.
    """
    messages = _parsed(value)
    if not isinstance(messages, list) or not messages:
        yield "not a JSON string of messages"
        return
    for place, message in enumerate(messages):
        if not isinstance(message, dict) or not isinstance(message.get("parts"), list):
            yield f"message {place} is not of role and parts"
            continue
        role = message.get("role")
        if role not in (ROLES if key == INPUT else ("assistant",)):
            yield f"message {place}: role {role!r}"
        elif role == "system" and place == 0:
            yield "the system prompt belongs into gen_ai.system_instructions"
        for part in message["parts"]:
            if problem := _part_problem(part):
                yield f"message {place}: {problem}"


def _part_problem(part: Any) -> str | None:
    if not isinstance(part, dict) or part.get("type") not in [*PARTS]:
        return f"unknown part {part!r:.60}"
    if missing := PARTS[part["type"]] - part.keys():
        return f"{part['type']} without {', '.join(sorted(missing))}"
    if part["type"] in {"text", "reasoning"} and not isinstance(part["content"], str):
        return f"{part['type']} that is no string"
    return None


def mentions(model: Json, key: str, kind: str, call: str) -> bool:
    """Whether the messages of a model call hold a part of a kind about a tool call."""
    messages = _parsed(attribute(model, key))
    return isinstance(messages, list) and any(
        isinstance(part, dict) and part.get("type") == kind and part.get("id") == call
        for message in messages
        if isinstance(message, dict) and isinstance(message.get("parts"), list)
        for part in message["parts"]
    )
