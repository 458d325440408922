"""What a rollout's lines hold: which file is one, and how their values are read."""

from __future__ import annotations

import re
from hashlib import blake2b

from translator.model import Json

LINE_TYPES = frozenset((
    "session_meta", "turn_context", "event_msg", "response_item", "token_usage_record", "compacted",
    "world_state",
))  # fmt: skip
"""Types of lines, of which each has a `payload`."""

ANSWERS = frozenset((
    "reasoning", "function_call", "custom_tool_call", "local_shell_call", "web_search_call",
    "tool_search_call", "image_generation_call",
))  # fmt: skip
"""Items that a model gives; messages of the assistant are so, too."""

HOSTED = frozenset(("web_search_call", "image_generation_call"))
"""Calls that the provider answers itself, within the response: they have no output of their own."""

OUTPUTS = frozenset((
    "function_call_output", "custom_tool_call_output", "local_shell_call_output", "tool_search_output",
    "mcp_tool_call_output",
))  # fmt: skip
"""Items that end a tool call."""

OLD_ITEMS = ANSWERS | OUTPUTS | {"message"}
"""Items that the first versions wrote without a payload around them."""

_OLD_META = frozenset(("id", "timestamp", "instructions", "git"))

HARNESS = (
    "<environment_context>", "<user_instructions>", "# AGENTS.md instructions", "<permissions instructions>",
    "<skills_instructions>", "<apps_instructions>", "<plugins_instructions>", "<collaboration_mode>",
    "<INSTRUCTIONS>", "<personality_spec>",
)  # fmt: skip
"""How messages begin that Codex writes in the user's name to tell the model where it is."""

NOTICES = ("<turn_aborted>", "<subagent_notification>", "<user_shell_command>", "<skill>", "<hook_prompt")
"""How messages begin that the model is given, but that no person wrote."""

USAGE_KEYS = (
    "input_tokens", "cached_input_tokens", "cache_write_input_tokens", "output_tokens",
    "reasoning_output_tokens",
)  # fmt: skip

_ID_IN_PATH = re.compile(r"([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\.jsonl")
_SHORTEST_UNIQUE = 16
_UUID_7 = re.compile(r"([0-9a-f]{8})-([0-9a-f]{4})-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}\Z")


def matches(record: dict[str, Json]) -> bool:
    """Whether a record is a line of a rollout."""
    kind = record.get("type")
    if type(kind) is str:
        return kind in LINE_TYPES and type(record.get("payload")) is dict
    return is_old_meta(record)


def is_old_meta(record: dict[str, Json]) -> bool:
    """Whether a record is the first line as the first versions wrote it, without a type."""
    return (
        "instructions" in record
        and record.keys() <= _OLD_META
        and type(record.get("id")) is str
        and type(record.get("timestamp")) is str
    )


def text(value: Json) -> str:
    """A text, or an empty one for what is none."""
    return value if type(value) is str else ""


def table(value: Json) -> dict[str, Json]:
    """An object, or an empty one for what is none."""
    return value if type(value) is dict else {}


def hashed(native_id: str) -> int:
    """An id in eight bytes, to be remembered."""
    return int.from_bytes(blake2b(native_id.encode("utf-8", "surrogatepass"), digest_size=8).digest())


def id_in_path(source: str) -> str:
    """The thread that a rollout's file name says it is of; empty where it says none."""
    found = _ID_IN_PATH.search(source)
    return found[1] if found is not None else ""


def is_unique(native_id: str) -> bool:
    """Whether an id is no mere number in its session."""
    return len(native_id) >= _SHORTEST_UNIQUE


def made_at(native_id: str) -> int | None:
    """When an id was made, in milliseconds; None unless it is a UUID of version 7."""
    found = _UUID_7.match(native_id)
    return int(found[1] + found[2], 16) if found is not None else None


def content_text(content: Json) -> str:
    """The text in a message's content."""
    if type(content) is str:
        return content
    if type(content) is not list:
        return ""
    return "\n".join(
        item if type(item) is str else text(table(item).get("text")) for item in content if item is not None
    ).strip()


def is_prompt(words: str) -> bool:
    """Whether a message in the user's name was written by a user (or by who started the agent)."""
    return not words.startswith(HARNESS) and not words.startswith(NOTICES)


def counts_of(usage: Json) -> list[int] | None:
    """The tokens of a usage object in the order of `USAGE_KEYS`; None where it has none."""
    if type(usage) is not dict or not any(key in usage for key in USAGE_KEYS):
        return None
    return [value if type(value := usage.get(key)) is int and value >= 0 else 0 for key in USAGE_KEYS]
