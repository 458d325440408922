"""Lines of transcripts to events: turns, responses, tool calls, sub-agents."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from translator.formats.claude_code import links, waits
from translator.formats.claude_code.chains import Chains
from translator.formats.claude_code.lines import Lines
from translator.formats.claude_code.records import agent_id_of_path, notification, text
from translator.formats.claude_code.state import Chain, ClaudeCodeState, Turn, Waiting
from translator.formats.claude_code.turns import Turns
from translator.formats.native.timestamps import parse_time
from translator.formats.reading import StatefulReader, storable_record
from translator.formats.records import Unreadable, parse_record
from translator.model import Event, Json, Line

IGNORED = Unreadable("ignored")
NO_TIMESTAMP = Unreadable("no_timestamp", "the line of the transcript has no timestamp that can be read")

FOREVER = float("inf")

_MOST_TIMES = 500
_SPOKEN = ("user", "assistant", "system")


class ClaudeCodeReader(StatefulReader[ClaudeCodeState]):
    """Reads transcripts of all versions.

    Args:
        counts: Counts "copied_lines", "results_without_call" and "late_blocks".
    """

    def __init__(self, counts: Counter[str]) -> None:
        super().__init__(counts, ClaudeCodeState())
        self._turns = Turns(self.state, counts)
        self._chains = Chains(self._turns)
        self._lines = Lines(self._turns, self._end)

    def restore(self, captured: bytes) -> None:
        """Takes the state from bytes.

        Raises:
            ValueError: They are none of this reader's.
        """
        super().restore(captured)
        self._turns.state = self.state

    def read(self, line: Line, now: float) -> Sequence[Event] | Unreadable:
        """The events that are complete with a line."""
        self._turns.line, self._turns.now = line, now
        if line.beside:
            return self._read_meta(line)
        record = storable_record(line)
        if isinstance(record, Unreadable):
            return record
        kind = record.get("type")
        if kind == "queue-operation":
            return self._read_notice(text(record.get("content")))
        if type(kind) is not str or kind not in self._lines.handlers:
            return IGNORED
        time = parse_time(record.get("timestamp"))
        if time is None:
            return NO_TIMESTAMP if kind in ("user", "assistant") else IGNORED
        chain = self._chains.of(record, time)
        if chain.linked:
            self._take(chain, record, kind, time)
        else:
            chain.waiting.append(Waiting(line.data, line.source, line.number))
        return self._taken()

    def expire(self, now: float) -> Sequence[Event]:
        """What has been quiet for long enough."""
        turns = self._turns
        turns.now = now
        for chain in links.unlinked(self.state):
            if now - chain.since >= waits.LINK:
                self._give_up(chain)
            elif chain.call_id:
                turns.linkable.append(chain)
        self._settle()
        for chain in list(self.state.chains.values()):
            turn, quiet = chain.turn, now - chain.touched
            if turn is None:
                if chain.linked and quiet >= waits.SILENT:
                    turns.drop(chain)
                continue
            response = turn.response
            if response is not None and quiet >= waits.of_response(response, stops=self.state.stops):
                turns.complete(chain, turn)
            wait = self._wait(chain, turn)
            if quiet >= waits.IDLE:
                turns.leave(chain, turn)
            elif quiet >= wait and not self._busy(turn):
                self._end(chain)
        return self._taken()

    def next_due(self) -> float | None:
        """When something has been quiet for long enough."""
        due: list[float] = []
        for chain in self.state.chains.values():
            turn = chain.turn
            if not chain.linked:
                call = self.state.calls.get(chain.call_id)
                due.append(chain.since + waits.LINK if call is None else call.since + links.STUB_WAIT)
            elif turn is None:
                due.append(chain.touched + waits.SILENT)
            else:
                wait = self._wait(chain, turn)
                if turn.response is not None:
                    wait = min(wait, waits.of_response(turn.response, stops=self.state.stops))
                due.append(max([chain.touched, *self._below(turn)]) + wait)
        return min(due, default=None)

    def finish(self) -> Sequence[Event]:
        """What is known of all that is not over: what is not, is unfinished."""
        turns = self._turns
        turns.linkable += links.unlinked(self.state)
        self._settle(ended=True)
        while left := links.unlinked(self.state):
            for chain in left:
                if not chain.linked:
                    self._give_up(chain)
                    self._settle(ended=True)
        for chain in sorted(self.state.chains.values(), key=lambda chain: not chain.side):
            turn = chain.turn
            if turn is None:
                turns.drop(chain)
            elif self._wait(chain, turn) < waits.IDLE:
                self._end(chain)
            else:
                turns.leave(chain, turn)
        return self._taken()

    def _wait(self, chain: Chain, turn: Turn) -> float:
        """Seconds in which a turn may go on."""
        return waits.of_turn(turn, answered=chain.result_at is not None)

    def _below(self, turn: Turn) -> list[float]:
        """When the open sub-agents that a turn has waited for were last read, in seconds."""
        return [below.touched for below in self._turns.waited_for(turn) if below.turn is not None]

    def _busy(self, turn: Turn) -> bool:
        """Whether a sub-agent that the turn has waited for has just written."""
        return any(self._turns.now - touched < waits.CLOSED for touched in self._below(turn))

    def _take(self, chain: Chain, record: dict[str, Json], kind: str, time: int) -> None:
        """Takes a line of a chain that belongs somewhere."""
        uuid = text(record.get("uuid"))
        if uuid:
            chain.times[uuid] = time
            if len(chain.times) > _MOST_TIMES:
                del chain.times[next(iter(chain.times))]
        if kind in _SPOKEN and uuid and self._turns.is_known("line", uuid):
            self.counts["copied_lines"] += 1
            self._chains.follow_copied(chain, record, uuid)
        else:
            self._turns.own = chain
            self._lines.handlers[kind](self._chains.followed(chain), record, time)
        self._settle()

    # Sub-agents.

    def _read_meta(self, line: Line) -> Sequence[Event] | Unreadable:
        record = parse_record(line.data)
        agent_id = agent_id_of_path(line.source)
        if isinstance(record, Unreadable) or not agent_id:
            return IGNORED
        call_id, agent = text(record.get("toolUseId")), text(record.get("agentType"))
        self._turns.linkable += links.meet(self.state, agent_id, call_id, agent, sure=True)
        self._settle()
        return self._taken()

    def _read_notice(self, words: str) -> Sequence[Event] | Unreadable:
        call_id, task = notification(words)
        if not call_id and not task:
            return IGNORED
        self._lines.on_notice(call_id, task)
        self._settle()
        return self._taken()

    def _settle(self, *, ended: bool = False) -> None:
        """Links what can be, and reads what has waited for it; all of it once the input has ended."""
        linkable = self._turns.linkable
        now = FOREVER if ended else self._turns.now
        while linkable:
            chain = linkable.pop(0)
            if not chain.linked and links.link(self.state, chain, now):
                self._read_waiting(chain)

    def _give_up(self, chain: Chain) -> None:
        """Stops waiting for the tool call that started a sub-agent."""
        links.give_up(self.state, chain)
        self._read_waiting(chain)

    def _read_waiting(self, chain: Chain) -> None:
        """Reads the lines that have waited until it was known where they belong."""
        self.state.unlinked.pop(chain.key, None)
        turns, key = self._turns, chain.key
        reading = turns.line
        waiting, chain.waiting = chain.waiting, []
        for held in waiting:
            turns.line = Line(held.data, held.source, held.number)
            record = storable_record(turns.line)
            time = None if isinstance(record, Unreadable) else parse_time(record.get("timestamp"))
            if not isinstance(record, Unreadable) and time is not None:
                chain = self.state.chains.setdefault(key, chain)
                self._take(chain, record, text(record.get("type")), time)
        turns.line = reading

    def _end(self, chain: Chain) -> None:
        """Ends the turn of a chain, and before it the sub-agents that it has waited for."""
        if chain.turn is None:
            return
        for below in self._turns.waited_for(chain.turn):
            if not below.linked:
                self._give_up(below)
            self._end(below)
        self._turns.end(chain)

    def _taken(self) -> Sequence[Event]:
        out, self._turns.out = self._turns.out, []
        return out
