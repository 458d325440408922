"""Lines of a house format to events, by its rules: a mapped line is a line of the log format."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import msgspec

from translator.formats.house.read import NO_SPAN_FIELDS
from translator.formats.house.rules import SPANS, Rule
from translator.formats.native.reader import NativeReader
from translator.formats.reading import LineReader, Reader
from translator.formats.records import Unreadable, parse_record
from translator.formats.registry import Format
from translator.model import Event, Json, Kind, Line

UNMATCHED = Unreadable("ignored")


class Tally(msgspec.Struct):
    """What a rule has done, for whoever writes it.

    Attributes:
        lines: How many lines it was the first to fit.
        timeless: How many of them had no time.
        found: The numbers of its fields at whose paths something stood.
        furthest: While no line has fitted, how many of its tests have held at once.
    """

    lines: int = 0
    timeless: int = 0
    found: set[int] = msgspec.field(default_factory=set)
    furthest: int = 0


def house_format(name: str, rules: Sequence[Rule]) -> Format:
    """A format of one's own.

    Args:
        name: What it is called.
        rules: Its rules; the first that fits a line decides.
    """

    def make(counts: Counter[str]) -> Reader:
        return HouseReader(rules, counts)

    def matches(record: dict[str, Json]) -> bool:
        return any(rule.event_of(record) is not None for rule in rules)

    return Format(name, make, (b"{",), matches, late=True)


class HouseReader(LineReader):
    """Reads the lines of a house format.

    Args:
        rules: The first that fits a line decides.
        counts: What it counts in.

    Attributes:
        tallies: Each rule with what it has done.
    """

    def __init__(self, rules: Sequence[Rule], counts: Counter[str]) -> None:
        super().__init__(self._event, counts)
        self.tallies = tuple((rule, Tally()) for rule in rules)
        self._native = NativeReader(counts)

    def _event(self, line: Line) -> Event | Unreadable:
        record = parse_record(line.data)
        if isinstance(record, Unreadable):
            return record
        for rule, tally in self.tallies:
            name = rule.event_of(record)
            if name is not None:
                return self._mapped(line, record, rule, name, tally)
            if not tally.lines:
                tally.furthest = max(tally.furthest, rule.stops_at(record))
        return UNMATCHED

    def _mapped(
        self, line: Line, record: dict[str, Json], rule: Rule, name: str, tally: Tally
    ) -> Event | Unreadable:
        tally.lines += 1
        mapped: dict[str, Json] = {"event": SPANS.get(name, name)}
        rest = rule.rest(record)
        for number, (place, source) in enumerate(rule.fields):
            value = source.of(record)
            if source.words is not None and source.path and (said := source.unknown(record)) is not None:
                tally.found.add(number)
                if source.path.text not in rule.dropped:
                    rest[source.path.text] = said
            if value is None:
                continue
            tally.found.add(number)
            if len(place) == 1:
                mapped[place[0]] = value
            else:
                mapped.setdefault(place[0], {})[place[1]] = value
        event = self._native.read_record(line, mapped)
        if isinstance(event, Unreadable):
            tally.timeless += event.reason == "no_timestamp"
            return event
        event.extra.update(rest)
        return _other(event) if name in SPANS else event


def _other(event: Event) -> Event:
    """The event of a span that is no agent, model call or tool."""
    fields = {key: value for key, value in event.fields.items() if key not in NO_SPAN_FIELDS}
    if "tool" in event.fields:
        fields["other"] = event.fields["tool"]
    return msgspec.structs.replace(event, kind=Kind.OTHER, fields=fields)
