"""Whole logs of any format, through the translation, and what must hold for every one of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from tests import judges
from translator.envelopes.attributes import Identity, Privacy
from translator.envelopes.encode import SpanEncoder
from translator.formats.registry import AUTO
from translator.model import Kind, Line, Span
from translator.pipeline.translation import Translation, Windows

WHOLE = Windows().of_whole_input()

Identities = list[tuple[str, str, str, str, int, int, str]]


def lines_of(records: Iterable[Any], source: str = "session.jsonl") -> list[Line]:
    """Lines of records; bytes and texts are taken as they are."""
    made = []
    for number, record in enumerate(records, 1):
        text = record if isinstance(record, (bytes, str)) else json.dumps(record)
        made.append(Line(text.encode() if isinstance(text, str) else text, source, number))
    return made


def lines_of_file(path: Path, source: str | None = None) -> list[Line]:
    """The lines of a file that holds one record in each."""
    return lines_of(path.read_bytes().splitlines(), source or str(path))


def translated(lines: Sequence[Line], format_name: str = AUTO) -> list[Span]:
    """The spans of lines that are read to their end, by their starts."""
    translation = Translation(WHOLE, format_name=format_name)
    translation.feed(lines, 0.0)
    return sorted(translation.drain(0.0), key=lambda span: (span.start, span.end))


def translated_with_cuts(lines: Sequence[Line], cuts: Iterable[int], format_name: str = AUTO) -> list[Span]:
    """The same, where the process ends before each of these lines and another one goes on."""
    translation = Translation(WHOLE, format_name=format_name)
    begin = 0
    for cut in [*sorted(set(cuts)), len(lines)]:
        translation.feed(lines[begin:cut], 0.0)
        begin = cut
        captured = translation.capture()
        translation = Translation(WHOLE, format_name=format_name)
        translation.restore(captured, 0.0)
    return sorted(translation.drain(0.0), key=lambda span: (span.start, span.end))


def live(
    pieces: Iterable[tuple[float, Sequence[Line]]], windows: Windows | None = None
) -> list[tuple[float, Span]]:
    """Every span with when it was handed out: pieces come at times (seconds), then nothing for long."""
    translation = Translation(windows or Windows())
    out: list[tuple[float, Span]] = []
    now = 0.0
    for when, lines in pieces:
        while now < when:
            now = min(when, now + 1.0)
            out += [(now, span) for span in translation.ready(now)]
        translation.feed(lines, now)
        out += [(now, span) for span in translation.ready(now)]
    for _ in range(4000):
        now += 1.0
        out += [(now, span) for span in translation.ready(now)]
    return out


def identities(spans: Iterable[Span]) -> Identities:
    """What must be the same however a log is read."""
    return sorted(
        (s.trace_id, s.span_id, s.parent_id or "", s.kind.value, s.start, s.end, s.incomplete or "")
        for s in spans
    )


def encoded(spans: Iterable[Span], *, content: bool = True) -> list[dict[str, Any]]:
    """The spans as they are sent."""
    encoder = SpanEncoder(Identity("translator.test", "1.0.0"), Privacy(content=content))
    return [json.loads(encoder.encode(span).data) for span in spans]


def findings(spans: Sequence[Span], *, skip: frozenset[str] = frozenset()) -> list[str]:
    """What Sentry would find, and what is wrong with a tree: an id twice, an end before its start."""
    found: list[str] = []
    known: set[tuple[str, str]] = set()
    for span in spans:
        if (span.trace_id, span.span_id) in known:
            found.append(f"{span.span_id} twice")
        known.add((span.trace_id, span.span_id))
        if span.end < span.start:
            found.append(f"{span.span_id} ends before it starts")
    found += [
        f"{s.span_id} has no parent" for s in spans if s.parent_id and (s.trace_id, s.parent_id) not in known
    ]
    sent = encoded(spans)
    return found + judges.assessment(sent, skip=skip) + judges.kafka_schema(sent)


def totals(spans: Iterable[Span]) -> dict[str, int]:
    """How many spans of each kind and errors there are, and the tokens of the model calls."""
    count: dict[str, int] = dict.fromkeys(("input", "output", "cache_read", "cache_write", "reasoning"), 0)
    for span in spans:
        count[span.kind.value] = count.get(span.kind.value, 0) + 1
        count["errors"] = count.get("errors", 0) + ("failure" in span.fields)
        usage = span.fields.get("usage")
        if span.kind is Kind.MODEL and usage is not None:
            count["input"] += usage.input_tokens or 0
            count["output"] += usage.output_tokens or 0
            count["cache_read"] += usage.cache_read or 0
            count["cache_write"] += usage.cache_write or 0
            count["reasoning"] += usage.reasoning or 0
    return count


def outline(spans: Sequence[Span]) -> list[str]:
    """One line per span: indentation by depth, kind, name, and seconds since the first began."""
    known = {span.span_id for span in spans}
    below: dict[str | None, list[Span]] = {}
    for span in sorted(spans, key=lambda span: (span.start, span.end)):
        below.setdefault(span.parent_id if span.parent_id in known else None, []).append(span)
    first = min((span.start for span in spans), default=0)
    shown: list[str] = []
    left = [(span, 0) for span in reversed(below.get(None, []))]
    while left:
        span, depth = left.pop()
        times = f"{(span.start - first) / 1e6:.3f}-{(span.end - first) / 1e6:.3f}"
        marks = "".join(f" {mark}" for mark in (span.incomplete, span.fields.get("failure")) if mark)
        shown.append(
            f"{'  ' * depth}{span.kind.value} {span.fields.get(span.kind.value, '?')} {times}{marks}"
        )
        left.extend((child, depth + 1) for child in reversed(below.get(span.span_id, [])))
    return shown
