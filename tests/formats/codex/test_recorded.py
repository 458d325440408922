"""Rollouts that real versions have written (see `record.py`) give the trees that they should."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import structlog
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import zst
from tests.formats.whole import (
    encoded,
    findings,
    identities,
    lines_of_file,
    outline,
    totals,
    translated,
    translated_with_cuts,
)
from translator.cli.app import run_app
from translator.formats.registry import AUTO
from translator.model import Kind, Line, Span
from translator.pipeline.translation import Translation, Windows

RECORDED = Path(__file__).parent / "recorded"
VERSIONS = sorted(path.name for path in RECORDED.iterdir() if path.is_dir())


def recorded(version: str) -> list[Line]:
    """All lines of a version."""
    return [
        line
        for path in sorted((RECORDED / version).glob("*.jsonl"))
        for line in lines_of_file(path, path.name)
    ]


def spans_of(version: str) -> list[Span]:
    """Its spans."""
    return translated(recorded(version))


@pytest.mark.parametrize("version", VERSIONS)
def test_the_tree_is_as_reviewed(version: str) -> None:
    spans = spans_of(version)
    assert outline(spans) == (RECORDED / f"{version}.outline.txt").read_text().splitlines()
    assert findings(spans) == []


@pytest.mark.parametrize("version", VERSIONS)
def test_tokens_are_those_that_the_model_has_told(version: str) -> None:
    # The scripted model gives every response another number of tokens, so each counts once.
    told: dict[int, dict[str, int]] = {}
    for line in recorded(version):
        payload = json.loads(line.data)["payload"]
        info = payload.get("info") or {}
        usage = payload.get("usage") or info.get("last_token_usage")
        if usage:
            told[usage["input_tokens"]] = usage
    found = totals(spans_of(version))
    assert found["input"] == sum(told)
    assert found["output"] == sum(usage["output_tokens"] for usage in told.values())
    assert found["cache_read"] == sum(usage["cached_input_tokens"] for usage in told.values())
    assert found["reasoning"] == sum(usage["reasoning_output_tokens"] for usage in told.values())


@pytest.mark.parametrize("version", VERSIONS)
def test_every_call_is_paired(version: str) -> None:
    calls = set()
    for line in recorded(version):
        payload = json.loads(line.data)["payload"]
        if payload.get("type") in ("function_call", "custom_tool_call"):
            calls.add(payload["call_id"])
    tools = [span for span in spans_of(version) if span.kind is Kind.TOOL]
    paired = [span.fields["call_id"] for span in tools if span.fields["tool"] != "web_search"]
    assert sorted(paired) == sorted(calls)
    assert all("output" in span.fields for span in tools)


@pytest.mark.parametrize("version", VERSIONS)
def test_it_may_be_cut_and_read_in_any_order(version: str) -> None:
    lines = recorded(version)
    expected = identities(translated(lines))
    backwards = [line for path in sorted({line.source for line in lines}, reverse=True)
                 for line in lines if line.source == path]  # fmt: skip
    assert identities(translated(backwards)) == expected
    assert identities(translated(sorted(lines, key=lambda line: line.number))) == expected
    assert identities(translated_with_cuts(lines, range(0, len(lines), 7))) == expected


@pytest.mark.parametrize("version", ["0.104.0", "0.128.0", "0.149.0", "0.169.0", "0.169.0-agents-2"])
def test_sub_agents_lie_below_the_call_that_started_them(version: str) -> None:
    spans = spans_of(version)
    by_id = {span.span_id: span for span in spans}
    below = [span for span in spans if span.kind is Kind.AGENT and span.parent_id]
    assert len(below) == 2
    for agent in below:
        call = by_id[agent.parent_id or ""]
        turn = by_id[call.parent_id or ""]
        assert call.fields["tool"] == "spawn_agent"
        assert agent.trace_id == turn.trace_id
        assert agent.fields["conversation_id"] == turn.fields["conversation_id"]


def test_turns_of_a_session_are_one_conversation_and_a_fork_is_another() -> None:
    agents = [span for span in spans_of("0.169.0") if span.kind is Kind.AGENT and not span.parent_id]
    prompts: dict[str, list[str]] = {}
    for span in agents:
        words = span.fields["input"][0]["content"][0]["text"]
        prompts.setdefault(span.fields["conversation_id"], []).append(words)
    assert ["TOOLS please", "TOOLS again"] in prompts.values()
    assert ["ping"] in prompts.values()
    assert len({span.trace_id for span in agents}) == len(agents)


def test_what_is_sent_of_a_turn() -> None:
    sent = encoded(spans_of("0.169.0"))
    attributes = [{key: value["value"] for key, value in span["attributes"].items()} for span in sent]
    first, other = [found for found in attributes if found["gen_ai.operation.name"] == "chat"][:2]
    assert 0.2 < first["gen_ai.response.time_to_first_chunk"] < 0.5
    assert "gen_ai.response.time_to_first_chunk" not in other
    assert first["gen_ai.response.id"] == "resp_67"
    assert json.loads(first["gen_ai.output.messages"])[0]["parts"][0]["type"] == "reasoning"
    assert json.loads(other["gen_ai.input.messages"])[0]["parts"][0]["type"] == "tool_call_response"
    failed = next(found for found in attributes if found.get("error.type") == "exit_code")
    assert failed["exception.message"] == "exit code 3"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-1, 10**20) | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=4,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where in a value something stands."""
    found = [path] if path else []
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        found += places(item, (*path, key))
    return found


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(VERSIONS), st.data())
def test_any_value_may_stand_anywhere(version: str, data: st.DataObject) -> None:
    lines = recorded(version)
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(lines) - 1))
        record = json.loads(lines[at].data) if lines[at].data[:1] == b"{" else {"a": 1}
        path = data.draw(st.sampled_from(places(record)))
        holder = record
        for key in path[:-1]:
            holder = holder[key]
        holder[path[-1]] = data.draw(JSON)
        lines[at] = Line(json.dumps(record).encode(), lines[at].source, lines[at].number)
    spans = translated(lines, "codex")
    encoded(spans)
    assert all(span.end >= span.start for span in spans)
    assert len({(span.trace_id, span.span_id) for span in spans}) == len(spans)


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(VERSIONS), st.data())
def test_lines_may_be_missing_broken_or_doubled(version: str, data: st.DataObject) -> None:
    lines = recorded(version)
    for at in data.draw(st.lists(st.integers(0, len(lines) - 1), max_size=8)):
        line = lines[at]
        lines[at : at + 1] = data.draw(st.sampled_from([
            [], [line, line], [Line(line.data[:40], line.source, line.number)],
            [Line(b"\xff{}]", line.source, line.number)],
        ]))  # fmt: skip
        if not lines:
            return
        lines.append(lines[0])
    spans = translated(lines, "codex")
    assert len({(span.trace_id, span.span_id) for span in spans}) == len(spans)


def test_a_file_is_told_from_its_first_line() -> None:
    translation = Translation(Windows(), format_name=AUTO)
    translation.feed(recorded("0.57.0")[:3], 0.0)
    assert translation.lines == {"event": 3}


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """A folder in which some rollouts are compressed, and one is there twice."""
    for number, path in enumerate(sorted((RECORDED / "0.169.0").glob("*.jsonl"))):
        if number % 2 or number == 0:
            packed = zst.compress(path.read_bytes())
            (tmp_path / f"{path.name}.zst").write_bytes(packed)
        if number % 2 == 0:
            (tmp_path / "archived_sessions").mkdir(exist_ok=True)
            (tmp_path / "archived_sessions" / path.name).write_bytes(path.read_bytes())
    return tmp_path


def test_compressed_and_archived_rollouts_are_read_once(
    archive: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run_app(["backfill", str(archive), "--out", "-", "--quiet"]) == 0
    structlog.reset_defaults()
    sent = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    ids = sorted(span["span_id"] for span in sent)
    assert ids == sorted(span.span_id for span in spans_of("0.169.0"))
