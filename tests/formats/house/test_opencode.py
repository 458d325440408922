"""The recipe for opencode's exports: lines of the log format, and their traces."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jq

from tests.formats.whole import findings, lines_of, outline, totals, translated

EXPORTS = Path(__file__).parents[3] / "samples" / "exports"


def lines() -> list[Any]:
    program = (EXPORTS / "opencode.jq").read_text(encoding="utf-8")
    document = json.loads((EXPORTS / "opencode.json").read_text(encoding="utf-8"))
    found: list[Any] = jq.compile(program).input_value(document).all()
    return found


def test_each_prompt_is_a_trace() -> None:
    spans = translated(lines_of(lines()))
    assert outline(spans) == [
        "agent build 0.000-10.000",
        "  model claude-sonnet-4-5 0.200-6.400",
        "  tool read 4.000-4.030",
        "  tool bash 4.100-6.300 error",
        "  model claude-sonnet-4-5 6.500-10.000",
        "agent build 30.000-31.500 ProviderOverloadedError",
        "  model claude-sonnet-4-5 30.100-31.500 ProviderOverloadedError",
    ]
    assert {span.fields["conversation_id"] for span in spans} == {"ses_7d1c"}
    assert findings(spans, skip=frozenset({"messages", "order", "tools"})) == []


def test_tokens_are_those_of_the_answers() -> None:
    document = json.loads((EXPORTS / "opencode.json").read_text(encoding="utf-8"))
    told = [message["info"]["tokens"] for message in document["messages"] if "tokens" in message["info"]]
    counted = totals(translated(lines_of(lines())))
    assert counted["input"] == sum(t["input"] + t["cache"]["read"] + t["cache"]["write"] for t in told)
    assert counted["output"] == sum(t["output"] + t["reasoning"] for t in told)
    assert counted["reasoning"] == sum(t["reasoning"] for t in told)
