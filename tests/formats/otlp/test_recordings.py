"""What real instrumentation wrote, against what the scripts that ran it are known to have done."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

import pytest

from tests.formats.whole import (
    encoded,
    findings,
    identities,
    lines_of_file,
    live,
    totals,
    translated,
    translated_with_cuts,
)

HERE = Path(__file__).parent / "recordings"

ANSWERED = {"input": 42, "output": 9, "cache_read": 16, "reasoning": 3}
"""What the playing server counts for every call that it answers."""

DONE = {
    # Name: answered calls, failed calls, tools that are spans, agents.
    "openinference": (2, 1, 0, 0),
    "openllmetry": (2, 1, 0, 0),
    "opentelemetry": (2, 1, 0, 0),
    "pydantic_ai": (2, 0, 2, 1),
    "openai_agents": (2, 0, 2, 2),
    "vercel_ai_4": (3, 1, 2, 3),
    "vercel_ai_5": (3, 1, 2, 3),
    "vercel_ai_6": (3, 1, 2, 3),
    "vercel_ai_7": (3, 1, 2, 3),
}

NO_REASONING = frozenset({"opentelemetry", "openllmetry", "pydantic_ai"})
"""Who does not export thoughts, or only for some calls."""

WITHOUT = {
    "opentelemetry": frozenset({"messages", "tokens"}),
    "vercel_ai_4": frozenset({"tokens"}),
}
"""What a producer does not export."""


@pytest.mark.parametrize("name", DONE)
def test_a_recording_gives_what_was_done(name: str) -> None:
    answered, failed, tools, agents = DONE[name]
    spans = translated(lines_of_file(HERE / f"{name}.jsonl"))
    counted = totals(spans)
    assert (counted["model"], counted.get("tool", 0), counted.get("agent", 0)) == (
        answered + failed,
        tools,
        agents,
    )
    assert (counted["input"], counted["output"]) == (answered * 42, answered * 9)
    calls = [span for span in spans if span.kind.value == "model"]
    assert sum("failure" in call.fields for call in calls) == failed
    assert all(call.fields.get("model", "").startswith("gpt-") for call in calls)
    skip = frozenset({"conversations", "order"}) | WITHOUT.get(name, frozenset())
    assert [finding for finding in findings(spans, skip=skip) if "gpt-nope" not in finding] == []


@pytest.mark.parametrize("name", sorted(set(DONE) - {"opentelemetry"}))
def test_the_question_and_the_answer_are_there(name: str) -> None:
    spans = translated(lines_of_file(HERE / f"{name}.jsonl"))
    sent = [span["attributes"] for span in encoded(spans)]
    asked = " ".join(a["gen_ai.input.messages"]["value"] for a in sent if "gen_ai.input.messages" in a)
    came = " ".join(a["gen_ai.output.messages"]["value"] for a in sent if "gen_ai.output.messages" in a)
    assert "What is the weather in Paris and Rome?" in asked
    assert "Sunny in both." in came
    assert "get_weather" in came
    for attributes in sent:
        for key in ("gen_ai.input.messages", "gen_ai.output.messages"):
            if key in attributes:
                parts = [
                    part for message in json.loads(attributes[key]["value"]) for part in message["parts"]
                ]
                assert all(part["type"] for part in parts)


@pytest.mark.parametrize("name", DONE)
def test_no_order_or_cut_changes_a_recording(name: str) -> None:
    lines = lines_of_file(HERE / f"{name}.jsonl")
    whole = identities(translated(lines))
    shuffled = lines[:]
    Random(4).shuffle(shuffled)  # noqa: S311 - a game of chance, no secret
    assert identities(translated(shuffled + lines[:1])) == whole
    assert identities(translated_with_cuts(shuffled, [1, len(lines) // 2])) == whole


@pytest.mark.parametrize("name", DONE)
def test_a_recording_that_comes_line_by_line_is_sent_once(name: str) -> None:
    lines = lines_of_file(HERE / f"{name}.jsonl")
    pieces = [(4.0 * number, [line]) for number, line in enumerate(lines)]
    assert identities(span for _, span in live(pieces)) == identities(translated(lines))


def test_no_recording_tells_of_the_machine_it_was_made_on() -> None:
    for path in HERE.glob("*.jsonl"):
        text = path.read_text(encoding="utf-8")
        assert not [word for word in ("/root/", "/tmp/", "/work/", "/home/") if word in text], path.name  # noqa: S108
