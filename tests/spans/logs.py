"""Small logs written as records, and the spans that they give."""

from __future__ import annotations

import json
from typing import Any

from translator.model import Line, Span
from translator.pipeline.translation import Translation, Windows

T0_MS = 1_795_423_737_000
T0 = T0_MS * 1_000
WHOLE = Windows().of_whole_input()

Record = dict[str, Any]


def at(ms: float, event: str, **fields: Any) -> Record:
    """The record of an event so many milliseconds after the begin; `None` leaves a field out."""
    said = {name: value for name, value in fields.items() if value is not None}
    return {"event": event, "ts": T0_MS + ms, **said}


def traced(trace: str, *records: Record) -> list[Record]:
    """The records with a trace id, where they have none."""
    return [{"trace_id": trace, **record} for record in records]


def lines(*records: Record, source: str = "agent.log") -> list[Line]:
    return [Line(json.dumps(record).encode(), source, number) for number, record in enumerate(records, 1)]


class Log:
    """A translation that is fed step by step."""

    def __init__(self, windows: Windows = WHOLE) -> None:
        self.translation = Translation(windows)
        self.spans: list[Span] = []

    def read(self, *records: Record, now: float = 0.0, source: str = "agent.log") -> list[Span]:
        """The spans that are ready once these lines have been read."""
        self.translation.feed(lines(*records, source=source), now)
        return self.wait(now)

    def wait(self, now: float) -> list[Span]:
        ready = self.translation.ready(now)
        self.spans += ready
        return ready

    def end(self, *, close_open: bool = True, now: float = 1e9) -> list[Span]:
        rest = self.translation.drain(now, close_open=close_open)
        self.spans += rest
        return rest

    @property
    def notes(self) -> dict[str, int]:
        return self.translation.notes()


def rebuilt(*records: Record) -> list[Span]:
    """The spans of a log that is read to its end, by their starts."""
    return rebuilt_lines(lines(*records))


def rebuilt_lines(written: list[Line]) -> list[Span]:
    translation = Translation(WHOLE)
    translation.feed(written, 0.0)
    return sorted(translation.drain(0.0), key=lambda span: span.start)


def notes_of(*records: Record) -> dict[str, int]:
    log = Log()
    log.read(*records)
    log.end()
    return log.notes


def name_of(span: Span) -> str:
    if span.kind.value == "handoff":
        return f"{span.fields.get('from_agent', '?')}>{span.fields.get('to_agent', '?')}"
    name: str = span.fields.get(span.kind.value, "?")
    return name


def tree(spans: list[Span]) -> list[str]:
    """One line per span: indentation by depth, kind, name, start and end in milliseconds."""
    known = {span.span_id for span in spans}
    below: dict[str | None, list[Span]] = {}
    for span in sorted(spans, key=lambda span: (span.start, span.end, span.kind.value, name_of(span))):
        below.setdefault(span.parent_id if span.parent_id in known else None, []).append(span)
    shown: list[str] = []
    left = [(span, 0) for span in reversed(below.get(None, []))]
    while left:
        span, depth = left.pop()
        times = f"{(span.start - T0) / 1_000:g}-{(span.end - T0) / 1_000:g}"
        mark = f" {span.incomplete}" if span.incomplete else ""
        shown.append(f"{'  ' * depth}{span.kind.value} {name_of(span)} {times}{mark}")
        left.extend((child, depth + 1) for child in reversed(below.get(span.span_id, [])))
    return shown


def one(spans: list[Span], name: str) -> Span:
    """The only span of that name."""
    (found,) = (span for span in spans if name_of(span) == name)
    return found


def traces(spans: list[Span]) -> int:
    return len({span.trace_id for span in spans})


def identities(spans: list[Span]) -> list[tuple[str, str, str | None, int, int]]:
    return sorted((s.trace_id, s.span_id, s.parent_id or "", s.start, s.end) for s in spans)
