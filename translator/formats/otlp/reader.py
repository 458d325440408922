"""Lines of OTLP-JSON to events: spans are put together by trace before they are told of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from hashlib import blake2b

import msgspec

from translator.formats.otlp import trees
from translator.formats.otlp.decode import SpanRecord, decode
from translator.formats.reading import StatefulReader, storable_record
from translator.formats.records import Unreadable
from translator.model import Event, Json, Line

ROOT_QUIET = 2.0
"""Seconds after the last span of a trace whose root is there."""
ROOTLESS_QUIET = 30.0
"""Seconds after the last span of a trace whose root is not."""
FORGET = 600.0
"""Seconds for which it is remembered what has been told of a trace."""
_MOST_HELD, _MOST_SEEN = 20_000, 500_000

EMPTY = Unreadable("ignored")
_SIGNALS = ("resourceSpans", "resourceLogs", "resource_spans", "resource_logs")
_METRICS = ("resourceMetrics", "resource_metrics", "resourceProfiles")


class Pending(msgspec.Struct):
    """A trace of which spans have come.

    Attributes:
        source: The file of the first.
        spans: Those that have not been told of.
        known: Those that have, by id.
        missing: Parents of those that have not come, by id.
        touched: When the last came, in seconds.
    """

    source: str
    spans: list[SpanRecord] = []
    known: dict[str, trees.Known] = {}
    missing: dict[str, trees.Missing] = {}
    touched: float = 0.0


class OtlpState(msgspec.Struct):
    """All that is remembered: traces by id, and hashes of the spans that have been read."""

    traces: dict[str, Pending] = {}
    seen: dict[int, None] = {}


def matches(record: dict[str, Json]) -> bool:
    """Whether a record is a line of OTLP-JSON."""
    return any(type(record.get(name)) is list for name in (*_SIGNALS, *_METRICS))


class OtlpReader(StatefulReader[OtlpState]):
    """Reads what collectors and exporters write.

    Args:
        counts: Counts "repeated_spans", "metrics" and "empty_otlp".
    """

    def __init__(self, counts: Counter[str]) -> None:
        super().__init__(counts, OtlpState())

    def read(self, line: Line, now: float) -> Sequence[Event] | Unreadable:
        """Remembers the line's spans, and gives those that are at the end of their trace's bounds."""
        record = storable_record(line)
        if isinstance(record, Unreadable):
            return record
        if any(name in record for name in _METRICS):
            self.counts["metrics"] += 1
            return EMPTY
        found = False
        for item in decode(record):
            found = True
            if isinstance(item, SpanRecord):
                self._take(item, line.source, now)
        if not found:
            self.counts["empty_otlp"] += 1
            return EMPTY
        if len(self.state.seen) % 64 == 0 and self._held() > _MOST_HELD:
            return list(self._tell_all(make_roots=False))
        return ()

    def expire(self, now: float) -> Sequence[Event]:
        """The traces that have been quiet for long enough."""
        events: list[Event] = []
        for trace_id, trace in list(self.state.traces.items()):
            quiet = now - trace.touched
            if trace.spans and quiet >= _patience(trace):
                events += self._tell(trace, make_roots=False)
            if quiet >= FORGET:
                events += self._tell(trace, make_roots=True)
                del self.state.traces[trace_id]
        return events

    def next_due(self) -> float | None:
        """When the next trace has been quiet for long enough."""
        return min(
            (
                trace.touched + (_patience(trace) if trace.spans else FORGET)
                for trace in self.state.traces.values()
            ),
            default=None,
        )

    def finish(self) -> Sequence[Event]:
        """All traces as far as they have come."""
        return list(self._tell_all(make_roots=True))

    def _take(self, span: SpanRecord, source: str, now: float) -> None:
        name = (span.trace_id + span.span_id).encode()
        digest = int.from_bytes(blake2b(name, digest_size=8).digest())
        seen = self.state.seen
        if digest in seen:
            self.counts["repeated_spans"] += 1
            return
        seen[digest] = None
        if len(seen) > _MOST_SEEN:
            del seen[next(iter(seen))]
        trace = self.state.traces.get(span.trace_id)
        if trace is None:
            trace = self.state.traces[span.trace_id] = Pending(source)
        trace.spans.append(span)
        trace.touched = now

    def _held(self) -> int:
        return sum(len(trace.spans) for trace in self.state.traces.values())

    def _tell_all(self, *, make_roots: bool) -> Iterator[Event]:
        for trace in self.state.traces.values():
            yield from self._tell(trace, make_roots=make_roots)

    def _tell(self, trace: Pending, *, make_roots: bool) -> Iterator[Event]:
        spans, trace.spans = trace.spans, []
        yield from trees.events_of(spans, trace.known, trace.missing, trace.source)
        if make_roots:
            yield from trees.made_roots(trace.missing, trace.known, trace.source)


def _patience(trace: Pending) -> float:
    """How many seconds to wait for more spans."""
    ids = {span.span_id for span in trace.spans} | trace.known.keys()
    whole = all(span.parent_id is None or span.remote or span.parent_id in ids for span in trace.spans)
    return ROOT_QUIET if whole else ROOTLESS_QUIET
