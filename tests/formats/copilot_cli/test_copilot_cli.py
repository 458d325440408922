"""Sessions of Copilot CLI, recorded with its own runtime, and what may befall them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.formats import hardships
from tests.formats.whole import (
    encoded,
    findings,
    identities,
    lines_of,
    lines_of_file,
    live,
    outline,
    totals,
    translated,
)
from translator.content.usage import Usage
from translator.model import Kind, Span

FIXTURES = Path(__file__).parent / "fixtures"
SESSION = lines_of_file(FIXTURES / "session.jsonl", "session.jsonl")
LISTENED = lines_of_file(FIXTURES / "listened.jsonl", "listened.jsonl")
EXPECTED = [
    "agent copilot",
    "  model gpt-5",
    "  tool bash",
    "  model gpt-5",
    "  tool view failure",
    "  model gpt-5",
    "agent copilot",
    "  model gpt-5",
    "  tool task",
    "    agent explore",
    "      model gpt-5",
    "      tool view",
    "      model gpt-5",
    "  model gpt-5",
    "agent copilot query",
]
OUTPUT_ONLY = frozenset({"tokens"})
"""A session's file does not say the input of a response."""

numbers = st.integers(0, 10_000)


def shape(spans: list[Span]) -> list[str]:
    """The outline without its times, which are those of a recording."""
    return [" ".join(word for word in line.split(" ") if not word[:1].isdigit()) for line in outline(spans)]


def event(second: float, kind: str, agent: str = "", **data: Any) -> dict[str, Any]:
    record = {
        "type": kind,
        "data": data,
        "id": f"{kind}-{second}",
        "timestamp": f"2026-11-18T09:00:{second:06.3f}Z",
        "parentId": None,
    }
    return {**record, "agentId": agent} if agent else record


def said(second: float, text: str, *tools: str, **more: Any) -> dict[str, Any]:
    requests = [{"toolCallId": tool, "name": "bash", "arguments": {"command": tool}} for tool in tools]
    return event(
        second, "assistant.message", messageId=f"m{second}", content=text, toolRequests=requests, **more
    )


START = event(0, "session.start", sessionId="s-1", version=1, selectedModel="claude-sonnet-4.5")


def test_a_recorded_session_is_a_trace_per_message_and_its_sub_agent_is_below_its_call() -> None:
    spans = translated(SESSION)
    assert shape(spans) == EXPECTED
    assert findings(spans, skip=OUTPUT_ONLY) == []
    assert {span.fields["conversation_id"] for span in spans if "conversation_id" in span.fields} == {
        json.loads(SESSION[0].data)["data"]["sessionId"]
    }


def test_events_as_a_program_hears_them_have_the_tokens_that_the_session_sums_up() -> None:
    spans = translated(LISTENED)
    assert shape(spans) == EXPECTED
    assert findings(spans) == []
    shutdown = next(
        r["data"] for r in map(json.loads, (line.data for line in SESSION)) if "shutdown" in r["type"]
    )
    told = shutdown["modelMetrics"]["gpt-5"]
    found = totals(spans)
    assert found["model"] == told["requests"]["count"]
    assert found["input"] == told["usage"]["inputTokens"]
    assert found["output"] == told["usage"]["outputTokens"]
    assert found["cache_read"] == told["usage"]["cacheReadTokens"]


def test_the_same_session_heard_and_stored_is_told_once() -> None:
    assert identities(translated([*SESSION, *LISTENED])) == identities(translated(SESSION))


def test_a_response_says_what_the_session_knows_of_it() -> None:
    models = [span for span in translated(LISTENED) if span.kind is Kind.MODEL]
    first, second = (encoded([span])[0]["attributes"] for span in models[:2])
    value = {key: attribute["value"] for key, attribute in first.items()}
    assert value["gen_ai.provider.name"] == "github_copilot"
    assert value["gen_ai.system_instructions"] == "You are careful."
    assert value["gen_ai.response.finish_reasons"] == '["tool_calls"]'
    assert 0.0 < value["gen_ai.response.time_to_first_chunk"] < 1.0
    assert json.loads(value["gen_ai.input.messages"]) == [
        {"role": "user", "parts": [{"type": "text", "content": "Which files are there?"}]}
    ]
    assert [part["type"] for part in json.loads(value["gen_ai.output.messages"])[0]["parts"]] == [
        "text", "tool_call",
    ]  # fmt: skip
    heard = json.loads(second["gen_ai.input.messages"]["value"])
    assert heard[0]["role"] == "tool"
    assert heard[0]["parts"][0]["result"].startswith("prices.csv")


def test_only_the_output_is_counted_where_only_that_is_told() -> None:
    spans = translated(
        lines_of([START, event(1, "user.message", content="hi"), said(3, "Hello.", outputTokens=7)])
    )
    model = next(span for span in spans if span.kind is Kind.MODEL)
    assert model.fields["usage"] == Usage(output_tokens=7)
    assert model.fields["model"] == "claude-sonnet-4.5"


def test_a_response_in_several_messages_is_one_and_counts_once() -> None:
    parts = [
        said(3 + n, text, apiCallId="r1", outputTokens=9, chunkIndex=n)
        for n, text in enumerate(("One.", "Two."))
    ]
    spans = translated(lines_of([START, event(1, "user.message", content="hi"), *parts, parts[1]]))
    assert outline(spans) == ["agent copilot 0.000-3.000", "  model claude-sonnet-4.5 0.000-3.000"]
    fields = {span.kind: span.fields for span in spans}
    assert fields[Kind.MODEL]["usage"].output_tokens == 9
    assert fields[Kind.AGENT]["output"] == "One.\n\nTwo."


def test_an_older_sub_agent_is_known_by_its_call_and_its_prompt() -> None:
    """Sub-agents' events had no id of their own; the call might be done before its agent was."""
    task: dict[str, Any] = {
        "toolCallId": "t1",
        "toolName": "task",
        "arguments": {"prompt": "Count them.", "agent_type": "explore"},
    }
    inner: dict[str, Any] = {"toolCallId": "b1", "parentToolCallId": "t1"}
    spans = translated(lines_of([
        START,
        event(1, "user.message", content="How many?"),
        said(2, "", "t1"),
        event(2.1, "tool.execution_start", **task),
        event(2.2, "subagent.started", toolCallId="t1", agentName="explore", model="claude-haiku-4.5"),
        event(2.3, "user.message", content="Count them."),
        said(3, "", "b1", parentToolCallId="t1"),
        event(3.1, "tool.execution_start", toolName="bash", arguments={"command": "ls"}, **inner),
        event(3.5, "tool.execution_complete", success=True, result="3", **inner),
        event(4, "tool.execution_complete", toolCallId="t1", success=True, result={"content": "3"}),
        said(4.5, "Three.", parentToolCallId="t1"),
        event(4.6, "subagent.completed", toolCallId="t1", agentName="explore"),
        said(6, "There are three."),
        event(6.1, "assistant.turn_end", turnId="1"),
    ]))  # fmt: skip
    assert outline(spans) == [
        "agent copilot 0.000-5.100",
        "  model claude-sonnet-4.5 0.000-1.000",
        "  tool task 1.100-3.000",
        "    agent explore 1.200-3.600",
        "      model claude-haiku-4.5 1.200-2.000",
        "      tool bash 2.100-2.500",
        "      model claude-haiku-4.5 2.500-3.500",
        "  model claude-sonnet-4.5 3.600-5.000",
    ]
    assert findings(spans, skip=OUTPUT_ONLY) == []


def test_a_turn_waits_for_agents_in_the_background() -> None:
    task: dict[str, Any] = {
        "toolCallId": "t1",
        "toolName": "task",
        "arguments": {"prompt": "Search.", "mode": "background"},
    }
    spans = translated(lines_of([
        START,
        event(1, "user.message", content="Search in the background."),
        said(2, "", "t1"),
        event(2.1, "tool.execution_start", **task),
        event(2.2, "tool.execution_complete", toolCallId="t1", success=True, result="Started."),
        event(2.3, "subagent.started", agent="a1", toolCallId="t1", agentName="explore"),
        said(3, "It searches."),
        event(3.1, "assistant.turn_end", turnId="1"),
        event(5, "user.message", content="What time is it?"),
        said(6, "Four."),
        event(6.1, "assistant.turn_end", turnId="0"),
        {**said(8, "Found it."), "agentId": "a1"},
        event(8.1, "subagent.completed", agent="a1", toolCallId="t1"),
    ]))  # fmt: skip
    assert outline(spans) == [
        "agent copilot 0.000-7.100",
        "  model claude-sonnet-4.5 0.000-1.000",
        "  tool task 1.100-1.200",
        "    agent explore 1.300-7.100",
        "      model claude-sonnet-4.5 1.300-7.000",
        "  model claude-sonnet-4.5 1.200-2.000",
        "agent copilot 4.000-5.100",
        "  model claude-sonnet-4.5 4.000-5.000",
    ]
    assert findings(spans, skip=OUTPUT_ONLY | {"messages"}) == []


def test_a_stopped_turn_is_cancelled_and_its_call_unfinished() -> None:
    spans = translated(lines_of([
        START, event(1, "user.message", content="Wait"), said(2, "", "c1"),
        event(2.5, "tool.execution_start", toolCallId="c1", toolName="bash"),
        event(4, "abort", reason="user_initiated"), event(9, "user.message", content="Go"), said(10, "Gone."),
    ]))  # fmt: skip
    assert outline(spans) == [
        "agent copilot 0.000-3.000 cancelled",
        "  model claude-sonnet-4.5 0.000-1.000",
        "  tool bash 1.500-1.500 no_end unfinished",
        "agent copilot 8.000-9.000",
        "  model claude-sonnet-4.5 8.000-9.000",
    ]


def test_a_change_of_model_counts_from_then_on_and_auto_is_none() -> None:
    spans = translated(lines_of([
        START, event(1, "session.model_change", newModel="auto"),
        event(2, "user.message", content="a"), said(3, "b"),
        event(4, "session.model_change", newModel="gpt-5", reasoningEffort="high"),
        event(5, "user.message", content="c"), said(6, "d"), event(7, "user.message", content="e"),
        said(8, "f", model="gpt-5-mini"),
    ]))  # fmt: skip
    models = [span.fields for span in spans if span.kind is Kind.MODEL]
    assert [fields["model"] for fields in models] == ["claude-sonnet-4.5", "gpt-5", "gpt-5-mini"]
    assert [fields.get("reasoning_effort") for fields in models] == [None, "high", "high"]


def test_a_compaction_is_a_model_call_with_its_own_tokens() -> None:
    used = {
        "inputTokens": 900,
        "outputTokens": 50,
        "cacheReadTokens": 100,
        "duration": 2000,
        "model": "gpt-5",
    }
    done = event(
        9, "session.compaction_complete", success=True, summaryContent="Short.", compactionTokensUsed=used
    )
    spans = translated(lines_of([START, event(1, "user.message", content="a"), said(3, "b"), done]))
    assert outline(spans)[-1] == "  model gpt-5 6.000-8.000"
    assert totals(spans)["input"] == 900
    assert findings(spans, skip=OUTPUT_ONLY) == []
    alone = translated(lines_of([START, done]))
    assert outline(alone) == ["model gpt-5 0.000-2.000"]
    assert alone[0].fields["conversation_id"] == "s-1"


def test_input_that_cannot_be_read_is_as_much_as_its_parts() -> None:
    used = {"inputTokens": -1, "outputTokens": 5, "cacheReadTokens": 90, "cacheWriteTokens": 10}
    done = event(9, "session.compaction_complete", success=True, compactionTokensUsed=used)
    (span,) = translated(lines_of([START, done]))
    usage = span.fields["usage"]
    assert (usage.input_tokens, usage.output_tokens, usage.cache_read, usage.cache_write) == (100, 5, 90, 10)


def test_a_session_that_is_shut_down_in_the_midst_of_a_turn_is_cancelled() -> None:
    lines = lines_of(
        [START, event(1, "user.message", content="a"), said(3, "", "c"), event(4, "session.shutdown")]
    )
    assert outline(translated(lines))[0] == "agent copilot 0.000-2.000 cancelled"


def test_a_session_whose_begin_is_missing_has_roots_all_the_same() -> None:
    for begin in range(1, len(SESSION)):
        spans = translated(SESSION[begin:])
        assert findings(spans, skip=OUTPUT_ONLY | {"messages", "models", "conversations"}) == []


def test_a_turn_is_shown_as_it_ends() -> None:
    out = live([(0.0, SESSION[:20])])
    assert shape([span for _, span in out])[0] == "agent copilot"
    whole = live([(0.0, lines_of([START, event(1, "user.message", content="a"), said(3, "b")]))])
    assert 30 <= whole[-1][0] <= 36
    ended = lines_of(
        [START, event(1, "user.message", content="a"), said(3, "b"), event(3.1, "assistant.turn_end")]
    )
    assert all(when < 10 for when, _ in live([(0.0, ended)]))


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, len(LISTENED)), max_size=6))
def test_going_on_after_any_line(cuts: list[int]) -> None:
    hardships.survives_cuts(LISTENED, cuts)


def test_reading_again() -> None:
    hardships.survives_repetition(SESSION)
    hardships.survives_repetition(LISTENED)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, len(SESSION) - 1), numbers)
def test_truncation(end: int, cut: int) -> None:
    hardships.survives_truncation(SESSION, end, cut, skip=OUTPUT_ONLY)


@settings(max_examples=10, deadline=None)
@given(numbers)
def test_life(seed: int) -> None:
    hardships.survives_life(SESSION, seed)
    hardships.survives_life(LISTENED, seed)


@settings(max_examples=150, deadline=None)
@given(numbers, st.lists(st.integers(0, 20), min_size=1, max_size=5), hardships.ANY_JSON)
def test_any_value_in_any_place(number: int, path: list[int], value: object) -> None:
    hardships.survives_anything(LISTENED, number, path, value)
