"""Copilot CLI's sessions to events: a trace per message of the user.

Events are told once, in whatever file they stand. A turn is over with an answer that calls no tools;
sub-agents in the background may go on, and then it ends with the last of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from translator.formats.copilot_cli.state import CopilotState, Session
from translator.formats.copilot_cli.steps import HANDLERS, Step
from translator.formats.copilot_cli.turns import rests
from translator.formats.native.timestamps import parse_time
from translator.formats.reading import storable_record
from translator.formats.records import Unreadable
from translator.formats.seen import first_time
from translator.formats.sessions import SessionReader
from translator.formats.shapes import text_in
from translator.model import Event, Line

HOLD = 30
"""Seconds for which more of a response, or the note that a turn is over, is awaited in live use."""

_IGNORED = Unreadable("ignored")
_NO_TIME = Unreadable("no_timestamp", "the event has no timestamp that can be read")


class CopilotReader(SessionReader[CopilotState, Session]):
    """Reads the events of sessions.

    Args:
        counts: What it counts in: events that were told before, tool calls that have only an end.
    """

    def __init__(self, counts: Counter[str]) -> None:
        super().__init__(counts, CopilotState(), Session)

    def read(self, line: Line, now: float) -> Sequence[Event] | Unreadable:
        """The events of one line."""
        record = storable_record(line)
        if isinstance(record, Unreadable):
            return record
        handle = HANDLERS.get(text_in(record, "type"))
        if handle is None:
            return _IGNORED
        time = parse_time(record.get("timestamp"))
        if time is None:
            return _NO_TIME
        session = self._session(line.source)
        step = Step(self.counts, session, record, line, time)
        handle(step)
        turn = session.turns[-1] if session.turns else None
        if turn is not None and not turn.ended and rests(turn):
            self.state.dues[line.source] = int(now) + HOLD
        else:
            self.state.dues.pop(line.source, None)
        return self._first_told(step.events)

    def _first_told(self, events: list[Event]) -> list[Event]:
        told = [
            event
            for event in events
            if first_time(self.state.seen, event.phase, event.fields["trace_id"], event.fields["span_id"])
        ]
        if len(told) < len(events):
            self.counts["repeated_lines"] += 1
        return told

    def _rested(self, session: Session, source: str, now: float | None) -> list[Event]:  # noqa: ARG002
        """The end of a turn after whose answer nothing has come."""
        if not session.turns:
            return []
        step = Step(self.counts, session, {}, Line(b"", source, 0), 0)
        step.rest(session.turns[-1])
        return self._first_told(step.events)
