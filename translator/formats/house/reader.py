"""Lines of a house format to events, by its rules: a mapped line is a line of the log format."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import msgspec

from translator.formats.house.rules import NAME, SPANS, Rule
from translator.formats.native.reader import NativeReader
from translator.formats.reading import LineReader, Reader
from translator.formats.records import Unreadable, parse_record
from translator.formats.registry import Format
from translator.model import Event, Json, Kind, Line

UNMATCHED = Unreadable("ignored")

_NO_SPAN_FIELDS = ("call_id", "arguments", "output", "tool_description", "tool_type")


def house_format(name: str, rules: Sequence[Rule]) -> Format:
    """A format of one's own.

    Args:
        name: What it is called.
        rules: Its rules; the first that fits a line decides.
    """

    def make(counts: Counter[str]) -> Reader:
        return LineReader(HouseReader(rules, counts).read, counts)

    def matches(record: dict[str, Json]) -> bool:
        return any(rule.event_of(record) is not None for rule in rules)

    return Format(name, make, (b"{",), matches)


class HouseReader:
    """Reads the lines of a house format.

    Args:
        rules: The first that fits a line decides.
        counts: What it counts in.
    """

    def __init__(self, rules: Sequence[Rule], counts: Counter[str]) -> None:
        self._rules = rules
        self._native = NativeReader(counts)

    def read(self, line: Line) -> Event | Unreadable:
        """What the line means: an event, or the reason why it is none."""
        record = parse_record(line.data)
        if isinstance(record, Unreadable):
            return record
        for rule in self._rules:
            name = rule.event_of(record)
            if name is not None:
                return self._mapped(line, record, rule, name)
        return UNMATCHED

    def _mapped(self, line: Line, record: dict[str, Json], rule: Rule, name: str) -> Event | Unreadable:
        mapped: dict[str, Json] = {"event": SPANS.get(name, name)}
        for place, source in rule.fields:
            value = source.of(record)
            if value is None:
                continue
            if len(place) == 1:
                mapped["tool" if place[0] == NAME else place[0]] = value
            else:
                mapped.setdefault(place[0], {})[place[1]] = value
        event = self._native.read_record(line, mapped)
        if isinstance(event, Unreadable):
            return event
        event.extra.update((key, value) for key, value in record.items() if key not in rule.taken)
        return _other(event) if name in SPANS else event


def _other(event: Event) -> Event:
    """The event of a span that is no agent, model call or tool."""
    fields = {key: value for key, value in event.fields.items() if key not in _NO_SPAN_FIELDS}
    if "tool" in fields:
        fields["other"] = fields.pop("tool")
    return msgspec.structs.replace(event, kind=Kind.OTHER, fields=fields)
