"""A translation that is stored and restored between any two steps goes on as if it had not been."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.trees import Run, Style, lines_of, runs, styles
from translator.model import Line, Span
from translator.pipeline.translation import Translation, TranslationState, Windows

LIVE = Windows(idle=20.0, reorder=1.0, orphan=3.0)
NAMES = [
    "agent.start",
    "agent.end",
    "agent.error",
    "agent",
    "model.start",
    "model.end",
    "model.chunk",
    "model",
    "tool.start",
    "tool.end",
    "tool",
    "tool.error",
    "handoff",
]
IDS = [str(number) for number in range(6)]
MAYBE: tuple[tuple[str, float, list[Any]], ...] = (
    ("trace_id", 0.5, ["t1", "t2"]), ("span_id", 0.3, IDS), ("parent_id", 0.3, IDS), ("call_id", 0.3, IDS),
    ("agent", 0.5, list("ABC")), ("tool", 0.5, list("xyz")), ("model", 0.4, ["gpt-4o", "gpt-4o-1"]),
    ("conversation_id", 0.2, ["c1"]), ("from_agent", 0.3, list("ABC")), ("to_agent", 0.3, list("ABC")),
    ("duration_ms", 0.2, [5, 500, 5000]), ("thread", 0.2, ["1", "2"]),
    ("usage", 0.2, [{"input_tokens": 3, "output_tokens": 4}]), ("input", 0.2, ["hello", [{"role": "user"}]]),
    ("traceparent", 0.05, ["00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"]),
)  # fmt: skip

Step = tuple[float, list[Line]]


def any_steps(random: Random) -> list[Step]:
    """Any events at all in any order, in small pieces at uneven times."""
    steps: list[Step] = []
    now = 0.0
    for number in range(20):
        lines = []
        for place in range(random.randrange(5)):
            jitter = random.choice([0, 0, 0.3, -0.5, 40 if random.random() < 0.02 else 0])
            record = {"event": random.choice(NAMES), "ts": 1.79e9 + number * 0.5 + place * 0.1 + jitter}
            record |= {
                name: random.choice(values) for name, share, values in MAYBE if random.random() < share
            }
            lines.append(Line(json.dumps(record).encode(), random.choice(["f1", "f2"]), place))
        steps.append((now, lines))
        now += random.choice([0.1, 1.0, 2.0, 30.0])
    return steps


def decoded(captured: bytes) -> TranslationState:
    return msgspec.msgpack.decode(captured, type=TranslationState)


def played(steps: list[Step], restarts: set[int], windows: Windows = LIVE) -> list[list[Span]]:
    """The spans of each step; before some of them the translation is stored and restored."""
    translation = Translation(windows)
    spans: list[list[Span]] = []
    for number, (now, lines) in enumerate(steps):
        if number in restarts:
            captured = translation.capture()
            translation = Translation(windows)
            translation.restore(captured, now)
            assert decoded(translation.capture()) == decoded(captured)
        translation.feed(lines, now)
        spans.append(translation.ready(now))
    return [*spans, translation.drain(steps[-1][0])]


@given(st.integers(0, 2**32), st.sets(st.integers(0, 19), min_size=1, max_size=4))
@settings(max_examples=150, deadline=None)
def test_any_events_give_the_same_spans(seed: int, restarts: set[int]) -> None:
    steps = any_steps(Random(seed))  # noqa: S311

    assert played(steps, restarts) == played(steps, set())


@given(runs(), styles(), st.lists(st.integers(1, 8), min_size=1, max_size=12), st.data())
@settings(max_examples=80, deadline=None)
def test_any_run_gives_the_same_spans(run: Run, style: Style, sizes: list[int], data: st.DataObject) -> None:
    lines = lines_of(run, style)
    steps: list[Step] = []
    while lines:
        size = sizes[len(steps) % len(sizes)]
        steps.append((len(steps) * 0.4, lines[:size]))
        lines = lines[size:]
    steps.append((len(steps) * 0.4, []))
    restarts = data.draw(st.sets(st.integers(0, len(steps) - 1), max_size=4))

    assert played(steps, restarts) == played(steps, set())


def test_what_is_nested_too_deeply_to_be_stored_is_cut() -> None:
    deep = b'{"event":"tool.start","tool":"t","ts":1795423737,"arguments":' + b"[" * 900 + b"]" * 900 + b"}"
    end = b'{"event":"tool.end","tool":"t","ts":1795423738}'

    spans = played([(0.0, [Line(deep, "f", 1)]), (2.0, []), (3.0, [Line(end, "f", 2)])], {1, 2})

    assert [span.fields["tool"] for part in spans for span in part] == ["t"]


def test_what_waited_for_the_end_of_its_input_goes_on_live() -> None:
    line = b'{"event":"tool","tool":"t","ts":1795423737,"duration_ms":5}'
    whole = Translation(LIVE.of_whole_input())
    whole.feed([Line(line, "f", 1)], 0.0)

    live = Translation(LIVE)
    live.restore(whole.capture(), 100.0)

    assert live.ready(100.0) == []
    assert live.ready(101.0) == []
    assert [span.fields["tool"] for span in live.ready(105.0)] == ["t"]
