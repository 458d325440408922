"""Transcripts while they are written: what is sent when, and what is forgotten."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.formats.claude_code.parts import answer, call, prompt, record, result, words
from tests.formats.claude_code.transcripts import ALL, T0_MS, Record, session
from tests.formats.whole import identities, lines_of, live, outline, translated
from translator.formats.claude_code.reader import ClaudeCodeReader
from translator.model import Kind

ASKED = record(0, 0, "user", **prompt("Why?"))


def sent(records: list[tuple[float, Record]]) -> list[tuple[float, str]]:
    """What is sent when, of lines that come at times in seconds."""
    spans = live([(when, lines_of([line])) for when, line in records])
    return [(round(when), span.kind.value) for when, span in spans]


def test_a_response_that_says_why_it_stopped_is_sent_before_its_tools_have_run() -> None:
    stopped = record(1, 1_000, "assistant", **answer(call("t1"), stop="tool_use"))
    done = record(2, 300_000, "user", **result("t1"))
    came = sent([(0.0, ASKED), (1.0, stopped), (300.0, done)])
    assert [what for _, what in came][:2] == ["model", "tool"]
    assert came[0][0] < 10
    assert 300 <= came[1][0] < 310


def test_a_response_that_does_not_say_so_waits_for_its_next_block() -> None:
    lines = [
        (0.0, ASKED),
        (1.0, record(1, 1_000, "assistant", **answer(words("Let me write."), output=2))),
        (40.0, record(2, 40_000, "assistant", **answer(call("t1"), output=700))),
    ]
    spans = [span for _, span in live([(when, lines_of([line])) for when, line in lines])]
    (model,) = [span for span in spans if span.kind is Kind.MODEL]
    assert model.fields["usage"].output_tokens == 700


@pytest.mark.parametrize(("end", "latest"), [("end_turn", 20), (None, 130)])
def test_a_turn_ends_when_nothing_more_comes(end: str | None, latest: int) -> None:
    came = sent([(0.0, ASKED), (1.0, record(1, 1_000, "assistant", **answer(words("So."), stop=end)))])
    assert [what for _, what in came] == ["model", "agent"]
    assert came[-1][0] <= latest


def test_a_tool_that_waits_for_a_person_for_hours_is_one_tool_of_one_turn() -> None:
    late = 8 * 3_600_000
    records = [
        ASKED,
        record(1, 1_000, "assistant", **answer(call("t1"), stop="tool_use")),
        record(2, late, "user", **result("t1")),
        record(3, late + 900, "assistant", **answer(words("Done."), message="m2", stop="end_turn")),
    ]
    whole = identities(translated(lines_of(records)))
    reader = ClaudeCodeReader(Counter())
    events = []
    for line, entry in zip(lines_of(records), records, strict=True):
        now = 0.0 if entry in records[:2] else late / 1_000
        events += [*reader.expire(now), *reader.read(line, now)]  # type: ignore[misc]
    events += reader.expire(late)
    assert len({event.fields["span_id"] for event in events}) == len(whole) == 4


def test_a_command_that_the_agent_answers_itself_leaves_the_turn_alone() -> None:
    records = [
        ASKED,
        record(1, 1_000, "assistant", **answer(call("t1"), stop="tool_use")),
        record(2, 1_500, "user", **prompt("<command-name>/status</command-name>")),
        record(3, 1_501, "user", **prompt("<local-command-stdout>Fine</local-command-stdout>")),
        record(4, 2_000, "user", **result("t1")),
        record(5, 3_000, "assistant", **answer(words("So."), message="m2", stop="end_turn")),
    ]
    assert outline(translated(lines_of(records))) == [
        "agent claude-code 0.000-3.000",
        "  model claude-opus-4-6 0.000-1.000",
        "  tool Bash 1.000-2.000",
        "  model claude-opus-4-6 2.000-3.000",
    ]


def test_a_command_that_the_model_answers_is_a_turn_also_after_one_that_was_cut_off() -> None:
    records = [
        ASKED,
        record(1, 1_000, "assistant", **answer(call("t1"), stop="tool_use")),
        record(2, 9_000, "user", **prompt("<command-message>review</command-message>")),
        record(3, 9_001, "user", **prompt("Review all of it."), isMeta=True),
        record(4, 12_000, "assistant", **answer(words("So."), message="m2", stop="end_turn")),
    ]
    spans = translated(lines_of(records))
    assert outline(spans) == [
        "agent claude-code 0.000-1.000",
        "  model claude-opus-4-6 0.000-1.000",
        "  tool Bash 1.000-1.000 no_end unfinished",
        "agent claude-code 9.000-12.000",
        "  model claude-opus-4-6 9.001-12.000",
    ]
    said = [part["text"] for message in spans[-1].fields["input"] for part in message["content"]]
    assert said == ["<command-message>review</command-message>", "Review all of it."]


def test_what_the_user_says_meanwhile_goes_into_the_next_request() -> None:
    records = [
        ASKED,
        record(1, 1_000, "assistant", **answer(call("t1"), stop="tool_use")),
        record(2, 1_500, "attachment", attachment={"type": "queued_command", "prompt": "Hurry."}),
        record(3, 2_000, "user", **result("t1")),
        record(4, 3_000, "assistant", **answer(words("So."), message="m2", stop="end_turn")),
    ]
    spans = [span for span in translated(lines_of(records)) if span.kind is Kind.MODEL]
    assert words("Hurry.") in [part for message in spans[1].fields["input"] for part in message["content"]]


def test_responses_of_one_id_and_two_requests_are_two() -> None:
    records = [
        ASKED,
        record(1, 1_000, "assistant", **answer(words("a")), requestId="r1"),
        record(2, 2_000, "assistant", **answer(words("b"), stop="end_turn"), requestId="r2"),
    ]
    spans = translated(lines_of(records))
    assert sorted(span.kind.value for span in spans) == ["agent", "model", "model"]
    assert len({span.span_id for span in spans}) == 3


def test_nothing_is_kept_of_what_is_over() -> None:
    made = session(5, turns=4, kinds=ALL, pauses=True)
    reader = ClaudeCodeReader(Counter())
    now = 0.0
    for ms, line in made.timed():
        now = (ms - T0_MS) / 1_000
        reader.expire(now)
        reader.read(line, now)
    for _ in range(50):
        due = reader.next_due()
        if due is None:
            break
        assert due > now, "what is due has been seen to"
        now = due
        reader.expire(now)
    assert reader.next_due() is None
    assert not reader.state.chains
    assert not reader.state.unlinked
