"""Names under which logs keep messages, tool data and user data, whatever becomes of the values."""

from __future__ import annotations

from sentry_conventions.attributes import ATTRIBUTE_METADATA

from translator.content.usage_shapes import folded

PREFIXES = (
    "user.", "enduser.", "sentry.user.", "gen_ai.prompt", "gen_ai.completion", "gen_ai.embeddings.input",
    "gen_ai.memory.", "gen_ai.input.", "gen_ai.output.", "gen_ai.system_instructions",
    "gen_ai.system.message", "gen_ai.tool.call.", "gen_ai.tool.message", "gen_ai.response.text",
    "mcp.request.argument.", "mcp.prompt.result.", "mcp.tool.result.", "ai.prompt.messages",
    "ai.input_messages", "ai.response.text", "ai.toolCall.", "input.value", "output.value",
)  # fmt: skip
"""Beginnings of attributes of the conventions, old and new, that hold such."""

_FIELDS = (
    "input", "messages", "prompt", "request.messages", "contents", "query", "question",
    "request", "request_body", "ai.prompt", "gen_ai.request.messages", "gen_ai.response.text",
    "system", "instructions", "system_prompt", "system_instruction",
    "output", "response", "result", "completion", "answer", "tool_output", "tool_result",
    "arguments", "args", "tool_arguments", "tool_args", "tool_input", "parameters", "params",
    "tool_parameters", "tool_params",
    "user", "user_id", "user_email", "user_name", "username",
)  # fmt: skip
"""What the log format calls them; on any kind of event, for a line may hold what its event does not have."""

_FAMILIES = (
    "gen_ai.input.messages", "gen_ai.output.messages", "gen_ai.system_instructions",
    "gen_ai.tool.call.arguments", "gen_ai.tool.call.result", "user.id", "user.email", "user.name",
)  # fmt: skip

NAMES = frozenset(map(folded, _FIELDS)) | frozenset(
    folded(name) for key in _FAMILIES for name in (ATTRIBUTE_METADATA[key].keys or (key,))
)
"""Names that say it by themselves, without regard to case, `_`, `-` and `.`."""

_LONGEST = 64


def is_content(key: str) -> bool:
    """Whether the key of a log, or the name of an attribute, is one of content."""
    return key.startswith(PREFIXES) or (len(key) <= _LONGEST and folded(key) in NAMES)
