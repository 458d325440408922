"""Traces as trees: their spans in the order of the tree, and what they add up to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple, TypeVar

import msgspec

from translator.model import Kind
from translator.report.entries import Entry, entry_of

_Number = TypeVar("_Number", int, float)


class Row(NamedTuple):
    """A span and its place in the tree.

    Attributes:
        depth: How many spans are above it.
        last: Whether it is the last child of its parent.
        entry: The span.
    """

    depth: int
    last: bool
    entry: Entry


class Trace(msgspec.Struct, frozen=True):
    """One trace.

    Attributes:
        trace_id: Its id.
        rows: Its spans, parents before children, children by time: what is below a span follows it.
        name: The name of its first root.
        start: When its first span began, in microseconds.
        end: When its last span ended.
        conversation: The conversation that it belongs to.
        agents: The names of its agents, in the order of the tree.
        tokens: What its model calls state; where none does, what the topmost spans state that do.
        cost: The same, in dollars.
        errors: How many spans have failed.
    """

    trace_id: str
    rows: tuple[Row, ...]
    name: str
    start: int
    end: int
    conversation: str | None
    agents: tuple[str, ...]
    tokens: int | None
    cost: float | None
    errors: int

    @property
    def duration(self) -> int:
        """From its begin to its end, in microseconds."""
        return self.end - self.start


def traces_of(spans: Iterable[bytes]) -> list[Trace]:
    """The traces of spans, the oldest first.

    Args:
        spans: The JSON objects of span v2, in any order; of two with one id, the last counts.
    """
    found: dict[str, dict[str, Entry]] = {}
    for data in spans:
        entry = entry_of(data)
        found.setdefault(entry.trace_id, {})[entry.span_id] = entry
    traces = [_trace_of(list(entries.values())) for entries in found.values()]
    return sorted(traces, key=lambda trace: (trace.start, trace.trace_id))


def _trace_of(entries: list[Entry]) -> Trace:
    rows = tuple(_walk(entries))
    told = [row.entry for row in rows]
    return Trace(
        trace_id=told[0].trace_id,
        rows=rows,
        name=told[0].name,
        start=min(entry.start for entry in told),
        end=max(entry.end for entry in told),
        conversation=next((entry.conversation for entry in told if entry.conversation), None),
        agents=tuple(dict.fromkeys(entry.agent for entry in told if entry.agent)),
        tokens=_stated(rows, lambda entry: entry.tokens),
        cost=_stated(rows, lambda entry: entry.cost),
        errors=sum(entry.failed for entry in told),
    )


def _walk(entries: list[Entry]) -> Iterator[Row]:
    known = {entry.span_id for entry in entries}
    below: dict[str | None, list[Entry]] = {}
    by_time = sorted(entries, key=lambda entry: (entry.start, entry.end))
    for entry in by_time:
        below.setdefault(entry.parent_id if entry.parent_id in known else None, []).append(entry)
    seen: set[str] = set()
    # Spans that are above each other hang below no root: the first of them is taken for one.
    for root in (*below.get(None, ()), *by_time):
        left = [Row(0, last=False, entry=root)]
        while left:
            row = left.pop()
            if row.entry.span_id in seen:
                continue
            seen.add(row.entry.span_id)
            yield row
            children = [
                Row(row.depth + 1, last=False, entry=child) for child in below.get(row.entry.span_id, ())
            ]
            if children:
                children[-1] = children[-1]._replace(last=True)
            left.extend(reversed(children))


def _stated(rows: Sequence[Row], value: Callable[[Entry], _Number | None]) -> _Number | None:
    calls = [said for row in rows if row.entry.kind is Kind.MODEL and (said := value(row.entry)) is not None]
    if calls:
        return sum(calls[1:], calls[0])
    total: _Number | None = None
    stated_at: int | None = None
    for row in rows:
        if stated_at is not None and row.depth > stated_at:
            continue
        said = value(row.entry)
        stated_at = None if said is None else row.depth
        if said is not None:
            total = said if total is None else total + said
    return total
