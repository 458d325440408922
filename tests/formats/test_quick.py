"""Lines are read in a quick way where their values allow it: what it gives is what the plain way gives."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from translator.formats.native.fields import FIELDS, USAGE_NAMES
from translator.formats.native.names import MEANINGS
from translator.formats.native.plans import Plan
from translator.formats.native.reader import CONTAINERS, NativeReader
from translator.formats.records import Unreadable
from translator.model import Event, Json, Line

WORDS = st.sampled_from((
    "a", " padded ", "", "  ", "x" * 1_030, "openai", "error", "timeout", "12", "1.5", "true", "PT1.5S",
    "2026-01-02T03:04:05.678Z", '{"prompt_tokens": 3}', "\ud800",
    '{"model": "m", "messages": []}', '{"id": "r", "choices": [], "usage": {"prompt_tokens": 3}}',
))  # fmt: skip
SCALARS = st.one_of(
    WORDS, st.none(), st.booleans(), st.integers(-5, 5), st.sampled_from((1_795_423_737_000, 10**12, 10**18)),
    st.floats(allow_nan=False, allow_infinity=False),
)  # fmt: skip
OBJECT_KEYS = st.sampled_from(
    ("name", "id", "type", "message", "prompt_tokens", "content", "messages", "model")
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(OBJECT_KEYS, inner, max_size=3),
    max_leaves=4,
)
ALIASES = sorted(
    {alias for field in FIELDS for alias in (field.name, *field.aliases, field.convention or "id")}
)
KEYS = st.sampled_from((*ALIASES, *USAGE_NAMES, *CONTAINERS, "level", "TraceFlags", "spans", "msg", "type"))
NAMES = st.sampled_from((*sorted(MEANINGS), "Tool_Call", "nothing"))


class PlainReader(NativeReader):
    """Reads every line in the plain way."""

    def _event(self, line: Line, record: dict[str, Json], plan: Plan) -> Event | Unreadable:
        return self._plain_event(line, record, plan)


@st.composite
def shapes(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Records with the same keys: the plan is made of the first, and the others follow it."""
    keys = draw(st.lists(KEYS, unique=True, max_size=7))
    name = draw(NAMES)
    typical = {key: draw(VALUES) for key in keys}
    lines = []
    for _ in range(draw(st.integers(1, 4))):
        odd = draw(st.sets(st.sampled_from(keys), max_size=2)) if keys else set()
        changed = {key: draw(VALUES) if key in odd else value for key, value in typical.items()}
        lines.append({"time": 1_795_423_737_000, "event": name, **changed})
    return lines


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(shapes())
@example(
    [{"time": 1_795_423_737_000, "event": "tool.start", "tool": "t", "tool_name": "u", "name": None}] * 2
)
@example(
    [{"time": None, "event": "agent.start", "agent": "a"}, {"time": 1e9, "event": "agent.start", "agent": 1}]
)
def test_both_ways_of_reading_give_the_same(records: list[dict[str, Any]]) -> None:
    quick, plain = NativeReader(), PlainReader()
    for number, record in enumerate(records):
        line = Line(json.dumps(record).encode(), "a.log", number, written=7)
        found, expected = quick.read_record(line, record), plain.read_record(line, record)
        assert found == expected
        if isinstance(found, Event) and isinstance(expected, Event):
            assert list(found.extra.items()) == list(expected.extra.items())
            assert {name: type(value) for name, value in found.fields.items()} == {
                name: type(value) for name, value in expected.fields.items()
            }
    assert quick.counts == plain.counts
