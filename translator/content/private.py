"""Names under which logs keep messages, tool data and user data; and values without what stands there."""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import lru_cache
from operator import is_

from sentry_conventions.attributes import ATTRIBUTE_METADATA

from translator.content.plain import TOO_DEEP, json_text
from translator.content.values import parsed
from translator.model import Json

PREFIXES = (
    "user.", "enduser.", "sentry.user.", "gen_ai.prompt", "gen_ai.completion", "gen_ai.embeddings.input",
    "gen_ai.memory.", "gen_ai.input.", "gen_ai.output.", "gen_ai.system_instructions",
    "gen_ai.system.message", "gen_ai.tool.call.", "gen_ai.tool.message", "gen_ai.response.text",
    "mcp.request.argument.", "mcp.prompt.result.", "mcp.tool.result.", "ai.prompt.messages",
    "ai.input_messages", "ai.response.text", "ai.response.object", "ai.response.reasoning", "ai.toolcall.",
    "input.value", "output.value",
)  # fmt: skip
"""Beginnings of attributes of the conventions, old and new, that hold such; in lower case."""

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

_OTHERS = (
    "content", "choices", "history", "reasoning", "reasoning_content", "thinking", "thoughts",
    "observation", "documents", "return_value", "query_text", "http.request.body.data",
)  # fmt: skip
"""What else logs call them, where the name says it only by itself."""

_FAMILIES = (
    "gen_ai.input.messages", "gen_ai.output.messages", "gen_ai.system_instructions",
    "gen_ai.tool.call.arguments", "gen_ai.tool.call.result", "user.id", "user.email", "user.name",
)  # fmt: skip

_ENDINGS = (
    "messages", "prompt", "prompts", "instruction", "instructions", "question", "questions",
    "input", "inputs", "output", "outputs", "content", "contents", "answer", "answers", "completions",
    "arguments", "args", "tool_call", "tool_calls", "function_call", "function_calls",
    "user_message", "system_message", "developer_message", "assistant_message", "human_message",
    "ai_message", "chat_message", "tool_message", "user_query", "search_query", "transcript",
    "chat_history", "conversation_history", "message_history", "chat_ctx",
    "response_text", "completion_text", "message_text", "user_text", "embedding_text",
    "request_payload", "response_payload", "request_body", "response_body",
    "tool_result", "tool_results", "tool_response", "call_result", "function_result", "function_response",
    "llm_response", "model_response", "agent_response", "assistant_response", "final_response",
    "raw_response", "final_result",
    "user_id", "user_name", "email", "email_address", "user_ip", "user_ip_address",
)  # fmt: skip
"""Ends of names that say it whatever stands before them: `lk.function_tool.arguments`, `userPrompt`."""

_FORMS = ("json", "text", "data", "string", "str", "raw", "preview")
"""Last words that only say in which form it is: `arguments_json`."""

_MEASURES = (
    "tokens", "token", "usage", "cost", "costs", "price", "max", "total", "num", "count", "has",
    "parallel", "settings",
)  # fmt: skip
_WHOLE_MEASURES = frozenset(("n", "min", "is"))
"""What stands before such an end where it is counted, priced or set: `num_messages`, `usage.input`."""

_LONGEST = 64
"""Characters at either end of a key that are looked at: longer names are nobody's convention."""

_FOLDED_AWAY = str.maketrans("", "", "_-.:/ ")


def _folded(key: str) -> str:
    return key.lower().translate(_FOLDED_AWAY)


NAMES = frozenset(map(_folded, (*_FIELDS, *_OTHERS))) | frozenset(
    _folded(name) for key in _FAMILIES for name in (ATTRIBUTE_METADATA[key].keys or (key,))
)
"""Names that say it by themselves, without regard to case, `_`, `-`, `.`, `:`, `/` and spaces."""

_FOLDED_ENDINGS = tuple(map(_folded, _ENDINGS))
_NONE = frozenset((_folded("process.command_args"),))
"""Names of the conventions that end so, and are none of content."""


def is_content(key: str) -> bool:
    """Whether the key of a log, or the name of an attribute, is one of content."""
    return _is_content(key[:_LONGEST], key[-_LONGEST:])


@lru_cache(maxsize=4096)
def _is_content(start: str, end: str) -> bool:
    if start.lower().replace(":", ".").startswith(PREFIXES):
        return True
    name = _folded(end)
    return name in NAMES or _ends_like_content(name)


def _ends_like_content(name: str) -> bool:
    """Whether a folded name ends like one of content, but for the number or form at its end."""
    name = name.rstrip("0123456789")
    forms = (name, *(name.removesuffix(form) for form in _FORMS if name.endswith(form)))
    return name not in _NONE and any(
        form.endswith(ending) and not _is_measured(form.removesuffix(ending))
        for form in forms
        for ending in _FOLDED_ENDINGS
    )


def _is_measured(stem: str) -> bool:
    return stem.endswith(_MEASURES) or stem in _WHOLE_MEASURES


_DEEPEST = 50
_OPENING = frozenset("{[")
_MAY_OPEN = frozenset("{[ \t\r\n")
"""What a text may begin with that is the JSON of an object or a list."""

_KEY = re.compile(r"""["']([\w.:-]{1,64})\\{0,8}["']\s{0,20}:""")
"""A key of an object in a text, also where the text has been quoted again."""


def without_content(value: Json, depth: int = 0) -> Json:
    """The value without what stands under names of content anywhere in it, be it JSON in a text.

    Returns:
        The very value where there is no such name in it; None where nothing else is left of it.
    """
    if type(value) is str:
        return _text_without(value, depth) if value[:1] in _MAY_OPEN else value
    if type(value) is dict:
        if depth >= _DEEPEST:
            return TOO_DEEP
        kept = {
            key: left
            for key, item in value.items()
            if not is_content(key)
            and ((left := without_content(item, depth + 1)) is not None or item is None)
        }
        return _settled(value, kept, kept.values(), value.values())
    if type(value) is list:
        if depth >= _DEEPEST:
            return TOO_DEEP
        items = [
            left for item in value if (left := without_content(item, depth + 1)) is not None or item is None
        ]
        return _settled(value, items, items, value)
    return value


def _settled(value: Json, kept: Json, left: Collection[Json], items: Collection[Json]) -> Json:
    if len(left) == len(items) and all(map(is_, left, items)):
        return value
    return kept or None


def _text_without(text: str, depth: int) -> Json:
    found = parsed(text)
    if found is None:
        # Cut short, or written by something else than a JSON library: there is no telling what is whose.
        return None if text.lstrip()[:1] in _OPENING and _names_content(text) else text
    kept = without_content(found, depth + 1)
    return text if kept is found else None if kept is None else json_text(kept)


def _names_content(text: str) -> bool:
    return any(is_content(named[1]) for named in _KEY.finditer(text))
