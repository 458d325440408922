"""What versions write that is unlike the rest, and what becomes of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.formats.codex.rollouts import BEGIN_MS, Record, Rollout, stamp, uuid7
from tests.formats.codex.test_properties import by_time, files_of, flat
from tests.formats.whole import findings, identities, lines_of, live, outline, totals, translated
from translator.formats.registry import FORMATS
from translator.model import Kind, Line, Span


def tree(spans: list[Span]) -> list[str]:
    """The outline without times."""
    marked = []
    for line in outline(spans):
        head, _, rest = line.rpartition(" ")
        words = line.split(" ")
        times = next(n for n, word in enumerate(words) if "." in word and "-" in word and word[0].isdigit())
        marked.append(" ".join(words[:times] + words[times + 1 :]))
        assert head or rest
    return marked


def event(kind: str, **more: Any) -> Record:
    """An event's payload."""
    return {"type": kind, **more}


def item(ms: int, length: int, **inner: Any) -> Record:
    """The payload of an `item_completed`."""
    return event("item_completed", item=inner, started_at_ms=ms, completed_at_ms=ms + length)


def call(name: str, call_id: str, arguments: Any = "{}", **more: Any) -> Record:
    """A function call."""
    return {"type": "function_call", "name": name, "call_id": call_id, "arguments": arguments, **more}


def output(call_id: str, value: Any) -> Record:
    """The output of one."""
    return {"type": "function_call_output", "call_id": call_id, "output": value}


def begun(style: str = "after") -> Rollout:
    """A session in its first turn."""
    rollout = Rollout(style, BEGIN_MS, 1)  # type: ignore[arg-type]
    rollout.begin("go")
    return rollout


def read(*rollouts: Rollout) -> list[Span]:
    """The spans of threads."""
    return translated(flat(files_of(list(rollouts))))


def only(spans: list[Span], kind: Kind) -> Span:
    """The only span of a kind."""
    (found,) = [span for span in spans if span.kind is kind]
    return found


def test_times_and_exit_codes_are_those_of_the_events() -> None:
    rollout = begun()
    rollout.request([call("exec_command", "c1", '{"cmd": "make"}')], {})
    ran = item(rollout.ms + 100, 400, type="CommandExecution", id="c1", exit_code=2, status="failed")
    rollout.add("event_msg", ran, wait=600)
    rollout.add("response_item", output("c1", "make: *** [all] Error 2"))
    rollout.end()
    tool = only(read(rollout), Kind.TOOL)
    assert tool.start == ran["started_at_ms"] * 1_000
    assert tool.end == ran["completed_at_ms"] * 1_000
    assert tool.fields["failure"] == "exit_code"
    assert tool.extra["process.exit_code"] == 2


@pytest.mark.parametrize(("text", "failure"), [
    ("Exit code: 1\nWall time: 2 seconds\nOutput:\n", "exit_code"),
    ("Exit code: 0\nOutput:\nExit code: 4", None),
    ("Chunk ID: ab12\nWall time: 0.1 seconds\nProcess exited with code 127\nOutput:\n", "exit_code"),
    ('{"output": "", "metadata": {"exit_code": 1, "duration_seconds": 0.1}}', "exit_code"),
    ("Wall time: 3.5 seconds\naborted by user", "cancelled"),
    ({"content": "no such file", "success": False}, "error"),
    ([{"type": "input_text", "text": "Exit code: 1"}], None),
])  # fmt: skip
def test_outputs_tell_of_failures(text: Any, failure: str | None) -> None:
    rollout = begun()
    rollout.request([call("shell", "c1")], {"c1": text})
    rollout.end()
    assert only(read(rollout), Kind.TOOL).fields.get("failure") == failure


FIND = {"server": "docs", "tool": "find"}
ENDED = {"call_id": "c1", "duration": {"secs": 0, "nanos": 4_000_000}, "invocation": FIND}
FAILED = {**FIND, "status": "failed", "error": {"message": "gone"}}


@pytest.mark.parametrize(("told", "failure"), [
    (event("mcp_tool_call_end", **ENDED, result={"Ok": {"content": []}}), None),
    (event("mcp_tool_call_end", **ENDED, result={"Ok": {"content": [], "isError": True}}), "error"),
    (event("mcp_tool_call_end", **ENDED, result={"Err": "gone"}), "error"),
    (item(BEGIN_MS, 5, type="McpToolCall", id="c1", **FAILED), "error"),
])  # fmt: skip
def test_calls_of_mcp_servers(told: Record, failure: str | None) -> None:
    rollout = begun()
    rollout.add("response_item", call("find", "c1", namespace="mcp__docs__"))
    rollout.add("event_msg", told, wait=50)
    rollout.request([], {"c1": "found"})
    rollout.end()
    tool = only(read(rollout), Kind.TOOL)
    assert tool.fields["tool"] == "mcp__docs__find"
    assert (tool.extra["mcp.server.name"], tool.extra["mcp.tool.name"]) == ("docs", "find")
    assert tool.fields.get("failure") == failure


def test_what_a_program_of_the_model_calls_lies_below_it() -> None:
    rollout = begun()
    program = {
        "type": "custom_tool_call",
        "name": "exec",
        "call_id": "c1",
        "input": "await tools.exec_command()",
    }
    rollout.add("response_item", program)
    ran = item(rollout.ms + 50, 100, type="CommandExecution", id="c1-1", command=["ls"], exit_code=0,
               aggregated_output="a")  # fmt: skip
    rollout.add("event_msg", ran, wait=200)
    rollout.add("response_item", {**output("c1", "a"), "type": "custom_tool_call_output"})
    rollout.request([], {})
    rollout.say("done")
    rollout.end()
    spans = read(rollout)
    assert [line for line in tree(spans) if "tool" in line] == ["  tool exec", "    tool exec_command"]
    assert findings(spans) == []


def test_calls_without_an_output_by_their_nature() -> None:
    rollout = begun()
    rollout.add("event_msg", event("web_search_end", call_id="w1", query="x"))
    rollout.request([
        {"type": "web_search_call", "id": "w1", "status": "completed", "action": {"query": "x"}},
        {"type": "image_generation_call", "id": "i1", "status": "failed", "revised_prompt": "a cat"},
        {"type": "local_shell_call", "call_id": "l1", "status": "completed", "action": {"command": ["ls"]}},
        {"type": "tool_search_call", "call_id": "s1", "arguments": {"query": "mail"}},
    ], {"l1": "a"})  # fmt: skip
    rollout.add("response_item", {"type": "tool_search_output", "call_id": "s1", "tools": [{"name": "send"}]})
    rollout.say("done")
    rollout.end()
    spans = read(rollout)
    tools = {span.fields["tool"]: span for span in spans if span.kind is Kind.TOOL}
    assert sorted(tools) == ["image_generation", "local_shell", "tool_search", "web_search"]
    assert tools["image_generation"].fields["failure"] == "error"
    assert tools["tool_search"].fields["output"] == [{"name": "send"}]
    assert findings(spans) == []


def test_an_aborted_turn_is_cancelled_with_what_is_open_in_it() -> None:
    rollout = begun("record")
    rollout.request([call("exec_command", "c1")], {})
    rollout.end("turn_aborted", reason="interrupted")
    late = item(rollout.ms, 1, type="CommandExecution", id="c1", exit_code=-1)
    rollout.add("event_msg", late)
    assert tree(read(rollout)) == [
        "agent codex cancelled",
        "  model gpt-5.5",
        "  tool exec_command cancelled",
    ]


@pytest.mark.parametrize("info", ["other", {"response_stream_failed": {"status": 500}}, None])
def test_a_failed_request_is_the_turns_failure_too(info: Any) -> None:
    rollout = begun()
    rollout.end(error={"message": "it broke", "codex_error_info": info})
    spans = read(rollout)
    kind = "response_stream_failed" if isinstance(info, dict) else "error"
    assert tree(spans) == [f"agent codex {kind}", f"  model gpt-5.5 {kind}"]
    assert {span.fields["error_message"] for span in spans} == {"it broke"}


def test_tokens_that_come_late_are_of_the_turn_that_was() -> None:
    rollout = begun()
    rollout.say("done")
    rollout.end()
    rollout.request([], {})
    spans = read(rollout)
    assert tree(spans) == ["agent codex", "  model gpt-5.5", "  model gpt-5.5"]
    assert totals(spans)["input"] == rollout.used["input_tokens"]


def test_input_that_cannot_be_read_is_as_much_as_its_parts() -> None:
    rollout = begun()
    rollout.request([call("exec_command", "c1")], {"c1": "ok"})
    rollout.end()
    rollout.records = json.loads(json.dumps(rollout.records).replace('"input_tokens": ', '"input_tokens": -'))
    usage = only(read(rollout), Kind.MODEL).fields["usage"]
    assert usage.input_tokens == usage.cache_read == rollout.used["cached_input_tokens"]


@pytest.mark.parametrize("first", ["token_count", "token_usage_record"])
def test_tokens_told_in_both_ways_count_once(first: str) -> None:
    rollout = begun("record")
    rollout.call(1)
    rollout.say("done")
    if first == "token_count":
        counts = [r for r in rollout.records if r["payload"].get("type") == "token_count"]
        rest = [record for record in rollout.records if record not in counts]
        for record in [record for record in rest if record["type"] == "token_usage_record"]:
            rest.insert(rest.index(record), counts.pop(0))
        rollout.records = rest
    rollout.end()
    found = totals(read(rollout))
    assert (found["model"], found["input"]) == (2, rollout.used["input_tokens"])


def test_totals_of_a_parent_that_is_not_replayed_are_not_the_childs() -> None:
    parent = begun()
    parent.call(1)
    child = parent.spawn("helper", "after", 9, "none")
    parent.say("done")
    parent.end()
    child.inherited, child.last = dict(parent.used), parent.last
    child.begin("help")
    child.headers()
    child.say("yes")
    child.end()
    found = totals(read(parent, child))
    assert found["input"] == parent.used["input_tokens"] + child.used["input_tokens"]


@pytest.mark.parametrize("stamped", [True, False])
@pytest.mark.parametrize("parent_first", [True, False])
def test_replays_are_known_without_telling_ids(*, stamped: bool, parent_first: bool) -> None:
    def named(rollout: Rollout) -> None:
        rollout.turn_id = f"turn-{rollout.number}-{rollout.turns}"
        for record in rollout.records[-3:]:
            if "turn_id" in record["payload"]:
                record["payload"]["turn_id"] = rollout.turn_id

    parent = begun("after")
    named(parent)
    parent.call(1)
    parent.end()
    parent.begin("more")
    named(parent)
    parent.call(1)
    child = parent.spawn("helper", "after", 9, "stamped" if stamped else "original")
    parent.say("done")
    parent.end()
    child.ms += 1_500
    child.begin("help")
    named(child)
    child.say("yes")
    child.end()
    spans = read(*([parent, child] if parent_first else [child, parent]))
    found = totals(spans)
    assert found["input"] == parent.used["input_tokens"] + child.used["input_tokens"]
    assert (found["agent"], found["model"], found["tool"]) == (3, 5, 3)
    assert len({span.trace_id for span in spans}) == 2


def spawned() -> tuple[Rollout, Rollout]:
    """A session and its sub-agent."""
    parent = begun()
    child = parent.spawn("helper", "after", 9, "none")
    child.begin("help")
    child.say("yes")
    child.end()
    parent.ms = child.ms
    parent.say("done")
    parent.end()
    return parent, child


def test_a_sub_agent_waits_for_its_call() -> None:
    parent, child = spawned()
    mine, its = files_of([parent, child])
    out = live([(0.0, its), (300.0, mine)])
    assert min(when for when, _ in out) >= 300.0
    assert identities(span for _, span in out) == identities(read(parent, child))


def test_a_sub_agent_whose_session_never_comes_has_a_trace_of_its_own() -> None:
    parent, child = spawned()
    (_, its) = files_of([parent, child])
    out = live([(0.0, its)])
    assert all(590.0 < when < 620.0 for when, _ in out)
    agent = only([span for _, span in out], Kind.AGENT)
    assert agent.parent_id is None
    assert agent.fields["conversation_id"] == parent.thread
    assert identities(span for _, span in out) == identities(translated(its))


def test_a_sub_agent_may_outlive_the_turn_that_started_it() -> None:
    parent = begun()
    child = parent.spawn("helper", "after", 9, "none")
    parent.say("it works on its own now")
    parent.end()
    child.begin("help")
    child.ms += 90_000
    child.say("yes")
    child.end()
    lines = by_time([parent, child])
    pieces = [(float(number * 2), [line]) for number, line in enumerate(lines)]
    spans = [span for _, span in live(pieces)]
    assert identities(spans) == identities(translated(lines))
    assert not any(span.incomplete for span in spans)


def test_a_later_turn_of_a_sub_agent_lies_below_the_turn_that_asked_for_it() -> None:
    parent, child = spawned()
    parent.begin("ask the helper again")
    parent.call(1)
    child.ms = parent.ms
    child.begin("again")
    child.records[-3]["payload"]["turn_attribution"] = {"parent_turn_id": parent.turn_id}
    child.say("yes, again")
    child.end()
    parent.ms = child.ms
    parent.say("done")
    parent.end()
    for rollouts in ([parent, child], [child, parent]):
        spans = read(*rollouts)
        by_id = {span.span_id: span for span in spans}
        helpers = [span for span in spans if span.kind is Kind.AGENT and span.fields["agent"] == "helper"]
        above = [by_id[span.parent_id or ""] for span in helpers]
        assert [span.kind for span in above] == [Kind.TOOL, Kind.AGENT]
        assert len({span.trace_id for span in spans}) == 2


@pytest.mark.parametrize(("source", "name"), [
    ({"subagent": "review"}, "review"), ({"subagent": {"other": "guardian"}}, "guardian"),
])  # fmt: skip
def test_sub_agents_that_no_tool_has_started(source: Any, name: str) -> None:
    rollout = Rollout("after", BEGIN_MS, 3)
    rollout.meta |= {"source": source, "session_id": "the-session", "parent_thread_id": "the-session"}
    rollout.begin("review it")
    rollout.say("fine")
    rollout.end()
    agent = only(read(rollout), Kind.AGENT)
    assert (agent.fields["agent"], agent.fields["conversation_id"]) == (name, "the-session")
    assert agent.parent_id is None


def test_the_first_versions_wrote_no_types_and_no_times() -> None:
    records: list[Record] = [
        {
            "id": "5973b6c0-94b8-487b-a530-2aeb6098ae0e",
            "timestamp": "2025-05-07T17:24:21.123Z",
            "instructions": "",
        },
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "go"}]},
        {"record_type": "state"},
        call("shell", "c1", '{"command": ["ls"]}'),
        output("c1", '{"output": "a", "metadata": {"exit_code": 0}}'),
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "a"}]},
    ]
    spans = translated(lines_of(records))
    assert sorted(tree(spans)[1:]) == ["  model ?", "  model ?", "  tool shell"]
    assert only(spans, Kind.AGENT).fields["output"] == "a"


def test_lines_without_a_payload_type_are_messages() -> None:
    def line(second: int, kind: str, payload: Record) -> Record:
        return {"timestamp": f"2025-01-01T10:00:0{second}Z", "type": kind, "payload": payload}

    spans = translated(lines_of([
        line(0, "session_meta", {"id": "abc", "originator": "user"}),
        line(1, "response_item", {"role": "user", "content": [{"type": "input_text", "text": "go"}]}),
        line(4, "response_item", {"role": "assistant", "content": [{"type": "output_text", "text": "ok"}]}),
    ]))  # fmt: skip
    assert outline(spans) == ["agent codex 0.000-3.000", "  model ? 0.000-3.000"]


def test_a_turn_of_a_version_that_ends_none_is_over_when_nothing_follows() -> None:
    rollout = begun("before")
    rollout.say("done")
    (lines,) = files_of([rollout])
    out = live([(0.0, lines)])
    assert {span.kind for _, span in out} == {Kind.AGENT, Kind.MODEL}
    assert all(115.0 < when < 130.0 for when, _ in out)
    assert not any(span.incomplete for _, span in out)


def test_what_stays_open_is_unfinished() -> None:
    rollout = begun("record")
    rollout.request([call("exec_command", "c1")], {})
    expected = ["agent codex no_end unfinished", "  model gpt-5.5", "  tool exec_command no_end unfinished"]
    assert tree(read(rollout)) == expected
    (lines,) = files_of([rollout])
    assert tree([span for _, span in live([(0.0, lines)])]) == expected


def test_a_steering_message_is_part_of_the_turn() -> None:
    rollout = begun()
    rollout.call(1)
    user = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "but quickly"}]}
    rollout.add("response_item", user)
    rollout.say("done")
    rollout.end()
    spans = read(rollout)
    assert totals(spans)["agent"] == 1
    last = [span for span in spans if span.kind is Kind.MODEL][-1]
    assert "but quickly" in json.dumps(last.fields["input"])


def test_a_file_whose_begin_is_missing_is_known_by_its_name() -> None:
    rollout = begun()
    rollout.say("done")
    rollout.end()
    (lines,) = files_of([rollout])
    whole, rest = translated(lines), translated(lines[1:])
    assert identities(whole) == identities(rest)


@pytest.mark.parametrize("record", [
    {"type": "session_meta", "payload": None}, {"type": "tool_end", "payload": {}}, {"type": ["event_msg"]},
    {"instructions": "be kind", "id": "1", "timestamp": "t", "event": "run"}, {"payload": {}},
])  # fmt: skip
def test_other_logs_are_not_taken_for_rollouts(record: Record) -> None:
    (codex,) = [known for known in FORMATS if known.name == "codex"]
    assert not codex.matches(record)


def test_calls_may_be_numbered_anew_in_each_response() -> None:
    rollout = begun()
    rollout.request([call("shell", "0"), call("shell", "1")], {"0": "a", "1": "b"})
    rollout.request([call("shell", "0")], {"0": "c"})
    rollout.request([call("exec", "1"), call("shell", "1")], {"1": "d"})
    rollout.say("done")
    rollout.end()
    tools = [span for span in read(rollout) if span.kind is Kind.TOOL]
    assert [span.fields.get("output") for span in tools] == ["a", "b", "c", None, "d"]
    assert len({span.span_id for span in tools}) == 5


def test_turns_may_be_numbered_anew_after_a_resume() -> None:
    rollout = begun()
    for number in (1, 2, 1):
        for record in rollout.records[-3:]:
            if "turn_id" in record["payload"]:
                record["payload"]["turn_id"] = str(number)
        rollout.turn_id = str(number)
        rollout.say("done")
        rollout.end()
        rollout.begin("again")
    spans = read(rollout)
    assert len({span.trace_id for span in spans}) == 4


@pytest.mark.parametrize("record", [{}, {"type": []}, {"type": {}, "payload": []}, {"type": "message"}, []])
def test_lines_of_no_shape_are_passed_over(record: Any) -> None:
    rollout = begun()
    rollout.say("done")
    rollout.end()
    lines = lines_of([*rollout.records[:3], record, *rollout.records[3:]])
    assert tree(translated(lines)) == ["agent codex", "  model gpt-5.5"]


def test_a_line_without_a_time_is_of_the_time_before() -> None:
    line = Line(json.dumps({"type": "turn_context", "payload": {"model": "m"}}).encode(), "x.jsonl", 1)
    assert translated([line], "codex") == []
    rollout = begun()
    rollout.say("done")
    rollout.end()
    del rollout.records[-1]["timestamp"]
    assert only(read(rollout), Kind.AGENT).incomplete is None


def test_ids_tell_when_they_were_made() -> None:
    assert uuid7(BEGIN_MS, 5) < uuid7(BEGIN_MS + 1, 1)
    assert stamp(0) == "1970-01-01T00:00:00.000Z"
