"""Trees, sums and selections of traces."""

from __future__ import annotations

import pytest

from tests.report.made import one, span
from translator.content.usage import Usage
from translator.model import Kind
from translator.report.selection import Selection, conversations
from translator.report.traces import Trace, traces_of


def places(trace: Trace) -> list[tuple[int, int, bool]]:
    return [(int(row.entry.span_id, 16), row.depth, row.last) for row in trace.rows]


def test_children_follow_their_parent_by_time_and_the_last_is_known() -> None:
    trace = one(span(1, 4, 2, at=5), span(1, 3, 1, at=9), span(1, 2, 1, at=2), span(1, 1))

    assert places(trace) == [(1, 0, False), (2, 1, False), (4, 2, True), (3, 1, True)]


def test_a_span_whose_parent_is_elsewhere_is_a_root() -> None:
    assert places(one(span(1, 2, 99, at=1), span(1, 1))) == [(1, 0, False), (2, 0, False)]


def test_spans_that_are_above_each_other_are_shown_all_the_same() -> None:
    trace = one(span(1, 1), span(1, 2, 3, at=1), span(1, 3, 2, at=2))

    assert places(trace) == [(1, 0, False), (2, 0, False), (3, 1, True)]


def test_a_tree_of_any_depth_can_be_walked() -> None:
    trace = one(*(span(1, number, number - 1 or None) for number in range(1, 5_001)))

    assert trace.rows[-1].depth == 4_999


def test_of_two_spans_with_one_id_the_last_counts() -> None:
    assert one(span(1, 1, agent="first"), span(1, 1, agent="second")).name == "invoke_agent second"


def call(number: int, parent: int | None, *, kind: Kind = Kind.MODEL, cost: float | None = None) -> bytes:
    return span(1, number, parent, at=number, kind=kind, usage=Usage(100, 10), cost=cost)


def test_tokens_and_cost_are_those_of_the_model_calls() -> None:
    trace = one(call(1, None, kind=Kind.AGENT, cost=9.0), call(2, 1, cost=0.25), call(3, 1, cost=0.5))

    assert (trace.tokens, trace.cost) == (220, 0.75)


def test_where_no_model_call_states_them_the_topmost_spans_count_once() -> None:
    agents = [call(1, None, kind=Kind.AGENT, cost=2.0), call(2, 1, kind=Kind.AGENT, cost=1.0)]
    trace = one(*agents, call(3, None, kind=Kind.AGENT, cost=0.5))

    assert (trace.tokens, trace.cost) == (220, 2.5)


def test_what_nothing_states_is_not_zero() -> None:
    trace = one(span(1, 1))

    assert (trace.tokens, trace.cost) == (None, None)


def test_errors_are_counted_and_told_as_they_are_sent() -> None:
    key = "sk-proj-" + "a1B2" * 10
    failed = span(1, 2, 1, kind=Kind.TOOL, failure="AuthError", error_message=f"bad key {key}")
    trace = one(span(1, 1), failed)

    assert trace.errors == 1
    assert trace.rows[1].entry.error.startswith("AuthError: bad key ")
    assert key not in trace.rows[1].entry.error


TRACES = traces_of([
    span(0xA, 1, at=0, lasts=300, agent="Weather Agent", conversation_id="c1"),
    span(0xB, 1, at=10, lasts=900, agent="Travel Agent", failure="Refused"),
    span(0xC, 1, at=20, lasts=600, agent="Travel Agent", conversation_id="c1"),
    span(0xD, 1, at=30, lasts=100),
])  # fmt: skip


@pytest.mark.parametrize(
    ("selection", "found"),
    [
        (Selection(), "abcd"),
        (Selection(trace="0" * 31 + "B"), "b"),
        (Selection(trace="f"), ""),
        (Selection(errors=True), "b"),
        (Selection(agent="travel agent"), "bc"),
        (Selection(agent="Travel"), ""),
        (Selection(slowest=2), "bc"),
        (Selection(slowest=9), "bcad"),
        (Selection(agent="Travel Agent", slowest=1), "b"),
        (Selection(agent="Weather Agent", errors=True), ""),
    ],
    ids=str,
)
def test_a_selection_takes_what_it_says(selection: Selection, found: str) -> None:
    assert "".join(trace.trace_id[-1] for trace in selection.of(TRACES)) == found


def test_a_conversation_stands_where_its_first_trace_does() -> None:
    groups = conversations(TRACES)

    assert ["".join(trace.trace_id[-1] for trace in group) for group in groups] == ["ac", "b", "d"]


def test_a_conversation_that_is_called_like_a_trace_is_not_that_trace() -> None:
    other = traces_of([span(0xE, 1, conversation_id=TRACES[3].trace_id)])

    assert len(conversations([TRACES[3], *other])) == 2
