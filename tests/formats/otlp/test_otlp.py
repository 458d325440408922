"""OTLP-JSON traces: every dialect's span, tokens once, roots made, and that no order matters."""

from __future__ import annotations

import base64
import json
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.formats.otlp.exports import T0, TRACE, Record, line, span
from tests.formats.whole import (
    encoded,
    findings,
    identities,
    lines_of,
    live,
    outline,
    totals,
    translated,
    translated_with_cuts,
)
from translator.content.usage import Usage
from translator.model import Span

SKIP = frozenset({"conversations"})
ASKED = json.dumps([{"role": "user", "parts": [{"type": "text", "content": "Hi"}]}])
CAME = json.dumps(
    [{"role": "assistant", "parts": [{"type": "text", "content": "Ho"}], "finish_reason": "stop"}]
)
USED = {
    "gen_ai.usage.input_tokens": 42,
    "gen_ai.usage.output_tokens": 7,
    "gen_ai.usage.cache_read.input_tokens": 10,
}

OTEL = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "gpt-4o",
    "gen_ai.response.finish_reasons": ["stop"],
    "gen_ai.input.messages": ASKED,
    "gen_ai.output.messages": CAME,
    **USED,
}
OPENLLMETRY = {
    "llm.request.type": "chat",
    "gen_ai.system": "openai",
    "gen_ai.request.model": "gpt-4o",
    "gen_ai.prompt.0.role": "user",
    "gen_ai.prompt.0.content": "Hi",
    "gen_ai.completion.0.role": "assistant",
    "gen_ai.completion.0.content": "Ho",
    "gen_ai.completion.0.finish_reason": "stop",
    "gen_ai.usage.prompt_tokens": 42,
    "gen_ai.usage.completion_tokens": 7,
    "gen_ai.usage.cache_read_input_tokens": 10,
}
OPENINFERENCE = {
    "openinference.span.kind": "LLM",
    "llm.model_name": "gpt-4o",
    "llm.provider": "openai",
    "llm.input_messages.0.message.role": "user",
    "llm.input_messages.0.message.content": "Hi",
    "llm.output_messages.0.message.role": "assistant",
    "llm.output_messages.0.message.content": "Ho",
    "llm.token_count.prompt": 42,
    "llm.token_count.completion": 7,
    "llm.token_count.prompt_details.cache_read": 10,
    "llm.finish_reason": "stop",
}
VERCEL = {
    "ai.operationId": "ai.generateText.doGenerate",
    "operation.name": "ai.generateText.doGenerate fn",
    "ai.model.id": "gpt-4o",
    "ai.model.provider": "openai.chat",
    "ai.prompt.messages": '[{"role":"user","content":[{"type":"text","text":"Hi"}]}]',
    "ai.response.text": "Ho",
    "ai.response.finishReason": "stop",
    "ai.usage.inputTokens": 42,
    "ai.usage.outputTokens": 7,
    "ai.usage.cachedInputTokens": 10,
}
CLAUDE = {
    "span.type": "llm_request",
    "model": "claude-opus-4-6",
    "input_tokens": "32",
    "output_tokens": "7",
    "cache_read_tokens": "10",
    "cache_creation_tokens": "0",
    "ttft_ms": "5",
    "stop_reason": "end_turn",
}
BARE = {"gen_ai.system": "openai", "gen_ai.request.model": "gpt-4o", **USED}
MODELS: dict[str, tuple[str, Record]] = {
    "otel": ("chat gpt-4o", OTEL),
    "openllmetry": ("openai.chat", OPENLLMETRY),
    "openinference": ("ChatCompletion", OPENINFERENCE),
    "vercel": ("ai.generateText.doGenerate", VERCEL),
    "claude": ("claude_code.llm_request", CLAUDE),
    "bare": ("call", BARE),
}


def spans_of(*spans: Record) -> list[Span]:
    return translated(lines_of([line(spans)]))


@pytest.mark.parametrize("dialect", MODELS)
def test_a_model_call_of_every_dialect(dialect: str) -> None:
    name, attributes = MODELS[dialect]
    (call,) = spans_of(span(1, None, 0, 10, name, a=attributes))
    assert call.kind.value == "model"
    assert call.fields["usage"] == Usage(42, 7, 10, 0 if dialect == "claude" else None, None)
    silent = dialect in ("claude", "bare")
    assert findings([call], skip=SKIP | ({"messages"} if silent else set())) == []
    if not silent:
        sent = encoded([call])[0]["attributes"]
        asked = [{"role": "user", "parts": [{"type": "text", "content": "Hi"}]}]
        assert json.loads(sent["gen_ai.input.messages"]["value"]) == asked
        (answer,) = json.loads(sent["gen_ai.output.messages"]["value"])
        assert (answer["role"], answer["parts"]) == ("assistant", [{"type": "text", "content": "Ho"}])
        assert json.loads(sent["gen_ai.response.finish_reasons"]["value"]) == ["stop"]


TOOLS: dict[str, Record] = {
    "otel": {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "look",
        "gen_ai.tool.call.id": "c1",
        "gen_ai.tool.call.arguments": '{"a": 1}',
        "gen_ai.tool.call.result": '"ok"',
    },
    "openllmetry": {
        "traceloop.span.kind": "tool",
        "traceloop.entity.name": "look",
        "traceloop.entity.input": '{"a": 1}',
        "traceloop.entity.output": '"ok"',
    },
    "openinference": {
        "openinference.span.kind": "TOOL",
        "tool.name": "look",
        "input.value": '{"a": 1}',
        "output.value": "ok",
    },
    "vercel": {
        "ai.operationId": "ai.toolCall",
        "ai.toolCall.name": "look",
        "ai.toolCall.id": "c1",
        "ai.toolCall.args": '{"a": 1}',
        "ai.toolCall.result": '"ok"',
    },
    "claude": {"span.type": "tool", "tool_name": "look", "tool_use_id": "c1", "tool_input": '{"a": 1}'},
}


@pytest.mark.parametrize("dialect", TOOLS)
def test_a_tool_call_of_every_dialect(dialect: str) -> None:
    (tool,) = spans_of(span(1, None, 0, 10, "claude_code.tool", a=TOOLS[dialect]))
    assert (tool.kind.value, tool.fields["tool"], tool.fields["arguments"]) == ("tool", "look", {"a": 1})


AGENTS: dict[str, Record] = {
    "otel": {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "Bot", **USED},
    "openllmetry": {"traceloop.span.kind": "agent", "traceloop.entity.name": "Bot"},
    "openinference": {"openinference.span.kind": "AGENT", "agent.name": "Bot", "llm.token_count.prompt": 84},
    "vercel": {
        "ai.operationId": "ai.generateText",
        "ai.telemetry.functionId": "Bot",
        "ai.usage.promptTokens": 84,
    },
    "pydantic": {
        "gen_ai.operation.name": "invoke_agent",
        "agent_name": "Bot",
        "gen_ai.aggregated_usage.input_tokens": 84,
        "gen_ai.aggregated_usage.output_tokens": 14,
        "pydantic_ai.all_messages": ASKED,
    },
}


@pytest.mark.parametrize("dialect", AGENTS)
def test_an_agent_of_every_dialect_repeats_no_tokens(dialect: str) -> None:
    spans = spans_of(
        span(2, 1, 1, 4, "chat", a=OTEL),
        span(3, 1, 4, 6, "look", a=TOOLS["otel"]),
        span(4, 1, 6, 9, "chat", a=OTEL),
        span(1, None, 0, 10, "Bot", a=AGENTS[dialect]),
    )
    counted = totals(spans)
    assert (counted["agent"], counted["model"], counted["input"], counted["output"]) == (1, 2, 84, 14)
    (agent,) = (span for span in spans if span.kind.value == "agent")
    assert (agent.fields["agent"], "usage" in agent.fields) == ("Bot", False)
    assert findings(spans, skip=SKIP | {"order"}) == []


def test_of_two_model_calls_in_one_another_the_inner_has_the_tokens() -> None:
    spans = spans_of(span(2, 1, 1, 9, "openai", a=OTEL), span(1, None, 0, 10, "litellm", a=OPENINFERENCE))
    assert totals(spans)["input"] == 42
    assert [("usage" in span.fields) for span in spans] == [False, True]


def test_other_spans_stay_only_around_and_below_those_of_genai() -> None:
    spans = spans_of(
        span(1, None, 0, 100, "POST /chat", a={"http.request.method": "POST"}),
        span(2, 1, 1, 50, "step"),
        span(3, 2, 2, 40, "chat", a=OTEL),
        span(4, 3, 3, 9, "connect"),
        span(5, 1, 60, 70, "SELECT"),
    )
    assert outline(spans) == [
        "other POST /chat 0.000-0.100",
        "  other step 0.001-0.050",
        "    model gpt-4o 0.002-0.040",
        "      other connect 0.003-0.009",
    ]
    assert encoded(spans)[0]["attributes"]["sentry.op"]["value"] == "http"
    assert findings(spans, skip=SKIP) == []


def test_a_parent_that_never_comes_is_made() -> None:
    spans = spans_of(span(2, 1, 5, 9, "chat", a=OTEL), span(3, 1, 9, 20, "look", a=TOOLS["otel"]))
    assert outline(spans) == [
        "agent shop 0.000-0.015",
        "  model gpt-4o 0.000-0.004",
        "  tool look 0.004-0.015",
    ]
    assert f"{1:016x}" in {span.span_id for span in spans}


def test_a_parent_in_another_process_is_not_made() -> None:
    (call,) = spans_of(span(2, 1, 5, 9, "chat", a=OTEL, flags=0x301))
    assert call.parent_id == f"{1:016x}"


def test_errors_come_from_the_status_and_the_exception() -> None:
    thrown = {
        "name": "exception",
        "timeUnixNano": str(T0 * 1_000_000),
        "attributes": [
            {"key": "exception.type", "value": {"stringValue": "ValueError"}},
            {"key": "exception.message", "value": {"stringValue": "no"}},
        ],
    }
    (call,) = spans_of(span(1, None, 0, 9, "chat", a=OTEL, status={"code": 2}, events=[thrown]))
    assert (call.fields["failure"], call.fields["error_message"]) == ("ValueError", "no")
    (named,) = spans_of(
        span(1, None, 0, 9, "chat", a=OTEL, status={"code": "STATUS_CODE_ERROR", "message": "bad"})
    )
    assert named.fields["error_message"] == "bad"


def test_content_may_stand_in_events() -> None:
    def event(name: str, **attributes: str) -> Record:
        items = [{"key": key, "value": {"stringValue": text}} for key, text in attributes.items()]
        return {"name": name, "timeUnixNano": str(T0 * 1_000_000), "attributes": items}

    events = [
        event("gen_ai.user.message", content="Hi"),
        event("gen_ai.choice", message='{"role": "assistant", "content": "Ho"}', finish_reason="stop"),
    ]
    (call,) = spans_of(span(1, None, 0, 9, "chat", a=BARE | {"gen_ai.operation.name": "chat"}, events=events))
    assert call.fields["input"] == [{"role": "user", "content": "Hi"}]
    assert call.fields["output"] == [{"role": "assistant", "content": "Ho"}]


def test_ids_of_dumped_protocol_buffers_are_base64() -> None:
    made = span(1, None, 0, 9, "chat", a=OTEL)
    made |= {
        "traceId": base64.b64encode(bytes.fromhex(TRACE)).decode(),
        "spanId": base64.b64encode(bytes.fromhex(f"{1:016x}")).decode(),
    }
    (call,) = spans_of(made)
    assert (call.trace_id, call.span_id) == (TRACE, f"{1:016x}")


def test_every_value_may_be_a_text() -> None:
    made = span(
        1, None, 0, 9, "chat", a={key: str(text) for key, text in OTEL.items() if type(text) is not list}
    )
    (call,) = spans_of(made)
    assert call.fields["usage"] == Usage(42, 7, 10, None, None)


def test_nothing_that_may_be_content_is_sent_where_content_is_off() -> None:
    hidden = "the hidden plan"
    for attributes in [*(a for _, a in MODELS.values()), *TOOLS.values(), *AGENTS.values()]:
        loud = {
            key: text.replace("Hi", hidden).replace("Ho", hidden) if type(text) is str else text
            for key, text in attributes.items()
        }
        loud |= {
            "user_prompt": hidden,
            "input.value": hidden,
            "ai.prompt": hidden,
            "traceloop.entity.input": hidden,
        }
        for sent in encoded(spans_of(span(1, None, 0, 9, "x", a=loud)), content=False):
            assert hidden not in json.dumps(sent)


def run(random: Random) -> list[Record]:
    """Spans of a tree of agents, model calls, tools and others."""
    made: list[Record] = []
    kinds = [
        OTEL,
        OPENINFERENCE,
        VERCEL,
        TOOLS["otel"],
        TOOLS["vercel"],
        AGENTS["otel"],
        AGENTS["openinference"],
        {},
    ]
    for number in range(1, random.randint(2, 25)):
        parent = random.randint(1, number - 1) if number > 1 else None
        attributes = random.choice(kinds) if parent is not None else AGENTS["otel"]
        made.append(span(number, parent, number, 100 - number, f"span {number}", a=attributes))
    return made


@given(st.randoms(use_true_random=False))
@settings(max_examples=80, deadline=None)
def test_nothing_depends_on_order_lines_cuts_or_repetition(random: Random) -> None:
    spans = run(random)
    if random.random() < 0.3:
        spans = spans[1:]
    whole = translated(lines_of([line(spans)]))
    shuffled = spans + random.sample(spans, min(3, len(spans)))
    random.shuffle(shuffled)
    lines = lines_of([line([one]) for one in shuffled])
    assert identities(translated(lines)) == identities(whole)
    assert totals(translated(lines)) == totals(whole)
    assert identities(translated_with_cuts(lines, [len(lines) // 3, len(lines) // 2])) == identities(whole)


@given(st.randoms(use_true_random=False))
@settings(max_examples=20, deadline=None)
def test_a_trace_that_comes_in_pieces_is_sent_once(random: Random) -> None:
    spans = run(random)
    pieces = [(0.4 * number, lines_of([line([one])])) for number, one in enumerate(reversed(spans))]
    sent = [span for _, span in live(pieces)]
    assert identities(sent) == identities(translated(lines_of([line(spans)])))


anything: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=4,
)


@given(st.data(), st.randoms(use_true_random=False))
@settings(max_examples=200, deadline=None)
def test_no_value_anywhere_breaks_the_reader(data: st.DataObject, random: Random) -> None:
    record: Any = line(run(random))
    for _ in range(3):
        place: Any = record
        while True:
            keys = list(place) if isinstance(place, dict) else list(range(len(place)))
            if not keys:
                break
            key = data.draw(st.sampled_from(keys))
            if isinstance(place[key], (dict, list)) and place[key] and data.draw(st.integers(0, 4)):
                place = place[key]
                continue
            place[key] = data.draw(anything)
            break
    lines = lines_of([json.dumps(record)])
    spans = translated(lines)
    encoded(spans)
    assert identities(translated_with_cuts(lines, [1])) == identities(spans)
