"""OTLP-JSON traces: what single dialects write beyond what all have in common."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.formats.hardships import ANY_JSON
from tests.formats.otlp.exports import T0, Record, attributes, line, span
from tests.formats.otlp.test_otlp import AGENTS, CLAUDE, MODELS, OPENINFERENCE, OTEL, TOOLS
from tests.formats.whole import encoded, lines_of, translated, translated_with_cuts
from translator.formats.otlp.attributes import EXCLUSIVE_NAMES, USAGE_NAMES
from translator.formats.otlp.fields import COMMON, FIRST_CHUNKS
from translator.model import Kind, Span


def only(name: str, a: Record, **more: Any) -> Span:
    """The one span of a span with these attributes."""
    (made,) = translated(lines_of([line([span(1, None, 0, 1_000, name, a=a, **more)])]))
    return made


def sent(name: str, a: Record, **more: Any) -> dict[str, Any]:
    """The attributes of that span, as they are sent."""
    (one,) = encoded([only(name, a, **more)])
    return {key: said["value"] for key, said in one["attributes"].items()}


def event(ms: int, name: str, **a: Any) -> Record:
    return {"name": name, "timeUnixNano": str((T0 + ms) * 1_000_000), "attributes": attributes(a)}


def parts(text: str) -> list[Record]:
    (message,) = json.loads(text)
    found: list[Record] = message["parts"]
    return found


def test_openinference_spreads_parts_and_calls_over_numbered_keys() -> None:
    said = "llm.input_messages.0.message."
    made = sent(
        "messages.create",
        {
            "openinference.span.kind": "llm",
            "llm.model_name": "claude-opus-4-6",
            f"{said}role": "user",
            f"{said}contents.0.message_content.type": "text",
            f"{said}contents.0.message_content.text": "What is this?",
            f"{said}contents.10.message_content.type": "text",
            f"{said}contents.10.message_content.text": "And this?",
            f"{said}contents.2.message_content.type": "image",
            f"{said}contents.2.message_content.image.image.url": "https://example.com/a.png",
            "llm.output_messages.0.message.role": "assistant",
            "llm.output_messages.0.message.tool_calls.0.tool_call.id": "c1",
            "llm.output_messages.0.message.tool_calls.0.tool_call.function.name": "look",
            "llm.output_messages.0.message.tool_calls.0.tool_call.function.arguments": '{"a": 1}',
            "llm.tools.0.tool.json_schema": '{"name": "look"}',
            "llm.invocation_parameters": '{"max_tokens": 64, "stop_sequences": ["x"], "stream": true}',
        },
    )
    assert [part["type"] for part in parts(made["gen_ai.input.messages"])] == ["text", "uri", "text"]
    assert parts(made["gen_ai.output.messages"]) == [
        {"type": "tool_call", "id": "c1", "name": "look", "arguments": {"a": 1}}
    ]
    assert json.loads(made["gen_ai.tool.definitions"]) == [{"name": "look"}]
    assert (made["gen_ai.request.max_tokens"], made["gen_ai.request.stop_sequences"]) == (64, ["x"])
    assert made["gen_ai.response.streaming"] is True


def test_the_model_of_a_failed_call_of_openinference_is_in_its_request() -> None:
    request = '{"model": "gpt-nope", "messages": [{"role": "user", "content": "Hi"}]}'
    call = only("ChatCompletion", {"openinference.span.kind": "LLM", "input.value": request})
    assert call.fields["model"] == "gpt-nope"
    assert parts(encoded([call])[0]["attributes"]["gen_ai.input.messages"]["value"])[0]["content"] == "Hi"


def test_openllmetry_spreads_calls_over_numbered_keys() -> None:
    made = sent(
        "openai.chat",
        {
            "llm.request.type": "chat",
            "gen_ai.system": "OpenAI",
            "gen_ai.request.model": "gpt-4o",
            "gen_ai.prompt.0.role": "system",
            "gen_ai.prompt.0.content": "Be brief.",
            "gen_ai.prompt.1.role": "tool",
            "gen_ai.prompt.1.tool_call_id": "c1",
            "gen_ai.prompt.1.content": "ok",
            "gen_ai.completion.0.role": "assistant",
            "gen_ai.completion.0.finish_reason": "tool_calls",
            "gen_ai.completion.0.tool_calls.0.id": "c2",
            "gen_ai.completion.0.tool_calls.0.name": "look",
            "gen_ai.completion.0.tool_calls.0.arguments": '{"a": 1}',
            "llm.request.functions.0.name": "look",
            "llm.request.functions.0.parameters": '{"type": "object"}',
            "llm.is_streaming": "true",
        },
    )
    assert made["gen_ai.system_instructions"] == "Be brief."
    assert parts(made["gen_ai.input.messages"]) == [
        {"type": "tool_call_response", "id": "c1", "result": "ok"}
    ]
    assert parts(made["gen_ai.output.messages"])[0]["arguments"] == {"a": 1}
    assert json.loads(made["gen_ai.tool.definitions"])[0]["parameters"] == {"type": "object"}
    assert made["gen_ai.response.streaming"] is True


@pytest.mark.parametrize(
    "a",
    [
        {"llm.request.type": "embedding", "gen_ai.system": "openai", "gen_ai.request.model": "e",
         "gen_ai.prompt.0.content": "hello"},
        {"ai.operationId": "ai.embed.doEmbed", "ai.model.id": "e", "ai.values": ['"hello"']},
    ],
)  # fmt: skip
def test_what_is_embedded_is_texts(a: Record) -> None:
    made = sent("embed", a)
    assert (made["gen_ai.operation.name"], made["gen_ai.embeddings.input"]) == ("embeddings", '["hello"]')


def test_results_of_vercel_tools_are_read_out_of_their_json() -> None:
    tool = only("ai.toolCall", TOOLS["vercel"])
    assert tool.fields["output"] == "ok"
    odd = only("ai.toolCall", {**TOOLS["vercel"], "ai.toolCall.result": '"not" json"'})
    assert odd.fields["output"] == '"not" json"'


def test_an_agent_of_vercel_is_asked_with_a_prompt_or_messages() -> None:
    agent = {"ai.operationId": "ai.streamText", "ai.prompt": '{"system": "Be brief.", "prompt": "Hi"}'}
    made = sent("ai.streamText", {**agent, "ai.response.object": '{"a": 1}'})
    assert (made["gen_ai.agent.name"], made["gen_ai.system_instructions"]) == ("streamText", "Be brief.")
    assert parts(made["gen_ai.input.messages"])[0]["content"] == "Hi"
    assert "gen_ai.output.messages" in made


def test_an_agent_of_pydantic_ai_was_asked_what_its_user_said_last() -> None:
    whole = [
        {"role": "user", "parts": [{"type": "text", "content": "Weather?"}]},
        {"role": "assistant", "parts": [{"type": "tool_call", "id": "c1", "name": "look", "arguments": {}}]},
        {
            "role": "user",
            "parts": [{"type": "tool_call_response", "id": "c1", "name": "look", "result": "x"}],
        },
        {"role": "assistant", "parts": [{"type": "text", "content": "Sunny."}]},
    ]
    a = {**AGENTS["pydantic"], "pydantic_ai.all_messages": json.dumps(whole)}
    made = sent("invoke_agent Bot", a)
    assert parts(made["gen_ai.input.messages"]) == [{"type": "text", "content": "Weather?"}]
    assert parts(made["gen_ai.output.messages"]) == [{"type": "text", "content": "Sunny."}]
    assert parts(sent("agent", {**a, "final_result": "Rain."})["gen_ai.output.messages"])[0] == {
        "type": "text",
        "content": "Rain.",
    }


def test_detailed_tracing_of_claude_code_has_content_and_failures() -> None:
    call = only("claude_code.llm_request", {**CLAUDE, "new_context": "Hi", "response.model_output": "Ho"})
    assert (call.fields["input"], call.fields["output"]) == ("Hi", "Ho")
    assert call.fields["time_to_first_chunk"] == 5_000
    shown = event(900, "tool.output", output="3 files")
    tool = only(
        "claude_code.tool", {**TOOLS["claude"], "success": "false", "error": "exit 1"}, events=[shown]
    )
    assert tool.fields["output"] == {"output": "3 files"}
    assert (tool.fields["failure"], tool.fields["error_message"]) == ("error", "exit 1")
    turn = only(
        "claude_code.interaction", {"span.type": "interaction", "user_prompt": "Hi", "session.id": "s"}
    )
    assert (turn.kind, turn.fields["agent"], turn.fields["conversation_id"]) == (
        Kind.AGENT,
        "claude-code",
        "s",
    )
    hook = translated(
        lines_of([line([span(1, None, 0, 9, "claude_code.hook", a={"span.type": "hook", "hook_name": "x"})])])
    )
    assert [one.kind for one in hook] == [Kind.OTHER]


def test_codex_names_its_turns_and_requests() -> None:
    spans = translated(
        lines_of(
            [
                line(
                    [
                        span(1, None, 0, 9, "session_task.turn", a={"conversation.id": "c1"}),
                        span(
                            2,
                            1,
                            1,
                            8,
                            "handle_responses",
                            a={
                                "model": "gpt-5-codex",
                                "gen_ai.usage.input_tokens": 10,
                                "gen_ai.usage.output_tokens": 2,
                            },
                        ),
                        span(3, 2, 2, 3, "poll"),
                    ],
                    scope="codex_core",
                )
            ]
        )
    )
    assert [(one.kind, one.fields.get("agent")) for one in spans] == [
        (Kind.AGENT, "codex"),
        (Kind.MODEL, "codex"),
        (Kind.OTHER, "codex"),
    ]
    assert {one.fields["conversation_id"] for one in spans} == {"c1"}


def test_the_gemini_cli_writes_arguments_as_messages() -> None:
    tool = only(
        "tool_call",
        {
            "gen_ai.operation.name": "tool_call",
            "gen_ai.tool.name": "glob",
            "gen_ai.tool.call_id": "c1",
            "gen_ai.input.messages": '{"pattern": "*"}',
            "gen_ai.output.messages": '{"files": 3}',
        },
    )
    assert (tool.kind, tool.fields["call_id"]) == (Kind.TOOL, "c1")
    assert (tool.fields["arguments"], tool.fields["output"]) == ({"pattern": "*"}, {"files": 3})
    prompt = only("user_prompt", {"gen_ai.operation.name": "user_prompt", "gen_ai.agent.name": "gemini-cli",
                                  "gen_ai.input.messages": "Hi", "gen_ai.conversation.id": "s"})  # fmt: skip
    assert (prompt.kind, prompt.fields["agent"]) == (Kind.AGENT, "gemini-cli")


def test_googles_agents_write_whole_requests() -> None:
    made = sent(
        "call_llm",
        {
            "gen_ai.system": "gcp.vertex.agent",
            "gen_ai.request.model": "gemini-2.5-pro",
            "gcp.vertex.agent.session_id": "s",
            "gcp.vertex.agent.llm_request": '{"contents": [{"role": "user", "parts": [{"text": "Hi"}]}]}',
            "gcp.vertex.agent.llm_response": '{"content": {"role": "model", "parts": [{"text": "Ho"}]}}',
        },
    )
    assert parts(made["gen_ai.input.messages"]) == [{"type": "text", "content": "Hi"}]
    assert parts(made["gen_ai.output.messages"]) == [{"type": "text", "content": "Ho"}]
    assert made["gen_ai.conversation.id"] == "s"


@pytest.mark.parametrize(
    "key", [*COMMON["conversation_id"], "ai.telemetry.metadata.sessionId", "ai.telemetry.metadata.threadId"]
)
def test_conversations_go_by_many_names(key: str) -> None:
    attributes = MODELS["vercel" if key.startswith("ai.") else "otel"][1]
    assert only("chat", {**attributes, key: "c1"}).fields["conversation_id"] == "c1"


@pytest.mark.parametrize("name", sorted(FIRST_CHUNKS))
def test_the_first_of_the_events_tells_of_the_first_output(name: str) -> None:
    call = only("chat", OTEL, events=[event(250, name), event(400, name)])
    assert call.fields["time_to_first_chunk"] == 250_000


@pytest.mark.parametrize(
    "a",
    [
        {**OTEL, "gen_ai.response.time_to_first_chunk": 0.25},
        {**OTEL, "gen_ai.client.operation.time_to_first_chunk": "0.25"},
        {**MODELS["vercel"][1], "ai.response.msToFirstChunk": 250.0},
        {**CLAUDE, "ttft_ms": "250"},
    ],
)
def test_attributes_tell_of_the_first_output(a: Record) -> None:
    assert sent("claude_code.llm_request", a)["gen_ai.response.time_to_first_chunk"] == 0.25


def test_texts_that_nobody_knows_are_sent_only_where_they_are_one_word() -> None:
    made = sent(
        "chat",
        {**OTEL, "tenant": "acme", "crew.task": "the hidden plan", "shown": True, "http.route": "GET /a b"},
    )
    assert {key: made[key] for key in made if key.startswith(("log.", "http."))} == {
        "log.tenant": "acme",
        "log.shown": True,
        "http.route": "GET /a b",
    }


def test_the_more_telling_dialect_decides() -> None:
    both = only("call", {**OTEL, **OPENINFERENCE, "openinference.span.kind": "TOOL", "tool.name": "look"})
    assert both.kind is Kind.TOOL


KEYS = sorted(
    {
        *(key for _, a in MODELS.values() for key in a),
        *(key for a in (*TOOLS.values(), *AGENTS.values()) for key in a),
        *(
            key
            for keys in (*COMMON.values(), *USAGE_NAMES.values(), *EXCLUSIVE_NAMES.values())
            for key in keys
        ),
        *(
            "ai.values",
            "llm.tools.0.tool.json_schema",
            "llm.invocation_parameters",
            "gen_ai.prompt.0",
            "events",
        ),
        *("gen_ai.tool.definitions", "ai.prompt", "ai.prompt.tools", "ai.response.toolCalls", "final_result"),
        *("gen_ai.completion.0.tool_calls.0", "llm.input_messages.0.message.contents.0.message_content"),
        *("llm.output_messages.0.message.tool_calls.0.tool_call", "gcp.vertex.agent.llm_request", "success"),
        *(
            "llm.request.functions.0",
            "gen_ai.system_instructions",
            "new_context",
            "ai.telemetry.metadata.userId",
        ),
    }
)
EMBEDDINGS: list[Record] = [
    {"ai.operationId": "ai.embed.doEmbed", "ai.model.id": "e"},
    {"llm.request.type": "embedding"},
]
KINDS = [*(a for _, a in MODELS.values()), *TOOLS.values(), *AGENTS.values(), *EMBEDDINGS]


@given(
    st.sampled_from(KINDS),
    st.dictionaries(st.sampled_from(KEYS), ANY_JSON | st.integers().map(str), max_size=6),
    st.sampled_from(["text", "value"]),
)
@settings(max_examples=300, deadline=None)
def test_no_attribute_of_any_type_breaks_a_dialect(kind: Record, said: dict[str, Any], form: str) -> None:
    items = [{"key": key, "value": {"stringValue": text}} for key, text in kind.items()]
    items += [
        {"key": key, "value": {"stringValue": json.dumps(value)} if form == "text" else {"any": value}}
        for key, value in said.items()
    ]
    spans = translated(lines_of([line([span(1, None, 0, 9, "claude_code.x", attributes=items)])]))
    encoded(spans)
    encoded(spans, content=False)


def test_numbers_of_more_than_64_bits_and_deep_nesting_can_be_stored() -> None:
    deep: Record = {"stringValue": "x"}
    for _ in range(300):
        deep = {"arrayValue": {"values": [deep]}}
    made = span(1, None, 0, 9, "chat", a=OTEL)
    made["attributes"] += [
        {"key": "whole", "value": {"intValue": "9" * 20}},
        {"key": "wholer", "value": {"intValue": "9" * 5_000}},
        {"key": "gen_ai.request.seed", "value": {"intValue": "9" * 25}},
        {"key": "gen_ai.request.temperature", "value": {"doubleValue": "NaN"}},
        {"key": "gen_ai.system_instructions", "value": {"stringValue": "[" * 5_000 + "]" * 5_000}},
        {"key": "deep", "value": deep},
    ]
    lines = lines_of([line([made])])
    assert encoded(translated_with_cuts(lines, [1])) == encoded(translated(lines))
