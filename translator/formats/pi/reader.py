"""Pi's sessions to events: a trace per message of the user.

A session is a tree, and its file is written in the order in which things happen. Whoever edits an
earlier message begins a branch: to us simply another turn. Files made of other files begin with a
copy of their entries; those have been read there, and give the same ids if they have not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from translator.formats.building import ROOT, failed_output, make_event, span_id_of, trace_id_of
from translator.formats.pi.entries import (
    FAILED,
    Record,
    asked_at,
    calls_of,
    failure_of,
    goes_on,
    is_mirror,
    native_id,
    response_fields,
    spoken,
    written_at,
)
from translator.formats.pi.state import PiState, Session, Turn
from translator.formats.reading import storable_record
from translator.formats.records import Unreadable
from translator.formats.seen import first_time
from translator.formats.sessions import SessionReader
from translator.formats.shapes import object_in, text_in
from translator.model import Event, Kind, Line, Phase

NAME = "pi"
RETRY_HOLD = 120
"""Seconds for which another try is awaited after a failed response, in live use."""

_IGNORED = Unreadable("ignored")
_NO_TIME = Unreadable("no_timestamp", "the entry has no timestamp that can be read")
_TALK = ("message", "custom_message")


class PiReader(SessionReader[PiState, Session]):
    """Reads session files.

    Args:
        counts: What it counts in: entries that were read before, tool results without a call.
    """

    def __init__(self, counts: Counter[str]) -> None:
        super().__init__(counts, PiState(), Session)

    def read(self, line: Line, now: float) -> Sequence[Event] | Unreadable:
        """The events of one line."""
        record = storable_record(line)
        if isinstance(record, Unreadable):
            return record
        kind = record.get("type")
        if kind == "session":
            session = self._session(line.source)
            session.id = text_in(record, "id") or session.id
            return ()
        if kind == "thinking_level_change":
            self._session(line.source).effort = text_in(record, "thinkingLevel")
            return ()
        if kind not in _TALK:
            return _IGNORED
        return self._said(record, line, now)

    def _rested(self, session: Session, source: str, now: float | None) -> list[Event]:  # noqa: ARG002
        """The end of a turn whose failed response was not tried again."""
        return _end(session.turn, Line(b"", source, 0)) if session.turn is not None else []

    def _said(self, record: Record, line: Line, now: float) -> Sequence[Event] | Unreadable:
        session = self._session(line.source)
        time = written_at(record, line)
        if time is None:
            return _NO_TIME
        if record.get("type") == "custom_message":
            _hear(session, {"role": "user", "content": record.get("content")})
            return ()
        message = object_in(record, "message")
        role = message.get("role")
        if role not in ("user", "assistant", "toolResult"):
            if role in ("custom", "hookMessage"):
                _hear(session, {"role": "user", "content": message.get("content")})
            return () if message else _IGNORED
        if is_mirror(message):
            return _IGNORED
        self.state.dues.pop(line.source, None)
        key = native_id(record)
        new = first_time(self.state.seen, key)
        if not new:
            self.counts["repeated_lines"] += 1
        if role == "user":
            return self._asked(session, message, line, key, time, new=new)
        if role == "assistant":
            return self._answered(session, message, line, key, time, now, new=new)
        return self._returned(session, message, line, time, new=new)

    def _asked(
        self, session: Session, message: Record, line: Line, key: str, time: int, *, new: bool
    ) -> list[Event]:
        events = [] if session.turn is None else _end(session.turn, line)
        heard, session.waiting = session.waiting, []
        said = [*heard, {"role": "user", "content": message.get("content")}]
        turn = session.turn = _turn(key, time, ours=new)
        turn.inputs = said
        if new:
            events.append(_start(session, turn, line, time))
        return events

    def _answered(
        self, session: Session, message: Record, line: Line, key: str, time: int, now: float, *, new: bool
    ) -> list[Event]:
        events: list[Event] = []
        turn = session.turn
        if turn is None or (turn.ended and not turn.closing):
            # An extension asked, or the file begins in the midst of a turn.
            start = asked_at(message, time, time)
            turn = session.turn = _turn(key, start, ours=new)
            turn.inputs, session.waiting = session.waiting, []
            if new:
                events.append(_start(session, turn, line, start))
        begin = asked_at(message, time, turn.last)
        heard, turn.inputs = turn.inputs, []
        turn.last = max(turn.last, time)
        turn.closing = {}
        calls = calls_of(message)
        spans = [span_id_of(NAME, "", f"{key}#{number}") for number in range(len(calls))]
        turn.calls.update((text_in(call, "id"), span) for call, span in zip(calls, spans, strict=True))
        if new:
            turn.ours = True
            fields = {
                **response_fields(message),
                **_at(turn, span_id_of(NAME, "", key)),
                "input": heard or None,
                "reasoning_effort": session.effort if session.effort not in ("", "off") else None,
            }
            events.append(make_event(Kind.MODEL, Phase.WHOLE, line, fields, start=begin, end=time))
            events += [_called(turn, call, span, line, time) for call, span in zip(calls, spans, strict=True)]
        if goes_on(message):
            return events
        turn.closing = {"output": spoken(message), **failure_of(message)}
        if message.get("stopReason") == FAILED:
            turn.inputs = heard
            if turn.ours and not turn.ended:
                self.state.dues[line.source] = int(now) + RETRY_HOLD
            return events
        events += _end(turn, line)
        turn.closing = {}
        return events

    def _returned(
        self, session: Session, message: Record, line: Line, time: int, *, new: bool
    ) -> list[Event]:
        turn = session.turn
        call_id = text_in(message, "toolCallId")
        span_id = None if turn is None else turn.calls.pop(call_id, None)
        if turn is None or turn.ended or span_id is None:
            if new:
                self.counts["results_without_call"] += 1
            return []
        turn.last = max(turn.last + 1, time)
        turn.inputs.append(message)
        if not new:
            return []
        turn.ours = True
        fields = {
            **_at(turn, span_id),
            "call_id": call_id or None,
            "output": message.get("content"),
            "success": message.get("isError") is not True,
            **(failed_output(spoken(message)) if message.get("isError") is True else {}),
        }
        return [make_event(Kind.TOOL, Phase.END, line, fields, time=turn.last)]


def _hear(session: Session, said: Record) -> None:
    turn = session.turn
    heard = session.waiting if turn is None or turn.ended else turn.inputs
    heard.append(said)


def _turn(key: str, time: int, *, ours: bool) -> Turn:
    return Turn(trace_id_of(NAME, "", key), span_id_of(NAME, "", f"turn {key}"), time, ours)


def _at(turn: Turn, span_id: str) -> Record:
    return {"trace_id": turn.trace_id, "span_id": span_id, "parent_id": turn.span_id}


def _start(session: Session, turn: Turn, line: Line, time: int) -> Event:
    fields = {
        "trace_id": turn.trace_id,
        "span_id": turn.span_id,
        "parent_id": ROOT,
        "agent": NAME,
        "conversation_id": session.id or None,
        "input": turn.inputs or None,
    }
    return make_event(Kind.AGENT, Phase.START, line, fields, time=time)


def _called(turn: Turn, call: Record, span_id: str, line: Line, time: int) -> Event:
    fields = {
        **_at(turn, span_id),
        "tool": text_in(call, "name") or None,
        "call_id": text_in(call, "id") or None,
        "arguments": call.get("arguments", call.get("input")),
    }
    # Sentry orders by ends: a call that never ends must not end with the response that asked for it.
    return make_event(Kind.TOOL, Phase.START, line, fields, time=time + 1)


def _end(turn: Turn, line: Line) -> list[Event]:
    """The end of a turn, unless it was told before or is another file's to tell."""
    if turn.ended:
        return []
    turn.ended = True
    if not turn.ours:
        return []
    fields = {"trace_id": turn.trace_id, "span_id": turn.span_id, "agent": NAME, **turn.closing}
    return [make_event(Kind.AGENT, Phase.END, line, fields, time=turn.last)]
