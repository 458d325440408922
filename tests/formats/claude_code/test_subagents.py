"""Sub-agents: whose they are, whichever file is read first, and what Claude Code starts by itself."""

from __future__ import annotations

from typing import Any

import pytest

from tests.formats.claude_code.parts import answer, call, prompt, record, result, words
from tests.formats.claude_code.transcripts import Record, beside
from tests.formats.whole import findings, identities, lines_of, live, outline, totals, translated
from translator.model import Kind, Line, Span
from translator.pipeline.translation import Translation, Windows

SESSION = [
    record(0, 0, "user", **prompt("Go.")),
    record(1, 1_000, "assistant", **answer(call("t1", "Task", subagent_type="Explore", prompt="Find it"))),
    record(2, 9_000, "user", **result("t1", "Found.")),
    record(3, 10_000, "assistant", **answer(words("There."), message="m2", stop="end_turn")),
]
"""A session that starts one sub-agent."""

TREE = [
    "agent claude-code 0.000-10.000",
    "  model claude-opus-4-6 0.000-1.000",
    "  tool Task 1.000-9.000",
    "    agent Explore 1.100-8.000",
    "      model claude-opus-4-6 1.100-8.000",
    "  model claude-opus-4-6 9.000-10.000",
]


def below(agent_id: str = "a1", first: int = 20, at: int = 1_100, **more: Any) -> list[Record]:
    """The lines of a sub-agent that answers at once."""
    common = {"agentId": agent_id, "isSidechain": True, **more}
    said = answer(words("Done."), message=f"m-{agent_id}-{first}", stop="end_turn")
    return [
        {**record(first, at, "user", **prompt("Find it")), **common, "parentUuid": None},
        {**record(first + 1, 8_000, "assistant", **said), **common},
    ]


def with_result(content: str = "Found.", **more: Any) -> list[Record]:
    return [*SESSION[:2], {**SESSION[2], **result("t1", content), **more}, SESSION[3]]


def read(main: list[Record], *others: list[Line]) -> list[Span]:
    """The spans, the same whichever file is read first."""
    lines = lines_of(main, "/l/s1.jsonl")
    spans = translated([*lines, *(line for other in others for line in other)])
    again = translated([line for other in reversed(others) for line in other] + lines)
    assert identities(again) == identities(spans)
    assert findings(spans) == []
    return spans


NEW, OLD = "/l/s1/subagents/agent-a1.jsonl", "/l/agent-a1.jsonl"


@pytest.mark.parametrize("path", [NEW, OLD])
@pytest.mark.parametrize(
    ("main", "meta"),
    [
        (SESSION, {"toolUseId": "t1"}),
        (with_result(toolUseResult={"agentId": "a1", "status": "completed"}), None),
        (with_result("Found.\nagentId: a1 (for resuming)"), None),
        (
            [
                *SESSION[:2],
                record(9, 1_200, "progress", parentToolUseID="t1",
                       data={"type": "agent_progress", "agentId": "a1"}),
                *SESSION[2:],
            ],
            None,
        ),
        (SESSION, None),
    ],
    ids=["beside", "result", "words", "progress", "prompt"],
)  # fmt: skip
def test_a_sub_agent_is_found_by_whatever_tells_of_it(
    path: str, main: list[Record], meta: Record | None
) -> None:
    lines = lines_of(below(), path)
    told = [beside(path, meta)] if meta else []
    assert outline(read(main, told, lines)) == TREE


def test_what_lies_beside_says_more_than_the_result() -> None:
    main = [
        *SESSION[:2],
        record(4, 1_050, "assistant", **answer(call("t2", "Task", prompt="Other"), message="m1")),
        record(5, 8_500, "user", **result("t2", "agentId: a1")),
        *SESSION[2:],
    ]
    spans = read(main, [beside(NEW, {"toolUseId": "t1"})], lines_of(below(), NEW))
    assert outline(spans)[3] == TREE[3]


def test_a_sub_agent_of_a_sub_agent_lies_flat_beside_it_and_hangs_below_it() -> None:
    inner = below("a2", first=30, at=3_000)
    asked = answer(call("t9", "Agent", subagent_type="Plan", prompt="Plan it"), message="m8")
    first, last = below()
    outer = [
        first,
        {**first, **record(24, 2_000, "assistant", **asked), "isSidechain": True},
        {**first, **record(25, 8_000, "user", **result("t9", "agentId: a2")), "isSidechain": True},
        {**last, "timestamp": record(0, 8_500, "x")["timestamp"], "parentUuid": "u25"},
    ]
    deep = "/l/s1/subagents/agent-a2.jsonl"
    spans = read(with_result("agentId: a1"), lines_of(outer, NEW), lines_of(inner, deep))
    assert [line.strip().rsplit(" ", 1)[0] for line in outline(spans)][3:8] == [
        "agent Explore",
        "model claude-opus-4-6",
        "tool Agent",
        "agent Plan",
        "model claude-opus-4-6",
    ]
    assert len({span.trace_id for span in spans}) == 1


WORKFLOW = [
    record(0, 0, "user", **prompt("ultracode: review")),
    record(1, 1_000, "assistant", **answer(call("t1", "Workflow", script="…"))),
    record(2, 1_200, "user", **result("t1", "Workflow launched in background. Run ID: wf_12ab-3c")),
    record(3, 2_000, "assistant", **answer(words("It runs."), message="m2", stop="end_turn")),
]


def test_the_agents_of_a_workflow_hang_below_its_call() -> None:
    files = [
        lines_of(below(name, first), f"/l/s1/subagents/workflows/wf_12ab-3c/agent-{name}.jsonl")
        for name, first in (("a1", 20), ("a2", 30))
    ]
    metas = [[beside(lines[0].source, {"agentType": "workflow-subagent"})] for lines in files]
    journal = lines_of(
        [{"type": "started", "key": "k", "agentId": "a1"}, {"type": "result", "key": "k", "result": {}}],
        "/l/s1/subagents/workflows/wf_12ab-3c/journal.jsonl",
    )
    spans = read(WORKFLOW, *metas, *files, journal)
    assert outline(spans) == [
        "agent claude-code 0.000-2.000",
        "  model claude-opus-4-6 0.000-1.000",
        "  tool Workflow 1.000-1.200",
        "    agent workflow-subagent 1.100-8.000",
        "      model claude-opus-4-6 1.100-8.000",
        "    agent workflow-subagent 1.100-8.000",
        "      model claude-opus-4-6 1.100-8.000",
        "  model claude-opus-4-6 1.200-2.000",
    ]


def test_the_journal_of_a_workflow_is_passed_over_without_a_word() -> None:
    skipped = []
    translation = Translation(Windows(), on_skip=lambda line, _why: skipped.append(line))
    lines = [{"type": "started", "key": "k", "agentId": "a1"},
             {"type": "result", "key": "k", "agentId": "a1", "result": {"event": "tool.start"}}]  # fmt: skip
    assert translation.feed(lines_of(lines, "/l/s1/subagents/workflows/wf_1/journal.jsonl"), 0.0) == []
    assert (skipped, dict(translation.lines)) == ([], {"ignored": 2})


def test_what_compacts_a_conversation_begins_with_a_copy_of_it_that_counts_once() -> None:
    copies = [{**line, "isSidechain": True, "agentId": "acompact-1f", "uuid": f"c-{line['uuid']}",
               "requestId": "other"} for line in SESSION]  # fmt: skip
    own = below("acompact-1f", first=40)
    own[0]["timestamp"] = record(0, 11_000, "x")["timestamp"]
    own[1]["timestamp"] = record(0, 15_000, "x")["timestamp"]
    main = [{**line, "requestId": f"r{number}"} for number, line in enumerate(SESSION)]
    path = "/l/s1/subagents/agent-acompact-1f.jsonl"
    spans = read(main, lines_of(below(), NEW), lines_of([*copies, *own], path))
    assert outline(spans) == [
        *TREE,
        "agent compact 11.000-15.000",
        "  model claude-opus-4-6 11.000-15.000",
    ]
    assert {span.fields["conversation_id"] for span in spans} == {"s1"}


def test_an_agent_that_is_asked_again_has_another_turn_below_the_same_call() -> None:
    again = below(first=30)
    again[0]["timestamp"] = record(0, 60_000, "x")["timestamp"]
    again[1]["timestamp"] = record(0, 70_000, "x")["timestamp"]
    spans = read(with_result("agentId: a1"), lines_of([*below(), *again], NEW))
    assert outline(spans)[3:7] == [
        "    agent Explore 1.100-8.000",
        "      model claude-opus-4-6 1.100-8.000",
        "    agent Explore 60.000-70.000",
        "      model claude-opus-4-6 60.000-70.000",
    ]


def test_a_sub_agent_is_put_below_no_call_that_asked_another_thing() -> None:
    lines = below()
    lines[0] |= prompt("Warmup")
    spans = read(SESSION, lines_of(lines, NEW))
    assert outline(spans)[-2:] == [
        "agent subagent 1.100-8.000",
        "  model claude-opus-4-6 1.100-8.000",
    ]
    assert {span.fields["conversation_id"] for span in spans} == {"s1"}


def test_the_spans_of_a_sub_agent_that_runs_are_sent_at_once() -> None:
    started = [beside(NEW, {"toolUseId": "t1"}), *lines_of(below()[:1], NEW)]
    told = {
        **below()[1],
        **record(21, 3_000, "assistant", **answer(call("t5"), message="m5", stop="tool_use")),
    }
    told |= {"agentId": "a1", "isSidechain": True}
    spans = live([(0.0, lines_of(SESSION[:2], "/l/s1.jsonl")), (0.1, [*started, *lines_of([told], NEW)])])
    when = {span.fields["response_id"]: when for when, span in spans if span.kind is Kind.MODEL}
    assert when["m5"] <= 15


def test_a_sub_agent_whose_session_is_never_read_is_sent_after_some_minutes() -> None:
    spans = live([(0.0, lines_of(below(), NEW))])
    assert {round(when, -2) for when, _ in spans} == {600 // 100 * 100}
    assert totals([span for _, span in spans])["model"] == 1


def test_a_notification_ends_all_of_a_workflow() -> None:
    path = "/l/s1/subagents/workflows/wf_12ab-3c/agent-a1.jsonl"
    lines = below()
    lines[1]["message"]["stop_reason"] = "tool_use"
    lines[1]["message"]["content"] = [call("t7", "StructuredOutput")]
    lines.append({**lines[0], **record(22, 8_100, "user", **result("t7")), "isSidechain": True})
    told = "<task-notification><task-id>w9</task-id><tool-use-id>t1</tool-use-id></task-notification>"
    end = {"type": "queue-operation", "sessionId": "s1", "content": told}
    spans = live([(0.0, lines_of(WORKFLOW, "/l/s1.jsonl")), (1.0, lines_of(lines, path)),
                  (9.0, lines_of([end], "/l/s1.jsonl"))])  # fmt: skip
    agents = {
        span.fields["agent"]: (when, span.incomplete) for when, span in spans if span.kind is Kind.AGENT
    }
    assert agents["subagent"][1] is None
    assert agents["subagent"][0] < 60
