"""How lines belong together, and what spans lack."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.docs.checked import diagnostics
from translator.checks import spans
from translator.checks.diagnostic import Origin
from translator.checks.spans import SpanChecks
from translator.model import Kind, Span


def log(*lines: dict[str, Any]) -> str:
    return "\n".join(
        json.dumps({"agent": "A", "ts": 1795435200.001 + number / 100, **line})
        for number, line in enumerate(lines)
    )


def codes(*lines: dict[str, Any]) -> list[str]:
    return [f"{one.code.name}:{one.origin.number}" for one in diagnostics(log(*lines))]


START, END = {"event": "agent.start", "conversation_id": "c"}, {"event": "agent.end"}


def call(word: str, **more: Any) -> dict[str, Any]:
    return {"event": f"tool.{word}", "tool": "t", **more}


class TestParallel:
    """Ends without ids may be exchanged where two calls of one name overlap, and only there."""

    def test_two_of_one_name(self) -> None:
        assert codes(START, call("start", n=1), call("start"), call("end"), call("end", n=2), END) == [
            "W405:3"
        ]

    def test_two_names(self) -> None:
        other = {"tool": "u"}
        assert (
            codes(START, call("start"), call("start", **other), call("end"), call("end", **other), END) == []
        )

    def test_one_after_the_other(self) -> None:
        assert codes(START, call("start"), call("end"), call("start"), call("end"), END) == []

    @pytest.mark.parametrize("key", ["call_id", "span_id"])
    def test_with_ids(self, key: str) -> None:
        one, two = {key: "1"}, {key: "2"}
        lines = (call("start", **one), call("start", **two), call("end", **two), call("end", **one))
        assert codes(START, *lines, END) == []

    def test_in_two_traces(self) -> None:
        lines = [{**line, "trace_id": trace} for trace in "xy" for line in (START, call("start"))]
        ends = [{**line, "trace_id": trace} for trace in "xy" for line in (call("end"), END)]
        assert codes(*lines, *ends) == []

    def test_what_is_remembered_is_bounded(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(spans, "_MOST_REMEMBERED", 10)
        checks = SpanChecks()
        opened, closed = Origin("f", 1, b"a"), Origin("f", 2, b"b")
        for number in range(50):
            extra = {spans.OPENED: opened, spans.CLOSED: closed}
            span = Span(f"{number:032x}", "1" * 16, None, "1" * 16, "", Kind.TOOL, 1, 2, {}, extra)
            list(checks.look(span))
        assert len(checks._ended) == 10


class TestLacks:
    """What a page of Sentry will lack is told once, at the line that should have it."""

    def test_what_an_agent_hands_down_is_not_missed_below(self) -> None:
        model = {
            "event": "model",
            "model": "gpt-4o",
            "usage": {"input_tokens": 1},
            "duration_ms": 1,
            "agent": None,
        }
        assert codes(START, model, END) == []

    def test_a_conversation_is_asked_of_the_run_not_of_its_parts(self) -> None:
        start = {"event": "agent.start"}
        inner = {"agent": "B"}
        assert codes(start, {**start, **inner}, {**END, **inner}, END) == ["W505:1"]

    def test_a_failed_call_needs_no_usage(self) -> None:
        assert codes({"event": "model", "model": "gpt-4o", "duration_ms": 1, "error": "overloaded"}) == []

    def test_usage_is_missed_at_the_end(self) -> None:
        model = {"model": "gpt-4o"}
        found = codes(START, {"event": "model.start", **model}, {"event": "model.end", **model}, END)
        assert found == ["W502:3"]

    @pytest.mark.parametrize(
        "more", [{"usage": {"total_tokens": 5}}, {"usage": {}}, {"tokens": 5}, {"total_tokens": 5}]
    )
    def test_usage_without_counts_is_not_asked_for_again(self, more: dict[str, Any]) -> None:
        model = {"event": "model", "model": "gpt-4o", "duration_ms": 1, **more}
        (found,) = (one for one in diagnostics(log(START, model, END)) if one.code.name == "W502")
        assert found.message.startswith("the usage of the model call has no count")
        assert "usage` on the end" not in found.hint

    def test_a_model_that_answered_names_the_call(self) -> None:
        model = {"event": "model", "response_model": "gpt-4o", "usage": {"input_tokens": 1}, "duration_ms": 1}
        assert codes(model) == []


class TestBelonging:
    """Starts and ends that miss each other."""

    def test_an_id_of_the_line_s_own_is_suspected(self) -> None:
        found = diagnostics(log({**START, "id": 1}, {**call("end"), "id": 2}, {**END, "id": 3}))
        hints = {one.hint for one in found if one.code.name == "W401"}
        assert any("`id`" in hint for hint in hints)

    def test_a_parent_in_a_caller_s_context_is_no_finding(self) -> None:
        context = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
        assert codes({**START, "traceparent": context}, {**END, "traceparent": context}) == []

    def test_a_late_end_is_no_repeat(self) -> None:
        assert codes(
            START, call("start", span_id="1"), call("end", span_id="1"), call("end", span_id="1"), END
        ) == ["N404:4"]
