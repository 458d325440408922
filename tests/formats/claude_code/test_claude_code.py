"""Transcripts of Claude Code: the tree, the totals, and that neither depends on how they are read."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.formats.claude_code.parts import T0, answer, call, prompt, record, result, words
from tests.formats.claude_code.transcripts import ALL, T0_MS, Record, beside, session, stamp, user
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
from translator.formats.claude_code.events import span_of
from translator.formats.registry import FORMATS
from translator.formats.router import Router
from translator.model import Kind, Line, Span

seeds = st.integers(0, 10_000)

INTERLEAVED = frozenset({"order"})
"""Tools may end while the response that called them still comes in, and the times are sent as they were."""


def trees(records: list[Any]) -> list[str]:
    spans = translated(lines_of(records))
    assert findings(spans, skip=INTERLEAVED) == []
    return outline(spans)


def of_kind(spans: list[Span], kind: Kind) -> list[Span]:
    return [span for span in spans if span.kind is kind]


TURN = [
    record(0, 0, "user", **prompt("Why?")),
    record(1, 2_000, "assistant", **answer(words("Let me look."))),
    record(2, 3_000, "assistant", **answer(call("t1", command="ls"))),
    record(3, 3_500, "user", **result("t1")),
    record(4, 4_000, "assistant", **answer(call("t2", command="false"), output=40)),
    record(
        5, 5_000, "user", **result("t2", "exit code 1", is_error=True), toolUseResult="Error: exit code 1"
    ),
    record(6, 8_000, "assistant", **answer(words("Because."), message="m2", stop="end_turn")),
]


def test_a_turn_is_an_agent_with_its_responses_and_tools() -> None:
    assert trees(TURN) == [
        "agent claude-code 0.000-8.000",
        "  model claude-opus-4-6 0.000-4.000",
        "  tool Bash 3.000-3.500",
        "  tool Bash 4.000-5.000 error",
        "  model claude-opus-4-6 5.000-8.000",
    ]


def test_usage_is_the_last_line_s_and_includes_the_cache() -> None:
    first, second = of_kind(translated(lines_of(TURN)), Kind.MODEL)
    assert (first.fields["usage"].input_tokens, first.fields["usage"].output_tokens) == (113, 40)
    assert (first.fields["usage"].cache_read, first.fields["usage"].cache_write) == (100, 10)
    assert first.fields["finish_reason"] == "tool_use"
    assert second.fields["finish_reason"] == "end_turn"
    assert second.fields["response_id"] == "m2"


def test_what_goes_in_is_what_is_new() -> None:
    first, second = of_kind(translated(lines_of(TURN)), Kind.MODEL)
    assert [m["content"][0]["text"] for m in first.fields["input"]] == ["Why?"]
    assert [m["content"][0]["tool_use_id"] for m in second.fields["input"]] == ["t1", "t2"]


def test_each_turn_is_a_trace_of_one_conversation() -> None:
    again = [{**line, "uuid": f"b{n}", "timestamp": stamp(T0 + 60_000 + n)} for n, line in enumerate(TURN)]
    text = json.dumps(again).replace('"m', '"n').replace('"t1"', '"t3"').replace('"t2"', '"t4"')
    text = text.replace('"nodel"', '"model"').replace('"nessage"', '"message"')
    spans = translated(lines_of([*TURN, *json.loads(text)]))
    assert len({span.trace_id for span in spans}) == 2
    assert {span.fields["conversation_id"] for span in spans} == {"s1"}


@pytest.mark.parametrize(
    "end", [{"subtype": "turn_duration", "durationMs": 9}, {"subtype": "stop_hook_summary"}]
)
def test_a_turn_without_a_reason_to_stop_ends_where_the_log_says_it(end: Record) -> None:
    records = [*TURN[:6], record(6, 8_000, "assistant", **answer(words("So."), message="m2"))]
    pieces = [(0.0, lines_of(records)), (5.0, lines_of([record(7, 8_100, "system", **end)]))]
    spans = live(pieces)
    assert [span.incomplete for _, span in spans] == [None] * 5
    assert max(when for when, _ in spans) < 20


def test_a_truncated_turn_is_marked_and_the_rest_is_right() -> None:
    assert outline(translated(lines_of(TURN[:5]))) == [
        "agent claude-code 0.000-4.000 no_end unfinished",
        "  model claude-opus-4-6 0.000-4.000",
        "  tool Bash 3.000-3.500",
        "  tool Bash 4.000-4.000 no_end unfinished",
    ]


def test_an_interruption_cancels_the_turn() -> None:
    stop = record(6, 5_500, "user", **prompt("[Request interrupted by user for tool use]"))
    (agent,) = of_kind(translated(lines_of([*TURN[:6], stop])), Kind.AGENT)
    assert (agent.fields["failure"], agent.incomplete) == ("cancelled", None)


def test_a_failed_request_is_the_turn_s_error_and_no_response() -> None:
    failed = answer(words("API Error: 529 Overloaded"))
    failed["message"]["model"] = "<synthetic>"
    spans = translated(
        lines_of([TURN[0], record(1, 900, "assistant", **failed, isApiErrorMessage=True, apiErrorStatus=529)])
    )
    assert outline(spans) == ["agent claude-code 0.000-0.900 529"]
    assert spans[0].fields["error_message"] == "API Error: 529 Overloaded"


def test_a_rejected_tool_is_an_error_of_its_own() -> None:
    records = [
        *TURN[:3],
        record(
            3, 3_500, "user", **result("t1", "No.", is_error=True), toolUseResult="User rejected tool use"
        ),
    ]
    (tool,) = of_kind(translated(lines_of(records)), Kind.TOOL)
    assert tool.fields["failure"] == "rejected"


def test_commands_that_no_model_sees_are_no_turns() -> None:
    records = [
        record(0, 0, "user", **prompt("<command-name>/mcp</command-name>")),
        record(1, 1, "user", **prompt("<local-command-stdout>Reconnected</local-command-stdout>")),
        *TURN,
    ]
    records = [{**line, "uuid": f"x{n}", "parentUuid": f"x{n - 1}"} for n, line in enumerate(records)]
    assert len(of_kind(translated(lines_of(records)), Kind.AGENT)) == 1


def test_compaction_and_injected_lines_go_on_with_the_turn() -> None:
    records = [
        *TURN[:6],
        record(6, 6_000, "system", subtype="compact_boundary", compactMetadata={}),
        record(7, 6_001, "user", **prompt("This session is being continued"), isCompactSummary=True),
        record(8, 6_002, "user", **prompt("Caveat: local"), isMeta=True),
        record(9, 8_000, "assistant", **answer(words("On."), message="m2", stop="end_turn")),
    ]
    assert trees(records)[-1] == "  model claude-opus-4-6 6.002-8.000"
    assert len(trees(records)) == 5


def test_superseded_text_is_dropped() -> None:
    records = [
        TURN[0],
        record(1, 1_000, "assistant", **answer(words("Wrong."))),
        record(2, 2_000, "assistant", **answer(words("Right."), stop="end_turn"), supersedesUuids=["u1"]),
    ]
    (model,) = of_kind(translated(lines_of(records)), Kind.MODEL)
    assert model.fields["output"][0]["content"] == [words("Right.")]


def test_a_tool_of_a_server_is_known_by_its_own_name_too() -> None:
    records = [TURN[0], record(1, 1_000, "assistant", **answer(call("t1", "mcp__github__list_issues")))]
    (tool,) = of_kind(translated(lines_of(records)), Kind.TOOL)
    assert (tool.fields["tool"], tool.extra["mcp.tool.name"]) == ("mcp__github__list_issues", "list_issues")


INLINE = [
    record(0, 0, "user", **prompt("Look.")),
    record(1, 1_000, "assistant", **answer(call("t1", "Task", subagent_type="Explore", prompt="Find it"))),
    {**record(10, 1_100, "user", **prompt("Find it")), "isSidechain": True, "parentUuid": None},
    {**record(11, 2_000, "assistant", **answer(call("t2"), message="m2")), "isSidechain": True},
    {**record(12, 2_500, "user", **result("t2")), "isSidechain": True},
    {**record(13, 3_000, "assistant", **answer(words("Found."), message="m3")), "isSidechain": True},
    {**record(2, 3_100, "user", **result("t1", "Found.")), "parentUuid": "u1"},
    record(3, 4_000, "assistant", **answer(words("There."), message="m4", stop="end_turn")),
]


def test_a_sub_agent_hangs_below_its_call() -> None:
    assert trees(INLINE) == [
        "agent claude-code 0.000-4.000",
        "  model claude-opus-4-6 0.000-1.000",
        "  tool Task 1.000-3.100",
        "    agent Explore 1.100-3.000",
        "      model claude-opus-4-6 1.100-2.000",
        "      tool Bash 2.000-2.500",
        "      model claude-opus-4-6 2.500-3.000",
        "  model claude-opus-4-6 3.100-4.000",
    ]


def background() -> tuple[list[Line], list[Line]]:
    main = [
        record(0, 0, "user", **prompt("Go.")),
        record(1, 1_000, "assistant", **answer(call("t1", "Agent", prompt="p", run_in_background=True))),
        record(2, 1_100, "user", **result("t1", "Async agent launched successfully.\nagentId: a1")),
        record(3, 2_000, "assistant", **answer(words("Launched."), message="m2", stop="end_turn")),
        {"type": "queue-operation", "timestamp": stamp(T0 + 9_000), "sessionId": "s1", "content":
         "<task-notification><task-id>a1</task-id><tool-use-id>t1</tool-use-id></task-notification>"},
    ]  # fmt: skip
    common = {"agentId": "a1", "isSidechain": True}
    below = [
        {**record(20, 1_200, "user", **prompt("p")), **common},
        {**record(21, 8_000, "assistant", **answer(words("Done."), message="m3")), **common},
    ]
    return lines_of(main, "/l/s1.jsonl"), lines_of(below, "/l/s1/subagents/agent-a1.jsonl")


@pytest.mark.parametrize("order", [0, 1])
def test_a_sub_agent_in_the_background_outlives_the_turn(order: int) -> None:
    main, below = background()
    spans = translated(main + below if order else below + main)
    assert findings(spans) == []
    assert outline(spans) == [
        "agent claude-code 0.000-2.000",
        "  model claude-opus-4-6 0.000-1.000",
        "  tool Agent 1.000-1.100",
        "    agent subagent 1.200-8.000",
        "      model claude-opus-4-6 1.200-8.000",
        "  model claude-opus-4-6 1.100-2.000",
    ]


def test_a_sub_agent_in_the_background_is_sent_once_while_it_runs_on() -> None:
    main, below = background()
    spans = live([(0.0, main[:3]), (0.2, below[:1]), (1.0, main[3:4]), (7.0, below[1:]), (8.0, main[4:])])
    assert identities(span for _, span in spans) == identities(translated(main + below))
    assert max(when for when, _ in spans) < 30


def test_the_last_usage_of_a_sub_agent_is_what_its_session_tells() -> None:
    usage = {
        "input_tokens": 3,
        "cache_read_input_tokens": 100,
        "cache_creation_input_tokens": 10,
        "output_tokens": 900,
    }
    records = [
        {**line, "toolUseResult": {"usage": usage}} if line["uuid"] == "u2" else line for line in INLINE
    ]
    calls = {span.fields["response_id"]: span for span in of_kind(translated(lines_of(records)), Kind.MODEL)}
    assert calls["m3"].fields["usage"].output_tokens == 900
    assert calls["m2"].extra["usage_approximate"] is True


def test_a_sub_agent_of_which_nothing_tells_has_a_trace_of_its_own() -> None:
    _, below = background()
    spans = translated(below)
    assert len(spans) == 2
    (agent,) = of_kind(spans, Kind.AGENT)
    assert agent.parent_id is None
    assert agent.fields["conversation_id"] == "s1"


@given(seed=seeds, stops=st.booleans(), pauses=st.booleans())
@settings(max_examples=40, deadline=None)
def test_totals_are_those_of_an_independent_count(*, seed: int, stops: bool, pauses: bool) -> None:
    made = session(seed, stops=stops, kinds=ALL, pauses=pauses)
    spans = translated(made.lines())
    counted = totals(spans)
    names = {"turns": "agent", "responses": "model", "tools": "tool"}
    counts = {
        **made.expected,
        "input": sum(made.expected[key] for key in ("input", "cache_read", "cache_write")),
    }
    assert {name: counted.get(names.get(name, name), 0) for name in counts} == counts
    assert findings(spans, skip=INTERLEAVED) == []
    assert {span.incomplete for span in spans} == {None}
    below = {(span.parent_id, span.span_id) for span in of_kind(spans, Kind.AGENT) if span.parent_id}
    assert below == {(span_of(call_id), span_of(first)) for call_id, first in made.parents}


@given(seed=seeds, random=st.randoms(use_true_random=False), stops=st.booleans())
@settings(max_examples=30, deadline=None)
def test_nothing_depends_on_cuts_copies_or_the_order_of_files(
    *, seed: int, random: Random, stops: bool
) -> None:
    made = session(seed, turns=2, stops=stops, kinds=ALL, pauses=True)
    lines = made.lines()
    whole = identities(translated(lines))
    assert identities(translated_with_cuts(lines, random.sample(range(len(lines)), 3))) == whole
    files = made.lines_by_file()
    random.shuffle(files)
    assert identities(translated([line for file in files for line in file])) == whole
    assert identities(translated(lines + lines)) == whole
    copied = lines_of(
        [{**record, "sessionId": "forked"} for record in made.files[made.main]], "/logs/forked.jsonl"
    )
    assert identities(translated(lines + copied)) == whole


@given(seed=seeds, random=st.randoms(use_true_random=False), stops=st.booleans())
@settings(max_examples=15, deadline=None)
def test_a_session_that_grows_gives_each_span_once_and_complete(
    *, seed: int, random: Random, stops: bool
) -> None:
    made = session(seed, turns=2, stops=stops, kinds=ALL, pauses=True)
    pieces: list[tuple[float, list[Line]]] = []
    delay = random.choice([0.0, 0.3])
    for ms, line in made.timed():
        when = (ms - T0_MS) / 1_000 + delay * random.random()
        pieces.append((max(when, pieces[-1][0] if pieces else 0.0), [line]))
    spans = [span for _, span in live(pieces)]
    assert identities(spans) == identities(translated(made.lines()))


def test_a_fork_that_goes_on_by_itself_is_another_conversation() -> None:
    made = session(7, turns=1)
    forked = session(8, turns=1, name="s2", begun=made.now)
    copied = [{**record, "sessionId": "s2"} for record in made.files[made.main]]
    lines = made.lines() + lines_of(copied, forked.main) + forked.lines()
    spans = translated(lines)
    assert totals(spans)["model"] == made.expected["responses"] + forked.expected["responses"]
    assert {span.fields["conversation_id"] for span in spans} == {"s1", "s2"}


anything: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=5)
    | st.sampled_from(["user", "tool_use", "t1"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(seeds, st.data())
@settings(max_examples=80, deadline=None)
def test_no_value_anywhere_breaks_the_reader(seed: int, data: st.DataObject) -> None:
    records = [json.loads(line.data) for line in session(seed, turns=1).lines()]
    for _ in range(4):
        place: Any = data.draw(st.sampled_from(records))
        while True:
            keys = list(place) if isinstance(place, dict) else list(range(len(place)))
            if not keys:
                break
            key = data.draw(st.sampled_from(keys))
            if isinstance(place[key], (dict, list)) and place[key] and data.draw(st.booleans()):
                place = place[key]
                continue
            place[key] = data.draw(anything)
            break
    lines = lines_of(records)
    assert identities(translated_with_cuts(lines, [len(lines) // 2])) == identities(translated(lines))


@pytest.mark.parametrize(
    "first",
    [
        {"type": "summary", "summary": "Fix it", "leafUuid": "u1"},
        {"type": "file-history-snapshot", "messageId": "u1", "snapshot": {}},
        {"type": "queue-operation", "operation": "enqueue", "sessionId": "s1", "timestamp": stamp(T0)},
        {"type": "mode", "mode": "normal", "sessionId": "s1"},
        TURN[0],
    ],
    ids=lambda first: first["type"],
)
def test_a_transcript_is_recognised_by_any_first_line(first: Record) -> None:
    router = Router(formats=FORMATS)
    for line in lines_of([first, *TURN]):
        router.read(line, 0.0)
    assert b"claude_code" in router.capture()


def test_what_lies_beside_names_the_agent_and_its_call() -> None:
    main, below = background()
    meta = beside(below[0].source, {"agentType": "reviewer", "toolUseId": "t1"})
    agents = {span.fields["agent"] for span in of_kind(translated([meta, *below, *main]), Kind.AGENT)}
    assert agents == {"claude-code", "reviewer"}


def test_user_lines_are_prompts_as_they_are_written() -> None:
    assert user("Hi")["message"]["content"] == "Hi"
