"""Lines to diagnostics: they are read and rebuilt as for sending, and looked at on the way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Iterable, Iterator, Sequence

from translator.checks.codes import BY_NAME, BY_WORD
from translator.checks.diagnostic import MOST_BYTES, Diagnostic, Origin, say
from translator.checks.findings import Findings
from translator.checks.lines import of_json, of_unreadable
from translator.checks.provenance import Provenance
from translator.checks.records import entries, event_name
from translator.checks.spans import SpanChecks, mark, origin_of
from translator.checks.values import of_event, of_zone
from translator.formats.records import TOO_LONG, Unreadable, parse_record
from translator.formats.registry import AUTO, FORMATS, NATIVE, Format
from translator.formats.router import Router
from translator.formats.wrappers.unwrapping import WRAPPED, any_wrapper
from translator.model import Event, Line, Phase, Span
from translator.pipeline.translation import Windows
from translator.spans.assembler import Assembler
from translator.spans.reorder import Reorder

COARSE = 3
"""Times in whole seconds, one after another, after which a file's clock is taken to be no finer."""

_LOOKED_AT = frozenset(("invalid_values", "invalid_counts"))
"""Counters whose diagnostics come from a closer look at the event, where it is of the log format."""

_SEEN_IN_SPANS = frozenset(("starts_missing", "ends_missing", "too_many_open"))
"""Counters whose diagnostics come from the spans themselves."""


class Checker:
    """Reads lines, and says what is wrong with them and with the spans that come of them.

    Args:
        windows: How long to wait for what may still come, on the clock of the log.
        findings: Counts what was read of each file, and what is found.
        format_name: The format of the lines, or "auto".
        formats: The formats there are.

    Attributes:
        earliest: The earliest time (microseconds) of the events that were fed last; None without any.
    """

    def __init__(
        self,
        windows: Windows,
        findings: Findings,
        *,
        format_name: str = AUTO,
        formats: Sequence[Format] = FORMATS,
    ) -> None:
        self._findings = findings
        self._format = format_name
        self._router = Router(format_name, formats)
        self._reorder = Reorder(windows.reorder, windows.held_bytes)
        self._assembler = Assembler(
            idle_timeout=windows.idle,
            orphan_hold=windows.orphan,
            end_hold=min(windows.reorder, windows.orphan),
        )
        self._spans = SpanChecks()
        self._provenance = Provenance()
        self._read_counts: Counter[str] = Counter()
        self._built_counts: Counter[str] = Counter()
        # Per file, how many times in a row were whole seconds; None once one was finer.
        self._coarse: dict[str, int | None] = {}
        self._last: dict[str, Line] = {}
        self.earliest: int | None = None

    @property
    def held_bytes(self) -> int:
        """Bytes of events that wait for earlier ones, about."""
        return self._reorder.size

    def feed(self, file: str, lines: Iterable[Line], now: float) -> list[Diagnostic]:
        """Takes lines of a file; gives what is to be shown of what they alone show.

        Args:
            file: Its path.
            lines: The lines.
            now: Seconds, on the clock of the log.
        """
        self.earliest = None
        return self._findings.passed(
            diagnostic for line in lines for diagnostic in self._line(file, line, now)
        )

    def until(self, time: int) -> list[Diagnostic]:
        """What the spans show that are finished by the events up to a time.

        Args:
            time: Microseconds; nothing earlier will be fed.
        """
        return self._findings.passed(self._until(time))

    def drain(self, now: float) -> list[Diagnostic]:
        """What is left to say, the input having ended."""
        return self._findings.passed(self._drain(now))

    def _line(self, file: str, line: Line, now: float) -> Iterator[Diagnostic]:
        report = self._findings.report(file)
        origin = Origin(file, line.number, line.data[:MOST_BYTES])
        outcome = TOO_LONG if line.too_long else self._router.read(line, now)
        format_name = self._router.format_of(line.source) or ""
        report.format = format_name or report.format
        if isinstance(outcome, Unreadable):
            report.lines[outcome.reason] += 1
            native = format_name in ("", NATIVE, WRAPPED) and self._format in (AUTO, NATIVE)
            yield from self._unreadable(origin, line, outcome, native=native)
            yield from self._noticed(origin, exact=True)
            return
        if not line.beside:
            report.lines["event"] += 1
        if format_name != NATIVE:
            self._provenance.note(line, origin)
        exact = yield from self._events(file, line, outcome, origin, now)
        yield from self._noticed(origin, exact=exact)

    def _events(
        self, file: str, line: Line, events: Sequence[Event], origin: Origin, now: float
    ) -> Generator[Diagnostic, None, bool]:
        """Looks at the events of a line; gives back whether their values were looked at one by one."""
        exact = False
        for event in events:
            own = origin
            if event.line and event.line != line.data:
                known = self._provenance.of(event, origin)
                own = known if known is not origin else Origin(file, line.number, origin.data, event.line)
            elif not event.line:
                own = self._provenance.of(event, origin)
            self._push(event, own, now)
            record = parse_record(event.line) if self._may_be_native(line) else None
            found = list(entries(record)) if isinstance(record, dict) else []
            if found and event_name(found) is not None:
                exact = True
                yield from of_json(own, event.line)
                yield from of_event(own, event, found)
                yield from of_zone(own, event.kind, found)
                yield from self._clock(file, own, event)
        return exact

    def _may_be_native(self, line: Line) -> bool:
        return self._router.format_of(line.source) in (None, NATIVE, WRAPPED)

    def _unreadable(
        self, origin: Origin, line: Line, why: Unreadable, *, native: bool
    ) -> Iterator[Diagnostic]:
        if why.reason == "blank":
            return
        inner = any_wrapper(line.data) if self._router.format_of(line.source) == WRAPPED else ()
        if not inner:
            yield from of_unreadable(origin, line, why, native=native)
            return
        for one in inner:
            if not one.more:
                inside = Line(one.data, line.source, line.number)
                own = Origin(origin.file, origin.number, origin.data, one.data[:MOST_BYTES])
                yield from of_unreadable(own, inside, why, native=native)

    def _clock(self, file: str, origin: Origin, event: Event) -> Iterator[Diagnostic]:
        run = self._coarse.get(file, 0)
        if run is None:
            return
        if event.time % 1_000_000:
            self._coarse[file] = None
            return
        self._coarse[file] = run + 1
        if run + 1 == COARSE:
            yield say("N310", origin)

    def _push(self, event: Event, origin: Origin, now: float) -> None:
        mark(event, origin)
        report = self._findings.report(origin.file)
        report.events[event.kind] += 1
        self._reorder.push(event, now)
        if self.earliest is None or event.time < self.earliest:
            self.earliest = event.time

    def _noticed(self, origin: Origin, *, exact: bool = False) -> Iterator[Diagnostic]:
        """What the reader has counted since it was last looked at.

        Args:
            origin: The line that it has read last.
            exact: Whether the values of the line have been looked at one by one.
        """
        counts = self._router.counts
        if counts == self._read_counts:
            return
        grown = counts - self._read_counts
        self._read_counts = counts.copy()
        for word in grown:
            if not (exact and word in _LOOKED_AT):
                yield _counted(word, origin)

    def _until(self, time: int) -> Iterator[Diagnostic]:
        yield from self._late(self._router.expire(time / 1e6), time / 1e6)
        for event in self._reorder.pop_until(time):
            yield from self._build(event, event.time / 1e6)

    def _drain(self, now: float) -> Iterator[Diagnostic]:
        yield from self._late(self._router.finish(), now)
        for event in self._reorder.drain():
            yield from self._build(event, max(now, event.time / 1e6))
        yield from self._looked_at(self._assembler.drain())
        for file, report in self._findings.files.items():
            lines = report.lines
            if not lines["event"] and lines.total() > lines["blank"]:
                yield say("W106", Origin(file, 0))

    def _late(self, events: Sequence[Event], now: float) -> Iterator[Diagnostic]:
        origin: Origin | None = None
        for event in events:
            origin = self._provenance.of(event, None)
            self._push(event, origin, now)
        yield from self._noticed(origin or self._anywhere())

    def _anywhere(self) -> Origin:
        return Origin(next(reversed(self._findings.files), "-"), 0)

    def _build(self, event: Event, now: float) -> Iterator[Diagnostic]:
        assembler = self._assembler
        spans: list[Span] = []
        if assembler.is_due(now):
            spans += assembler.expire(now)
            self._built_counts = assembler.counts.copy()
        spans += assembler.feed(event, now)
        if assembler.counts != self._built_counts:
            grown = assembler.counts - self._built_counts
            self._built_counts = assembler.counts.copy()
            for word in grown:
                if word == "ends_before_starts" and event.start is not None:
                    continue
                if word not in _SEEN_IN_SPANS:
                    yield _of_building(word, event)
        yield from self._looked_at(spans)

    def _looked_at(self, spans: Iterable[Span]) -> Iterator[Diagnostic]:
        for span in spans:
            yield from self._spans.look(span)


def _counted(word: str, origin: Origin) -> Diagnostic:
    code = BY_NAME["W302"] if word == "invalid_values" else BY_WORD[word]
    return say(code.name, origin, f"{code.title} ({word.replace('_', ' ')})")


def _of_building(word: str, event: Event) -> Diagnostic:
    code = BY_WORD[word]
    told = {Phase.START: "start", Phase.END: "end"}.get(event.phase)
    if word == "repeated_lines" and told is not None:
        return say(code.name, origin_of(event), f"the {told} has been read before, and is left out")
    return say(code.name, origin_of(event))
