"""Whose a file is: told from its lines, kept, and carried over a restart."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence

import msgspec
import pytest

from tests.formats.whole import lines_of
from translator.formats.building import ROOT, make_event, span_id_of, trace_id_of
from translator.formats.reading import StatefulReader, storable_record
from translator.formats.records import Unreadable
from translator.formats.registry import FORMATS, Format
from translator.formats.router import Router
from translator.model import Event, Kind, Line, Phase

NATIVE = {"event": "agent", "agent": "n", "ts": 1795423737000, "duration_ms": 5, "trace_id": "t"}


class BeepState(msgspec.Struct):
    """The beeps of each file that no end has come for."""

    beeps: dict[str, int] = {}


class BeepReader(StatefulReader[BeepState]):
    """A format in which a run is as long as its file has beeps."""

    def __init__(self, counts: Counter[str]) -> None:
        super().__init__(counts, BeepState())

    def read(self, line: Line, now: float) -> Sequence[Event] | Unreadable:  # noqa: ARG002
        record = storable_record(line)
        if isinstance(record, Unreadable):
            self.counts["broken_beeps"] += 1
            return record
        beeps = self.state.beeps.get(line.source, 0)
        if "beep" in record:
            self.state.beeps[line.source] = beeps + 1
            return ()
        del self.state.beeps[line.source]
        fields = {
            "trace_id": trace_id_of("beep", "", line.source),
            "span_id": span_id_of("beep", "", line.source),
            "parent_id": ROOT,
            "agent": "beeper",
        }
        return [
            make_event(Kind.AGENT, Phase.WHOLE, line, fields, start=1_000_000, end=(beeps + 1) * 1_000_000)
        ]


BEEP = Format("beep", BeepReader, (b'"beep"',), lambda record: isinstance(record.get("beep"), int))
ALL = (*FORMATS, BEEP)


def read(router: Router, *records: object, source: str = "a.log") -> list[Event]:
    events: list[Event] = []
    for line in lines_of(records, source):
        found = router.read(line, 0.0)
        if not isinstance(found, Unreadable):
            events += found
    return events


def test_a_file_is_what_its_first_telling_line_shows() -> None:
    router = Router(formats=ALL)
    assert read(router, {"hello": 1}, {"beep": 1}, {"beep": 2}, {"over": True})[0].end == 3_000_000
    assert read(router, "text", NATIVE, {"beep": 1}, NATIVE, source="b.log")[1].fields["agent"] == "n"


def test_words_of_another_format_inside_a_native_event_do_not_make_it_that_format() -> None:
    router = Router(formats=ALL)
    events = read(router, {**NATIVE, "output": 'say "beep"'}, {**NATIVE, "data": {"beep": 1}})
    assert [event.fields["agent"] for event in events] == ["n", "n"]


def test_a_named_format_is_not_guessed() -> None:
    router = Router("beep", ALL)
    assert read(router, NATIVE | {"beep": "x"}, {"over": True})[0].fields["agent"] == "beeper"


def test_what_lies_beside_a_file_goes_to_the_format_that_asked_for_it() -> None:
    router = Router(formats=ALL)
    assert router.read(Line(b'{"beep": 1}', "a.log", 0, beside="beep"), 0.0) == ()
    assert read(router, NATIVE)[0].fields["agent"] == "n"


def test_another_router_goes_on_at_any_line() -> None:
    records = ["noise", {"beep": 1}, {"beep": 2}, {"over": True}]
    for cut in range(len(records) + 1):
        first, second = Router(formats=ALL), Router(formats=ALL)
        events = read(first, *records[:cut])
        second.restore(first.capture())
        events += read(second, *records[cut:])
        assert [event.end for event in events] == [3_000_000]


def test_a_format_that_is_no_more_is_passed_over() -> None:
    first, second = Router(formats=ALL), Router()
    read(first, {"beep": 1})
    second.restore(first.capture())
    assert [event.fields["agent"] for event in read(second, NATIVE)] == ["n"]


def test_what_is_odd_is_counted_for_all_formats_together() -> None:
    router = Router(formats=ALL)
    read(router, {"beep": 1}, "{broken")
    read(router, {**NATIVE, "usage": {"input_tokens": -5}}, source="b.log")
    assert router.counts == {"broken_beeps": 1, "invalid_counts": 1}


@pytest.mark.parametrize("depth", [50, 5_000])
def test_records_are_never_too_deep_to_be_kept(depth: int) -> None:
    nested = "[" * depth + "]" * depth
    record = storable_record(
        Line(json.dumps({"a": 1})[:-1].encode() + b', "b": ' + nested.encode() + b"}", "", 1)
    )
    msgspec.msgpack.encode(record if not isinstance(record, Unreadable) else None)
