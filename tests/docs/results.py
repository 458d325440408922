"""What the translator makes of an example, in the words of the documents.

A `tree` shows every span with its duration, its tokens and what is wrong with it. `attributes` name
a span by its name in brackets, and then some of what is sent of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import orjson

from translator.content.names import span_name
from translator.envelopes.attributes import Identity, Privacy, build_attributes
from translator.model import Kind, Line, Span
from translator.pipeline.translation import Translation, Windows

SOURCE = "agent.jsonl"
IDENTITY = Identity("translator", "0")


def translated(text: str) -> tuple[list[Span], Translation]:
    """The spans of the lines, read as one whole file."""
    translation = Translation(Windows().of_whole_input())
    lines = [Line(line.encode(), SOURCE, number) for number, line in enumerate(text.splitlines(), 1)]
    translation.feed(lines, 0.0)
    latest = {(span.trace_id, span.span_id): span for span in translation.drain(0.0)}
    return list(latest.values()), translation


def tree(text: str) -> str:
    """The spans of the lines as trees, and what was passed over or noticed."""
    spans, translation = translated(text)
    traces: dict[str, list[Span]] = {}
    for span in sorted(spans, key=lambda span: (span.start, -span.end)):
        traces.setdefault(span.trace_id, []).append(span)
    shown: list[str] = []
    for number, trace in enumerate(traces.values(), 1):
        if len(traces) > 1:
            shown.append(f"trace {number}")
        shown += _rows(trace)
    passed = {reason: count for reason, count in translation.lines.items() if reason != "event"}
    for title, counts in (("passed over", passed), ("noticed", translation.notes())):
        if counts:
            named = ", ".join(f"{name.replace('_', ' ')} {count}" for name, count in counts.items())
            shown.append(f"{title}: {named}")
    return "".join(f"{row}\n" for row in shown)


def _rows(trace: list[Span]) -> Iterator[str]:
    known = {span.span_id for span in trace}
    children: dict[str | None, list[Span]] = {}
    for span in trace:
        children.setdefault(span.parent_id if span.parent_id in known else None, []).append(span)

    def below(parent: str | None, indent: str) -> Iterator[str]:
        around = children.get(parent, [])
        for place, span in enumerate(around, 1):
            branch, deeper = ("", "") if parent is None else ("├─ ", "│  ")
            if parent is not None and place == len(around):
                branch, deeper = "└─ ", "   "
            yield indent + branch + _row(span, known)
            yield from below(span.span_id, indent + deeper)

    yield from below(None, "")


def _row(span: Span, known: Iterable[str]) -> str:
    said = [span_name(span.kind, span.fields), _duration(span.end - span.start)]
    usage = span.fields.get("usage")
    if usage is not None and span.kind is Kind.MODEL:
        said.append(f"{usage.input_tokens or 0} → {usage.output_tokens or 0} tokens")
    if "failure" in span.fields:
        message = span.fields.get("error_message")
        said.append("✗ " + span.fields["failure"] + (f": {message}" if message else ""))
    if span.incomplete is not None:
        said.append(f"({span.incomplete})")
    if span.parent_id is not None and span.parent_id not in known:
        said.append(f"under {span.parent_id}")
    return "  ".join(said)


def _duration(micros: int) -> str:
    return f"{micros} µs" if micros % 1_000 else f"{micros // 1_000} ms"


def attributes(text: str, wanted: str) -> str:
    """What is sent of the spans that are wanted, for the keys that are wanted."""
    spans, _ = translated(text)
    by_name = {span_name(span.kind, span.fields): span for span in spans}
    said: dict[str, Any] = {}
    shown: list[str] = []
    for row in wanted.splitlines():
        if row.startswith("["):
            said = _said(by_name[row[1:-1]])
            shown.append(row)
        else:
            key = row.partition(" = ")[0]
            shown.append(f"{key} = {_value(said[key])}" if key in said else f"{key} is not sent")
    return "".join(f"{row}\n" for row in shown)


def _said(span: Span) -> dict[str, Any]:
    sent = build_attributes(span, IDENTITY, Privacy(content=True))
    return {
        **{key: attribute["value"] for key, attribute in sent.items()},
        "trace_id": span.trace_id,
        "span_id": span.span_id,
        "parent_span_id": span.parent_id,
        "start_timestamp": span.start / 1e6,
        "end_timestamp": span.end / 1e6,
        "status": "error" if "failure" in span.fields else "ok",
    }


def _value(value: Any) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()
