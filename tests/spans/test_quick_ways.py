"""What is quick for many spans, or for lines in order, gives the same as the plain way."""

from __future__ import annotations

from bisect import insort
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.spans.test_snapshot import any_steps, played
from translator.model import Event, Kind, Phase
from translator.spans import crowd
from translator.spans.reorder import Reorder


@given(st.integers(0, 2**32))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_crowd_gives_the_same_spans(monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    monkeypatch.setattr(crowd, "CROWDED", 10_000)
    plain = played(any_steps(Random(seed)), set())  # noqa: S311
    monkeypatch.setattr(crowd, "CROWDED", 2)
    crowded = played(any_steps(Random(seed)), set())  # noqa: S311

    assert crowded == plain


def event(time: int, number: int) -> Event:
    return Event(Kind.TOOL, Phase.WHOLE, time, None, None, "f", "", {"number": number}, {}, b"")


def numbers(events: list[Event]) -> list[int]:
    return [event.fields["number"] for event in events]


@given(st.lists(st.tuples(st.sampled_from(["push", "push", "pop", "store"]), st.integers(0, 20))))
def test_events_leave_in_the_order_of_their_times(steps: list[tuple[str, int]]) -> None:
    reorder = Reorder(float("inf"))
    held: list[tuple[int, int]] = []
    for number, (what, time) in enumerate(steps):
        if what == "push":
            reorder.push(event(time, number), 0.0)
            insort(held, (time, number))
        elif what == "pop":
            due = [number for at, number in held if at <= time]
            assert numbers(reorder.pop_until(time)) == due
            held = held[len(due) :]
        else:
            captured = reorder.capture()
            reorder = Reorder(float("inf"))
            reorder.restore(captured, 0.0)
        assert len(reorder) == len(held)

    assert numbers(reorder.drain()) == [number for _, number in held]
    assert reorder.size == 0
