"""Rule 4: under which span another lies."""

from __future__ import annotations

import pytest

from tests.spans.logs import Record, at, one, rebuilt, traced, tree
from translator.spans.ids import span_id_from

CALLER = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
STEP = "00-4bf92f3577b34da6a3ce929d0e0e4736-1111111111111111-01"

CASES: dict[str, tuple[list[Record], list[str]]] = {
    "the given parent, before the named agent and the innermost": (
        [
            at(0, "agent.start", agent="A", span_id="a"),
            at(1, "agent.start", agent="B", span_id="b"),
            at(2, "tool.start", tool="t", agent="B", parent_id="a"),
            at(3, "tool.end", tool="t"),
            at(4, "agent.end", agent="B"),
            at(5, "agent.end", agent="A"),
        ],
        ["agent A 0-5", "  agent B 1-4", "  tool t 2-3"],
    ),
    "the innermost open agent of the name that the line says": (
        [
            at(0, "agent.start", agent="A"),
            at(1, "agent.start", agent="A"),
            at(2, "agent.start", agent="B"),
            at(3, "model", model="m", agent="A"),
            at(4, "agent.end", agent="B"),
            at(5, "agent.end", agent="A"),
            at(6, "agent.end", agent="A"),
        ],
        ["agent A 0-6", "  agent A 1-5", "    agent B 2-4", "    model m 3-3"],
    ),
    "the innermost open agent where the line names none": (
        [
            at(0, "agent.start", agent="A"),
            at(1, "agent.start", agent="B"),
            at(2, "model", model="m"),
            at(3, "agent.end", agent="B"),
            at(4, "model", model="n"),
            at(5, "agent.end", agent="A"),
        ],
        ["agent A 0-5", "  agent B 1-3", "    model m 2-2", "  model n 4-4"],
    ),
    "the innermost where no agent of that name is open": (
        [
            at(0, "agent.start", agent="A"),
            at(1, "tool.start", tool="t", agent="Nobody"),
            at(2, "tool.end", tool="t"),
            at(3, "agent.end", agent="A"),
        ],
        ["agent A 0-3", "  tool t 1-2"],
    ),
    "none where no agent is open": (
        [at(0, "tool.start", tool="t"), at(1, "model", model="m"), at(2, "tool.end", tool="t")],
        ["tool t 0-2", "model m 1-1"],
    ),
    "the agent, not the model call, of a tool that the model called": (
        [
            at(0, "agent.start", agent="A"),
            at(1, "model.start", model="m"),
            at(2, "tool.start", tool="t"),
            at(3, "tool.end", tool="t"),
            at(4, "model.end", model="m"),
            at(5, "agent.end", agent="A"),
        ],
        ["agent A 0-5", "  model m 1-4", "  tool t 2-3"],
    ),
    "the agent around an agent": (
        [
            at(0, "agent.start", agent="A"),
            at(1, "agent.start", agent="B"),
            at(2, "agent.end", agent="B"),
            at(3, "agent.end", agent="A"),
        ],
        ["agent A 0-3", "  agent B 1-2"],
    ),
    "the only open tool of the agent around an agent": (
        [
            at(0, "agent.start", agent="A"),
            at(1, "tool.start", tool="ask"),
            at(2, "agent.start", agent="B"),
            at(3, "agent.end", agent="B"),
            at(4, "tool.end", tool="ask"),
            at(5, "agent.end", agent="A"),
        ],
        ["agent A 0-5", "  tool ask 1-4", "    agent B 2-3"],
    ),
    "the agent where several of its tools are open": (
        [
            at(0, "agent.start", agent="A"),
            at(1, "tool.start", tool="ask"),
            at(1, "tool.start", tool="look"),
            at(2, "agent.start", agent="B"),
            at(3, "agent.end", agent="B"),
            at(4, "tool.end", tool="ask"),
            at(4, "tool.end", tool="look"),
            at(5, "agent.end", agent="A"),
        ],
        ["agent A 0-5", "  tool ask 1-4", "  tool look 1-4.001", "  agent B 2-3"],
    ),
    "the agent where the tool has ended before": (
        [
            at(0, "agent.start", agent="A"),
            at(1, "tool.start", tool="ask"),
            at(2, "tool.end", tool="ask"),
            at(3, "agent.start", agent="B"),
            at(4, "agent.end", agent="B"),
            at(5, "agent.end", agent="A"),
        ],
        ["agent A 0-5", "  tool ask 1-2", "  agent B 3-4"],
    ),
    "the given parent, also when its line comes later": (
        [
            at(5, "tool", tool="t", duration_ms=2, parent_id="a"),
            at(9, "agent", agent="A", duration_ms=9, span_id="a"),
        ],
        ["agent A 0-9", "  tool t 3-5"],
    ),
    "the given parent, also when it has ended": (
        [
            at(0, "agent.start", agent="A", span_id="a"),
            at(1, "agent.end", agent="A", span_id="a"),
            at(2, "tool", tool="t", duration_ms=1, parent_id="a"),
        ],
        ["agent A 0-1", "  tool t 1-2"],
    ),
    "no parent of zeros, as OpenTelemetry writes for a root": (
        [
            at(0, "agent.start", agent="A", span_id="a", parent_id="0000000000000000"),
            at(1, "tool.start", tool="t", parent_id=0),
            at(2, "tool.end", tool="t", parent_id=0),
            at(3, "agent.end", span_id="a", parent_id="0000000000000000"),
        ],
        ["agent A 0-3", "  tool t 1-2"],
    ),
    "the span of the number 0, where the log counts its spans": (
        [
            at(0, "agent.start", agent="A", span_id=0),
            at(1, "agent.start", agent="B", span_id=1, parent_id=0),
            at(2, "tool.start", tool="t", span_id=2, parent_id=0),
            at(3, "tool.end", span_id=2),
            at(4, "agent.end", span_id=1),
            at(5, "agent.end", span_id=0),
        ],
        ["agent A 0-5", "  agent B 1-4", "  tool t 2-3"],
    ),
    "nothing where a span names itself": (
        [at(0, "tool", tool="t", span_id="a", parent_id="a")],
        ["tool t 0-0"],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_span_lies_under(name: str) -> None:
    records, expected = CASES[name]

    assert tree(rebuilt(*traced("t", *records))) == expected


def test_a_parent_that_no_line_has_is_kept() -> None:
    spans = rebuilt(
        *traced(
            "t",
            at(0, "agent.start", agent="A", parent_id="00f067aa0ba902b7"),
            at(1, "tool", tool="t", parent_id="elsewhere"),
            at(2, "agent.end", agent="A"),
        )
    )

    assert one(spans, "A").parent_id == "00f067aa0ba902b7"
    assert one(spans, "t").parent_id == span_id_from(spans[0].trace_id, "elsewhere")


@pytest.mark.parametrize("zeros", ["0000000000000000", "0", 0, "00000000-0000-0000-0000-000000000000"])
def test_a_parent_of_zeros_is_no_parent(zeros: object) -> None:
    spans = rebuilt(
        at(0, "agent.start", agent="A", trace_id="t", span_id="a", parent_id=zeros),
        at(1, "tool", tool="t", trace_id="t", duration_ms=1, parent_id=zeros),
        at(5, "agent.end", trace_id="t", span_id="a", parent_id=zeros),
    )

    agent, tool = sorted(spans, key=lambda span: span.end, reverse=True)
    assert agent.parent_id is None
    assert tool.parent_id == agent.span_id


def test_a_callers_context_on_every_line_is_the_parent_of_the_outermost_agent_only() -> None:
    records = [
        at(0, "agent.start", agent="A"),
        at(1, "agent.start", agent="B"),
        at(2, "tool.start", tool="t"),
        at(3, "tool.end", tool="t"),
        at(4, "agent.end", agent="B"),
        at(5, "agent.end", agent="A"),
    ]

    spans = rebuilt(*({**record, "traceparent": CALLER} for record in records))

    assert tree(spans) == ["agent A 0-5", "  agent B 1-4", "    tool t 2-3"]
    assert one(spans, "A").parent_id == "00f067aa0ba902b7"


@pytest.mark.parametrize(("event", "name"), [("agent", {"agent": "B"}), ("tool", {"tool": "B"})])
def test_a_context_of_its_own_is_the_parent_of_the_span_whose_line_has_it(
    event: str, name: dict[str, str]
) -> None:
    spans = rebuilt(
        at(0, "agent.start", agent="A", traceparent=CALLER),
        at(1, f"{event}.start", **name, traceparent=STEP),
        at(2, f"{event}.end", **name, traceparent=STEP),
        at(3, "agent.end", agent="A", traceparent=CALLER),
    )

    assert one(spans, "B").parent_id == "1111111111111111"


def test_the_segment_is_the_topmost_span_that_the_logs_know() -> None:
    spans = rebuilt(
        *traced(
            "t",
            at(0, "agent.start", agent="A", parent_id="elsewhere"),
            at(1, "agent.start", agent="B"),
            at(2, "model", model="m"),
            at(3, "agent.end", agent="B"),
            at(4, "agent.end", agent="A"),
            at(5, "tool", tool="t"),
        )
    )
    top = one(spans, "A")

    assert {one(spans, name).segment_id for name in ("A", "B", "m")} == {top.span_id}
    assert {one(spans, name).segment_name for name in ("A", "B", "m")} == {"invoke_agent A"}
    assert one(spans, "t").segment_id == one(spans, "t").span_id


RING = ["s0", "s1", "s2", "s3", "s4"]


@pytest.mark.parametrize("first", range(5))
@pytest.mark.parametrize("step", [1, 4, 2])
def test_a_ring_of_parents_is_sent_once_each(first: int, step: int) -> None:
    places = [(first + step * place) % 5 for place in range(5)]
    spans = rebuilt(
        *traced(
            "t",
            *(
                at(place, "tool", tool=RING[i], span_id=RING[i], parent_id=RING[(i + 1) % 5])
                for place, i in enumerate(places)
            ),
        )
    )
    ids = {span.span_id: span.fields["tool"] for span in spans}

    assert sorted(span.fields["tool"] for span in spans) == RING
    assert {ids[span.parent_id or ""] for span in spans} == set(RING)


def test_a_ring_of_open_agents_ends_as_it_is_logged() -> None:
    spans = rebuilt(
        *traced(
            "t",
            at(0, "agent.start", agent="A", span_id="a", parent_id="b"),
            at(1, "agent.start", agent="B", span_id="b", parent_id="a"),
            at(2, "tool", tool="t"),
            at(3, "agent.end", agent="A", span_id="a"),
            at(4, "agent.end", agent="B", span_id="b"),
        )
    )

    assert sorted(
        (span.end - span.start, span.kind.value) for span in {s.span_id: s for s in spans}.values()
    ) == [
        (0, "tool"),
        (3_000, "agent"),
        (3_000, "agent"),
    ]


@pytest.mark.parametrize("known_root", [True, False])
@pytest.mark.parametrize("backwards", [True, False])
def test_a_chain_of_spans_is_sent_once_each_in_either_order(*, known_root: bool, backwards: bool) -> None:
    names = [f"s{place}" for place in range(50)]
    records = [
        at(place, "tool", tool=name, span_id=name, parent_id=f"s{place - 1}" if place else None)
        for place, name in enumerate(names)
    ]
    if not known_root:
        records[0]["parent_id"] = "elsewhere"
    if backwards:
        records = [{**record, "ts": records[-1 - place]["ts"]} for place, record in enumerate(records)]
        records.reverse()

    spans = rebuilt(*traced("t", *records))

    assert sorted(span.fields["tool"] for span in spans) == sorted(names)
    assert {span.segment_id for span in spans} == {one(spans, "s0").span_id}
