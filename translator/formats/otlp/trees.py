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

AGGREGATED = "usage.aggregated."
"""Beginning of the attributes with the tokens that a span only repeats."""

_HIGHEST = 1_000


class Known(msgspec.Struct, array_like=True):
    """What is remembered of a span that has been told of, for spans of its trace that come later.

    Attributes:
        parent_id: Its parent.
        counts: Whether it has tokens.
        sent: Whether it became an event; spans that have nothing to do with GenAI do not.
        inside: Whether it is of GenAI, or below a span that is.
    """

    parent_id: str | None
    counts: bool
    sent: bool
    inside: bool


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
    repeated: Usage | None = None
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
    inside = _inside(members, known)
    _want(members, known, missing, inside)
    _count_once(members, known)
    for span_id, member in members.items():
        missing.pop(span_id, None)
        known[span_id] = Known(
            member.span.parent_id, member.usage is not None, member.wanted, inside[span_id]
        )
    for member in members.values():
        if not member.wanted:
            continue
        span = member.span
        parent = known.get(span.parent_id) if span.parent_id is not None else None
        if span.parent_id is not None and not span.remote and (parent is None or not parent.sent):
            _miss(missing, span.parent_id, member)
        yield _event(member, members, source)


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
        known[span_id] = Known(None, counts=False, sent=True, inside=found.agent)
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


def _above(span_id: str, members: dict[str, _Member], known: dict[str, Known]) -> Iterator[str]:
    """The ids above a span, nearest first."""
    for _ in range(_HIGHEST):
        member = members.get(span_id)
        place = member.span if member is not None else known.get(span_id)
        if place is None or place.parent_id is None:
            return
        span_id = place.parent_id
        yield span_id


def _inside(members: dict[str, _Member], known: dict[str, Known]) -> dict[str, bool]:
    """Of each span, whether it is of GenAI or below one that is."""
    found = {span_id: True for span_id, member in members.items() if member.meaning is not None}
    for span_id in members:
        path: list[str] = []
        at: str | None = span_id
        while at is not None and at not in found and at in members:
            found[at] = False  # Should the parents form a ring, it ends here.
            path.append(at)
            at = members[at].span.parent_id
        if at is not None:
            before = known.get(at)
            found.update(dict.fromkeys(path, found.get(at, before is not None and before.inside)))
    return found


def _want(
    members: dict[str, _Member], known: dict[str, Known], missing: dict[str, Missing], inside: dict[str, bool]
) -> None:
    """Marks the spans of GenAI, all below them, and all above these and above what has been sent."""
    for span_id, member in members.items():
        if member.wanted or not (inside[span_id] or span_id in missing):
            continue
        member.wanted = True
        for above in _above(span_id, members, known):
            if above in members:
                if members[above].wanted:
                    break
                members[above].wanted = True


def _count_once(members: dict[str, _Member], known: dict[str, Known]) -> None:
    """Leaves tokens on the deepest model calls, and on agents only where nothing below them has any."""
    above: set[str] = set()

    def note(counting: str) -> None:
        for span_id in _above(counting, members, known):
            if span_id in above or span_id == counting:
                break
            above.add(span_id)

    for span_id, span in known.items():
        if span.counts:
            note(span_id)
    aggregates: list[str] = []
    for span_id, member in members.items():
        if member.usage is not None and member.meaning is not None:
            if member.meaning.aggregate:
                aggregates.append(span_id)
            else:
                note(span_id)
    _take_repeated([span_id for span_id in members if span_id in above], members)
    for span_id in aggregates:
        if members[span_id].usage is not None:
            note(span_id)
    _take_repeated([span_id for span_id in aggregates if span_id in above], members)


def _take_repeated(span_ids: list[str], members: dict[str, _Member]) -> None:
    for span_id in span_ids:
        member = members[span_id]
        if member.usage is not None:
            member.repeated, member.usage = member.usage, None


def _placed(span_id: str, parent_id: str | None, trace_id: str) -> dict[str, Json]:
    return {"trace_id": trace_id, "span_id": span_id, "parent_id": parent_id or ROOT}


def _event(member: _Member, members: dict[str, _Member], source: str) -> Event:
    span = member.span
    meaning = member.meaning if member.meaning is not None else Meaning(Kind.OTHER)
    fields = fields_of(span, meaning) | _placed(span.span_id, span.parent_id, span.trace_id)
    if member.usage is not None:
        fields["usage"] = member.usage
    if meaning.kind is Kind.HANDOFF and "from_agent" not in fields:
        fields["from_agent"] = _agent_above(span.span_id, members)
    line = Line(span.span_id.encode(), source, 0)
    extra = extra_of(span)
    if member.repeated is not None:
        for name, count in msgspec.structs.asdict(member.repeated).items():
            extra[AGGREGATED + name.removesuffix("_tokens")] = count
    return make_event(meaning.kind, Phase.WHOLE, line, fields, start=span.start, end=span.end, extra=extra)


def _agent_above(span_id: str, members: dict[str, _Member]) -> Json:
    for above in _above(span_id, members, {}):
        meaning = members[above].meaning if above in members else None
        if meaning is not None and meaning.kind is Kind.AGENT:
            return fields_of(members[above].span, meaning).get("agent")
    return None
