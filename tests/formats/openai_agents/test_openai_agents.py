"""The export of the OpenAI Agents SDK: the tree, the totals, and that no order of lines matters."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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

TRACE = "trace_" + "4f" * 16
T0 = 1_795_423_737
Record = dict[str, Any]


def stamp(ms: int) -> str:
    return f"2026-11-23T08:48:{57 + ms // 1000:02d}.{ms % 1000:03d}000+00:00"


def span(number: int, parent: int | None, begin: int, end: int, kind: str, **data: Any) -> Record:
    error = data.pop("error", None)
    return {
        "object": "trace.span",
        "id": f"span_{number:024x}",
        "trace_id": TRACE,
        "parent_id": None if parent is None else f"span_{parent:024x}",
        "started_at": stamp(begin),
        "ended_at": stamp(end),
        "span_data": {"type": kind, **data},
        "error": error,
    }


def group(number: int, parent: int | None, begin: int, end: int, kind: str, tokens: int) -> Record:
    data = {"sdk_span_type": kind, "usage": {"input_tokens": tokens, "output_tokens": tokens}}
    return span(number, parent, begin, end, "custom", name=kind, data=data)


def model(number: int, parent: int, begin: int, end: int, tokens: int, **more: Any) -> Record:
    usage = {
        "input_tokens": tokens,
        "output_tokens": 7,
        "input_tokens_details": {"cached_tokens": 4},
        "output_tokens_details": {"reasoning_tokens": 2},
    }
    asked = [{"role": "system", "content": "Route."}, {"role": "user", "content": "Hola"}]
    came = [{"role": "assistant", "content": "Hi"}]
    data = {
        "input": asked,
        "output": came,
        "model": "gpt-5",
        "model_config": {"temperature": 0.5},
        "usage": usage,
    }
    return span(number, parent, begin, end, "generation", **{**data, **more})


HEAD = {"object": "trace", "id": TRACE, "workflow_name": "Support", "group_id": "chat_1", "metadata": None}
RUN = [
    HEAD,
    model(1, 4, 10, 50, 120),
    span(2, 4, 60, 90, "function", name="get_weather", input='{"city": "Rome"}', output="18C", mcp_data=None),
    span(
        3,
        4,
        60,
        80,
        "function",
        name="flaky",
        input="{}",
        output=None,
        error={"message": "Error running tool", "data": {"error": "boom"}},
    ),
    group(4, 7, 5, 95, "turn", 120),
    span(5, 6, 100, 100, "handoff", from_agent="Triage", to_agent="Spanish"),
    group(6, 7, 96, 110, "turn", 0),
    span(7, 12, 5, 110, "agent", name="Triage", handoffs=["Spanish"], tools=[], output_type="str"),
    span(8, 11, 112, 113, "guardrail", name="polite", triggered=False),
    model(9, 10, 115, 150, 200),
    group(10, 11, 114, 151, "turn", 200),
    span(11, 12, 111, 160, "agent", name="Spanish", handoffs=[], tools=[], output_type="str"),
    group(12, None, 4, 161, "task", 320),
]
TREE = [
    "other Support 0.000-0.157",
    "  agent Triage 0.001-0.106",
    "    model gpt-5 0.006-0.046",
    "    tool flaky 0.056-0.076 error",
    "    tool get_weather 0.056-0.086",
    "    handoff ? 0.096-0.096",
    "  agent Spanish 0.107-0.156",
    "    other polite 0.108-0.109",
    "    model gpt-5 0.111-0.146",
]


def test_a_run_is_a_trace_without_what_only_groups() -> None:
    spans = translated(lines_of(RUN))
    assert outline(spans) == TREE
    assert findings(spans) == []


def test_tokens_are_those_of_the_model_calls_alone() -> None:
    counted = totals(translated(lines_of(RUN)))
    made = [line["span_data"]["usage"] for line in RUN[1:] if line["span_data"]["type"] == "generation"]
    assert counted["input"] == sum(usage["input_tokens"] for usage in made)
    assert counted["output"] == sum(usage["output_tokens"] for usage in made)
    assert (counted["cache_read"], counted["reasoning"]) == (8, 4)


def test_ids_are_the_export_s_own() -> None:
    spans = translated(lines_of(RUN))
    assert {span.trace_id for span in spans} == {"4f" * 16}
    assert f"{9:016x}" in {span.span_id for span in spans}
    assert {span.fields["conversation_id"] for span in spans} == {"chat_1"}


@pytest.mark.parametrize(
    ("written", "sent"), [(100, 100), ("100", 100), (True, None), (1e30, None), (-1.5, None), ([1], None)]
)
def test_a_setting_is_sent_if_it_can_be_one(written: object, sent: int | None) -> None:
    config = {"max_tokens": written, "temperature": "0.5"}
    spans = translated(lines_of([HEAD, model(1, 4, 10, 50, 120, model_config=config)]))
    (call,) = (span for span in encoded(spans) if span["name"] == "chat gpt-5")
    limit = call["attributes"].get("gen_ai.request.max_tokens")
    assert limit == (None if sent is None else {"type": "integer", "value": sent})
    assert call["attributes"]["gen_ai.request.temperature"]["value"] == 0.5


def test_a_response_takes_its_model_from_where_it_is() -> None:
    whole = {
        "id": "resp_1",
        "model": "gpt-5-mini",
        "output": [
            {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Hi"}]}
        ],
        "usage": {"input_tokens": 5, "output_tokens": 6},
    }
    data = {"response_id": "resp_1", "_input": "Hola", "_response": whole}
    spans = translated(
        lines_of([span(2, 1, 5, 9, "response", **data), span(1, None, 1, 10, "agent", name="A")])
    )
    (call,) = (span for span in spans if span.kind.value == "model")
    assert (call.fields["model"], call.fields["response_id"], call.fields["usage"].input_tokens) == (
        "gpt-5-mini",
        "resp_1",
        5,
    )
    assert findings(spans, skip=frozenset({"conversations"})) == []


def test_without_the_line_of_the_trace_the_root_has_the_sdk_s_name() -> None:
    (root, *_) = outline(translated(lines_of(RUN[1:])))
    assert root.startswith("other Agent workflow")


def test_a_run_that_breaks_off_gives_what_there_is() -> None:
    spans = translated(lines_of(RUN[:4]))
    assert totals(spans)["model"] == 1
    assert findings(spans, skip=frozenset({"agents"})) == []


@given(st.randoms(use_true_random=False))
@settings(max_examples=80, deadline=None)
def test_nothing_depends_on_the_order_of_lines_on_cuts_or_repetition(random: Random) -> None:
    whole = identities(translated(lines_of(RUN)))
    shuffled = RUN[:]
    random.shuffle(shuffled)
    lines = lines_of(shuffled + random.sample(RUN, 4))
    assert identities(translated(lines)) == whole
    assert identities(translated_with_cuts(lines, random.sample(range(len(lines)), 3))) == whole


def test_a_live_run_is_told_of_agent_by_agent_and_once() -> None:
    lines = lines_of(RUN)
    spans = live([(float(number), [line]) for number, line in enumerate(lines)])
    assert identities(span for _, span in spans) == identities(translated(lines))


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_no_value_anywhere_breaks_the_reader(data: st.DataObject) -> None:
    records = json.loads(json.dumps(RUN))
    values: st.SearchStrategy[Any] = (
        st.none() | st.booleans() | st.integers() | st.text(max_size=4) | st.just([1]) | st.just({"a": {}})
    )
    for _ in range(3):
        record = data.draw(st.sampled_from(records))
        inner = record.get("span_data")
        place = inner if isinstance(inner, dict) and inner and data.draw(st.booleans()) else record
        place[data.draw(st.sampled_from(sorted(place)))] = data.draw(values)
    lines = lines_of(records)
    assert identities(translated_with_cuts(lines, [6])) == identities(translated(lines))
