"""What Sentry assesses: each shortcoming of a valid trace gives exactly its finding."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.assessment import PERSONAL
from tests.drafts import corrupted
from tests.examples import (
    AGENT,
    AGENT_ID,
    CHAT,
    EMBEDDINGS,
    FAILED_TOOL,
    HANDOFF,
    OTHER_AGENT,
    OTHER_AGENT_ID,
    SECOND_CHAT,
    START,
    TOOL,
    WRAPPER,
    attr,
    messages,
    text,
    trace_spans,
)
from tests.judges import CHECKS, assessment
from tests.strict import Json

INPUT, OUTPUT = "gen_ai.input.messages", "gen_ai.output.messages"
Spoil = Callable[[list[Json]], object]


def put(place: int, key: str, value: Any) -> Spoil:
    """Set an attribute of the span at a place."""
    return lambda spans: spans[place]["attributes"].update({key: attr(value)})


def drop(place: int, *keys: str) -> Spoil:
    """Remove attributes of the span at a place."""
    return lambda spans: [spans[place]["attributes"].pop(key) for key in keys]


def field(place: int, **fields: Any) -> Spoil:
    """Set fields of the span at a place."""
    return lambda spans: spans[place].update(fields)


def heard(*parts: Any) -> Spoil:
    """Let the model hear one message of these parts."""
    return put(CHAT, INPUT, json.dumps([{"role": "user", "parts": list(parts)}]))


FINDINGS: list[tuple[str, Spoil, int, str]] = [
    (
        "op without name",
        put(WRAPPER, "sentry.op", "gen_ai.workflow"),
        WRAPPER,
        "op 'gen_ai.workflow' without an operation name",
    ),
    (
        "a fifth kind",
        put(WRAPPER, "gen_ai.operation.name", "workflow"),
        WRAPPER,
        "operation name 'workflow' counts as a model call",
    ),
    ("other op", put(CHAT, "sentry.op", "ai"), CHAT, "op is 'ai', not 'gen_ai.chat'"),
    (
        "agent's name",
        field(AGENT, name="Triage"),
        AGENT,
        "name is not 'invoke_agent Triage'",
    ),
    (
        "model named by the response",
        field(CHAT, name="chat gpt-4o-2024-08-06"),
        CHAT,
        "name is not 'chat gpt-4o'",
    ),
    ("tool's name", field(TOOL, name="weather"), TOOL, "name is not 'execute_tool weather'"),
    (
        "handoff from another",
        field(HANDOFF, name="handoff from Other to Billing"),
        HANDOFF,
        "name is not 'handoff from Triage to' another agent",
    ),
    (
        "handoff to nobody",
        field(HANDOFF, name="handoff from Triage to "),
        HANDOFF,
        "name is not 'handoff from Triage to' another agent",
    ),
    (
        "handoff without agent",
        drop(HANDOFF, "gen_ai.agent.name"),
        HANDOFF,
        "no gen_ai.agent.name",
    ),
    *[
        (f"no {key}", drop(CHAT, key), CHAT, f"no {key}")
        for key in (
            "gen_ai.response.model",
            "gen_ai.provider.name",
            INPUT,
            OUTPUT,
            "gen_ai.usage.input_tokens",
            "gen_ai.usage.output_tokens",
            "gen_ai.usage.total_tokens",
        )
    ],
    (
        "no embedded text",
        drop(EMBEDDINGS, "gen_ai.embeddings.input"),
        EMBEDDINGS,
        "no gen_ai.embeddings.input",
    ),
    (
        "text for messages",
        put(CHAT, INPUT, "How is the weather?"),
        CHAT,
        f"{INPUT}: not a JSON string of messages",
    ),
    ("no messages", put(CHAT, INPUT, "[]"), CHAT, f"{INPUT}: not a JSON string of messages"),
    (
        "content for parts",
        put(CHAT, INPUT, '[{"role":"user","content":"x"}]'),
        CHAT,
        f"{INPUT}: message 0 is not of role and parts",
    ),
    (
        "role",
        put(CHAT, INPUT, messages(("human", text("x")))),
        CHAT,
        f"{INPUT}: message 0: role 'human'",
    ),
    (
        "role of the output",
        put(SECOND_CHAT, OUTPUT, messages(("user", text("x")))),
        SECOND_CHAT,
        f"{OUTPUT}: message 0: role 'user'",
    ),
    (
        "system prompt",
        put(CHAT, INPUT, messages(("system", text("x")), ("user", text("y")))),
        CHAT,
        f"{INPUT}: the system prompt belongs into gen_ai.system_instructions",
    ),
    (
        "part type",
        heard({"type": "image"}),
        CHAT,
        f"{INPUT}: message 0: unknown part {{'type': 'image'}}",
    ),
    (
        "text a list",
        heard({"type": "text", "content": []}),
        CHAT,
        f"{INPUT}: message 0: text that is no string",
    ),
    (
        "response field",
        heard({"type": "tool_call_response", "id": "1", "response": "x"}),
        CHAT,
        f"{INPUT}: message 0: tool_call_response without result",
    ),
    (
        "call without arguments",
        heard({"type": "tool_call", "id": "1", "name": "x"}),
        CHAT,
        f"{INPUT}: message 0: tool_call without arguments",
    ),
    (
        "binary",
        heard(text("see data:image/png;base64,iVBORw0KGgo=")),
        CHAT,
        f"{INPUT} holds binary data",
    ),
    (
        "negative tokens",
        put(CHAT, "gen_ai.usage.input_tokens", -1),
        CHAT,
        "input_tokens is no count: -1",
    ),
    (
        "total",
        put(CHAT, "gen_ai.usage.total_tokens", 121),
        CHAT,
        "total of 121 tokens is not 100 + 20",
    ),
    (
        "cached outside the input",
        put(CHAT, "gen_ai.usage.cache_read.input_tokens", 91),
        CHAT,
        "more cached tokens than the 100 of the input",
    ),
    (
        "reasoning outside the output",
        put(CHAT, "gen_ai.usage.reasoning.output_tokens", 21),
        CHAT,
        "more reasoning tokens than the 20 of the output",
    ),
    *[
        (
            f"agent of {place}",
            drop(place, "gen_ai.agent.name"),
            place,
            "gen_ai.agent.name is None, its agent is 'Triage'",
        )
        for place in (CHAT, TOOL, WRAPPER)
    ],
    (
        "another agent",
        put(TOOL, "gen_ai.agent.name", "Billing"),
        TOOL,
        "gen_ai.agent.name is 'Billing', its agent is 'Triage'",
    ),
    (
        "no arguments",
        drop(TOOL, "gen_ai.tool.call.arguments"),
        TOOL,
        "no gen_ai.tool.call.arguments",
    ),
    ("no result", drop(TOOL, "gen_ai.tool.call.result"), TOOL, "no gen_ai.tool.call.result"),
    (
        "result that is no JSON",
        put(TOOL, "gen_ai.tool.call.result", "rainy"),
        TOOL,
        "gen_ai.tool.call.result is no JSON string: 'rainy'",
    ),
    ("no error type", drop(FAILED_TOOL, "error.type"), FAILED_TOOL, "failed without error.type"),
    (
        "no older status",
        drop(FAILED_TOOL, "sentry.status"),
        FAILED_TOOL,
        "failed, sentry.status is None",
    ),
    (
        "no conversation",
        drop(CHAT, "gen_ai.conversation.id"),
        CHAT,
        "no gen_ai.conversation.id, others of the trace have one",
    ),
    (
        "tool ends with the model before",
        field(TOOL, start_timestamp=START + 1, end_timestamp=START + 1.5),
        TOOL,
        "ends at the same moment as a model call",
    ),
    (
        "tool ends with the model after",
        field(TOOL, end_timestamp=START + 4),
        TOOL,
        "ends at the same moment as a model call",
    ),
    (
        "tool ends before it was asked for",
        field(TOOL, start_timestamp=START + 1, end_timestamp=START + 1.2),
        TOOL,
        "ends before the model call that asked for it",
    ),
    (
        "tool ends after its result was told",
        field(TOOL, end_timestamp=START + 5),
        TOOL,
        "ends after the model call that was told its result",
    ),
    (
        "deprecated",
        put(CHAT, "gen_ai.system", "openai"),
        CHAT,
        "gen_ai.system is deprecated, use gen_ai.provider.name",
    ),
    ("unknown", put(CHAT, "gen_ai.x", "y"), CHAT, "gen_ai.x is unknown"),
]


@pytest.mark.parametrize(
    ("spoil", "place", "finding"), [pytest.param(*row, id=name) for name, *row in FINDINGS]
)
def test_each_shortcoming(spoil: Spoil, place: int, finding: str) -> None:
    spans = trace_spans()
    spoil(spans)
    label = f"{spans[place]['name']!r} ({spans[place]['span_id']})"

    assert assessment(spans) == [f"{label}: {finding}"]


def findings(spoil: Spoil, **options: Any) -> list[str]:
    """What is found in the spoiled trace, without the labels of the spans."""
    spans = trace_spans()
    spoil(spans)
    return [finding.partition("): ")[2] for finding in assessment(spans, **options)]


def test_usage_that_is_no_integer_is_found_as_count_and_by_the_conventions() -> None:
    assert findings(put(CHAT, "gen_ai.usage.total_tokens", 120.0)) == [
        "total_tokens is no count: 120.0",
        "gen_ai.usage.total_tokens is double, not integer: 120.0",
    ]


def test_the_usage_of_an_agent_is_whole_or_absent() -> None:
    assert findings(put(AGENT, "gen_ai.usage.total_tokens", 5)) == [
        "no gen_ai.usage.input_tokens",
        "no gen_ai.usage.output_tokens",
    ]


def test_a_parent_that_is_nowhere() -> None:
    assert findings(field(EMBEDDINGS, parent_span_id="f" * 16)) == [f"parent {'f' * 16} is not in the trace"]
    assert findings(field(EMBEDDINGS, parent_span_id="f" * 16), skip={"parents"}) == []


def test_the_nearest_agent_counts() -> None:
    def nest(spans: list[Json]) -> None:
        spans[EMBEDDINGS]["parent_span_id"] = spans[OTHER_AGENT]["span_id"]
        spans[OTHER_AGENT]["parent_span_id"] = AGENT_ID

    assert findings(nest) == []


def test_a_handoff_beside_its_agent_keeps_the_agent_it_comes_from() -> None:
    assert findings(field(HANDOFF, parent_span_id=OTHER_AGENT_ID)) == []


def test_a_failed_model_call_may_lack_what_never_came() -> None:
    def fail(spans: list[Json]) -> None:
        attributes = spans[SECOND_CHAT]["attributes"]
        for key in [OUTPUT, *(key for key in attributes if key.startswith("gen_ai.usage."))]:
            del attributes[key]
        attributes |= {
            "error.type": attr("RateLimitError"),
            "sentry.status": attr("internal_error"),
        }
        spans[SECOND_CHAT]["status"] = "error"

    assert findings(fail) == []


def test_a_trace_without_conversation_passes() -> None:
    def forget(spans: list[Json]) -> None:
        for span in spans:
            del span["attributes"]["gen_ai.conversation.id"]

    assert findings(forget) == []


@pytest.mark.parametrize("microseconds", [1, 2])
def test_a_microsecond_is_enough_between_the_ends(microseconds: int) -> None:
    end = START + 1.5 + microseconds / 1e6

    assert findings(field(TOOL, start_timestamp=START + 1.5, end_timestamp=end)) == []


def test_a_tool_without_call_id_is_only_told_from_models_by_its_end() -> None:
    def late(spans: list[Json]) -> None:
        spans[TOOL]["end_timestamp"] = START + 5
        del spans[TOOL]["attributes"]["gen_ai.tool.call.id"]

    assert findings(late) == []


def without_personal_data() -> list[Json]:
    """The valid trace as it is sent when personal data must not be."""
    spans = trace_spans()
    for span in spans:
        for key in PERSONAL:
            span["attributes"].pop(key, None)
    return spans


def test_without_personal_data_nothing_is_missing() -> None:
    assert assessment(without_personal_data(), pii=False) == []


@pytest.mark.parametrize("key", PERSONAL)
def test_personal_data_that_must_not_be_sent(key: str) -> None:
    spans = without_personal_data()
    spans[SECOND_CHAT]["attributes"][key] = attr('[{"role":"assistant","parts":[]}]')
    found = assessment(spans, pii=False, skip={"attributes", "messages", "tools"})

    assert [finding.partition("): ")[2] for finding in found] == [f"{key} is personal data"]


@pytest.mark.parametrize("check", [*CHECKS, "attributes"])
def test_every_check_can_be_skipped(check: str) -> None:
    others = {*CHECKS, "attributes"} - {check}

    assert assessment(trace_spans(), skip=others) == []


@pytest.mark.parametrize("key", [INPUT, OUTPUT])
def test_anything_may_come_as_messages(key: str) -> None:
    valid = [{"role": "assistant", "parts": [text("x")]}]
    silent = [
        value
        for value in corrupted(valid)
        if not findings(put(SECOND_CHAT, key, json.dumps(value)), skip={"order"})
    ]

    assert silent == [
        [{"role": "assistant", "parts": parts}] for parts in ([], [text("")], [text("x")], [text("[")])
    ]


def test_skipping_everything_finds_nothing() -> None:
    assert findings(put(CHAT, "gen_ai.x", "y"), skip={*CHECKS, "attributes"}) == []


def test_a_check_that_does_not_exist_cannot_be_skipped() -> None:
    with pytest.raises(ValueError, match="no such checks: nonsense"):
        assessment([], skip={"nonsense"})
