"""Chats of Gemini CLI, recorded with its own service, and what may befall them."""

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
from translator.model import Kind, Span

FIXTURES = Path(__file__).parent / "fixtures"
SESSION = lines_of_file(FIXTURES / "session.jsonl", "session.jsonl")
SUBAGENT = lines_of_file(FIXTURES / "subagent.jsonl", "subagent.jsonl")
BOTH = [*SUBAGENT, *SESSION]
HEAD = {"sessionId": "s-1", "projectHash": "f00", "startTime": "2026-11-18T09:00:00.000Z", "kind": "main"}
numbers = st.integers(0, 10_000)


def shape(spans: list[Span]) -> list[str]:
    """The outline without its times, which are those of a recording."""
    return [" ".join(word for word in line.split(" ") if not word[:1].isdigit()) for line in outline(spans)]


def message(second: int, kind: str, content: Any, **more: Any) -> dict[str, Any]:
    key = more.pop("id", f"m{second}")
    return {
        "id": key,
        "timestamp": f"2026-11-18T09:00:{second:02}.000Z",
        "type": kind,
        "content": content,
        **more,
    }


def answer(second: int, text: str, *calls: dict[str, Any], **more: Any) -> dict[str, Any]:
    tokens = {"input": 10, "output": 4, "cached": 2, "thoughts": 3, "tool": 1, "total": 18}
    made = {"model": "gemini-3-pro", "tokens": tokens, "thoughts": [], **more}
    return message(second, "gemini", text, **made, **({"toolCalls": list(calls)} if calls else {}))


def call(second: int, key: str, status: str = "success") -> dict[str, Any]:
    result = [{"functionResponse": {"id": key, "name": "ls", "response": {"output": "a.txt"}}}]
    time = f"2026-11-18T09:00:{second:02}.000Z"
    return {
        "id": key,
        "name": "ls",
        "args": {"path": "."},
        "status": status,
        "timestamp": time,
        "result": result,
    }


def test_a_recorded_chat_is_a_trace_per_prompt_and_its_sub_agent_is_below_its_call() -> None:
    expected = [
        "agent gemini-cli",
        "  model gemini-3-pro",
        "  tool list_directory",
        "  tool read_file error",
        "  model gemini-3-pro",
        "agent gemini-cli",
        "  model gemini-3-pro",
        "  tool invoke_agent",
        "    agent investigator",
        "      model gemini-3-pro",
        "      tool complete_task",
        "  model gemini-3-pro",
        "agent gemini-cli cancelled",
        "  model gemini-3-pro",
        "  tool run_shell_command cancelled",
    ]
    assert shape(translated(BOTH)) == expected
    assert identities(translated([*SESSION, *SUBAGENT])) == identities(translated(BOTH))
    assert findings(translated(BOTH)) == []


def test_tokens_are_those_of_each_message_once() -> None:
    tokens = {}
    for record in (json.loads(line.data) for line in BOTH):
        if record.get("tokens"):
            tokens[record["id"]] = record["tokens"]
    found = totals(translated(BOTH))
    assert found["model"] == len(tokens) == 6
    assert found["input"] == sum(t["input"] + t["tool"] for t in tokens.values())
    assert found["output"] == sum(t["output"] + t["thoughts"] for t in tokens.values())
    assert found["input"] + found["output"] == sum(t["total"] for t in tokens.values())
    assert found["cache_read"] == sum(t["cached"] for t in tokens.values())
    assert found["reasoning"] == sum(t["thoughts"] for t in tokens.values())


def test_a_response_shows_its_thoughts_and_calls_and_what_it_heard() -> None:
    models = [span for span in translated(SESSION) if span.kind is Kind.MODEL]
    first, second = (encoded([span])[0]["attributes"] for span in models[:2])
    assert first["gen_ai.provider.name"]["value"] == "gcp.gemini"
    assert json.loads(first["gen_ai.output.messages"]["value"]) == [{
        "role": "assistant",
        "parts": [
            {"type": "reasoning", "content": "Looking\nI consider it."},
            {"type": "tool_call", "id": "list-1", "name": "list_directory", "arguments": {"path": "."}},
            {"type": "tool_call", "id": "read-1", "name": "read_file", "arguments": {"path": "prices.txt"}},
        ],
    }]  # fmt: skip
    heard = json.loads(second["gen_ai.input.messages"]["value"])
    assert [part["id"] for said in heard for part in said["parts"]] == ["list-1", "read-1"]


def test_the_last_word_of_a_message_counts() -> None:
    early = answer(2, "Loo", tokens=None)
    spans = translated(lines_of([HEAD, message(0, "user", "hi"), early, answer(2, "Looking.")]))
    assert outline(spans) == ["agent gemini-cli 0.000-2.000", "  model gemini-3-pro 0.000-2.000"]
    found = {span.kind: span.fields for span in spans}
    assert found[Kind.MODEL]["usage"].input_tokens == 11
    assert found[Kind.AGENT]["output"] == "Looking."


def test_older_chats_in_one_line_and_their_later_copies() -> None:
    said = [message(0, "user", "hi"), answer(2, "", call(5, "c1")), answer(6, "Bye.")]
    document = {key: value for key, value in HEAD.items() if key != "kind"} | {"messages": said}
    spans = translated(lines_of([document], "session.json"))
    assert outline(spans) == [
        "agent gemini-cli 0.000-6.000",
        "  model gemini-3-pro 0.000-2.000",
        "  tool ls 2.000-5.000",
        "  model gemini-3-pro 5.000-6.000",
    ]
    migrated = [*lines_of([document], "session.json"), *lines_of([HEAD, *said], "session.jsonl")]
    assert (
        identities(translated(migrated))
        == identities(spans)
        == identities(translated(lines_of([HEAD, *said])))
    )
    grown = {**document, "messages": [*said, message(8, "user", "So?"), answer(9, "Yes.")]}
    assert len(translated(lines_of([document, grown], "session.json"))) == 6


def test_messages_that_nobody_said_are_no_turns_and_no_responses() -> None:
    spans = translated(lines_of([
        HEAD, message(0, "user", "<session_context>..."), message(1, "user", "/stats"),
        message(2, "user", [{"text": "hi"}]), message(3, "gemini", "Received."), answer(4, "Yes."),
        message(5, "info", "Saved."),
        message(5, "gemini", "", id="held", model="m", toolCalls=[call(6, "c9")]),
    ]))  # fmt: skip
    assert [line.split()[:2] for line in outline(spans)] == [
        ["agent", "gemini-cli"], ["model", "gemini-3-pro"], ["tool", "ls"],
    ]  # fmt: skip


def test_an_error_fails_the_turn() -> None:
    spans = translated(lines_of([HEAD, message(0, "user", "hi"), message(3, "error", "[API Error: quota]")]))
    assert [(s.kind, s.fields["failure"], s.fields["error_message"]) for s in spans] == [
        (Kind.AGENT, "error", "[API Error: quota]")
    ]


def test_a_chat_whose_begin_is_missing_has_a_root_all_the_same() -> None:
    spans = translated(lines_of([answer(2, "", call(3, "c1")), answer(5, "Done.")]))
    assert [line.split()[0] for line in outline(spans)] == ["agent", "model", "tool", "model"]


def test_a_turn_ends_a_minute_after_its_answer() -> None:
    lines = lines_of([HEAD, message(0, "user", "hi"), answer(2, "Hello.")])
    out = live([(0.0, lines)])
    assert [span.kind for _, span in out] == [Kind.MODEL, Kind.AGENT]
    assert 60 <= out[-1][0] <= 66
    assert identities(span for _, span in out) == identities(translated(lines))


def test_a_sub_agent_without_its_caller_is_a_trace_of_its_own() -> None:
    out = live([(0.0, SUBAGENT)])
    assert shape([span for _, span in out]) == [
        "agent gemini-cli",
        "  model gemini-3-pro",
        "  tool complete_task",
    ]
    assert findings([span for _, span in out]) == []


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, len(BOTH)), max_size=6))
def test_going_on_after_any_line(cuts: list[int]) -> None:
    hardships.survives_cuts(BOTH, cuts)


def test_reading_again() -> None:
    hardships.survives_repetition(SESSION)
    once = identities(translated(BOTH))
    assert identities(translated([*BOTH, *BOTH])) == once
    assert (
        identities(translated([*BOTH, *hardships.moved(SUBAGENT, "c"), *hardships.moved(SESSION, "d")]))
        == once
    )


@settings(max_examples=30, deadline=None)
@given(st.integers(0, len(SESSION) - 1), numbers)
def test_truncation(end: int, cut: int) -> None:
    # A response without words says nothing before its calls are done.
    hardships.survives_truncation(SESSION, end, cut, skip=frozenset({"messages"}))


@settings(max_examples=10, deadline=None)
@given(numbers)
def test_life(seed: int) -> None:
    hardships.survives_life(BOTH, seed)


@settings(max_examples=150, deadline=None)
@given(numbers, st.lists(st.integers(0, 20), min_size=1, max_size=5), hardships.ANY_JSON)
def test_any_value_in_any_place(number: int, path: list[int], value: object) -> None:
    hardships.survives_anything(BOTH, number, path, value)
