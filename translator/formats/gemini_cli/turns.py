"""The events of a turn: its begin and end, its responses, its tool calls."""

from __future__ import annotations

from translator.formats.building import ROOT, make_event, span_id_of, trace_id_of
from translator.formats.gemini_cli.records import (
    AGENT,
    PROVIDER,
    Record,
    call_fields,
    output_of,
    text_of_parts,
    usage_of,
)
from translator.formats.gemini_cli.state import Session, Turn
from translator.formats.native.timestamps import parse_time
from translator.formats.shapes import text_in
from translator.model import Event, Kind, Line, Phase

NAME = "gemini_cli"


def begin(
    session: Session, key: str, line: Line, time: int, inputs: list[Record], *, new: bool
) -> list[Event]:
    """Begins a turn of the session, in the caller's trace where it is a sub-agent's.

    Args:
        session: Its file.
        key: The id of the message that begins it.
        line: Its line.
        time: When, in microseconds.
        inputs: What was said to the model.
        new: Whether no other file has told of it.
    """
    link = session.link
    trace_id = link.trace_id if link is not None else trace_id_of(NAME, "", key)
    turn = session.turn = Turn(key, trace_id, span_id_of(NAME, "", f"turn {key}"), time, new)
    turn.inputs = list(inputs)
    if not new:
        return []
    fields = {
        "trace_id": trace_id,
        "span_id": turn.span_id,
        "parent_id": link.span_id if link is not None else ROOT,
        "agent": link.agent if link is not None and link.agent else AGENT,
        "conversation_id": session.id or None,
        "input": turn.inputs or None,
    }
    return [make_event(Kind.AGENT, Phase.START, line, fields, time=time)]


def end(turn: Turn, line: Line) -> list[Event]:
    """Ends a turn, unless that was told before or is another file's to tell."""
    events = tell_answer(turn, line)
    turn.due = None
    if turn.ended:
        return events
    turn.ended = True
    if turn.ours:
        fields = {"trace_id": turn.trace_id, "span_id": turn.span_id, "output": turn.final, **turn.failure}
        events.append(make_event(Kind.AGENT, Phase.END, line, fields, time=turn.last))
    turn.final = None
    return events


def tell_answer(turn: Turn, line: Line) -> list[Event]:
    """The response that has waited for its calls, if there is one."""
    answer = turn.answer
    if answer is None:
        return []
    turn.answer = None
    message = answer.message
    output = output_of(message)
    finish = parse_time(message.get("timestamp"))
    fields = {
        "trace_id": turn.trace_id,
        "span_id": span_id_of(NAME, "", answer.id),
        "parent_id": turn.span_id,
        "model": text_in(message, "model") or None,
        "provider": PROVIDER,
        "usage": usage_of(message),
        "input": answer.heard or None,
        "output": [output] if output["parts"] else None,
    }
    stop = answer.start if finish is None else finish
    return [make_event(Kind.MODEL, Phase.WHOLE, line, fields, start=min(answer.start, stop), end=stop)]


def tell_call(turn: Turn, message: Record, call: Record, line: Line) -> Event:
    """A tool call; it began when the response was complete, and was noted when it was done."""
    done = parse_time(call.get("timestamp"))
    asked = parse_time(message.get("timestamp"))
    start = (turn.last if asked is None else asked) + 1
    stop = start if done is None else max(start, done)
    turn.last = max(turn.last, stop)
    fields = {
        **call_fields(call),
        "trace_id": turn.trace_id,
        "span_id": call_span(message, call),
        "parent_id": turn.span_id,
    }
    return make_event(Kind.TOOL, Phase.WHOLE, line, fields, start=start, end=stop)


def call_span(message: Record, call: Record) -> str:
    """The id of a call's span."""
    return span_id_of(NAME, "", f"{text_in(message, 'id')} {text_in(call, 'id')}")


def say(turn: Turn, message: Record) -> None:
    """Notes what the latest response says aloud."""
    content = output_of(message)["parts"]
    turn.final = text_of_parts(content) or None
