"""Spans wait until their trace is over, so that it is judged by its begin and sent together."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Sequence
from hashlib import blake2b

import msgspec

from translator.backfill.ages import SENT, AgeRule, Verdict
from translator.content.plain import plain
from translator.model import Span
from translator.spans.revive import revived

QUIET = 60.0
"""Seconds of the log's time for which nothing has been added to a trace until it counts as over."""

MAX_BYTES = 6 * 1024 * 1024
"""What may wait, about; above it the traces that rest for longest go on before their time."""

SPAN_BYTES = 1_500
"""What a span takes in memory beside the bytes of its lines, about."""

MAX_PART_BYTES = 4 * 1024 * 1024
"""Of a trace that is larger, parts go on while it is not over."""

REMEMBERED = 7 * 86_400.0
"""Seconds of the log's time for which a trace that is over may go on, and is treated as before."""

MAX_REMEMBERED = 100_000

FINGERPRINT_BYTES = 16

_LOOKED_THROUGH = 64


class TracePart(msgspec.Struct):
    """Spans of one trace that are handed on together, with the times with which they are sent.

    Attributes:
        trace_id: 32 hex characters.
        spans: The spans.
        fingerprint: 16 bytes that tell it from any other.
    """

    trace_id: str
    spans: list[Span]
    fingerprint: bytes


class Waiting(msgspec.Struct, array_like=True):
    """The spans of one trace that wait.

    Attributes:
        spans: The spans.
        size: Bytes that they take, about.
        start: The earliest begin among them, in microseconds.
        touched: When the last one came, in seconds of the log's time.
    """

    spans: list[Span]
    size: int
    start: int
    touched: float


class CollectorState(msgspec.Struct):
    """What a `Collector` holds, in a form that can be stored; `verdicts` as in `Collector`."""

    waiting: list[tuple[str, Waiting]] = []
    verdicts: list[tuple[str, float, Verdict]] = []


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(CollectorState).decode


def _fingerprint(trace_id: str, spans: Iterable[Span]) -> bytes:
    """What tells spans from all others: equal ids and times come of equal lines."""
    told = [f"{one.span_id} {one.start} {one.end} {one.incomplete} {one.size}" for one in spans]
    return blake2b("\n".join((trace_id, *told)).encode(), digest_size=FINGERPRINT_BYTES).digest()


def merged(captured: Sequence[bytes]) -> bytes:
    """What several collectors of different traces have captured, as if one had held all of it."""
    states = [_decode(each) for each in captured]
    waiting = [each for state in states for each in state.waiting]
    verdicts = [each for state in states for each in state.verdicts]
    waiting.sort(key=lambda each: each[1].touched)
    verdicts.sort(key=lambda each: each[1])
    return _encode(CollectorState(waiting, verdicts))


class Collector:
    """Takes spans, and gives whole traces, or parts of one that is large or goes on for long.

    Args:
        rule: Which traces are sent; asked anew for each, for the time goes on.
        unfinished: Whether more spans of a trace will come for sure, by its id.
        begin: When a trace began as far as is known beyond the spans themselves, in microseconds.

    Attributes:
        skipped: Spans that are not sent, by reason.
        skipped_traces: Traces, or parts of them, by reason.
        shifted: Spans whose times are moved.
        traces: Traces, or parts of them, that were handed on.
    """

    def __init__(
        self,
        rule: Callable[[], AgeRule],
        unfinished: Callable[[str], bool],
        begin: Callable[[str], int | None],
    ) -> None:
        self._rule = rule
        self._unfinished = unfinished
        self._begin = begin
        self._waiting: OrderedDict[str, Waiting] = OrderedDict()
        self._verdicts: OrderedDict[str, tuple[float, Verdict]] = OrderedDict()
        self._size = 0
        self.skipped: Counter[str] = Counter()
        self.skipped_traces: Counter[str] = Counter()
        self.shifted = 0
        self.traces = 0

    def add(self, spans: Iterable[Span], now: float) -> None:
        """Takes finished spans; `now` is the log's time in seconds."""
        waiting = self._waiting
        for span in spans:
            size = span.size + SPAN_BYTES
            held = waiting.get(span.trace_id)
            if held is None:
                waiting[span.trace_id] = Waiting([span], size, span.start, now)
            else:
                held.spans.append(span)
                held.size += size
                held.start = min(held.start, span.start)
                held.touched = now
                waiting.move_to_end(span.trace_id)
            self._size += size

    def ready(self, now: float) -> list[TracePart]:
        """The traces that are over at `now` (seconds of the log's time), and what there is no room for."""
        parts: list[TracePart] = []
        waiting = self._waiting
        while waiting:
            trace_id, held = next(iter(waiting.items()))
            if now - held.touched < QUIET:
                break
            if self._unfinished(trace_id) and held.size < MAX_PART_BYTES:
                held.touched = now
                waiting.move_to_end(trace_id)
            else:
                self._hand_on(trace_id, now, parts)
        if self._size > MAX_BYTES:
            self._make_room(now, parts)
        return parts

    def drain(self, now: float) -> list[TracePart]:
        """All that waits."""
        parts: list[TracePart] = []
        for trace_id in list(self._waiting):
            self._hand_on(trace_id, now, parts)
        return parts

    def capture(self) -> bytes:
        """What waits, to be restored by another one with the same rule."""
        verdicts = [(trace_id, touched, verdict) for trace_id, (touched, verdict) in self._verdicts.items()]
        state = CollectorState(list(self._waiting.items()), verdicts)
        try:
            return _encode(state)
        except (RecursionError, OverflowError):
            # What is nested too deeply to be stored is cut before it is sent, too.
            for held in self._waiting.values():
                for span in held.spans:
                    span.fields, span.extra = plain(span.fields), plain(span.extra)
            return _encode(state)

    def restore(self, captured: bytes) -> None:
        """Goes on from what another one has captured; to be called before anything else."""
        state = _decode(captured)
        for trace_id, held in state.waiting:
            held.spans = [revived(span) for span in held.spans]
            self._waiting[trace_id] = held
        self._size = sum(held.size for held in self._waiting.values())
        self._verdicts.update((trace_id, (touched, verdict)) for trace_id, touched, verdict in state.verdicts)

    def _make_room(self, now: float, parts: list[TracePart]) -> None:
        for looked, trace_id in enumerate(list(self._waiting)):
            if looked > _LOOKED_THROUGH or not self._unfinished(trace_id):
                self._hand_on(trace_id, now, parts)
            if self._size <= MAX_BYTES * 3 // 4:
                return
        for trace_id in list(self._waiting):
            self._hand_on(trace_id, now, parts)
            if self._size <= MAX_BYTES * 3 // 4:
                return

    def _hand_on(self, trace_id: str, now: float, parts: list[TracePart]) -> None:
        held = self._waiting.pop(trace_id)
        self._size -= held.size
        verdict = self._judge(trace_id, held, now)
        count = len(held.spans)
        if verdict.skipped is not None:
            self.skipped[verdict.skipped] += count
            self.skipped_traces[verdict.skipped] += 1
            return
        self.traces += 1
        fingerprint = _fingerprint(trace_id, held.spans)
        if verdict.shift:
            self.shifted += count
            for span in held.spans:
                span.start += verdict.shift
                span.end += verdict.shift
                span.shifted = verdict.shift
        parts.append(TracePart(trace_id, held.spans, fingerprint))

    def _judge(self, trace_id: str, held: Waiting, now: float) -> Verdict:
        """What becomes of a trace: what became of its first part, if it has gone on since."""
        known = self._verdicts.pop(trace_id, None)
        rule = self._rule()
        if known is not None:
            verdict = known[1]
        else:
            begin = self._begin(trace_id)
            verdict = rule.judge(held.start if begin is None else min(begin, held.start))
        # Only where a later begin would be judged otherwise need anything be remembered.
        if verdict is not SENT or rule.until is not None:
            later = rule.judge(round((now + REMEMBERED) * 1e6))
            if known is not None or later != verdict:
                self._verdicts[trace_id] = (now, verdict)
        while self._verdicts and (
            len(self._verdicts) > MAX_REMEMBERED or next(iter(self._verdicts.values()))[0] < now - REMEMBERED
        ):
            self._verdicts.popitem(last=False)
        return verdict
