"""OTLP-JSON traces that do not come at once: late spans, roots made, tokens repeated, bounds."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.formats.otlp.exports import TRACE, Record, line, span
from tests.formats.otlp.test_otlp import AGENTS, OTEL, TOOLS
from tests.formats.whole import encoded, findings, identities, lines_of, live, outline, totals, translated
from translator.content.usage import Usage
from translator.formats.otlp import reader as module
from translator.formats.otlp.reader import OtlpReader
from translator.formats.records import Unreadable
from translator.model import Event, Line, Span

SKIP = frozenset({"conversations", "order"})
WEB = {"http.request.method": "POST"}


def sent(*pieces: tuple[float, Record]) -> list[Span]:
    """The spans of spans that come at times, in seconds."""
    return [span for _, span in live([(when, lines_of([line([one])])) for when, one in pieces])]


def test_a_root_of_another_kind_is_sent_though_it_comes_late() -> None:
    spans = sent(
        (0.0, span(2, 1, 10, 40, "chat", a=OTEL)),
        (90.0, span(1, None, 0, 90_000, "POST /chat", a=WEB)),
    )
    assert outline(spans) == ["other POST /chat 0.000-90.000", "  model gpt-4o 0.010-0.040"]
    assert findings(spans, skip=SKIP) == []


def test_what_comes_late_below_genai_is_sent_and_beside_it_is_not() -> None:
    spans = sent(
        (0.0, span(1, None, 0, 100, "POST /chat", a=WEB)),
        (0.1, span(2, 1, 1, 50, "chat", a=OTEL)),
        (0.2, span(3, 1, 51, 60, "SELECT", a={"db.system": "x"})),
        (60.0, span(4, 2, 2, 9, "connect")),
        (60.0, span(5, 1, 61, 70, "UPDATE")),
        (60.0, span(6, 3, 52, 53, "lock")),
        (120.0, span(7, 4, 3, 4, "resolve")),
    )
    assert outline(spans) == [
        "other POST /chat 0.000-0.100",
        "  model gpt-4o 0.001-0.050",
        "    other connect 0.002-0.009",
        "      other resolve 0.003-0.004",
    ]


def test_a_late_span_below_one_that_was_left_out_gets_a_parent_that_is_made() -> None:
    spans = sent((0.0, span(1, None, 0, 100, "job")), (60.0, span(2, 1, 1, 50, "chat", a=OTEL)))
    assert outline(spans) == ["agent shop 0.000-0.049", "  model gpt-4o 0.000-0.049"]


def test_a_root_that_was_made_is_not_sent_again_when_it_comes() -> None:
    spans = sent(
        (0.0, span(2, 1, 10, 40, "chat", a=OTEL)),
        (1000.0, span(1, None, 0, 90_000, "Bot", a=AGENTS["otel"])),
    )
    assert outline(spans) == ["agent shop 0.000-0.030", "  model gpt-4o 0.000-0.030"]


def test_repeated_tokens_are_kept_beside_usage() -> None:
    spans = translated(
        lines_of([line([span(2, 1, 1, 4, "chat", a=OTEL), span(1, None, 0, 9, "Bot", a=AGENTS["otel"])])])
    )
    agent, call = encoded(spans)
    assert {key: agent["attributes"][key]["value"] for key in agent["attributes"] if "usage" in key} == {
        "log.usage.aggregated.input": 42,
        "log.usage.aggregated.output": 7,
        "log.usage.aggregated.cache_read": 10,
    }
    assert call["attributes"]["gen_ai.usage.input_tokens"]["value"] == 42


@pytest.mark.parametrize("order", [(1, 2, 3), (3, 2, 1), (2, 3, 1)])
def test_an_agent_below_which_nothing_counts_keeps_its_tokens(order: tuple[int, ...]) -> None:
    silent = {key: value for key, value in OTEL.items() if "usage" not in key}
    made = {
        1: span(1, None, 0, 100, "Boss", a=AGENTS["otel"]),
        2: span(2, 1, 1, 90, "Bot", a=AGENTS["otel"]),
        3: span(3, 2, 2, 80, "chat", a=silent),
    }
    spans = translated(lines_of([line([made[number]]) for number in order]))
    assert [span.fields.get("usage") for span in spans] == [None, Usage(42, 7, 10, None, None), None]


def test_parents_in_a_ring_end_somewhere() -> None:
    ring = [span(1, 3, 0, 9, "a"), span(2, 1, 0, 9, "b", a=OTEL), span(3, 2, 0, 9, "c", a=AGENTS["otel"])]
    assert totals(translated(lines_of([line(ring)])))["input"] == 42
    assert translated(lines_of([line([span(1, 2, 0, 9, "a"), span(2, 1, 0, 9, "b")])])) == []


def test_a_handoff_without_a_giver_is_of_the_agent_above() -> None:
    spans = translated(
        lines_of(
            [
                line(
                    [
                        span(1, None, 0, 9, "Bot", a=AGENTS["openinference"]),
                        span(2, 1, 1, 8, "turn", a={"openinference.span.kind": "CHAIN"}),
                        span(3, 2, 2, 3, "handoff to Expert", a={"openinference.span.kind": "TOOL"}),
                        span(
                            4,
                            2,
                            4,
                            5,
                            "handoff to Bot",
                            a={"openinference.span.kind": "TOOL", "input.value": "Expert"},
                        ),
                    ]
                )
            ]
        )
    )
    handed = [(s.fields["from_agent"], s.fields["to_agent"]) for s in spans if s.kind.value == "handoff"]
    assert handed == [("Bot", "Expert"), ("Expert", "Bot")]


def trace(number: int, spans: list[Record]) -> list[Record]:
    return [{**one, "traceId": f"{number:032x}"} for one in spans]


def agent(number: int) -> list[Record]:
    """A trace, children first."""
    return trace(
        number,
        [
            span(number * 8 + 2, number * 8 + 1, 1, 4, "chat", a=OTEL),
            span(number * 8 + 3, number * 8 + 1, 5, 6, "look", a=TOOLS["otel"]),
            span(number * 8 + 1, None, 0, 9, "Bot", a=AGENTS["otel"]),
        ],
    )


@given(st.randoms(use_true_random=False))
@settings(max_examples=15, deadline=None)
def test_little_is_held_however_long_a_file_is(random: Random) -> None:
    lines = lines_of([line(agent(number)) for number in range(1, 40)])
    whole = identities(translated(lines))
    random.shuffle(lines)
    held, traces = module._MOST_HELD, module._MOST_TRACES
    module._MOST_HELD, module._MOST_TRACES = 12, 5
    try:
        assert identities(translated(lines)) == whole
        reader = OtlpReader(Counter())
        events: list[Event] = []
        for one in lines:
            given_out = reader.read(one, 0.0)
            assert not isinstance(given_out, Unreadable)
            events += given_out
            assert reader.state.held <= 12
            assert reader.state.held == sum(len(found.spans) for found in reader.state.traces.values())
            assert len(reader.state.traces) <= 6
        events += reader.finish()
        assert len(events) == len(whole)
        assert reader.state.held == 0
    finally:
        module._MOST_HELD, module._MOST_TRACES = held, traces


def test_several_traces_stand_in_a_line() -> None:
    spans = translated(lines_of([line([*agent(1), *agent(2)]), line(agent(3))]))
    assert len({span.trace_id for span in spans}) == 3
    assert totals(spans)["input"] == 3 * 42


def test_what_has_no_id_or_time_is_counted() -> None:
    reader = OtlpReader(Counter())
    bad = span(1, None, 0, 1, "x", startTimeUnixNano="0", endTimeUnixNano=None)
    (record,) = lines_of(
        [line([bad, span(2, None, 0, 1, "y", traceId="no"), span(3, None, 0, 1, "z", a=OTEL)])]
    )
    assert reader.read(record, 0.0) == ()
    assert reader.counts == {"unusable_items": 2}


def test_metrics_are_passed_over_and_spans_beside_them_are_not() -> None:
    reader = OtlpReader(Counter())
    metrics: Record = {"resourceMetrics": [{"scopeMetrics": []}]}
    mixed, alone = lines_of([{**metrics, **line([span(1, None, 0, 1, "chat", a=OTEL)])}, metrics])
    assert reader.read(mixed, 0.0) == ()
    assert reader.read(alone, 0.0) == module.EMPTY
    assert reader.counts == {"metrics": 1}
    assert len(reader.finish()) == 1


def test_without_a_start_a_span_is_at_its_end() -> None:
    (call,) = translated(lines_of([line([span(1, None, 0, 7, "chat", a=OTEL, startTimeUnixNano=0)])]))
    assert call.start == call.end


def test_a_span_that_is_exported_again_to_another_file_is_sent_once() -> None:
    lines = [
        Line(one.data, f"{number}.jsonl", 1) for number in range(3) for one in lines_of([line(agent(1))])
    ]
    assert identities(translated(lines)) == identities(translated(lines[:1]))
    assert {span.trace_id for span in translated(lines)} == {f"{1:032x}"} != {TRACE}


def test_spans_that_have_nothing_to_do_with_genai_are_counted() -> None:
    reader = OtlpReader(Counter())
    (record,) = lines_of([line([span(1, None, 0, 9, "GET /"), span(2, 1, 1, 2, "SELECT"), *agent(3)])])
    assert reader.read(record, 0.0) == ()
    assert len(reader.finish()) == 3
    assert reader.counts == {"unrelated_spans": 2}


def test_a_root_of_another_process_may_come_first() -> None:
    spans = sent(
        (0.0, span(1, None, 0, 100, "POST /chat", a=WEB)),
        (8.0, span(2, 1, 1, 50, "chat", a=OTEL, flags=0x301)),
    )
    assert outline(spans) == ["other POST /chat 0.000-0.100", "  model gpt-4o 0.001-0.050"]
