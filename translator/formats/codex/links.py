"""Under which tool call the turns of sub-agents lie; they wait until that is known.

A sub-agent may go on when the turn that started it has ended. So each of its turns is told of as a
whole, when it is over.
"""

from __future__ import annotations

from translator.formats.building import ROOT
from translator.formats.codex import events
from translator.formats.codex.records import hashed
from translator.formats.codex.state import CodexState, Ended, Link, Thread, Turn
from translator.model import Event, Kind

_MOST_LINKS, _MOST_TRACES = 50_000, 1_000


class Links:
    """Places the turns of sub-agents.

    Args:
        state: All that is remembered.
        out: Where events go that are complete.
    """

    def __init__(self, state: CodexState, out: list[Event]) -> None:
        self.state = state
        self._out = out

    def active(self) -> list[Thread]:
        """The threads in which something is open or waits."""
        state = self.state
        found: list[Thread] = []
        for thread_id in list(state.active):
            thread = state.threads.get(thread_id)
            if thread is None or (thread.turn is None and not thread.ended):
                del state.active[thread_id]
            else:
                found.append(thread)
        return found

    def meet(self, child: str, thread: Thread, turn: Turn, span_id: str) -> None:
        """Notes the span below which a sub-agent's thread lies."""
        links = self.state.links
        if child not in links and child != thread.thread_id:
            links[child] = Link(thread.thread_id, turn.turn_id, span_id)
            if len(links) > _MOST_LINKS:
                del links[next(iter(links))]
            self.settle()

    def enter(self, thread: Thread, turn: Turn) -> None:
        """Notes in which trace a sub-agent's turn lies, if that is known."""
        if not thread.trial:
            self._place(thread, turn.turn_id, turn.parent_turn, first=turn.first)

    def settle(self) -> None:
        """Hands out every turn whose place is known by now."""
        changed = True
        while changed:
            changed = False
            for thread in self.active():
                turn = thread.turn
                if not thread.below or thread.trial:
                    continue
                if turn is not None and turn.turn_id not in thread.traces:
                    place = self._place(thread, turn.turn_id, turn.parent_turn, first=turn.first)
                    changed = changed or place is not None
                for ended in list(thread.ended):
                    place = self._place(thread, ended.turn_id, ended.parent_turn, first=ended.first)
                    if place is not None:
                        thread.ended.remove(ended)
                        self._hand_out(thread, ended, *place)
                        changed = True

    def give_up(self, thread: Thread, ended: Ended) -> None:
        """Puts a turn that nothing tells of below the turn that asked for it, else into its own trace."""
        thread.ended.remove(ended)
        place = self._below_turn(thread, ended.parent_turn)
        if place is None:
            place = events.trace_of(thread.thread_id, ended.turn_id), ROOT
        thread.traces[ended.turn_id] = place[0]
        self._hand_out(thread, ended, *place)
        self.settle()

    def depth(self, thread: Thread) -> int:
        """How many threads that are known lie above one."""
        seen = {thread.thread_id}
        above = self.state.threads.get(thread.parent)
        while above is not None and above.thread_id not in seen:
            seen.add(above.thread_id)
            above = self.state.threads.get(above.parent)
        return len(seen)

    def _place(
        self, thread: Thread, turn_id: str, parent_turn: str, *, first: bool
    ) -> tuple[str, str] | None:
        """The trace and the parent's span of a turn; None as long as they are not known."""
        link = self.state.links.get(thread.thread_id)
        place: tuple[str, str] | None = None
        if not thread.spawned and not parent_turn:
            place = events.trace_of(thread.thread_id, turn_id), ROOT
        elif thread.spawned and (first or not parent_turn):
            trace_id = self._trace(link.thread_id, link.turn_id) if link is not None else None
            if link is not None and trace_id is not None:
                place = trace_id, link.span_id
        else:
            place = self._below_turn(thread, parent_turn)
        if place is not None:
            thread.traces[turn_id] = place[0]
            if len(thread.traces) > _MOST_TRACES:
                del thread.traces[next(iter(thread.traces))]
        return place

    def _below_turn(self, thread: Thread, parent_turn: str) -> tuple[str, str] | None:
        if not parent_turn or self.state.owners.get(hashed(parent_turn)) != hashed(thread.parent):
            return None
        trace_id = self._trace(thread.parent, parent_turn)
        return None if trace_id is None else (trace_id, events.span_of(thread.parent, parent_turn))

    def _trace(self, thread_id: str, turn_id: str) -> str | None:
        """The trace of a turn of any thread that has been read."""
        thread = self.state.threads.get(thread_id)
        if thread is None:
            return None
        return thread.traces.get(turn_id) if thread.below else events.trace_of(thread_id, turn_id)

    def _conversation(self, thread: Thread) -> str:
        """The root thread of a sub-agent's session."""
        seen = {thread.thread_id}
        while thread.parent and thread.parent not in seen and not thread.conversation:
            seen.add(thread.parent)
            above = self.state.threads.get(thread.parent)
            if above is None or not above.below:
                return thread.parent
            thread = above
        return thread.conversation or thread.thread_id

    def _hand_out(self, thread: Thread, ended: Ended, trace_id: str, parent_id: str) -> None:
        conversation = self._conversation(thread)
        for event in ended.events:
            event.fields["trace_id"] = trace_id
            if event.kind is Kind.AGENT:
                event.fields["parent_id"] = parent_id
                event.fields["conversation_id"] = conversation
        self._out.extend(ended.events)
