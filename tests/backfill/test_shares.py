"""Traces are divided into shares: whoever reads them, the spans are those of one who reads all."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.bench.generate import records
from translator.backfill.ages import AgeSetup
from translator.backfill.lane import Sent
from translator.backfill.member import Member
from translator.backfill.orders import (
    Batch,
    Drain,
    Drained,
    Keep,
    Kept,
    Reply,
    Restore,
    ShareState,
    Surrender,
    Surrendered,
)
from translator.backfill.share import SHARES, WHOLE, Share, ShareSetup, merged
from translator.backfill.sorter import Sorter, share_of
from translator.formats.native.reader import NativeReader
from translator.formats.records import Unreadable
from translator.formats.registry import FORMATS
from translator.model import Line, Span
from translator.pipeline.translation import Translation, Windows, ignore_skipped
from translator.spans.locate import named_trace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from translator.backfill.notes import Notes
    from translator.backfill.parts import TracePart

SETUP = ShareSetup(Windows(), "auto", {}, 1.0, AgeSetup())
Told = tuple[Any, ...]


def lines_of(some: Iterable[Mapping[str, object]], source: str = "a.log") -> list[Line]:
    return [Line(json.dumps(record).encode(), source, number) for number, record in enumerate(some, 1)]


def told(span: Span) -> Told:
    return span.trace_id, span.span_id, span.parent_id, span.start, span.end, span.incomplete, span.fields


class Taker:
    """A lane that keeps what it is given."""

    room = True
    busy = False

    def __init__(self) -> None:
        self.spans: list[Told] = []

    def take(self, part: TracePart, _notes: Notes, done: Callable[[], None]) -> None:
        self.spans += map(told, part.spans)
        done()

    def send(self, _envelopes: object, done: Callable[[], None]) -> None:
        done()

    def tend(self, seconds: float) -> None: ...

    def impose(self, limits: Mapping[str, float]) -> None: ...

    def sent(self) -> Sent:
        return Sent(len(self.spans), len(self.spans))

    def close(self) -> None: ...


class Keeper(Taker):
    """A lane that acknowledges what it is given when it is told to, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.waiting: list[Callable[[], None]] = []

    def take(self, part: TracePart, _notes: Notes, done: Callable[[], None]) -> None:
        self.spans += map(told, part.spans)
        self.waiting.append(done)


class Hall:
    """Some members, and what they have told."""

    def __init__(self, members: int = 2) -> None:
        self.lanes = [Taker() for _ in range(members)]
        self.replies: list[Reply] = []
        self.members = [
            Member(str(number), lambda share, skip, _: Share(share, SETUP, lambda: 0.0, skip), lane,
                   self.replies.append, ignore_skipped)
            for number, lane in enumerate(self.lanes)
        ]  # fmt: skip

    def read(self, shares: Mapping[int, list[Line]], until: int | None = None) -> None:
        for number, member in enumerate(self.members):
            own = {share: lines for share, lines in shares.items() if share % len(self.members) == number}
            member.take(Batch(1, own, until=until))

    def states(self, kind: type[Kept | Surrendered]) -> list[ShareState]:
        return [state for reply in self.replies if isinstance(reply, kind) for state in reply.states]

    def end(self) -> list[Told]:
        for member in self.members:
            member.take(Drain(0.0))
        assert sum(isinstance(reply, Drained) for reply in self.replies) == len(self.members)
        return sorted((span for lane in self.lanes for span in lane.spans), key=str)


def whole(lines: Sequence[Line]) -> list[Told]:
    """The spans where one reads all."""
    translation = Translation(Windows().of_history())
    translation.feed(lines, 0.0)
    return sorted(map(told, translation.drain(0.0)), key=str)


def some_lines(seed: int, count: int = 300) -> list[Line]:
    """Lines of agents that run side by side."""
    chance = random.Random(seed)  # noqa: S311 - a test that fails shall fail again
    source = records(rich=False, turns=(2, 5, 1))
    made = [next(source) for _ in range(count)]
    made.sort(key=lambda record: (int(str(record["time"])) + chance.randrange(60_000)) // 20_000)
    return lines_of(made)


def in_batches(lines: Sequence[Line], sizes: Iterable[int]) -> Iterable[Sequence[Line]]:
    place = 0
    for size in sizes:
        yield lines[place : place + size]
        place += size
    yield lines[place:]


ENOUGH = settings(deadline=None, max_examples=40)
BATCHES = st.lists(st.integers(0, 80), max_size=8)


@ENOUGH
@given(st.integers(0, 1_000), BATCHES, st.sampled_from([1, 2, 3, 8]))
def test_the_spans_are_those_of_one_who_reads_all(seed: int, sizes: list[int], members: int) -> None:
    lines, hall, sorter = some_lines(seed), Hall(members), Sorter("auto", FORMATS)
    for batch in in_batches(lines, sizes):
        shares = sorter.sort(batch)
        assert shares is not None
        assert sum(map(len, shares.values())) == len(batch)
        hall.read(shares)

    assert hall.end() == whole(lines)


@ENOUGH
@given(st.integers(0, 1_000), BATCHES, st.integers(0, 8))
def test_from_the_first_line_without_a_trace_on_one_takes_all(seed: int, sizes: list[int], at: int) -> None:
    lines, hall, sorter = some_lines(seed), Hall(), Sorter("auto", FORMATS)
    last = json.loads(lines[-1].data)
    alone = {"event": "tool.start", "tool": "alone", "time": last["time"] - 10_000}
    lines[len(lines) * at // 9 : 0] = lines_of([alone, {**alone, "event": "tool.end"}])
    gathered = False
    for batch in in_batches(lines, sizes):
        shares = None if gathered else sorter.sort(batch)
        if shares is None and not gathered:
            gathered = True
            for member in hall.members:
                member.take(Surrender())
            states = hall.states(Surrendered)
            if states:
                hall.members[WHOLE].take(Restore([merged(states)]))
        hall.read({WHOLE: list(batch)} if shares is None else shares)

    assert gathered
    assert hall.end() == whole(lines)


@ENOUGH
@given(st.integers(0, 1_000), st.integers(0, 300))
def test_what_is_captured_goes_on_in_others(seed: int, cut: int) -> None:
    lines, first, second = some_lines(seed), Hall(2), Hall(3)
    sorter = Sorter("auto", FORMATS)
    first.read(sorter.sort(lines[:cut]) or {})
    for member in first.members:
        member.take(Keep(1, ""))
    for state in first.states(Kept):
        second.members[state.share % 3].take(Restore([state]))
    second.read(sorter.sort(lines[cut:]) or {})

    assert second.end() == whole(lines)


NATIVE = {"event": "tool.start", "ts": 1_795_423_737, "tool": "t"}
TEXTS = st.one_of(
    st.sampled_from(["a", " a ", "A", "", "  ", "0" * 32, "f" * 32, "F" * 32, "0", "123"]), st.integers(),
    st.none(), st.booleans(), st.lists(st.integers(), max_size=1), st.text(max_size=5),
)  # fmt: skip
KEYS = st.sampled_from([
    "trace_id", "traceId", "trace.id", "run_id", "dd.trace_id", "otelTraceID", "traceparent", "sentry_trace",
    "event", "msg", "type", "data", "trace", "attributes", "conversation_id", "note",
])  # fmt: skip


@given(st.lists(st.dictionaries(KEYS, TEXTS, max_size=3), min_size=1, max_size=6))
def test_lines_go_where_their_events_belong(extras: list[dict[str, object]]) -> None:
    lines = lines_of([{**NATIVE, "trace_id": "x"}, *({**NATIVE, **extra} for extra in extras)] * 2)
    reader = NativeReader()
    expected: dict[int, list[Line]] = {}
    for line in lines:
        event = reader.read(line)
        trace = WHOLE if isinstance(event, Unreadable) else named_trace(event)
        if trace is None:
            expected = {}
            break
        expected.setdefault(trace if isinstance(trace, int) else share_of(trace), []).append(line)

    assert (Sorter("auto", FORMATS).sort(lines) or {}) == expected


def test_a_trace_context_says_the_trace() -> None:
    parent = {"traceparent": f"00-{'a' * 32}-{'b' * 16}-01", "trace_id": "x"}
    lines = lines_of([{**NATIVE, **parent}, {**NATIVE, "trace_id": "a" * 32}])

    assert Sorter("auto", FORMATS).sort(lines) == {share_of("a" * 32): lines}


@pytest.mark.parametrize(
    "record",
    [
        {"resourceSpans": []},
        {"type": "user", "sessionId": "s", "uuid": "u", "message": {"role": "user"}},
        {"log": json.dumps({**NATIVE, "trace_id": "x"}) + "\n", "stream": "stdout", "time": "2026-01-01"},
    ],
)  # fmt: skip
def test_lines_of_other_formats_are_not_divided(record: dict[str, object]) -> None:
    lines = lines_of([record])
    shares = Sorter("auto", FORMATS).sort(lines)

    assert shares is None or shares == {WHOLE: lines}


def test_a_format_that_was_asked_for_is_not_divided() -> None:
    assert Sorter("otlp", FORMATS).sort(lines_of([{**NATIVE, "trace_id": "x"}])) is None


def test_shares_get_alike_many_traces() -> None:
    counts = [0] * SHARES
    for number in range(8_000):
        counts[share_of(f"{number:032x}")] += 1

    assert max(counts) < 1_200


def test_all_is_acknowledged_only_when_what_came_before_a_snapshot_is_as_well() -> None:
    lane, replies = Keeper(), list[Reply]()
    member = Member(
        "0",
        lambda share, skip, _: Share(share, SETUP, lambda: 0.0, skip),
        lane,
        replies.append,
        ignore_skipped,
    )
    source = records(rich=False)
    first, second = (lines_of([next(source) for _ in range(10)]) for _ in range(2))
    far = 10**18
    member.take(Batch(1, {WHOLE: first}, until=far))
    member.take(Batch(2, {}, until=far + 10**9))
    member.take(Keep(1, ""))
    member.take(Batch(3, {WHOLE: second}, until=far))
    member.take(Drain(0.0))
    assert len(lane.waiting) == 2

    lane.waiting.pop()()
    assert not [reply for reply in replies if isinstance(reply, Kept | Drained)]
    lane.waiting.pop()()
    assert [type(reply) for reply in replies if isinstance(reply, Kept | Drained)] == [Kept, Drained]
