"""All that is known of one trace, put right: tokens once, other spans only around agents, roots made."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from translator.content.usage import Usage
from translator.formats.building import ROOT, make_event
from translator.formats.otlp.decode import SpanRecord
from translator.formats.otlp.dialects import Meaning, meaning_of
from translator.formats.otlp.fields import extra_of, fields_of, usage
from translator.model import Event, Json, Kind, Line, Phase

MADE_AGENT, MADE_ROOT = "agent", "trace"
"""What roots that had to be made are called where no service is named."""

_HIGHEST = 1_000


class Known(msgspec.Struct, array_like=True):
    """What is remembered of a span that has been told of, for spans of its trace that come later."""

    parent_id: str | None
    counts: bool


class Missing(msgspec.Struct, array_like=True):
    """A parent that has not come.

    Attributes:
        trace_id: Its trace.
        start: When the first span below it began, in microseconds.
        end: When the last one ended.
        service: What emitted them.
        agent: Whether what is below it are model calls and tools without an agent.
    """

    trace_id: str
    start: int
    end: int
    service: str
    agent: bool


class _Member(msgspec.Struct):
    span: SpanRecord
    meaning: Meaning | None
    usage: Usage | None
    wanted: bool = False


def events_of(
    spans: list[SpanRecord], known: dict[str, Known], missing: dict[str, Missing], source: str
) -> Iterator[Event]:
    """The events of spans of one trace.

    Args:
        spans: Those that are new.
        known: Those that have been told of, by id; the new ones are added.
        missing: Parents that have not come, by id; new ones are added.
        source: The file.
    """
    members = {span.span_id: _member(span) for span in spans}
    _want(members, known)
    _count_once(members, known)
    for member in members.values():
        span = member.span
        known[span.span_id] = Known(span.parent_id, counts=member.usage is not None)
        missing.pop(span.span_id, None)
        if not member.wanted:
            continue
        parent = span.parent_id
        if parent is not None and not span.remote and parent not in members and parent not in known:
            _miss(missing, parent, member)
        yield _event(member, source)


def _miss(missing: dict[str, Missing], parent_id: str, member: _Member) -> None:
    span, meaning = member.span, member.meaning
    bare = meaning is not None and meaning.kind in (Kind.MODEL, Kind.TOOL)
    service = span.resource.get("service.name")
    before = missing.get(parent_id)
    if before is None:
        name = service if type(service) is str else ""
        missing[parent_id] = Missing(span.trace_id, span.start, span.end, name, bare)
    else:
        before.start, before.end = min(before.start, span.start), max(before.end, span.end)
        before.agent = before.agent and bare


def made_roots(missing: dict[str, Missing], known: dict[str, Known], source: str) -> Iterator[Event]:
    """The parents that were never exported, each as long as all below it."""
    for span_id, found in missing.items():
        known[span_id] = Known(None, counts=False)
        fields = _placed(span_id, None, found.trace_id)
        if found.agent:
            kind, fields["agent"] = Kind.AGENT, found.service or MADE_AGENT
        else:
            kind, fields["other"] = Kind.OTHER, found.service or MADE_ROOT
        line = Line(span_id.encode(), source, 0)
        extra = {"made": "the parent is not in the log"}
        yield make_event(kind, Phase.WHOLE, line, fields, start=found.start, end=found.end, extra=extra)
    missing.clear()


def _member(span: SpanRecord) -> _Member:
    meaning = meaning_of(span)
    return _Member(span, meaning, usage(span, meaning) if meaning is not None else None)


def _above(member: _Member, members: dict[str, _Member]) -> Iterator[_Member]:
    parent = member.span.parent_id
    for _ in range(_HIGHEST):
        above = members.get(parent) if parent is not None else None
        if above is None:
            return
        yield above
        parent = above.span.parent_id


def _want(members: dict[str, _Member], known: dict[str, Known]) -> None:
    """Marks the spans of GenAI, all above them, and all below them."""
    ours = [member for member in members.values() if member.meaning is not None]
    for member in ours:
        member.wanted = True
        for above in _above(member, members):
            if above.wanted and above.meaning is None:
                break
            above.wanted = True
    for member in members.values():
        if not member.wanted:
            member.wanted = any(above.meaning is not None for above in _above(member, members)) or (
                member.span.parent_id in known
            )


def _count_once(members: dict[str, _Member], known: dict[str, Known]) -> None:
    """Leaves tokens on the deepest model call alone."""
    counted = {
        span_id
        for span_id in (span.parent_id for span in known.values() if span.counts)
        if span_id is not None
    }
    for member in members.values():
        if member.usage is not None and member.meaning is not None and not member.meaning.aggregate:
            counted.update(above.span.span_id for above in _above(member, members))
    for span_id in list(counted):
        parent = known[span_id].parent_id if span_id in known else None
        for _ in range(_HIGHEST):
            if parent is None or parent in counted:
                break
            counted.add(parent)
            parent = known[parent].parent_id if parent in known else None
    for span_id, member in members.items():
        meaning = member.meaning
        if member.usage is not None and meaning is not None and (meaning.aggregate or span_id in counted):
            member.usage = None


def _placed(span_id: str, parent_id: str | None, trace_id: str) -> dict[str, Json]:
    return {"trace_id": trace_id, "span_id": span_id, "parent_id": parent_id or ROOT}


def _event(member: _Member, source: str) -> Event:
    span = member.span
    meaning = member.meaning if member.meaning is not None else Meaning(Kind.OTHER)
    fields = fields_of(span, meaning) | _placed(span.span_id, span.parent_id, span.trace_id)
    if member.usage is not None:
        fields["usage"] = member.usage
    line = Line(span.span_id.encode(), source, 0)
    return make_event(
        meaning.kind, Phase.WHOLE, line, fields, start=span.start, end=span.end, extra=extra_of(span)
    )
