"""Any JSON value, with the keys and types that providers use sprinkled in."""

from __future__ import annotations

from hypothesis import strategies as st

from translator.model import Json

_KEYS = (
    "role", "type", "content", "parts", "text", "messages", "input", "output", "choices", "message",
    "tool_calls", "function", "arguments", "name", "id", "thinking", "source", "data", "contents",
    "candidates", "result", "functionCall", "functionResponse", "toolUse", "toolResult", "image",
    "inlineData", "reasoning", "summary", "system", "image_url", "url", "mime_type", "model", "uri",
    "error", "stack", "frames", "exc_info", "value", "usage", "kwargs", "finish_reason", "delta",
    "generations", "reasoningContent", "file_id", "file", "tool_call_id", "json", "images", "audio",
)  # fmt: skip
_WORDS = (
    "user", "assistant", "system", "tool", "model", "human", "text", "tool_use", "tool_result",
    "tool_call", "tool_call_response", "function_call", "function_call_output", "image", "blob",
    "uri", "file", "thinking", "reasoning", "document", "message", "made_up", "json", "constructor",
    "data:image/png;base64,AAAA", "see data:a/b;base64,QQ== here", '{"a":[1]}', "[]", "https://x/y",
    '[{"role":"user","content":"hi"}]', "ValueError: no", "", "{", "base64",
)  # fmt: skip


def json_values() -> st.SearchStrategy[Json]:
    """Values that look like messages often enough to reach every reader."""
    leaves = (
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats()
        | st.sampled_from(_WORDS)
        | st.text(max_size=8)
    )
    keys = st.sampled_from(_KEYS) | st.text(max_size=4)
    return st.recursive(
        leaves,
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(keys, inner, max_size=5)
            | st.builds(
                lambda role, content: {"role": role, "content": content},
                st.sampled_from(_WORDS[:6]),
                inner,
            )
            | st.builds(
                lambda role, parts: {"role": role, "parts": parts},
                st.sampled_from(_WORDS[:6]),
                st.lists(inner, max_size=3),
            )
            | st.builds(
                lambda kind, rest: {**rest, "type": kind},
                st.sampled_from(_WORDS[6:25]),
                st.dictionaries(keys, inner, max_size=4),
            )
        ),
        max_leaves=25,
    )


def nested(depth: int, key: str | None = None) -> Json:
    """A value of so many lists, or objects under one key, within each other."""
    value: Json = "bottom"
    for _ in range(depth):
        value = [value] if key is None else {key: value}
    return value
