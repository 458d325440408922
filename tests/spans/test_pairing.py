"""Rule 3: which end belongs to which start."""

from __future__ import annotations

from typing import Any

import pytest

from tests.spans.logs import T0, Record, at, notes_of, rebuilt, traced, tree


def log(*records: Record) -> list[Record]:
    return traced("t", *records)


CASES: dict[str, tuple[list[Record], list[str]]] = {
    "by span id, before the call id and the name": (
        [
            at(0, "tool.start", tool="a", span_id="1", call_id="x"),
            at(1, "tool.start", tool="a", span_id="2", call_id="x"),
            at(2, "tool.end", tool="a", span_id="2", call_id="x"),
            at(3, "tool.end", tool="a", span_id="1", call_id="x"),
        ],
        ["tool a 0-3", "tool a 1-2"],
    ),
    "by call id, before the name": (
        [
            at(0, "tool.start", tool="a", call_id="x"),
            at(1, "tool.start", tool="a", call_id="y"),
            at(2, "tool.end", tool="a", call_id="y"),
            at(3, "tool.end", tool="a", call_id="x"),
        ],
        ["tool a 0-3", "tool a 1-2"],
    ),
    "by call id, whatever the order of models": (
        [
            at(0, "model.start", model="m", call_id="x"),
            at(1, "model.start", model="m", call_id="y"),
            at(2, "model.end", call_id="y"),
            at(3, "model.end", call_id="x"),
        ],
        ["model m 0-3", "model m 1-2"],
    ),
    "tools by name, the oldest first": (
        [
            at(0, "tool.start", tool="a"),
            at(1, "tool.start", tool="b"),
            at(2, "tool.start", tool="a"),
            at(3, "tool.end", tool="a"),
            at(4, "tool.end", tool="b"),
            at(6, "tool.end", tool="a"),
        ],
        ["tool a 0-3", "tool b 1-4", "tool a 2-6"],
    ),
    "models by name, the oldest first": (
        [
            at(0, "model.start", model="m"),
            at(1, "model.start", model="m"),
            at(2, "model.end", model="m"),
            at(5, "model.end", model="m"),
        ],
        ["model m 0-2", "model m 1-5"],
    ),
    "agents by name, the innermost first": (
        [
            at(0, "agent.start", agent="A"),
            at(1, "agent.start", agent="A"),
            at(2, "agent.end", agent="A"),
            at(5, "agent.end", agent="A"),
        ],
        ["agent A 0-5", "  agent A 1-2"],
    ),
    "else the only one of the kind that is open": (
        [
            at(0, "agent.start", agent="A"),
            at(1, "tool.start", tool="a"),
            at(2, "tool.end"),
            at(3, "agent.end"),
        ],
        ["agent A 0-3", "  tool a 1-2"],
    ),
    "agents without names, the innermost first": (
        [at(0, "agent.start"), at(1, "agent.start"), at(2, "agent.end"), at(5, "agent.end")],
        ["agent ? 0-5", "  agent ? 1-2"],
    ),
    "a dated model ends the one that was asked for": (
        [
            at(0, "model.start", model="gpt-4o"),
            at(1, "model.start", model="gpt-4o-mini"),
            at(2, "model.end", model="gpt-4o-2024-08-06"),
            at(3, "model.end", model="gpt-4o-mini"),
        ],
        ["model gpt-4o 0-2", "model gpt-4o-mini 1-3"],
    ),
    "a name on the end alone names the span": (
        [at(0, "tool.start"), at(1, "tool.end", tool="a")],
        ["tool a 0-1"],
    ),
    "an end of another kind ends nothing": (
        [at(0, "tool.start", tool="a"), at(1, "model.end", model="a"), at(2, "tool.end", tool="a")],
        ["tool a 0-2", "model a 1-1 no_start"],
    ),
    "an end of another name ends nothing": (
        [at(0, "tool.start", tool="a"), at(1, "tool.end", tool="b"), at(2, "tool.end", tool="a")],
        ["tool a 0-2", "tool b 1-1 no_start"],
    ),
    "an end of another call ends nothing": (
        [
            at(0, "tool.start", tool="a", call_id="x"),
            at(1, "tool.end", tool="a", call_id="y"),
            at(2, "tool.end", tool="a", call_id="x"),
        ],
        ["tool a 0-2", "tool a 1-1 no_start"],
    ),
    "an end with a span id that no start has ends one without": (
        [at(0, "tool.start", tool="a"), at(2, "tool.end", tool="a", span_id="1")],
        ["tool a 0-2"],
    ),
    "an end that fits several ends none": (
        [at(0, "tool.start", tool="a"), at(1, "tool.start", tool="b"), at(2, "tool.end")],
        ["tool a 0-0 no_end", "tool b 1-1 no_end", "tool ? 2-2 no_start"],
    ),
    "a tool in which an agent runs is not the one that ends": (
        [
            at(0, "agent.start", agent="A"),
            at(1, "tool.start", tool="ask"),
            at(2, "agent.start", agent="B"),
            at(3, "tool.start", tool="ask"),
            at(4, "tool.end", tool="ask"),
            at(5, "agent.end", agent="B"),
            at(6, "tool.end", tool="ask"),
            at(7, "agent.end", agent="A"),
        ],
        ["agent A 0-7", "  tool ask 1-6", "    agent B 2-5", "      tool ask 3-4"],
    ),
    "tools of the same name are told apart by their agents": (
        [
            at(0, "agent.start", agent="A"),
            at(1, "agent.start", agent="B"),
            at(2, "tool.start", tool="t", agent="A"),
            at(3, "tool.start", tool="t", agent="B"),
            at(4, "tool.end", tool="t", agent="B"),
            at(5, "tool.end", tool="t", agent="A"),
            at(6, "agent.end", agent="B"),
            at(7, "agent.end", agent="A"),
        ],
        ["agent A 0-7", "  agent B 1-6", "    tool t 3-4", "  tool t 2-5"],
    ),
    "a request's id on every line does no harm": (
        [
            at(0, "agent.start", agent="A", request_id="r"),
            at(1, "tool.start", tool="a", request_id="r"),
            at(2, "tool.start", tool="b", request_id="r"),
            at(3, "tool.end", tool="b", request_id="r"),
            at(4, "tool.end", tool="a", request_id="r"),
            at(5, "agent.end", agent="A", request_id="r"),
        ],
        ["agent A 0-5", "  tool a 1-4", "  tool b 2-3"],
    ),
    "a number of the line as its id does no harm": (
        [at(0, "tool.start", tool="a", id=1), at(1, "tool.end", tool="a", id=2)],
        ["tool a 0-1"],
    ),
    "an id on start and end pairs them": (
        [
            at(0, "tool.start", tool="a", id="1"),
            at(1, "tool.start", tool="a", id="2"),
            at(2, "tool.end", tool="a", id="2"),
            at(3, "tool.end", tool="a", id="1"),
        ],
        ["tool a 0-3", "tool a 1-2"],
    ),
    "a start without an end stays open to the end": (
        [at(0, "tool.start", tool="a"), at(5, "model", model="m")],
        ["tool a 0-0 no_end", "model m 5-5"],
    ),
    "an end with a duration is a span by itself": (
        [at(40, "tool.end", tool="a", duration_ms=40)],
        ["tool a 0-40"],
    ),
    "an end with a start is a span by itself": (
        [at(40, "tool.end", tool="a", start_time=T0 + 10_000)],
        ["tool a 10-40"],
    ),
    "an end without a start is an instant": ([at(40, "tool.end", tool="a")], ["tool a 40-40 no_start"]),
    "an end waits for a start that is read later": (
        [at(9, "tool.end", tool="a", call_id="x"), at(1, "tool.start", tool="a", call_id="x")],
        ["tool a 1-9"],
    ),
    "an end that is earlier than its start waits by its ids": (
        [at(1, "tool.end", tool="a", call_id="x"), at(2, "tool.start", tool="a", call_id="x")],
        ["tool a 2-2"],
    ),
    "an end that is earlier than a start of the same name is another's": (
        [at(1, "tool.end", tool="a"), at(2, "tool.start", tool="a"), at(3, "tool.end", tool="a")],
        ["tool a 1-1 no_start", "tool a 2-3"],
    ),
    "the end's start time does not move the start line's": (
        [at(5, "tool.start", tool="a"), at(9, "tool.end", tool="a", duration_ms=3)],
        ["tool a 5-9"],
    ),
    "a failure and the end from around it are one end": (
        [
            at(0, "tool.start", tool="a"),
            at(5, "tool.error", tool="a", error="no"),
            at(6, "tool.end", tool="a"),
        ],
        ["tool a 0-5"],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_ends_find_their_starts(name: str) -> None:
    records, expected = CASES[name]

    assert tree(rebuilt(*log(*records))) == expected


@pytest.mark.parametrize(
    "name", [name for name, (records, _) in CASES.items() if "no_end" not in str(records)]
)
def test_other_traces_around_it_change_nothing(name: str) -> None:
    records, expected = CASES[name]
    other = [{**record, "trace_id": "u"} for record in records]

    spans = rebuilt(*(line for pair in zip(log(*records), other, strict=True) for line in pair))
    by_trace: dict[str, list[Any]] = {}
    for span in spans:
        by_trace.setdefault(span.trace_id, []).append(span)

    assert [tree(part) for part in by_trace.values()] == [expected, expected]


def test_what_does_not_fit_is_counted() -> None:
    assert notes_of(at(1, "tool.end", tool="a")) == {"starts_missing": 1}
    assert notes_of(at(1, "tool.start", tool="a")) == {"ends_missing": 1}
    assert notes_of(at(1, "model.chunk", model="a")) == {"chunks_without_start": 1}
    assert notes_of(
        *log(at(2, "tool.start", tool="a", call_id="x"), at(1, "tool.end", tool="a", call_id="x"))
    ) == {"ends_before_starts": 1}


def test_the_later_word_counts_but_for_what_names_the_span() -> None:
    (span,) = rebuilt(
        *log(
            at(0, "model.start", model="gpt-4o", temperature=1, agent="A", user="u1", mark="start"),
            at(1, "model.end", model="gpt-4o-2024", temperature=0, agent="B", user="u2", mark="end"),
        )
    )

    assert (span.fields["model"], span.fields["response_model"]) == ("gpt-4o", "gpt-4o-2024")
    assert (span.fields["temperature"], span.fields["agent"], span.fields["user_id"]) == (0, "A", "u2")
    assert span.extra["mark"] == "end"


def test_the_first_chunk_gives_the_time_to_it() -> None:
    (span,) = rebuilt(
        *log(
            at(0, "model.start", model="m"),
            at(30, "model.chunk", model="m"),
            at(40, "model.chunk", model="m"),
            at(50, "model.end", model="m"),
        )
    )

    assert span.fields["time_to_first_chunk"] == 30_000
    assert span.fields["stream"] is True


def test_chunks_find_their_calls_by_ids() -> None:
    spans = rebuilt(
        *log(
            at(0, "model.start", model="m", call_id="x"),
            at(1, "model.start", model="m", call_id="y"),
            at(11, "model.chunk", call_id="y"),
            at(20, "model.chunk", call_id="x"),
            at(50, "model.end", call_id="x"),
            at(60, "model.end", call_id="y"),
        )
    )

    assert [span.fields["time_to_first_chunk"] for span in spans] == [20_000, 10_000]


def test_what_the_log_measured_itself_counts_over_the_chunks_line() -> None:
    (span,) = rebuilt(
        *log(
            at(0, "model.start", model="m"),
            at(30, "model.chunk", model="m"),
            at(50, "model.end", model="m", time_to_first_chunk_ms=7),
        )
    )

    assert span.fields["time_to_first_chunk"] == 7_000


@pytest.mark.parametrize(
    ("start", "end", "input_tokens", "output_tokens"),
    [
        ({"prompt_tokens": 412}, {"completion_tokens": 46}, 412, 46),
        ({"usage": {"input_tokens": 9}}, {"usage": {"input_tokens": 8, "output_tokens": 1}}, 8, 1),
        ({}, {"input_tokens": 1000, "cache_read_input_tokens": 800}, 1800, None),
        ({"provider": "openai"}, {"input_tokens": 1000, "cache_read_input_tokens": 800}, 1000, None),
        ({"provider": "anthropic"}, {"input_tokens": 1000, "cache_read_input_tokens": 800}, 1800, None),
        ({}, {"model": "gpt-4o", "input_tokens": 1000, "cache_read_input_tokens": 800}, 1000, None),
    ],
)
def test_usage_of_start_and_end_is_one(
    start: Record, end: Record, input_tokens: int, output_tokens: int | None
) -> None:
    (span,) = rebuilt(
        *log(at(0, "model.start", call_id="x", **start), at(50, "model.end", call_id="x", **end))
    )

    usage = span.fields["usage"]
    assert (usage.input_tokens, usage.output_tokens) == (input_tokens, output_tokens)


def test_the_model_that_the_start_names_tells_how_the_cache_is_counted() -> None:
    (span,) = rebuilt(
        *log(
            at(0, "model.start", model="gpt-4o"),
            at(50, "model.end", input_tokens=1000, cache_read_input_tokens=800),
        )
    )

    assert span.fields["usage"].input_tokens == 1000


@pytest.mark.parametrize("beside", [{}, {"stack": "ToolError: flaky\n    at x (a.js:1:2)"}])
@pytest.mark.parametrize("inside", [None, "context"])
def test_a_class_of_error_beside_a_message_is_no_event(beside: Record, inside: str | None) -> None:
    failed = {"msg": "attempt 1 failed, retrying", "ts": T0 / 1e3 + 5}
    error = {"type": "ToolError", **beside}
    spans = rebuilt(
        *log(
            at(0, "agent.start", agent="A"),
            at(1, "tool.start", tool="a"),
            {**failed, **(error if inside is None else {inside: error})},
            at(9, "tool.end", tool="a", result="rain"),
            {"msg": "agent.error", "type": "ToolException", "agent": "A", "ts": T0 / 1e3 + 10},
        )
    )

    assert tree(spans) == ["agent A 0-10", "  tool a 1-9"]
    assert ["failure" in span.fields for span in sorted(spans, key=lambda span: span.start)] == [True, False]


def test_an_event_in_camel_case_stands_under_type_where_nothing_else_names_one() -> None:
    spans = rebuilt(
        *log(
            {"type": "ToolStart", "tool": "a", "ts": T0 / 1e3},
            {"type": "ToolError", "tool": "a", "ts": T0 / 1e3 + 3, "error": "gone"},
        )
    )

    assert tree(spans) == ["tool a 0-3"]
    assert "failure" in spans[0].fields


@pytest.mark.parametrize("zeros", ["0" * 16, "0" * 32, "00000000-0000-0000-0000-000000000000"])
def test_a_span_id_of_zeros_is_none(zeros: str) -> None:
    spans = rebuilt(
        *log(
            at(0, "agent.start", agent="A", span_id=zeros),
            at(1, "tool.start", tool="a", span_id=zeros),
            at(2, "tool.end", tool="a", span_id=zeros),
            at(3, "agent.end", agent="A", span_id=zeros),
        )
    )
    without = rebuilt(
        *log(
            at(0, "agent.start", agent="A"),
            at(1, "tool.start", tool="a"),
            at(2, "tool.end", tool="a"),
            at(3, "agent.end", agent="A"),
        )
    )

    assert tree(spans) == tree(without) == ["agent A 0-3", "  tool a 1-2"]
    assert len({span.span_id for span in spans}) == 2
