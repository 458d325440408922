"""Spans that wait for their trace to end."""

from __future__ import annotations

import msgspec
import pytest

from translator.backfill import parts as module
from translator.backfill.ages import AgeRule, Older
from translator.backfill.parts import QUIET, REMEMBERED, Collector, CollectorState, TracePart
from translator.content.usage import Usage
from translator.model import Kind, Span

S = 1_000_000


def span(trace: int, start: float, number: int = 1, **fields: object) -> Span:
    ids = f"{trace:032x}", f"{number:016x}"
    return Span(*ids, None, ids[1], "", Kind.TOOL, int(start * S), int(start * S) + S, dict(fields), {})


class World:
    """A collector, and what it asks for."""

    def __init__(self, rule: AgeRule | None = None) -> None:
        self.rule = rule or AgeRule()
        self.unfinished: set[int] = set()
        self.begins: dict[int, int] = {}
        self.collector = Collector(
            lambda: self.rule, lambda trace: int(trace, 16) in self.unfinished,
            lambda trace: self.begins.get(int(trace, 16)),
        )  # fmt: skip

    def ready(self, now: float) -> list[int]:
        return [int(part.trace_id, 16) for part in self.collector.ready(now)]


def held(collector: Collector) -> CollectorState:
    return msgspec.msgpack.decode(collector.capture(), type=CollectorState)


def test_a_trace_goes_when_nothing_has_come_for_a_while() -> None:
    world = World()
    world.collector.add([span(1, 0)], 0.0)
    world.collector.add([span(2, 0)], 10.0)
    world.collector.add([span(1, 1, 2)], 20.0)

    assert world.ready(QUIET + 9.9) == []
    assert world.ready(QUIET + 10.0) == [2]
    assert world.ready(QUIET + 20.0) == [1]
    assert world.ready(1e9) == []


def test_a_trace_that_is_open_waits_for_its_end() -> None:
    world = World()
    world.unfinished = {1}
    world.collector.add([span(1, 0)], 0.0)

    assert world.ready(1_000) == []
    world.unfinished = set()
    assert world.ready(1_000 + QUIET) == [1]


def test_the_spans_of_a_trace_come_as_they_went() -> None:
    world = World()
    wanted = [span(1, 0, 1, usage=Usage(input_tokens=7), input=[{"role": "user"}]), span(1, 1, 2)]
    world.collector.add(wanted, 0.0)
    (part,) = world.collector.drain(1.0)

    assert part.spans == wanted


def test_what_is_nested_too_deeply_to_be_stored_is_cut() -> None:
    deep: object = "bottom"
    for _ in range(5_000):
        deep = [deep]
    world = World()
    world.collector.add([span(1, 0, arguments=deep, count=2**80)], 0.0)
    world.collector.capture()
    (part,) = world.collector.drain(1.0)

    assert "nested too deeply" in str(part.spans[0].fields)


def test_a_trace_is_judged_by_its_begin_and_never_cut() -> None:
    world = World(AgeRule(limit=100 * S))
    world.collector.add([span(1, 99), span(1, 101, 2), span(2, 100)], 0.0)
    world.begins = {3: 99 * S}
    world.collector.add([span(3, 150)], 0.0)

    assert [int(part.trace_id, 16) for part in world.collector.drain(1.0)] == [2]
    assert world.collector.skipped == {"too_old": 3}
    assert world.collector.skipped_traces == {"too_old": 2}


@pytest.mark.parametrize(("later", "expected"), [(REMEMBERED - 2 * QUIET, []), (REMEMBERED + 1, [1])])
def test_a_trace_that_goes_on_is_treated_as_before(later: float, expected: list[int]) -> None:
    world = World(AgeRule(limit=100 * S))
    world.collector.add([span(1, 99)], 99.0)
    world.ready(99.0 + QUIET)
    again = 99.0 + QUIET + later
    world.collector.add([span(2, again), span(1, again)], again)

    assert world.ready(again + QUIET) == [2, *expected]


def test_a_trace_that_began_in_time_is_sent_to_its_end() -> None:
    world = World(AgeRule(until=100 * S))
    for start in (90.0, 200.0):
        world.collector.add([span(1, start)], start)
        assert world.ready(start + QUIET) == [1]
    assert world.collector.skipped == {}


def test_all_times_of_an_old_trace_are_moved_together() -> None:
    world = World(AgeRule(limit=1_000 * S, older=Older.SHIFT, period=300 * S))
    world.collector.add([span(1, 950), span(1, 1_001, 2), span(2, 100)], 0.0)
    moved = {int(part.trace_id, 16): part.spans for part in world.collector.drain(1.0)}

    assert [(one.start // S, one.end // S, one.shifted // S) for one in moved[1]] == [
        (1_250, 1_251, 300), (1_301, 1_302, 300),
    ]  # fmt: skip
    assert [one.start // S for one in moved[2]] == [1_000]
    assert world.collector.shifted == 3


def test_what_waits_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_BYTES", 10_000)
    world = World()
    world.unfinished = {1}
    gone: list[int] = []
    for trace in range(1, 200):
        world.collector.add([span(trace, trace, text="x" * 100)], trace / 100)
        gone += world.ready(trace / 100)
        assert sum(waiting.size for _, waiting in held(world.collector).waiting) <= 10_000

    assert gone == sorted(gone)
    assert gone[0] == 2, "one that is open waits for longer than the others"


def test_whoever_restores_what_was_captured_goes_on_the_same() -> None:
    world, other = (World(AgeRule(limit=100 * S)) for _ in range(2))
    world.collector.add([span(1, 99)], 99.0)
    world.ready(99.0 + QUIET)
    world.collector.add([span(2, 160), span(3, 161)], 161.0)
    other.collector.restore(world.collector.capture())
    for each in (world, other):
        each.collector.add([span(1, 170), span(2, 171, 2)], 171.0)

    assert world.collector.ready(1_000.0) == other.collector.ready(1_000.0)


def test_a_fingerprint_tells_parts_apart() -> None:
    def part(*spans: Span) -> TracePart:
        world = World()
        world.collector.add(spans, 0.0)
        return world.collector.drain(0.0)[0]

    longer = span(1, 0)
    longer.size = 1
    assert part(span(1, 0)).fingerprint == part(span(1, 0)).fingerprint
    different = [span(1, 0)], [span(1, 1)], [span(2, 0)], [span(1, 0), span(1, 0, 2)], [longer]
    assert len({part(*spans).fingerprint for spans in different}) == len(different)
