"""Values: what cannot be is told with its key, and what only looks odd is not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.docs.checked import diagnostics
from translator.content.usage import doubts

WHOLE = {"event": "model", "agent": "A", "model": "gpt-4o", "usage": {"input_tokens": 1}, "duration_ms": 5}


def told(**fields: Any) -> list[tuple[str, tuple[str, ...]]]:
    record = {**WHOLE, "ts": "2026-11-23T12:00:00.100Z", **fields}
    return [(one.code.name, one.path) for one in diagnostics(json.dumps(record))]


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        ({"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}, ()),
        ({"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 4}, ("total",)),
        ({"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 9}, ()),
        ({"prompt_tokens": 3, "prompt_tokens_details": {"cached_tokens": 4}}, ("cache",)),
        ({"prompt_tokens": 3, "prompt_tokens_details": {"cached_tokens": 3}}, ()),
        ({"completion_tokens": 1, "completion_tokens_details": {"reasoning_tokens": 2}}, ("reasoning",)),
        ({"input_tokens": 3, "cache_read_input_tokens": 400, "output_tokens": 1}, ()),
        ({"promptTokenCount": 3, "candidatesTokenCount": 1, "thoughtsTokenCount": 9}, ()),
        ({"inputTokens": 3, "outputTokens": 2, "totalTokens": 1}, ("total",)),
        ({}, ()),
    ],
)
def test_counts_are_doubted_only_where_the_provider_counts_so(
    usage: dict[str, Any], expected: tuple[str, ...]
) -> None:
    assert doubts(usage) == expected


@pytest.mark.parametrize("count", [-1, 1.5, 10**13, "many", True, "-3"])
def test_a_count_that_cannot_be_is_told_with_its_key(count: object) -> None:
    assert told(usage={"prompt_tokens": count, "completion_tokens": 1}) == [
        ("W303", ("usage", "prompt_tokens"))
    ]
    assert told(usage=None, input_tokens=count, output_tokens=1) == [("W303", ("input_tokens",))]


@pytest.mark.parametrize("count", [0, 7, 7.0, "7", None])
def test_a_count_that_can_be_is_not(count: object) -> None:
    assert told(usage={"prompt_tokens": count, "completion_tokens": 1}) == []


def test_a_field_in_a_container_is_found_there() -> None:
    line = {"event": "model", "data": {**WHOLE, "event": None, "temperature": "warm"}, "ts": 1795435200.5}

    found = diagnostics(json.dumps(line))

    assert [(one.code.name, one.path) for one in found] == [("W302", ("data", "temperature"))]


def test_a_time_that_does_not_count_cannot_be_wrong() -> None:
    assert told(date="tomorrow") == [("N206", ("date",))]
    assert told(timestamp="tomorrow") == [("W302", ("timestamp",))]
    assert told(latency_ms="long") == [("N206", ("latency_ms",))]


def test_a_time_beside_none_that_counts_can() -> None:
    assert told(started_at="now", start="soon") == [("E301", ("started_at",)), ("E301", ("start",))]


def test_a_cost_is_not_negative() -> None:
    assert told(cost=-1) == [("W302", ("cost",))]
    assert told(cost=0) == told(cost="0.5") == []


def test_where_a_logger_says_which_line_of_code_it_is_from_is_no_value_of_the_event() -> None:
    line = {"event": "handoff", "from": "A", "to": "B", "ts": 1795435200.5, "source": {"line": 70}}

    assert [one.code.name for one in diagnostics(json.dumps(line)) if one.code.name == "W302"] == []


@pytest.mark.parametrize("zeros", ["0" * 16, "0" * 32])
def test_a_span_id_of_zeros_is_not_one_that_two_spans_have(zeros: str) -> None:
    said = {"trace_id": "t", "duration_ms": 1, "ts": 1795435200.5, "span_id": zeros}
    lines = "".join(json.dumps({"event": kind, kind: "a", **said}) + "\n" for kind in ("tool", "model"))

    assert "W407" not in {one.code.name for one in diagnostics(lines)}
    assert "W407" in {one.code.name for one in diagnostics(lines.replace(zeros, "a" * 16))}


@pytest.mark.parametrize("operation", ["completion", "Chat", "generate"])
def test_an_operation_that_nobody_knows_is_noted(operation: str) -> None:
    assert told(operation=operation) == [("N313", ("operation",))]


@pytest.mark.parametrize("operation", ["chat", "embeddings", " text_completion ", "generate_content", None])
def test_one_that_is_known_is_not(operation: str | None) -> None:
    assert told(operation=operation) == []


@pytest.mark.parametrize("event", ["model", "tool", "agent"])
def test_a_whole_span_has_a_length(event: str) -> None:
    line: dict[str, Any] = {"event": event, "duration_ms": None, "conversation_id": "c", "tool": "t"}

    assert told(**line) == told(**line, end_time=1795435200.5) == [("W312", ("event",))]
    assert told(**line, start_time=1795435200.5, usage=None, model=None) != told(**line)
    for key in ("latency", "took_seconds", "duration_ns", "elapsed_sec", "begin"):
        assert ("W312", ("event",)) not in told(**line, **{key: 1795435199})


def test_a_handoff_has_none() -> None:
    assert ("W312", ("event",)) not in told(event="handoff", from_agent="A", to_agent="B", duration_ms=None)


def test_a_text_that_holds_a_number_fits() -> None:
    assert told(temperature="0.2", max_tokens="100", duration_ms="250") == []


@pytest.mark.parametrize(
    "time", ["2026-11-23T12:00:00.100", "2026-11-23 12:00:00,100", "20261123T120000.100"]
)
def test_a_time_without_a_zone_is_told(time: str) -> None:
    assert told(ts=time) == [("N309", ("ts",))]


@pytest.mark.parametrize("time", ["2026-11-23T12:00:00.100+01:00", "1795435200.25", 1795435200.25])
def test_a_time_with_a_zone_or_a_number_is_not(time: object) -> None:
    assert told(ts=time) == []


def test_one_fine_time_clears_a_clock() -> None:
    lines = [{**WHOLE, "ts": 1795435200 + number + (0.5 if number == 1 else 0)} for number in range(9)]

    assert diagnostics("\n".join(map(json.dumps, lines))) == []


def test_what_every_logger_writes_is_no_finding() -> None:
    assert told(name="my.logger", target="svc", time="x", level="info", logger="l", version="1", id=None) == [
        ("W302", ("time",))
    ]
