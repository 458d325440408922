"""Sessions of any shape give the right trees, whichever way and in whichever pieces they are read."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.formats.codex.rollouts import BEGIN_MS, STYLES, Rollout
from tests.formats.whole import (
    findings,
    identities,
    lines_of,
    live,
    totals,
    translated,
    translated_with_cuts,
)
from translator.model import Kind, Line, Span

Plan = dict[str, Any]

TURN = st.lists(st.integers(1, 3), min_size=0, max_size=3)
PLANS = st.fixed_dictionaries({
    "style": st.sampled_from(STYLES),
    "turns": st.lists(TURN, min_size=1, max_size=3),
    "noise": st.booleans(),
    "children": st.lists(st.tuples(st.sampled_from(["none", "stamped", "original"]), TURN), max_size=2),
    "nested": st.booleans(),
    "fork": st.sampled_from([None, True, False]),
})  # fmt: skip
QUICK = settings(max_examples=25, deadline=None)


def rollouts_of(plan: Plan) -> list[Rollout]:
    """The threads of a session, its sub-agents and a fork of it."""
    style = plan["style"]
    root = Rollout(style, BEGIN_MS, 1)
    made = [root]
    for number, tools in enumerate(plan["turns"]):
        root.begin(f"task {number}")
        for count in tools:
            root.call(count, noise=plan["noise"])
        # Versions whose turns have no ends have no sub-agents.
        if number == 0 and style != "before":
            made += _children(root, plan)
        root.say("that is it", noise=plan["noise"])
        root.end(time_to_first_token_ms=400)
    if plan["fork"] is not None:
        fork = root.fork(50, stamped=plan["fork"])
        fork.begin("something else")
        fork.say("yes")
        fork.end()
        made.append(fork)
    return made


def _children(root: Rollout, plan: Plan) -> list[Rollout]:
    made: list[Rollout] = []
    for number, (replay, tools) in enumerate(plan["children"]):
        child = root.spawn(f"helper {number}", plan["style"], 10 + number, replay)
        child.ms = max(child.ms, root.ms)
        child.begin("help")
        for count in tools:
            child.call(count)
        if plan["nested"]:
            inner = child.spawn(f"inner {number}", plan["style"], 20 + number, replay)
            inner.begin("help the helper")
            inner.say("done, too")
            inner.end()
            made.append(inner)
        child.say("done")
        child.end()
        made.append(child)
    return made


def files_of(made: list[Rollout]) -> list[list[Line]]:
    """Each thread's lines."""
    return [lines_of(rollout.records, f"rollout-{rollout.thread}.jsonl") for rollout in made]


def flat(files: list[list[Line]]) -> list[Line]:
    """One file after another."""
    return [line for lines in files for line in lines]


def interleaved(files: list[list[Line]], seed: int) -> list[Line]:
    """The lines of all files, each file in its order, by chance."""
    chance = random.Random(seed)  # noqa: S311
    left = [list(reversed(lines)) for lines in files if lines]
    out: list[Line] = []
    while left:
        lines = chance.choice(left)
        out.append(lines.pop())
        left = [lines for lines in left if lines]
    return out


def by_time(made: list[Rollout]) -> list[Line]:
    """The lines of all files as they were written."""
    keyed = []
    for rollout, lines in zip(made, files_of(made), strict=True):
        latest = ""
        for record, line in zip(rollout.records, lines, strict=True):
            latest = max(latest, record["timestamp"], rollout.meta["timestamp"])
            keyed.append((latest, line))
    return [line for _, line in sorted(keyed, key=lambda pair: pair[0])]


def check(made: list[Rollout], spans: list[Span]) -> None:
    """Counts all that must be there in another way."""
    found = totals(spans)
    assert found["agent"] == sum(rollout.turns for rollout in made)
    assert found["model"] == sum(rollout.models for rollout in made)
    assert found.get("tool", 0) == sum(rollout.tools for rollout in made)
    assert found["input"] == sum(rollout.used["input_tokens"] for rollout in made)
    assert found["output"] == sum(rollout.used["output_tokens"] for rollout in made)
    assert found["cache_read"] == sum(rollout.used["cached_input_tokens"] for rollout in made)
    assert found["reasoning"] == sum(rollout.used["reasoning_output_tokens"] for rollout in made)
    assert found["errors"] == 0
    by_id = {span.span_id: span for span in spans}
    for rollout in made:
        agents = [
            s for s in spans if s.kind is Kind.AGENT and s.fields["agent"] == (rollout.nickname or "codex")
        ]
        if rollout.nickname:
            (agent,) = agents
            call = by_id[agent.parent_id or ""]
            assert call.fields["arguments"] == {"message": rollout.nickname}
            assert call.trace_id == agent.trace_id
            assert agent.fields["conversation_id"] == rollout.root
        else:
            own = [span for span in agents if span.fields["conversation_id"] == rollout.thread]
            assert len({span.trace_id for span in own}) == len(own) == rollout.turns
            assert all(span.parent_id is None for span in own)


@QUICK
@given(PLANS)
def test_a_session_gives_its_tree(plan: Plan) -> None:
    made = rollouts_of(plan)
    spans = translated(flat(files_of(made)))
    check(made, spans)
    assert findings(spans) == []


@QUICK
@given(PLANS, st.integers(0, 1_000))
def test_the_order_of_files_does_not_matter(plan: Plan, seed: int) -> None:
    made = rollouts_of(plan)
    files = files_of(made)
    expected = identities(translated(flat(files)))
    assert identities(translated(flat(files[::-1]))) == expected
    assert identities(translated(interleaved(files, seed))) == expected


@QUICK
@given(PLANS, st.data())
def test_the_process_may_end_before_any_line(plan: Plan, data: st.DataObject) -> None:
    lines = by_time(rollouts_of(plan))
    cuts = data.draw(st.lists(st.integers(0, len(lines)), min_size=1, max_size=6))
    assert identities(translated_with_cuts(lines, cuts)) == identities(translated(lines))


@QUICK
@given(PLANS)
def test_what_is_read_again_gives_nothing(plan: Plan) -> None:
    files = files_of(rollouts_of(plan))
    lines = flat(files)
    expected = identities(translated(lines))
    archived = [Line(line.data, "archived_sessions/" + line.source, line.number) for line in lines]
    unnumbered = [Line(line.data, line.source, 0) for line in lines]
    assert identities(translated(lines + lines)) == expected
    assert identities(translated(lines + archived)) == expected
    assert identities(translated(interleaved([lines, archived], 3))) == expected
    assert identities(translated(unnumbered + unnumbered)) == expected
    assert identities(translated(lines_of([line.data for line in lines], "all.jsonl"))) == expected


@QUICK
@given(PLANS, st.data())
def test_a_truncated_file_gives_what_was_written(plan: Plan, data: st.DataObject) -> None:
    made = rollouts_of({**plan, "children": [], "fork": None})
    (lines,) = files_of(made)
    whole = {span.span_id: span for span in translated(lines)}
    kept = data.draw(st.integers(1, len(lines)))
    cut = lines[:kept]
    if kept < len(lines) and data.draw(st.booleans()):
        cut.append(Line(lines[kept].data[: len(lines[kept].data) // 2], lines[kept].source, kept + 1))
    spans = translated(cut)
    for span in spans:
        known = whole[span.span_id]
        assert (span.trace_id, span.parent_id, span.kind, span.start) == (
            known.trace_id, known.parent_id, known.kind, known.start,
        )  # fmt: skip
        if span.kind is not Kind.MODEL and (span.end, span.incomplete) != (known.end, known.incomplete):
            assert span.incomplete == "no_end" or plan["style"] == "before"
    assert totals(spans)["input"] <= made[0].used["input_tokens"]


@settings(max_examples=12, deadline=None)
@given(PLANS, st.data())
def test_followed_live_it_is_the_same(plan: Plan, data: st.DataObject) -> None:
    made = rollouts_of(plan)
    lines = by_time(made)
    sizes = data.draw(st.lists(st.integers(1, 12), min_size=1, max_size=20))
    pieces: list[tuple[float, list[Line]]] = []
    begin = when = 0
    while begin < len(lines):
        size = sizes[len(pieces) % len(sizes)]
        pieces.append((float(when), lines[begin : begin + size]))
        begin, when = begin + size, when + data.draw(st.integers(0, 3))
    spans = [span for _, span in live(pieces)]
    assert Counter(span.span_id for span in spans).most_common(1)[0][1] == 1
    assert identities(spans) == identities(translated(lines))


@pytest.mark.parametrize("style", STYLES)
def test_every_span_comes_soon_after_its_line(style: str) -> None:
    root = Rollout(style, BEGIN_MS, 1)  # type: ignore[arg-type]
    root.begin("go")
    root.call(2)
    root.call(1)
    before = len(root.records)
    root.say("done")
    root.end()
    (lines,) = files_of([root])
    out = live([(0.0, lines[:before]), (60.0, lines[before:])])
    early = [span for when, span in out if when < 40.0]
    assert Counter(span.kind for span in early) == {Kind.MODEL: 2, Kind.TOOL: 3}
    assert all(when < 75.0 or style == "before" for when, _ in out)
