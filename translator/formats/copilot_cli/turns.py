"""The turns of a session: which is open, which agents work in it, when it is over."""

from __future__ import annotations

from collections import Counter

from translator.formats.copilot_cli.records import Record, agent_of, native_id
from translator.formats.copilot_cli.spans import begin_turn, end_agent, tell_answer
from translator.formats.copilot_cli.state import ROOT_AGENT, Agent, Session, Turn
from translator.formats.shapes import object_in
from translator.model import Event, Line


class Turns:
    """The turns of a session at one of its lines.

    Args:
        counts: What it counts in.
        session: The file; changed by what the line says.
        record: The line's event.
        line: The line.
        time: When it was written, in microseconds.

    Attributes:
        events: What the line gives.
    """

    def __init__(self, counts: Counter[str], session: Session, record: Record, line: Line, time: int) -> None:
        self.counts = counts
        self.session = session
        self.record = record
        self.data = object_in(record, "data")
        self.line = line
        self.time = time
        self.events: list[Event] = []

    def rest(self, turn: Turn) -> None:
        """Nothing more has come after an answer."""
        if rests(turn):
            self.over(turn)

    def close_all(self) -> None:
        """Ends all turns; whatever still runs in them is cut off."""
        for turn in self.session.turns:
            root = turn.agents[ROOT_AGENT]
            if root.calling and not turn.failure and not turn.over:
                turn.failure = {"status": "cancelled"}
            self.finish(turn)
        self.session.turns = []

    def begin(self, inputs: list[Record]) -> None:
        """Begins a turn; those before it are over."""
        for turn in self.session.turns:
            self.over(turn)
        self.session.turns = [turn for turn in self.session.turns if not turn.ended]
        heard, self.session.waiting = self.session.waiting, []
        key = native_id(self.record)
        self.events.append(begin_turn(self.session, key, self.line, self.time, [*heard, *inputs]))

    def over(self, turn: Turn) -> None:
        """Ends a turn as soon as no sub-agent works in it."""
        turn.over = True
        if len(turn.agents) == 1:
            self.finish(turn)

    def finish(self, turn: Turn) -> None:
        """Ends a turn."""
        for agent in turn.agents.values():
            self.tell(agent)
        if not turn.ended:
            turn.ended = True
            root = turn.agents[ROOT_AGENT]
            self.events.append(end_agent(turn, root, turn.failure, self.line))
            turn.calls, root.inputs, root.final = {}, [], None

    def open_turn(self) -> Turn | None:
        """The turn that goes on, if there is one."""
        turns = self.session.turns
        return turns[-1] if turns and not turns[-1].over else None

    def place(self, key: str) -> tuple[Turn, Agent] | None:
        """Where an agent is at work."""
        turns = self.session.turns
        if key == ROOT_AGENT:
            return (turns[-1], turns[-1].agents[ROOT_AGENT]) if turns else None
        for turn in reversed(turns):
            agent = turn.agents.get(key)
            if agent is not None:
                return turn, agent
        return None

    def working(self) -> tuple[Turn, Agent]:
        """The turn and the agent of the event; a turn of its own where none has begun."""
        key = agent_of(self.record)
        place = self.place(key) if key else None
        if place is not None:
            return place
        if self.open_turn() is None:
            self.begin([])
        turn = self.session.turns[-1]
        return turn, turn.agents[ROOT_AGENT]

    def tell(self, agent: Agent) -> None:
        """Gives the response of an agent that has waited for the rest of it."""
        for turn in self.session.turns:
            if any(other is agent for other in turn.agents.values()):
                event = tell_answer(self.session, turn, agent, self.line)
                if event is not None:
                    self.events.append(event)

    def touch(self, agent: Agent) -> None:
        """Notes that an agent is at work until now."""
        agent.last = max(agent.last, self.time + 1)


def rests(turn: Turn) -> bool:
    """Whether a turn may be over as it stands."""
    return bool(turn.failure) or not turn.agents[ROOT_AGENT].calling
