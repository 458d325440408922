"""What is wrong with finished spans of any format: how their lines belong together, and what they lack."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator

from translator.checks.diagnostic import Diagnostic, Origin, say
from translator.content.providers import guess_provider
from translator.formats.native.fields import ALIASES, USAGE_KEYS, squash
from translator.model import Event, Kind, Phase, Span
from translator.spans.ids import says_id, span_id_from
from translator.spans.nodes import UNFINISHED

OPENED, CLOSED = "\0opened", "\0closed"
"""Keys in `extra` under which the lines go along that open and close a span; no log has such."""

_GIVEN = "\0given"
_REMOTE = "\0remote"
_MESSAGES = frozenset(("error_message", "error_output"))
_CONTEXT = frozenset(("traceparent", "sentry_trace"))
_MOST_REMEMBERED = 20_000
_SHOWN = {Kind.AGENT: "agent", Kind.MODEL: "model call", Kind.TOOL: "tool", Kind.HANDOFF: "handoff"}

_Series = tuple[str, str | None, Kind, str | None]


def mark(event: Event, origin: Origin) -> None:
    """Has an event take the line along that it comes from, to the span that it gives."""
    extra = {**event.extra, CLOSED if event.phase is Phase.END else OPENED: origin}
    if event.phase is not Phase.END:
        extra[_GIVEN] = event.fields.get("span_id")
        extra[_REMOTE] = not _CONTEXT.isdisjoint(event.fields)
    event.extra = extra


def origin_of(event: Event) -> Origin:
    """The line of an event that has been marked."""
    origin: Origin = event.extra.get(OPENED) or event.extra[CLOSED]
    return origin


class SpanChecks:
    """Looks at spans as they are finished; what it remembers of them is bounded."""

    def __init__(self) -> None:
        # Per trace, parent, kind and name: when the last span without ids ended, in microseconds.
        self._ended: OrderedDict[_Series, int] = OrderedDict()

    def look(self, span: Span) -> Iterator[Diagnostic]:
        """What is said of a span, and of how its lines belong together."""
        opened: Origin | None = span.extra.get(OPENED)
        closed: Origin | None = span.extra.get(CLOSED)
        begin, end = opened or closed, closed or opened
        if begin is None or end is None or span.kind not in _SHOWN:
            return
        told = _SHOWN[span.kind]
        if span.incomplete == "no_start":
            hint = ""
            if "weak_id" in span.fields or b'"id"' in end.data:
                hint = "the line's `id` is read as the id of the span: call it something else"
            yield say("W401", end, f"the {told} ends without a start", hint=hint)
            return
        if span.incomplete == "no_end":
            yield say("W402", begin, f"the {told} never ends, and is shown as `{UNFINISHED}`")
        if opened is not None and closed is not None:
            yield from self._parallel(span, opened, closed)
        yield from _of_ids(span, begin)
        yield from _LACKING[span.kind](span, begin, end)
        yield from _of_failure(span, end)

    def _parallel(self, span: Span, opened: Origin, closed: Origin) -> Iterator[Diagnostic]:
        """Spans of one name that ran at the same time, with nothing to tell their ends apart."""
        if "call_id" in span.fields or span.extra.get(_GIVEN) is not None or span.kind is Kind.AGENT:
            return
        if opened.data == closed.data:
            return
        series = (span.trace_id, span.parent_id, span.kind, span.fields.get(span.kind.value))
        before = self._ended.pop(series, None)
        self._ended[series] = span.end if before is None else max(before, span.end)
        if len(self._ended) > _MOST_REMEMBERED:
            self._ended.popitem(last=False)
        if before is not None and span.start < before:
            name = span.fields.get(span.kind.value)
            who = f"calls of `{name}`" if name else f"{_SHOWN[span.kind]}s"
            message = f"two {who} run at the same time without ids: their ends may be exchanged"
            yield say("W405", opened, message)


def _of_ids(span: Span, begin: Origin) -> Iterator[Diagnostic]:
    given: str | None = span.extra.get(_GIVEN)
    if given is not None and says_id(given) and span_id_from(span.trace_id, given) != span.span_id:
        message = f"the id `{given[:40]}` is another span's, too"
        yield say("W407", begin, message, literal=f'"{given}"')
    top = span.segment_id == span.span_id
    if top and span.parent_id is not None and not span.extra.get(_REMOTE):
        yield say("N406", begin, f"the {_SHOWN[span.kind]}'s parent is not in these logs")


def _of_agent(span: Span, begin: Origin, _end: Origin) -> Iterator[Diagnostic]:
    fields = span.fields
    if "agent" not in fields:
        yield say("W503", begin)
    if "conversation_id" not in fields and span.segment_id == span.span_id:
        yield say("W505", begin)
    if "cost" in fields and not _names_model(span):
        yield say("W306", _end, "the agent has a cost, but no model")


def _of_model(span: Span, begin: Origin, end: Origin) -> Iterator[Diagnostic]:
    fields = span.fields
    if not _names_model(span):
        yield say("W306" if "cost" in fields else "W501", end if "cost" in fields else begin)
    elif "provider" not in fields and guess_provider(_model(span)) is None:
        message = f"the provider cannot be told from the model's name `{_model(span)[:40]}`"
        yield say("N507", begin, message, literal=f'"{_model(span)}"')
    if "usage" not in fields and "failure" not in fields:
        if b'"usage"' in end.data or any(map(_is_usage, span.extra)):
            message = "the usage of the model call has no count of input or output: no tokens, no costs"
            yield say("W502", end, message, hint="log `input_tokens` and `output_tokens` in it")
        else:
            yield say("W502", end)
    if "agent" not in fields:
        yield say("W506", begin, "the model call belongs to no agent")


def _is_usage(key: str) -> bool:
    word = squash(key)
    field = ALIASES[Kind.MODEL].get(word)
    return word in USAGE_KEYS or (field is not None and field[0].name == "usage")


def _of_tool(span: Span, begin: Origin, _end: Origin) -> Iterator[Diagnostic]:
    if "tool" not in span.fields:
        yield say("W504", begin)
    if "agent" not in span.fields:
        yield say("W506", begin, "the tool belongs to no agent")


def _of_handoff(span: Span, begin: Origin, _end: Origin) -> Iterator[Diagnostic]:
    missing = [name for name in ("from_agent", "to_agent") if name not in span.fields]
    if missing:
        side = {"from_agent": "from whom", "to_agent": "to whom"}
        message = f"the handoff does not say {' and '.join(side[name] for name in missing)}"
        yield say("W508", begin, message, hint=f"log {' and '.join(f'`{name}`' for name in missing)}")


def _of_failure(span: Span, end: Origin) -> Iterator[Diagnostic]:
    failure = span.fields.get("failure")
    if failure not in (None, UNFINISHED) and _MESSAGES.isdisjoint(span.fields):
        yield say("N509", end, f"the error of the {_SHOWN[span.kind]} has no message")


def _model(span: Span) -> str:
    return str(span.fields.get("model") or span.fields.get("response_model"))


def _names_model(span: Span) -> bool:
    return "model" in span.fields or "response_model" in span.fields


_LACKING = {Kind.AGENT: _of_agent, Kind.MODEL: _of_model, Kind.TOOL: _of_tool, Kind.HANDOFF: _of_handoff}
