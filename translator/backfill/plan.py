"""What a backfill will do, before it does it: estimated from samples spread over all inputs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress

import msgspec

from translator.backfill.ages import AgeRule
from translator.errors import InputError
from translator.files.inputs import BATCH_BYTES, Input, open_input
from translator.model import Kind, Line, Span
from translator.pipeline.translation import Translation

SAMPLES = 12
"""Places that are looked at where the inputs are large."""

SAMPLE_BYTES = 64 * 1024
WHOLE_BYTES = SAMPLES * SAMPLE_BYTES

PROBE_BYTES = 4 * 1024 * 1024
"""Content that is unpacked to see how well a compressed input is compressed: its decoder reads ahead."""


class Plan(msgspec.Struct):
    """What is there, and what will become of it. All but `inputs` and `stored_bytes` may be estimates.

    Attributes:
        inputs: How many there are.
        stored_bytes: Their bytes as they are stored; None where one of them is a stream.
        content_bytes: Their bytes unpacked.
        exact: Whether all was looked at.
        first_time, last_time: The time span of the data, in microseconds.
        events, traces, spans: How many there are.
        older: Spans of traces that begin before what the server keeps.
        outside: Spans of traces that `--since` and `--until` leave out.
    """

    inputs: int
    stored_bytes: int | None = 0
    content_bytes: int = 0
    exact: bool = True
    first_time: int | None = None
    last_time: int | None = None
    events: int = 0
    traces: int = 0
    spans: int = 0
    older: int = 0
    outside: int = 0

    @property
    def sent(self) -> int:
        """Spans that are not left out by time."""
        return max(0, self.spans - self.outside)


_TOPS = (Kind.AGENT, Kind.OTHER)


class _Sample(msgspec.Struct):
    """What a look at some lines has shown."""

    content: int = 0
    stored: int = 0
    events: int = 0
    traces: int = 0
    spans: int = 0
    older: int = 0
    outside: int = 0


def make_plan(
    inputs: Sequence[Input], translation: Callable[[], Translation], rule: AgeRule, max_line_bytes: int
) -> Plan:
    """Looks at the inputs: at all of them where they are small, else here and there.

    Args:
        inputs: Oldest first.
        translation: Makes what turns lines into spans, for whole input.
        rule: What is judged by.
        max_line_bytes: The longest line that is read.
    """
    sized = [one for one in inputs if one.size is not None]
    stored = sum(one.size or 0 for one in sized)
    plan = Plan(len(inputs), stored if len(sized) == len(inputs) else None)
    whole = stored <= WHOLE_BYTES and not any(one.compressed for one in sized)
    plan.exact = whole and plan.stored_bytes is not None
    places = [(one, 0) for one in sized] if whole else _places(sized, stored)
    with_all = translation() if whole else None
    totals = {False: _Sample(), True: _Sample()}
    for one, offset in places:
        total = totals[one.compressed]
        lines, content, consumed = _look(one, offset, max_line_bytes, stored if whole else SAMPLE_BYTES)
        total.content += content
        total.stored += consumed
        looked = with_all or translation()
        looked.feed(lines, 0.0)
        if with_all is None:
            _count(total, plan, looked, looked.drain(0.0), rule)
    if with_all is not None:
        _count(totals[False], plan, with_all, with_all.drain(0.0), rule)
    for compressed, total in totals.items():
        _add(plan, total, sum(one.size or 0 for one in sized if one.compressed is compressed))
    return plan


def _add(plan: Plan, total: _Sample, stored: int) -> None:
    """Adds what inputs of so many stored bytes hold, if they are as the sample of them."""
    if not total.stored:
        return
    factor = stored / total.stored
    plan.content_bytes += round(total.content * factor)
    for name in ("events", "traces", "spans", "older", "outside"):
        setattr(plan, name, getattr(plan, name) + round(getattr(total, name) * factor))


def _places(inputs: Sequence[Input], stored: int) -> list[tuple[Input, int]]:
    """Places spread over all inputs, the first and the last among them; of compressed ones the begin."""
    wanted = [stored * number // (SAMPLES - 1) for number in range(SAMPLES)]
    places: dict[tuple[str, int], tuple[Input, int]] = {}
    begin = 0
    for one in inputs:
        size = one.size or 0
        for place in wanted:
            if begin <= place < begin + size or (place == stored == begin + size):
                inside = min(place - begin, max(0, size - SAMPLE_BYTES))
                offset = 0 if one.compressed else inside // BATCH_BYTES * BATCH_BYTES
                if not one.compressed and place == stored:
                    offset = inside
                places.setdefault((one.name, offset), (one, offset))
        begin += size
    packed = [one for one in inputs if one.compressed]
    if packed and not any(one.compressed for one, _ in places.values()):
        places[packed[0].name, 0] = (packed[0], 0)
    return list(places.values())


def _look(one: Input, offset: int, max_line_bytes: int, limit: int) -> tuple[list[Line], int, int]:
    """Whole lines from a place on, with their bytes, and the stored bytes that they stand for."""
    lines: list[Line] = []
    size = content = consumed = 0
    # What is wrong with an input is told when it is read.
    with suppress(InputError):
        for batch in open_input(one, max_line_bytes, offset=offset):
            content, consumed = batch.read, batch.consumed
            if offset and not lines and batch.lines:
                # It began in the middle of a line.
                del batch.lines[0]
            for line in batch.lines:
                if size < limit:
                    lines.append(line)
                    size += len(line.data) + 1
            if size >= limit and (not one.compressed or content >= PROBE_BYTES):
                break
        else:
            consumed = one.size or consumed
    if not one.compressed or not content:
        return lines, size, size
    return lines, size, max(1, round(size * consumed / content))


def _count(total: _Sample, plan: Plan, looked: Translation, spans: list[Span], rule: AgeRule) -> None:
    """Adds up; of spans that a sample has cut, only those whose begin it shows."""
    begins: dict[str, int] = {}
    for span in spans:
        begins[span.trace_id] = min(span.start, begins.get(span.trace_id, span.start))
        plan.first_time = span.start if plan.first_time is None else min(plan.first_time, span.start)
        plan.last_time = span.end if plan.last_time is None else max(plan.last_time, span.end)
    shown = [span for span in spans if span.incomplete != "no_start"]
    # The calls of an agent whose own lines are elsewhere make no trace of their own.
    tops = {span.trace_id for span in shown if span.kind in _TOPS} or {span.trace_id for span in shown}
    total.events += looked.lines["event"]
    total.traces += len(tops)
    total.spans += len(shown)
    for span in shown:
        begin = begins[span.trace_id]
        total.outside += rule.judge(begin).skipped in ("before_since", "after_until")
        total.older += rule.limit is not None and begin < rule.limit
