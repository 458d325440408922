"""Which names are those of content, and which only look like them."""

from __future__ import annotations

import pytest

from translator.content.private import is_content

CONTENT = (
    # OpenTelemetry's and OpenAI's own words, without a prefix.
    "system_instructions", "input_messages", "output_messages", "tool_call_arguments", "tool_call_result",
    "tool_calls", "tool_call", "function_call", "function_args", "content", "choices", "history",
    "response_text", "output_text", "input_text", "final_output", "request_payload", "response_body",
    "user_message", "system_message", "assistant_message", "user_prompt", "chat_history", "reasoning_content",
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
