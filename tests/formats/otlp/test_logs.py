"""OTLP-JSON logs: content that belongs to spans, and agents that export nothing but logs."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.formats.otlp.exports import T0, TRACE, Record, attributes, line, span, value
from tests.formats.whole import (
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

QUIET = frozenset({"messages", "tools"})


def log(ms: int, name: str, body: Any = None, **more: Any) -> Record:
    """A log record so many milliseconds after the begin; `a` are its attributes."""
    made: Record = {"timeUnixNano": str((T0 + ms) * 1_000_000), "attributes": attributes(more.pop("a", {}))}
    made["attributes"].append({"key": "event.name", "value": {"stringValue": name}})
    if body is not None:
        made["body"] = value(body)
    return made | more


def logs(*records: Record, service: str = "agent") -> Record:
    return {
        "resourceLogs": [
            {
                "resource": {"attributes": attributes({"service.name": service})},
                "scopeLogs": [{"scope": {"name": "events"}, "logRecords": list(records)}],
            }
        ]
    }


CHAT = {"gen_ai.operation.name": "chat", "gen_ai.system": "openai", "gen_ai.request.model": "gpt-4o"}
HERE = {"traceId": TRACE, "spanId": f"{1:016x}"}
OLD = [
    log(1, "gen_ai.system.message", {"content": "Be brief."}, **HERE),
    log(2, "gen_ai.user.message", {"content": "Hi"}, **HERE),
    log(
        9,
        "gen_ai.choice",
        {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Ho"}},
        **HERE,
    ),
]
NEW = [
    log(
        9,
        "gen_ai.client.inference.operation.details",
        **HERE,
        a={
            "gen_ai.input.messages": '[{"role": "user", "parts": [{"type": "text", "content": "Hi"}]}]',
            "gen_ai.output.messages": '[{"role": "assistant", "parts": [{"type": "text", "content": "Ho"}]}]',
        },
    ),
]


@pytest.mark.parametrize("events", [OLD, NEW], ids=["old", "new"])
@pytest.mark.parametrize("first", ["logs", "span"])
def test_content_goes_into_the_span_that_it_names(events: list[Record], first: str) -> None:
    records = [logs(*events), line([span(1, None, 0, 10, "chat gpt-4o", a=CHAT)])]
    (call,) = translated(lines_of(records if first == "logs" else records[::-1]))
    assert "Hi" in json.dumps(call.fields["input"])
    assert "Ho" in json.dumps(call.fields["output"])


CLAUDE = [
    log(0, "user_prompt", a={"session.id": "s1", "prompt.id": "p1", "prompt": "Look."}),
    log(
        2_000,
        "api_request",
        a={
            "session.id": "s1",
            "prompt.id": "p1",
            "model": "claude-opus-4-6",
            "input_tokens": "10",
            "output_tokens": "20",
            "cache_read_tokens": "300",
            "cache_creation_tokens": "40",
            "cost_usd": "0.01",
            "duration_ms": "1500",
            "request_id": "r1",
        },
    ),
    log(
        2_600,
        "tool_result",
        a={
            "session.id": "s1",
            "prompt.id": "p1",
            "tool_name": "Bash",
            "tool_use_id": "t1",
            "success": "false",
            "duration_ms": "500",
            "error": "exit 1",
        },
    ),
    log(
        9_000,
        "api_error",
        a={
            "session.id": "s1",
            "prompt.id": "p1",
            "model": "claude-opus-4-6",
            "error": "Overloaded",
            "status_code": "529",
            "duration_ms": "6000",
        },
    ),
    log(60_000, "user_prompt", a={"session.id": "s1", "prompt.id": "p2"}),
]
CODEX = [
    log(0, "codex.user_prompt", a={"conversation.id": "c1", "prompt": "Look."}),
    log(300, "codex.api_request", a={"conversation.id": "c1", "duration_ms": 200}),
    log(1_000, "codex.sse_event", a={"conversation.id": "c1", "event.kind": "response.output_item.done"}),
    log(
        2_000,
        "codex.sse_event",
        a={
            "conversation.id": "c1",
            "event.kind": "response.completed",
            "model": "gpt-5",
            "input_token_count": "350",
            "output_token_count": "20",
            "cached_token_count": "300",
            "reasoning_token_count": "5",
        },
    ),
    log(
        2_600,
        "codex.tool_result",
        a={
            "conversation.id": "c1",
            "tool_name": "shell",
            "call_id": "t1",
            "arguments": '{"a": 1}',
            "output": "ok",
            "duration_ms": 500,
            "success": "true",
        },
    ),
]
GEMINI = [
    log(0, "gemini_cli.user_prompt", a={"session.id": "g1", "prompt_id": "p1", "prompt": "Look."}),
    log(
        2_000,
        "gemini_cli.api_response",
        a={
            "session.id": "g1",
            "prompt_id": "p1",
            "model": "gemini-2.5-pro",
            "duration_ms": 1_500,
            "input_token_count": 350,
            "output_token_count": 20,
            "cached_content_token_count": 300,
            "thoughts_token_count": 5,
        },
    ),
    log(
        2_600,
        "gemini_cli.tool_call",
        a={
            "session.id": "g1",
            "prompt_id": "p1",
            "function_name": "read_file",
            "function_args": '{"path": "a"}',
            "duration_ms": 500,
            "success": True,
        },
    ),
]


def test_claude_code_s_events_are_turns() -> None:
    spans = translated(lines_of([logs(*CLAUDE, service="claude-code")]))
    assert outline(spans)[:4] == [
        "agent claude-code 0.000-9.000",
        "  model claude-opus-4-6 0.500-2.000",
        "  tool Bash 2.100-2.600 error",
        "  model claude-opus-4-6 3.000-9.000 529",
    ]
    (usage,) = (span.fields["usage"] for span in spans if "usage" in span.fields)
    assert usage == Usage(350, 20, 300, 40, None)
    assert len({span.trace_id for span in spans}) == 2
    assert {span.fields["conversation_id"] for span in spans} == {"s1"}
    assert findings(spans, skip=QUIET) == []


def test_codex_s_events_are_turns() -> None:
    spans = translated(lines_of([logs(*CODEX)]))
    assert outline(spans) == [
        "agent codex 0.000-2.600",
        "  model gpt-5 0.100-2.000",
        "  tool shell 2.100-2.600",
    ]
    (usage,) = (span.fields["usage"] for span in spans if "usage" in span.fields)
    assert usage == Usage(350, 20, 300, None, 5)
    assert findings(spans, skip=QUIET) == []


def test_the_gemini_cli_s_events_are_turns() -> None:
    spans = translated(lines_of([logs(*GEMINI)]))
    assert [text.split()[:2] for text in outline(spans)] == [
        ["agent", "gemini-cli"],
        ["model", "gemini-2.5-pro"],
        ["tool", "read_file"],
    ]
    (usage,) = (span.fields["usage"] for span in spans if "usage" in span.fields)
    assert usage == Usage(350, 25, 300, None, 5)
    assert findings(spans, skip=QUIET) == []


def test_spans_of_the_same_session_win() -> None:
    turn = span(1, None, 0, 10, "claude_code.interaction", a={"span.type": "interaction", "session.id": "s1"})
    spans = translated(lines_of([logs(*CLAUDE, service="claude-code"), line([turn])]))
    assert totals(spans)["agent"] == 1
    assert spans[0].span_id == f"{1:016x}"


def test_other_logs_are_passed_over() -> None:
    assert (
        translated(
            lines_of([logs(log(0, "request done", "ok"), log(1, "gen_ai.user.message", {"content": "Hi"}))])
        )
        == []
    )


@pytest.mark.parametrize("events", [CLAUDE, CODEX, GEMINI], ids=["claude", "codex", "gemini"])
@given(random=st.randoms(use_true_random=False))
@settings(max_examples=30, deadline=None)
def test_nothing_depends_on_order_lines_cuts_or_repetition(events: list[Record], random: Random) -> None:
    service = "claude-code"
    whole = identities(translated(lines_of([logs(*events, service=service)])))
    shuffled = events + random.sample(events, 2)
    random.shuffle(shuffled)
    lines = lines_of([logs(one, service=service) for one in shuffled])
    assert identities(translated(lines)) == whole
    assert identities(translated_with_cuts(lines, [1, len(lines) // 2])) == whole


@pytest.mark.parametrize("events", [CLAUDE, CODEX, GEMINI], ids=["claude", "codex", "gemini"])
def test_a_running_session_is_told_of_turn_by_turn(events: list[Record]) -> None:
    service = "claude-code"
    pieces = [(20.0 * number, lines_of([logs(one, service=service)])) for number, one in enumerate(events)]
    sent = [span for _, span in live(pieces)]
    assert identities(sent) == identities(translated(lines_of([logs(*events, service=service)])))
