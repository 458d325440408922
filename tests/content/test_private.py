"""Which names are those of content, which only look like them, and values without such."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given

from tests.content.json_values import json_values, nested
from translator.content.plain import json_text
from translator.content.private import is_content, without_content

CONTENT = (
    # OpenTelemetry's and OpenAI's own words, without a prefix.
    "system_instructions", "input_messages", "output_messages", "tool_call_arguments", "tool_call_result",
    "tool_calls", "tool_call", "function_call", "function_args", "content", "choices", "history",
    "response_text", "output_text", "input_text", "final_output", "request_payload", "response_body",
    "user_message", "system_message", "assistant_message", "user_prompt", "chat_history", "reasoning_content",
    "documents",
    # Frameworks and instrumentation.
    "mlflow.spanInputs", "mlflow.spanOutputs", "genkit:input", "genkit:output", "lk.input_text",
    "lk.response.text", "lk.function_tool.arguments", "lk.user_transcript", "traceloop.entity.input",
    "langfuse.observation.output", "llm.input_messages.0.message.content", "llm.prompts.0.prompt.text",
    "llm.choices.0.completion.text", "gen_ai.prompt.0.content", "gen_ai_prompt_0_content",
    "pydantic_ai.all_messages", "ai.response.object", "ai.toolCall.args",
    # Users.
    "email", "customer_email", "user_ip", "user_ip_address", "user.anything",
    "ai.telemetry.metadata.userId", "langfuse.user.name",
    # In any spelling and form.
    "systemInstructions", "ToolCallArguments", "TOOL-CALLS", "userinput", "GEN_AI.PROMPT", "User.Segment",
    "arguments_json", "messagesJson", "input_data", "prompt_1", "a" * 100 + ".prompt",
)  # fmt: skip

ORDINARY = (
    "message", "msg", "level", "logger", "context", "text", "body", "name", "reason",
    "content_type", "content_length", "contents_count", "prompt_tokens", "prompt_id", "prompt_version",
    "prompt_template_id", "prompt_cache_key", "message_id", "messages_count", "history_length", "args_count",
    "input_tokens", "completion_tokens", "max_output_tokens", "cached_tokens", "usage.input",
    "tokens.output", "tokens_prompt", "cost.input", "user_agent", "user_agent.original", "username_hash",
    "tool_call_id", "toolCallId", "tool_calls_count", "num_tool_calls", "total_tool_calls",
    "max_tool_calls", "parallel_tool_calls", "num_messages", "n_messages", "has_prompt", "is_input",
    "tool_name", "tool_choice", "email_sent", "emails_sent", "output_format", "response_format",
    "response_time", "response_id", "model_parameters", "error_message", "status_text", "severity_text",
    "exc_text", "process.command_args", "db.query.text", "url.query", "http.response.body.size",
    "a" * 100 + ".prompt_id",
)  # fmt: skip


@pytest.mark.parametrize("key", CONTENT)
def test_a_name_of_content_is_known(key: str) -> None:
    assert is_content(key)


@pytest.mark.parametrize("key", ORDINARY)
def test_an_ordinary_name_is_none_of_content(key: str) -> None:
    assert not is_content(key)


@pytest.mark.parametrize(
    ("value", "left"),
    [
        ({"prompt": "a", "step": 2}, {"step": 2}),
        ({"run": {"input": {"user": "a"}, "n": 1}}, {"run": {"n": 1}}),
        ({"run": {"input": "a"}, "n": None}, {"n": None}),
        ({"prompt": "a"}, None),
        ({"run": [{"prompt": "a"}, {"args": []}]}, None),
        ([{"prompt": "a"}, 1, None, []], [1, None, []]),
        ('{"messages": [{"content": "a"}], "step": 2}', '{"step":2}'),
        (' [{"prompt": "a"}, 1]', "[1]"),
        ('{"prompt": "a"}', None),
        (
            {"body": json_text({"inner": json_text({"prompt": "a", "n": 1})})},
            {"body": r'{"inner":"{\"n\":1}"}'},
        ),
        ({"function": {"name": "f", "arguments": "{}"}}, {"function": {"name": "f"}}),
        ('{"messages": [{"content": "cut', None),
        ('{"score": NaN, "prompt": "a"}', None),
        ("{'step': 2, 'tool_input': {'q': 'a'}}", None),
        (r"[{'n': 1}, {\"prompt\" : \"a", None),
    ],
    ids=str,
)
def test_what_stands_under_names_of_content_is_left_out(value: Any, left: Any) -> None:
    assert without_content(value) == left


@pytest.mark.parametrize(
    "value",
    [
        None, "", "{", "[INFO] prompt", "{user} said", "{'step': 2}", '{"step": NaN}', "[1] 'prompt' is",
        '{"step": 2}', "[ ]", 0, False, {}, [], {"a": None}, [None, {}, {"prompt_id": 3}],
        {"tokens": {"prompt_tokens": 1}},
    ],
    ids=str,
)  # fmt: skip
def test_what_holds_no_such_name_is_the_very_value(value: Any) -> None:
    assert without_content(value) is value


@given(json_values())
def test_nothing_of_content_is_left_in_any_json(value: Any) -> None:
    text = json_text({"args": [value], "n": 1})
    left = without_content({"a": [1, {"prompt": value}], "b": text, "c": value})

    assert left["a"] == [1]
    assert left["b"] == '{"n":1}'
    assert [key for key in keys_in(left) if is_content(key)] == []


def keys_in(value: Any) -> Iterator[str]:
    if type(value) is dict:
        yield from value
    for item in value.values() if type(value) is dict else value if type(value) is list else ():
        yield from keys_in(item)


def test_what_is_nested_too_deeply_to_be_looked_through_is_left_out() -> None:
    assert "bottom" in str(without_content(nested(40, "a")))
    for key in (None, "a"):
        assert "bottom" not in str(without_content(nested(900, key)))
        assert "bottom" not in str(without_content(json_text(nested(150, key))))
