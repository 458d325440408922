"""Sessions of Pi, recorded with its own session manager, and what may befall them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
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
from translator.model import Kind, Span

FIXTURES = Path(__file__).parent / "fixtures"
SESSION = lines_of_file(FIXTURES / "session.jsonl", "session.jsonl")
BRANCHED = lines_of_file(FIXTURES / "branched.jsonl", "branched.jsonl")
numbers = st.integers(0, 10_000)


def shape(spans: list[Span]) -> list[str]:
    """The outline without its times, which are those of a recording."""
    return [" ".join(word for word in line.split(" ") if not word[:1].isdigit()) for line in outline(spans)]


def entry(number: int, **message: Any) -> dict[str, Any]:
    """An entry that is written in second `number`; a response took one second."""
    written = 1_795_000_000 + number
    asked = written * 1000 - (1000 if message["role"] == "assistant" else 0)
    return {
        "type": "message",
        "id": f"{number:08x}",
        "parentId": f"{number - 1:08x}" if number else None,
        "timestamp": datetime.fromtimestamp(written, UTC).isoformat(),
        "message": {**message, "timestamp": asked},
    }


def said(number: int, text: str, reason: str | None = "stop", **more: Any) -> dict[str, Any]:
    usage = {"input": 5, "output": 3, "cacheRead": 2, "cacheWrite": 1, "totalTokens": 11}
    content = [{"type": "text", "text": text}, *more.pop("calls", [])]
    return entry(
        number, role="assistant", provider="openai", model="gpt-5", content=content, usage=usage,
        stopReason=reason, **more,
    )  # fmt: skip


HEAD = {"type": "session", "version": 3, "id": "s-1", "timestamp": "2026-11-18T09:46:40.000Z", "cwd": "/work"}
CALL = {"type": "toolCall", "id": "c1", "name": "bash", "arguments": {"command": "ls"}}


def test_a_recorded_session_is_a_trace_per_message_of_the_user() -> None:
    assert shape(translated(SESSION)) == [
        "agent pi",
        "  model claude-sonnet-4-5",
        "  tool bash",
        "  tool read error",
        "  model claude-sonnet-4-5",
        "agent pi",
        "  model claude-sonnet-4-5 error",
        "  model claude-sonnet-4-5",
        "agent pi cancelled",
        "  model gpt-5 cancelled",
    ]


def test_nothing_is_amiss_in_recorded_sessions() -> None:
    assert findings(translated(SESSION)) == []
    assert findings(translated([*SESSION, *BRANCHED])) == []


def test_tokens_are_those_that_the_session_counts_itself() -> None:
    used = [
        record["message"]["usage"]
        for record in map(json.loads, (line.data for line in SESSION))
        if record["type"] == "message" and record["message"]["role"] == "assistant"
    ]
    found = totals(translated(SESSION))
    assert found["input"] == sum(u["input"] + u["cacheRead"] + u["cacheWrite"] for u in used)
    assert found["output"] == sum(u["output"] for u in used)
    assert found["cache_read"] == sum(u["cacheRead"] for u in used)
    assert found["cache_write"] == sum(u["cacheWrite"] for u in used)


def test_a_branched_session_adds_only_what_it_says_itself() -> None:
    alone, both = translated(SESSION), translated([*SESSION, *BRANCHED])
    assert len(both) == len(alone) + 2
    assert identities(both) == identities(translated([*BRANCHED, *SESSION]))
    new = [span for span in both if (span.trace_id, span.span_id) not in hardships.ids(alone)]
    assert {span.kind for span in new} == {Kind.AGENT, Kind.MODEL}
    agent = next(span for span in new if span.kind is Kind.AGENT)
    assert agent.fields["conversation_id"] != alone[0].fields["conversation_id"]


def test_a_response_says_all_that_the_session_knows_of_it() -> None:
    span = encoded([s for s in translated(SESSION) if s.kind is Kind.MODEL])[0]["attributes"]
    value = {key: attribute["value"] for key, attribute in span.items()}
    assert value["gen_ai.request.model"] == "claude-sonnet-4-5"
    assert value["gen_ai.provider.name"] == "anthropic"
    assert value["gen_ai.response.id"] == "msg_1"
    assert value["gen_ai.usage.input_tokens"] == 1210
    assert value["gen_ai.usage.cache_read.input_tokens"] == 1000
    assert value["gen_ai.request.reasoning.level"] == "high"
    assert json.loads(value["gen_ai.input.messages"]) == [
        {"role": "user", "parts": [{"type": "text", "content": "Which files are there?"}]}
    ]
    assert [part["type"] for part in json.loads(value["gen_ai.output.messages"])[0]["parts"]] == [
        "reasoning", "text", "tool_call", "tool_call",
    ]  # fmt: skip


def test_the_next_response_hears_what_the_tools_returned() -> None:
    second = [span for span in translated(SESSION) if span.kind is Kind.MODEL][1]
    attributes = encoded([second])[0]["attributes"]
    messages = json.loads(attributes["gen_ai.input.messages"]["value"])
    assert [message["role"] for message in messages] == ["tool", "tool"]
    assert messages[0]["parts"] == [{"type": "tool_call_response", "id": "toolu_1", "result": "prices.csv"}]


def test_a_turn_without_its_begin_and_one_of_an_extension_have_a_root_of_their_own() -> None:
    extension = {"type": "custom_message", "id": "e", "timestamp": HEAD["timestamp"], "content": "Wake up"}
    spans = translated(lines_of([HEAD, said(1, "go on", "toolUse", calls=[CALL]), extension, said(3, "done"),
                                 extension, said(5, "awake")]))  # fmt: skip
    assert outline(spans) == [
        "agent pi 0.000-3.000",
        "  model gpt-5 0.000-1.000",
        "  tool bash 1.000-1.000 no_end unfinished",
        "  model gpt-5 2.000-3.000",
        "agent pi 4.000-5.000",
        "  model gpt-5 4.000-5.000",
    ]
    assert spans[4].fields["input"] == [{"role": "user", "content": "Wake up"}]


def test_a_failed_turn_ends_when_no_other_try_comes() -> None:
    lines = lines_of(
        [HEAD, entry(0, role="user", content="hi"), said(2, "", "error", errorMessage="503 busy")]
    )
    spans = live([(0.0, lines)])
    assert [(span.kind, span.fields["failure"]) for _, span in spans] == [
        (Kind.MODEL, "error"), (Kind.AGENT, "error"),
    ]  # fmt: skip
    assert 120 <= spans[1][0] <= 130
    assert identities(span for _, span in spans) == identities(translated(lines))


def test_a_turn_is_shown_as_it_ends() -> None:
    lines = lines_of([HEAD, entry(0, role="user", content="hi"), said(2, "hello")])
    assert all(when < 10 for when, _ in live([(0.0, lines)]))


def test_a_session_that_says_nothing_of_thinking_has_no_level_of_it() -> None:
    spans = translated(lines_of([HEAD, entry(0, role="user", content="hi"), said(2, "hello")]))
    assert [span.fields.get("reasoning_effort") for span in spans] == [None, None]
    assert "reasoning" not in json.dumps(encoded(spans))


def test_what_openclaw_repeats_of_an_answer_is_none() -> None:
    mirror = {"provider": "openclaw", "model": "delivery-mirror", "usage": {"input": 0, "output": 0}}
    repeated = entry(
        3, role="assistant", content=[{"type": "text", "text": "hello"}], stopReason="stop", **mirror
    )
    spans = translated(lines_of([HEAD, entry(0, role="user", content="hi"), said(2, "hello"), repeated]))
    assert sorted(span.kind for span in spans) == [Kind.AGENT, Kind.MODEL]


def test_a_response_without_a_reason_to_stop_waits_for_its_calls() -> None:
    result = entry(3, role="toolResult", toolCallId="c1", toolName="bash", content=[], isError=False)
    asked = said(2, "", None, calls=[CALL])
    spans = translated(
        lines_of([HEAD, entry(0, role="user", content="hi"), asked, result, said(5, "done", None)])
    )
    assert [line.split()[0] for line in outline(spans)] == ["agent", "model", "tool", "model"]


def test_the_first_version_of_the_format_has_no_ids() -> None:
    records = [HEAD, entry(0, role="user", content="hi"), said(2, "", "toolUse", calls=[CALL]),
               entry(3, role="toolResult", toolCallId="c1", toolName="bash", content=[], isError=False),
               said(5, "ok")]  # fmt: skip
    lines = lines_of(
        [{k: v for k, v in record.items() if k not in ("id", "parentId") or v == "s-1"} for record in records]
    )
    assert [line.split()[0] for line in outline(translated(lines))] == ["agent", "model", "tool", "model"]
    hardships.survives_repetition(lines)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, len(SESSION)), max_size=6))
def test_going_on_after_any_line(cuts: list[int]) -> None:
    hardships.survives_cuts(SESSION, cuts)


def test_reading_again() -> None:
    hardships.survives_repetition(SESSION)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, len(SESSION) - 1), numbers)
def test_truncation(end: int, cut: int) -> None:
    hardships.survives_truncation(SESSION, end, cut)


@settings(max_examples=10, deadline=None)
@given(numbers)
def test_life(seed: int) -> None:
    hardships.survives_life([*SESSION, *BRANCHED], seed)


@settings(max_examples=150, deadline=None)
@given(numbers, st.lists(st.integers(0, 20), min_size=1, max_size=5), hardships.ANY_JSON)
def test_any_value_in_any_place(number: int, path: list[int], value: object) -> None:
    hardships.survives_anything(SESSION, number, path, value)
