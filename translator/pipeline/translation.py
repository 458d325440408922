"""Lines to finished spans: reading, ordering and rebuilding, one after another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from operator import attrgetter

import msgspec

from translator.content.plain import plain
from translator.envelopes.sampling import is_sampled
from translator.formats.house.reader import Tally
from translator.formats.records import TOO_LONG, Unreadable
from translator.formats.registry import AUTO, FORMATS, Format
from translator.formats.router import Router
from translator.formats.router import merged as merged_formats
from translator.model import Event, Kind, Line, Phase, Span
from translator.spans.assembler import MAX_REMEMBERED, Assembler
from translator.spans.reorder import LIMIT, Reorder, ReorderState
from translator.spans.reorder import merged as merged_events
from translator.spans.snapshot import AssemblerState, holders_of
from translator.spans.snapshot import merged as merged_traces

FOREVER = float("inf")

HISTORY_BYTES = 48 * 1024 * 1024
"""What may wait for an earlier line where nobody waits for the spans."""


SHARE_BYTES = HISTORY_BYTES // 5
"""The same where traces are divided into shares, for each."""

SHARE_SPANS = MAX_REMEMBERED // 4
"""Finished spans that each share remembers."""


class Windows(msgspec.Struct, frozen=True):
    """How long to wait for what may still come, in seconds.

    Attributes:
        idle: Without a line in its trace, until an open span is unfinished.
        reorder: For an earlier line that is read later.
        orphan: For the one-line agent around a one-line event.
        held_bytes: What may wait for an earlier line, in bytes, about.
        remembered: Finished spans that are remembered, for what may still refer to them.
    """

    idle: float = 1800.0
    reorder: float = 5.0
    orphan: float = 30.0
    held_bytes: int = LIMIT
    remembered: int = MAX_REMEMBERED

    def of_whole_input(self) -> Windows:
        """The same for input that is read to its end: everything waits for the end."""
        return Windows(self.idle, FOREVER, FOREVER, self.held_bytes)

    def of_history(self) -> Windows:
        """The same on the clock of the log itself, where waiting costs nobody time."""
        return Windows(self.idle, FOREVER, max(self.idle, self.orphan), HISTORY_BYTES)

    def of_share(self) -> Windows:
        """The same for one of several that read a share of the traces each."""
        return msgspec.structs.replace(self.of_history(), held_bytes=SHARE_BYTES, remembered=SHARE_SPANS)


class TranslationState(msgspec.Struct):
    """What has been read and is not finished."""

    reorder: ReorderState
    assembler: AssemblerState
    formats: bytes = b""


_COUNTED_AS = {(kind, phase): f"{kind}.{phase}" for kind in Kind for phase in Phase}

_KIND_AND_PHASE = attrgetter("kind", "phase")
_KIND = attrgetter("kind")

_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(TranslationState)


def _earliest(*times: float | None) -> float | None:
    return min((when for when in times if when is not None), default=None)


SkipListener = Callable[[Line, Unreadable], None]


def ignore_skipped(_line: Line, _why: Unreadable) -> None:
    """Listens to nothing."""


def merged(captured: Sequence[bytes]) -> bytes:
    """What several translations of different traces have captured, as if one had read all of it.

    Only of translations of the log format in which every line names its trace.
    """
    states = [_DECODER.decode(each) for each in captured]
    return _ENCODER.encode(
        TranslationState(
            merged_events([state.reorder for state in states]),
            merged_traces([state.assembler for state in states]),
            merged_formats([state.formats for state in states if state.formats]),
        )
    )


class Counted(msgspec.Struct):
    """What was read, and what came of it.

    Attributes:
        lines: Lines by what became of them.
        spans: Spans by kind.
        notes: What was not as it should be in lines that were understood, by a bounded word.
        unsampled: Spans of traces that are not sent.
        rules: What the rules of formats of one's own have done, by format.
    """

    lines: Counter[str]
    spans: Counter[str]
    notes: dict[str, int]
    unsampled: int
    rules: dict[str, list[Tally]]


class Translation:
    """Turns lines into spans, as they come.

    Args:
        windows: How long to wait for what may still come.
        format_name: The format of the lines, or "auto".
        formats: The formats there are.
        sample_rate: The share of traces whose spans are handed out.
        on_skip: Told of each line that is no event but looks as if it should be.

    Attributes:
        lines: Lines by what became of them: "event", "ignored", "not_json", "too_long", ...
        events: Events by kind and phase.
        spans: Spans by kind.
        unsampled: Spans of traces that are not sent.
        earliest: The earliest time (microseconds) of the events that were fed last; None without any.
    """

    def __init__(
        self,
        windows: Windows,
        *,
        format_name: str = AUTO,
        formats: Sequence[Format] = FORMATS,
        sample_rate: float = 1.0,
        on_skip: SkipListener = ignore_skipped,
    ) -> None:
        self._windows = windows
        self._format = format_name
        self._sample_rate = sample_rate
        self._on_skip = on_skip
        self._reader = Router(format_name, formats)
        self._reorder = Reorder(windows.reorder, windows.held_bytes)
        self._assembler = Assembler(
            idle_timeout=windows.idle,
            orphan_hold=windows.orphan,
            end_hold=min(windows.reorder, windows.orphan),
            remembered=windows.remembered,
        )
        self.lines: Counter[str] = Counter()
        self.events: Counter[str] = Counter()
        self.spans: Counter[str] = Counter()
        self.unsampled = 0
        self.earliest: int | None = None
        self._popped = 0

    @property
    def held_bytes(self) -> int:
        """What waits for an earlier line, in bytes, about."""
        return self._reorder.size

    @property
    def open_spans(self) -> int:
        """How many spans have begun and not ended."""
        return self._assembler.open_spans

    def notes(self) -> dict[str, int]:
        """What was not as it should be in lines that were understood, by a bounded word."""
        return dict(self._reader.counts + self._assembler.counts)

    def counted(self) -> Counted:
        """What was read, and what came of it."""
        return Counted(self.lines, self.spans, self.notes(), self.unsampled, self.tallies())

    def tallies(self) -> dict[str, list[Tally]]:
        """What the rules of formats of one's own have done, by format."""
        return self._reader.tallies()

    def settle(self, source: str, format_name: str) -> None:
        """Says which format the lines of a source have; nothing where that is known."""
        if self._reader.format_of(source) is None:
            self._reader.settle(source, format_name)

    def next_due(self) -> float | None:
        """When (in seconds) the next line that waits for others goes on; None for none."""
        return _earliest(self._reorder.next_due(), self._reader.next_due())

    def _forget_counts(self) -> None:
        for counter in (self.lines, self.events, self.spans, self._reader.counts, self._assembler.counts):
            counter.clear()
        self.unsampled = 0

    def wake_at(self) -> float | None:
        """When (in seconds) `ready` should be asked again, whatever comes; None for at leisure."""
        return _earliest(self.next_due(), self._assembler.next_due())

    @property
    def steps(self) -> int:
        """A number that changes with every change that `ready` makes to what is known."""
        return self._popped + self._assembler.expired

    def capture(self) -> bytes:
        """All that has been read and is not finished, for `restore`."""
        state = TranslationState(self._reorder.capture(), self._assembler.capture(), self._reader.capture())
        try:
            return _ENCODER.encode(state)
        except (RecursionError, OverflowError):
            # What is nested too deeply to be stored is cut before it is sent, too.
            events = (event for _, _, event in state.reorder.heap)
            for holder in chain(events, holders_of(state.assembler)):
                holder.fields, holder.extra = plain(holder.fields), plain(holder.extra)
            return _ENCODER.encode(state)

    def restore(self, captured: bytes, now: float) -> None:
        """Goes on from what another translation has captured; to be called before anything else.

        Args:
            captured: What `capture` gave.
            now: Seconds, on the clock that goes on from the other's.

        Raises:
            ValueError: It is not what `capture` gives.
        """
        state = _DECODER.decode(captured)
        if state.formats:
            self._reader.restore(state.formats)
        self._reorder.restore(state.reorder, now)
        self._assembler.restore(state.assembler, now)

    def feed(self, lines: Iterable[Line], now: float) -> list[Line]:
        """Takes lines that were read at `now` (seconds).

        Returns:
            Those that were understood: what the translation now knows comes of them alone.
        """
        taken: list[Line] = []
        read = self._reader.read
        counts = self.lines
        events: list[Event] = []
        for line in lines:
            found = TOO_LONG if line.too_long else read(line, now)
            if isinstance(found, Unreadable):
                counts[found.reason] += 1
                if found.detail:
                    self._on_skip(line, found)
                continue
            events += found
            taken.append(line)
        if understood := sum(not line.beside for line in taken):
            counts["event"] += understood
        self._hold(events, now)
        self.earliest = min((event.time for event in events), default=None)
        return taken

    def retake(self, lines: Iterable[Line], now: float) -> list[Span]:
        """Takes a step again that was taken before a restart: nobody is told, and nothing counted."""
        on_skip, self._on_skip = self._on_skip, ignore_skipped
        self.feed(lines, now)
        spans = self.ready(now)
        self._on_skip = on_skip
        self._forget_counts()
        return spans

    def ready(self, now: float) -> list[Span]:
        """The spans that are finished at `now` (seconds)."""
        spans: list[Span] = []
        self._push(self._reader.expire(now), now)
        for event in self._reorder.pop(now):
            self._popped += 1
            spans.extend(self._assembler.feed(event, now))
        spans.extend(self._assembler.expire(now))
        return self._counted(spans)

    def until(self, time: int) -> list[Span]:
        """The spans that are finished by the events up to a time, on the clock of the log itself.

        What it gives depends on the lines alone, not on how many of them were fed at once.

        Args:
            time: Microseconds; nothing earlier will be fed.
        """
        self._push(self._reader.expire(time / 1e6), time / 1e6)
        events = self._reorder.pop_until(time)
        self._popped += len(events)
        return self._counted(self._assembler.replay(events))

    def is_unfinished(self, trace_id: str) -> bool:
        """Whether more spans of a trace will come for sure."""
        return self._assembler.is_unfinished(trace_id)

    def begin_of(self, trace_id: str) -> int | None:
        """When the earliest span of a trace began that is remembered, in microseconds."""
        return self._assembler.begin_of(trace_id)

    def drain(self, now: float, *, close_open: bool = True) -> list[Span]:
        """All spans that the lines so far can give.

        Args:
            now: Seconds.
            close_open: Whether the input has ended, so that open spans are unfinished.
        """
        spans: list[Span] = []
        self._push(self._reader.finish(), now)
        for event in self._reorder.drain():
            spans.extend(self._assembler.feed(event, now))
        spans.extend(self._assembler.drain(close_open=close_open))
        return self._counted(spans)

    def _push(self, events: Sequence[Event], now: float) -> None:
        self._popped += len(events)
        self._hold(events, now)

    def _hold(self, events: Sequence[Event], now: float) -> None:
        for event in events:
            self._reorder.push(event, now)
        for kind_and_phase, count in Counter(map(_KIND_AND_PHASE, events)).items():
            self.events[_COUNTED_AS[kind_and_phase]] += count

    def _counted(self, spans: list[Span]) -> list[Span]:
        if not spans:
            return spans
        if self._sample_rate < 1.0:
            taken = [span for span in spans if is_sampled(span.trace_id, self._sample_rate)]
            self.unsampled += len(spans) - len(taken)
            spans = taken
        self.spans.update(map(_KIND, spans))
        return spans
