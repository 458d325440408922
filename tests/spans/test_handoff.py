"""Rule 4: who lies where after control has passed from one agent to another."""

from __future__ import annotations

import pytest

from tests.spans.logs import Record, at, one, rebuilt, traced, traces, tree

A0, A9 = at(0, "agent.start", agent="A"), at(9, "agent.end", agent="A")
HAND = at(5, "handoff", from_agent="A", to_agent="B")

CASES: dict[str, tuple[list[Record], list[str]]] = {
    "while the giver is open": (
        [A0, HAND, at(6, "agent.start", agent="B"), at(8, "agent.end", agent="B"), A9],
        ["agent A 0-9", "  handoff A>B 5-5", "agent B 6-8"],
    ),
    "after the giver has ended": (
        [
            A0,
            HAND,
            at(6, "agent.end", agent="A"),
            at(7, "agent.start", agent="B"),
            at(8, "agent.end", agent="B"),
        ],
        ["agent A 0-6", "  handoff A>B 5-5", "agent B 7-8"],
    ),
    "when the handoff is logged after the giver's end": (
        [
            A0,
            at(4, "agent.end", agent="A"),
            HAND,
            at(7, "agent.start", agent="B"),
            at(8, "agent.end", agent="B"),
        ],
        ["agent A 0-4", "handoff A>B 5-5", "agent B 7-8"],
    ),
    "below another agent, as the giver is": (
        [
            at(0, "agent.start", agent="Root"),
            at(1, "agent.start", agent="A"),
            HAND,
            at(6, "agent.end", agent="A"),
            at(7, "agent.start", agent="B"),
            at(8, "agent.end", agent="B"),
            at(9, "agent.end", agent="Root"),
        ],
        ["agent Root 0-9", "  agent A 1-6", "    handoff A>B 5-5", "  agent B 7-8"],
    ),
    "below a tool, as the giver is": (
        [
            at(0, "agent.start", agent="Root"),
            at(1, "tool.start", tool="ask"),
            at(2, "agent.start", agent="A"),
            HAND,
            at(6, "agent.start", agent="B"),
            at(7, "agent.end", agent="B"),
            at(8, "agent.end", agent="A"),
            at(9, "tool.end", tool="ask"),
            at(10, "agent.end", agent="Root"),
        ],
        ["agent Root 0-10", "  tool ask 1-9", "    agent A 2-8", "      handoff A>B 5-5", "    agent B 6-7"],
    ),
    "to any agent, when it names none": (
        [
            A0,
            at(5, "handoff", from_agent="A"),
            at(6, "agent.end", agent="A"),
            at(7, "agent.start", agent="C"),
            at(8, "agent.end", agent="C"),
        ],
        ["agent A 0-6", "  handoff A>? 5-5", "agent C 7-8"],
    ),
    "from the innermost, when it names none": (
        [
            A0,
            at(5, "handoff", to_agent="B"),
            at(6, "agent.start", agent="B"),
            at(8, "agent.end", agent="B"),
            A9,
        ],
        ["agent A 0-9", "  handoff A>B 5-5", "agent B 6-8"],
    ),
    "from the agent that its line names": (
        [
            A0,
            at(1, "agent.start", agent="C"),
            at(5, "handoff", agent="A", to_agent="B"),
            at(6, "agent.start", agent="B"),
            at(7, "agent.end", agent="B"),
            at(8, "agent.end", agent="C"),
            A9,
        ],
        ["agent A 0-9", "  agent C 1-8", "  handoff A>B 5-5", "agent B 6-7"],
    ),
    "from the agent that its line names, after its end": (
        [A0, at(4, "agent.end", agent="A"), at(5, "handoff", agent="A", to_agent="B")],
        ["agent A 0-4", "handoff A>B 5-5"],
    ),
    "from the agent that its line names, in one line each": (
        [at(5, "agent", agent="A", duration_ms=5), at(5, "handoff", agent="A", to_agent="B")],
        ["agent A 0-5", "  handoff A>B 5-5"],
    ),
    "by nobody, in the instant in which an agent's line is written": (
        [at(5, "agent", agent="A", duration_ms=5), at(5, "handoff", to_agent="B")],
        ["agent A 0-5", "  handoff A>B 5-5"],
    ),
    "but an agent that was not handed to is a child": (
        [A0, HAND, at(6, "agent.start", agent="C"), at(8, "agent.end", agent="C"), A9],
        ["agent A 0-9", "  handoff A>B 5-5", "  agent C 6-8"],
    ),
    "once: the second run of that agent is a child again": (
        [
            A0,
            HAND,
            at(6, "agent.start", agent="B"),
            at(7, "agent.end", agent="B"),
            at(8, "agent.start", agent="B"),
            at(8.5, "agent.end", agent="B"),
            A9,
        ],
        ["agent A 0-9", "  handoff A>B 5-5", "  agent B 8-8.5", "agent B 6-7"],
    ),
    "and back again": (
        [
            A0,
            HAND,
            at(6, "agent.end", agent="A"),
            at(7, "agent.start", agent="B"),
            at(8, "handoff", from_agent="B", to_agent="A"),
            at(9, "agent.end", agent="B"),
            at(10, "agent.start", agent="A"),
            at(11, "agent.end", agent="A"),
        ],
        ["agent A 0-6", "  handoff A>B 5-5", "agent B 7-9", "  handoff B>A 8-8", "agent A 10-11"],
    ),
    "with a duration": (
        [A0, at(7, "handoff", from_agent="A", to_agent="B", duration_ms=3), A9],
        ["agent A 0-9", "  handoff A>B 4-7"],
    ),
    "under the given parent": (
        [
            {**A0, "span_id": "a"},
            at(1, "agent.start", agent="C"),
            at(5, "handoff", from_agent="C", to_agent="B", parent_id="a"),
            at(6, "agent.end", agent="C"),
            {**A9, "span_id": "a"},
        ],
        ["agent A 0-9", "  agent C 1-6", "  handoff C>B 5-5"],
    ),
    "from nobody that is known": ([HAND], ["handoff A>B 5-5"]),
    "in one line each": (
        [
            at(5, "agent", agent="A", duration_ms=5),
            at(5, "handoff", from_agent="A", to_agent="B"),
            at(9, "agent", agent="B", duration_ms=3),
        ],
        ["agent A 0-5", "  handoff A>B 5-5", "agent B 6-9"],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_control_passes(name: str) -> None:
    records, expected = CASES[name]

    assert tree(rebuilt(*traced("t", *records))) == expected


@pytest.mark.parametrize("name", [name for name in CASES if name != "under the given parent"])
def test_control_passes_within_one_trace_without_ids(name: str) -> None:
    records, expected = CASES[name]

    spans = rebuilt(*records)

    assert traces(spans) == 1
    assert tree(spans) == expected


def test_the_agent_of_a_handoff_is_its_giver() -> None:
    spans = rebuilt(A0, at(5, "handoff", from_agent="A", agent="Supervisor", to_agent="B"), A9)

    assert [span.fields["agent"] for span in spans] == ["A", "A"]


def test_what_the_giver_inherited_goes_on_but_for_its_name() -> None:
    spans = rebuilt(
        *traced(
            "t",
            {**A0, "conversation_id": "c", "user": "u", "release": "1.0"},
            HAND,
            at(6, "agent.end", agent="A"),
            at(7, "agent.start", agent="B", release="2.0"),
            at(8, "model", model="m"),
            at(9, "agent.end", agent="B"),
        )
    )
    taker, call = one(spans, "B"), one(spans, "m")

    assert (taker.fields["conversation_id"], taker.fields["user_id"], taker.fields["release"]) == (
        "c",
        "u",
        "2.0",
    )
    assert (call.fields["agent"], call.fields["conversation_id"]) == ("B", "c")


def test_a_chain_of_handoffs_is_a_row_of_siblings() -> None:
    records = [at(0, "agent.start", agent="Root")]
    for place in range(20):
        records += [
            at(10 * place + 1, "agent.start", agent=f"A{place}"),
            at(10 * place + 2, "handoff", from_agent=f"A{place}", to_agent=f"A{place + 1}"),
            at(10 * place + 3, "agent.end", agent=f"A{place}"),
        ]
    records.append(at(999, "agent.end", agent="Root"))

    spans = rebuilt(*records)
    root = one(spans, "Root")

    assert {one(spans, f"A{place}").parent_id for place in range(20)} == {root.span_id}
