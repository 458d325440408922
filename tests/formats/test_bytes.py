"""Any bytes at all: never an exception, and the good lines around bad ones come out."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from translator.formats.native.reader import NativeReader
from translator.formats.native.timestamps import parse_duration, parse_time
from translator.formats.records import Unreadable
from translator.model import Event, Line
from translator.pipeline.translation import Translation, Windows

GOOD = b'{"event":"tool","tool":"t","ts":1795423737,"duration_ms":5,"n":%d}'
BAD = (
    b"\x00\xff\xfe", b"{", b"{}", b"[]", b"null", b'"text"', b'{"event":"tool.start"}', b"\xef\xbb\xbf",
    b"\0" * 100, b'{"event":"tool.end","ts":"never"}', b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    b'{"ts":1e999,"event":"agent"}',
)  # fmt: skip
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text()),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(), inner, max_size=4)),
    max_leaves=12,
)


FIELD_NAMES = (
    "agent", "model", "tool", "input", "output", "usage", "error", "user", "duration_ms", "start_time",
    "call_id", "span_id", "parent_id", "trace_id", "messages", "tools", "stop", "status", "data",
)  # fmt: skip


def event_of(data: bytes) -> Event | Unreadable:
    return NativeReader().read(Line(data, "a.log", 1))


@given(st.binary(max_size=300))
@settings(max_examples=500, deadline=None)
def test_no_bytes_raise(data: bytes) -> None:
    event_of(data)


@given(JSON)
@settings(max_examples=300, deadline=None)
def test_no_value_is_a_time_that_raises(value: object) -> None:
    assert parse_time(value) is None or isinstance(parse_time(value), int)
    assert parse_duration(value, 1e3) is None or isinstance(parse_duration(value, 1e3), int)


@given(st.sampled_from(["agent.start", "model.end", "tool", "handoff", "model"]), st.dictionaries(
    st.sampled_from(FIELD_NAMES), JSON, max_size=6))  # fmt: skip
@settings(max_examples=400, deadline=None)
def test_no_value_of_any_field_raises_or_loses_the_line(name: str, fields: dict[str, object]) -> None:
    line = json.dumps({"event": name, "ts": 1_795_423_737.5, **fields}).encode()
    translation = Translation(Windows().of_whole_input())

    translation.feed([Line(line, "a.log", 1)], 0.0)

    assert translation.lines == {"event": 1}
    assert translation.drain(0.0) or name == "model.chunk"


def test_good_lines_between_bad_ones_come_out() -> None:
    lines = [data for number, bad in enumerate(BAD) for data in (bad, GOOD % number)]
    translation = Translation(Windows().of_whole_input())

    translation.feed([Line(data, "a.log", number) for number, data in enumerate(lines, 1)], 0.0)

    assert translation.lines["event"] >= len(BAD)
    assert len(translation.drain(0.0)) >= len(BAD)
    assert translation.lines.total() == len(lines)


def test_what_strict_json_refuses_is_mended() -> None:
    line = b'{"event":"tool","ts":1795423737,"tool":"t"'
    ends = (b"}\r", b',"x":NaN}', b',"x":-Infinity}', b',"x":"\\ud83d"}', b',"x":"\xff"}', b',"x":"\x01"}')
    for data in (*(line + end for end in ends), b"\xef\xbb\xbf" + line + b"}", b"\0\0" + line + b"}"):
        event = event_of(data)

        assert isinstance(event, Event)
        assert event.fields["tool"] == "t"
