"""Gemini CLI's chats to events: a trace per prompt.

A message may be written several times under one id; the last word counts, and is told once. A chat
does not say that a turn is over: it is when the next prompt comes, or when after an answer in words
nothing comes for a while. Sub-agents have files of their own, and wait for the call they ran in.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from translator.formats.gemini_cli.records import (
    Record,
    agent_of,
    finished_calls,
    is_answer,
    is_prompt,
    parts_of,
)
from translator.formats.gemini_cli.state import (
    MOST_WAITING,
    Answer,
    GeminiState,
    Link,
    Session,
    Turn,
)
from translator.formats.gemini_cli.turns import begin, call_span, end, say, tell_answer, tell_call
from translator.formats.native.timestamps import parse_time
from translator.formats.reading import storable_record
from translator.formats.records import Unreadable
from translator.formats.seen import first_time, was_seen
from translator.formats.sessions import MOST_SESSIONS, SessionReader
from translator.formats.shapes import object_in, objects_in, text_in
from translator.model import Event, Line

ANSWER_HOLD = 60
"""Seconds after which an answer in words was the turn's last, in live use."""

CALL_HOLD = 900
"""Seconds for which the calls of an answer without words are awaited."""

CALLER_HOLD = 600
"""Seconds without a line after which a sub-agent goes on without its caller."""

_IGNORED = Unreadable("ignored")
_NO_TIME = Unreadable("no_timestamp", "the message has no timestamp that can be read")


class GeminiReader(SessionReader[GeminiState, Session]):
    """Reads chats.

    Args:
        counts: What it counts in: messages that were read before, sub-agents without a caller.
    """

    def __init__(self, counts: Counter[str]) -> None:
        super().__init__(counts, GeminiState(), Session)

    def read(self, line: Line, now: float) -> Sequence[Event] | Unreadable:
        """The events of one line."""
        record = storable_record(line)
        if isinstance(record, Unreadable):
            return record
        session = self._session(line.source)
        found = self._read(session, record, line, now)
        self._note(line.source, session)
        return found

    def _read(self, session: Session, record: Record, line: Line, now: float) -> Sequence[Event] | Unreadable:
        if text_in(record, "sessionId") and "id" not in record:
            session.id = text_in(record, "sessionId")
            session.inner = record.get("kind") == "subagent"
            if session.inner and session.link is None:
                session.link = self.state.links.get(session.id)
                if session.link is None and session.due is None:
                    session.due = int(now) + CALLER_HOLD
            return self._several(session, objects_in(record, "messages"), line, now)
        if session.due is not None:
            return self._wait(session, line, now)
        return self._record(session, record, line, now)

    def _note(self, source: str, session: Session) -> None:
        turn = session.turn
        due = session.due if session.due is not None or turn is None else turn.due
        if due is None:
            self.state.dues.pop(source, None)
        else:
            self.state.dues[source] = due

    def _rested(self, session: Session, source: str, now: float | None) -> list[Event]:
        """The end of a turn that is over, and what a sub-agent without a caller has waited with."""
        events: list[Event] = []
        if session.due is not None:
            self.counts["subagents_without_caller"] += 1
            events += self._release(session, source, now or 0.0)
        if session.turn is not None and (now is None or session.due is None):
            events += _rest(session, session.turn, Line(b"", source, 0))
        self._note(source, session)
        return events

    # Sub-agents, whose files may be read before the call that ran them is known.

    def _wait(self, session: Session, line: Line, now: float) -> list[Event]:
        session.waiting.append((line.number, line.data))
        session.waiting_bytes += len(line.data)
        session.due = int(now) + CALLER_HOLD
        if session.waiting_bytes <= MOST_WAITING:
            return []
        self.counts["subagents_without_caller"] += 1
        return self._release(session, line.source, now)

    def _release(self, session: Session, source: str, now: float) -> list[Event]:
        lines, session.waiting = session.waiting, []
        session.waiting_bytes, session.due = 0, None
        events: list[Event] = []
        for number, data in lines:
            found = self.read(Line(data, source, number), now)
            if not isinstance(found, Unreadable):
                events += found
        if session.link is not None and session.turn is not None:
            events += end(session.turn, Line(b"", source, 0))
        self._note(source, session)
        return events

    def _link(self, turn: Turn, message: Record, call: Record, now: float) -> list[Event]:
        """Puts a sub-agent below the call that ran it."""
        agent_id = text_in(call, "agentId")
        links = self.state.links
        if not agent_id or agent_id in links:
            return []
        link = links[agent_id] = Link(turn.trace_id, call_span(message, call), agent_of(call))
        if len(links) > MOST_SESSIONS:
            del links[next(iter(links))]
        events: list[Event] = []
        for source in list(self.state.dues):
            session = self.state.sessions.get(source)
            if session is not None and session.id == agent_id and session.due is not None:
                session.link = link
                events += self._release(session, source, now)
        return events

    # What a line says.

    def _record(
        self, session: Session, record: Record, line: Line, now: float
    ) -> Sequence[Event] | Unreadable:
        if type(record.get("$rewindTo")) is str:
            return [] if session.turn is None else end(session.turn, line)
        if "$set" in record:
            return self._several(session, objects_in(object_in(record, "$set"), "messages"), line, now)
        if not text_in(record, "id"):
            return _IGNORED
        return self._message(session, record, line, now)

    def _several(self, session: Session, messages: list[Record], line: Line, now: float) -> list[Event]:
        """Reads a whole chat, or what one has become: summaries in it are no prompts."""
        events: list[Event] = []
        prompt: Record | None = None
        for message in messages:
            if message.get("type") == "user":
                prompt = message
                continue
            if self._is_known(message):
                continue
            if prompt is not None and is_answer(message):
                events += self._events_of(session, prompt, line, now)
                prompt = None
            events += self._events_of(session, message, line, now)
        return events

    def _is_known(self, message: Record) -> bool:
        """Whether a message says nothing that has not been said."""
        key, seen = text_in(message, "id"), self.state.seen
        if is_answer(message) and not was_seen(seen, "answer", key):
            return False
        return all(was_seen(seen, "call", key, text_in(call, "id")) for call in finished_calls(message))

    def _events_of(self, session: Session, message: Record, line: Line, now: float) -> Sequence[Event]:
        found = self._message(session, message, line, now) if text_in(message, "id") else ()
        return () if isinstance(found, Unreadable) else found

    def _message(
        self, session: Session, message: Record, line: Line, now: float
    ) -> Sequence[Event] | Unreadable:
        time = parse_time(message.get("timestamp"))
        kind = message.get("type")
        if time is None:
            return _NO_TIME
        if kind == "gemini":
            return self._answered(session, message, line, time, now)
        if kind == "user":
            return self._asked(session, message, line, time)
        turn = session.turn
        if kind == "error" and turn is not None and not turn.ended:
            turn.failure = {"status": "error", "error": message.get("content")}
            turn.last = max(turn.last, time)
            turn.due = int(now) + ANSWER_HOLD if turn.ours else None
        return ()

    def _asked(
        self, session: Session, message: Record, line: Line, time: int
    ) -> Sequence[Event] | Unreadable:
        key = text_in(message, "id")
        parts = parts_of(message.get("content"))
        turn = session.turn
        if turn is not None and turn.key == key:
            return ()
        if not is_prompt(parts):
            if turn is None or turn.ended:
                return _IGNORED
            events = tell_answer(turn, line)
            turn.last = max(turn.last, time)
            return events
        said = {"role": "user", "parts": parts}
        if turn is not None and session.inner:
            turn.inputs.append(said)
            return tell_answer(turn, line)
        new = first_time(self.state.seen, "user", key)
        if not new:
            self.counts["repeated_lines"] += 1
        events = [] if turn is None else end(turn, line)
        return [*events, *begin(session, key, line, time, [said], new=new)]

    def _answered(self, session: Session, message: Record, line: Line, time: int, now: float) -> list[Event]:
        key = text_in(message, "id")
        events: list[Event] = []
        turn = session.turn
        if turn is not None and turn.answer is not None and turn.answer.id != key:
            events += tell_answer(turn, line)
        made = is_answer(message)
        new = made and first_time(self.state.seen, "answer", key)
        if turn is None:
            if not made:
                return events
            events += begin(session, key, line, time, [], new=new)
            turn = session.turn
        if turn is None:
            return events
        if new:
            heard, turn.inputs = turn.inputs, []
            turn.answer = Answer(key, message, min(turn.last, time), heard)
            turn.ours, turn.failure = True, {}
        elif turn.answer is not None:
            turn.answer.message = message
        if made:
            turn.last = max(turn.last, time)
            say(turn, message)
        events += self._calls(turn, message, line, now)
        hold = ANSWER_HOLD if turn.final is not None or turn.failure else CALL_HOLD
        turn.due = int(now) + hold if turn.ours and not turn.ended else None
        return events

    def _calls(self, turn: Turn, message: Record, line: Line, now: float) -> list[Event]:
        events: list[Event] = []
        for call in finished_calls(message):
            if not first_time(self.state.seen, "call", text_in(message, "id"), text_in(call, "id")):
                continue
            events += tell_answer(turn, line)
            turn.ours = True
            events.append(tell_call(turn, message, call, line))
            turn.inputs.append({"role": "user", "parts": parts_of(call.get("result"))})
            turn.final = None
            turn.failure = {"status": "cancelled"} if call.get("status") == "cancelled" else {}
            events += self._link(turn, message, call, now)
        return events


def _rest(session: Session, turn: Turn, line: Line) -> list[Event]:
    """What is told of a turn in which nothing has happened for a while."""
    turn.due = None
    over = turn.final is not None or turn.failure or session.inner
    return end(turn, line) if over else tell_answer(turn, line)
