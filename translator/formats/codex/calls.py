"""Tool calls as they are built from lines: begun, and ended with what came out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from translator.formats.codex import events, tools
from translator.formats.codex.links import Links
from translator.formats.codex.records import text
from translator.formats.codex.state import CodexState, Known, Thread, Tool, Turn
from translator.model import Event, Json, Phase

_MOST_CALLS, _MOST_KNOWN = 2_000, 10_000


class Calls:
    """Builds tool calls, thread by thread.

    Args:
        state: All that is remembered.
        counts: What it counts in.

    Attributes:
        state: The same.
        out: Events that are complete.
        links: Where the turns of sub-agents belong.
        now: When the line was read, in seconds.
    """

    def __init__(self, state: CodexState, counts: Counter[str]) -> None:
        self.state = state
        self.counts = counts
        self.out: list[Event] = []
        self.links = Links(state, self.out)
        self.now = 0.0

    def show(self, thread: Thread, turn: Turn) -> None:
        """Tells of the begin of a turn, once; by now its prompt is known."""
        if not turn.begun:
            turn.begun = True
            if not thread.below:
                self.out.append(events.turn_event(thread, turn, Phase.START))

    def emit(self, thread: Thread, event: Event) -> None:
        """Hands out an event, or keeps it until a sub-agent's turn is over."""
        if thread.turn is not None:
            self.show(thread, thread.turn)
        (thread.held if thread.below else self.out).append(event)

    def output(self, thread: Thread, item: dict[str, Json], time: int) -> None:
        """Ends the tool call that an item is the output of."""
        turn = thread.turn
        call_id = text(item.get("call_id"))
        tool = turn.tools.pop(call_id, None) if turn is not None else None
        if turn is None or tool is None:
            self.counts["results_without_call"] += 1
            return
        turn.last = max(turn.last, time)
        if turn.response is not None and turn.response.items:
            turn.response.answered = True
        output = tools.output_of(item)
        child = tools.child_in(output) if tool.name.endswith(tools.SPAWN) else ""
        self.finish_tool(thread, turn, call_id, tool, output, time, tools.failure_of(tool.name, output))
        if child:
            self.links.meet(child, thread, turn, tool.span_id)

    def know(self, thread: Thread, call_id: str, known: Known, time: int) -> None:
        """Notes what an event tells of a tool call; one that only events tell of is a call, too."""
        turn = thread.turn
        if turn is None or not call_id or (call_id in thread.calls and call_id not in turn.tools):
            return
        turn.last = max(turn.last, time)
        programs = [tool for tool in turn.tools.values() if tool.begun and tool.name == tools.CODE]
        if call_id in turn.tools or not (known.alone and programs):
            if len(turn.known) < _MOST_KNOWN:
                turn.known[call_id] = known
            return
        self._tell_alone(thread, turn, call_id, known, programs[-1].span_id)

    def started(self, thread: Thread, child: str, call_id: str) -> None:
        """Notes which tool call started a sub-agent."""
        turn = thread.turn
        if turn is not None and child:
            span_id = turn.span_id
            if call_id in turn.tools:
                span_id = turn.tools[call_id].span_id
            elif call_id in thread.calls or call_id in turn.known:
                span_id = events.span_of(thread.thread_id, turn.turn_id, "call", call_id)
            self.links.meet(child, thread, turn, span_id)

    def _tell_alone(self, thread: Thread, turn: Turn, call_id: str, known: Known, parent_id: str) -> None:
        span_id = events.span_of(thread.thread_id, turn.turn_id, "call", call_id)
        end = known.end if known.end is not None else turn.last
        start = max(known.start, min(turn.start, end)) if known.start is not None else end
        fields = {
            "span_id": span_id, "parent_id": parent_id, "tool": known.name, "call_id": call_id,
            "arguments": known.arguments, "output": known.output, **known.failure,
        }  # fmt: skip
        self.remember(thread, call_id)
        event = events.tool_event(thread, turn, Phase.WHOLE, fields, known.extra, start, end)
        self.emit_tool(thread, turn, event)

    def emit_tool(self, thread: Thread, turn: Turn, event: Event) -> None:
        """Hands out a tool call, which ends after the model call that asked for it."""
        if turn.response is not None:
            turn.after.append(event)
            return
        if event.end is not None and event.end <= turn.settled:
            event.time = event.end = turn.settled + 1
        turn.last = max(turn.last, event.time)
        self.emit(thread, event)

    def finish_tool(
        self, thread: Thread, turn: Turn, call_id: str, tool: Tool, output: Json, time: int,
        failure: Mapping[str, Json],
    ) -> None:  # fmt: skip
        """Tells of a call whose output has come."""
        known = turn.known.pop(call_id, None) or Known()
        start, end = tool.start, max(tool.start, time)
        if known.start is not None and known.end is not None and start <= known.start and known.end <= end:
            start, end = known.start, known.end
        fields = {
            "span_id": tool.span_id, "tool": tool.name, "call_id": call_id, "arguments": tool.arguments,
            "output": known.output if output is None else output, **failure, **known.failure,
        }  # fmt: skip
        phase = Phase.END if tool.begun else Phase.WHOLE
        event = events.tool_event(thread, turn, phase, fields, known.extra, start, end)
        self.emit_tool(thread, turn, event)

    def begin_tools(self, thread: Thread, turn: Turn) -> None:
        """Tells of calls without an output, and of those that only events have told of."""
        for call_id, tool in turn.tools.items():
            self.begin_tool(thread, turn, call_id, tool)
        for call_id, known in turn.known.items():
            if known.alone and call_id not in turn.tools:
                self._tell_alone(thread, turn, call_id, known, turn.span_id)
        turn.known = {call_id: known for call_id, known in turn.known.items() if call_id in turn.tools}

    def begin_tool(self, thread: Thread, turn: Turn, call_id: str, tool: Tool) -> None:
        """Tells of the begin of a call, once."""
        if not tool.begun:
            tool.begun = True
            fields = {
                "span_id": tool.span_id, "tool": tool.name, "call_id": call_id, "arguments": tool.arguments,
            }  # fmt: skip
            event = events.tool_event(thread, turn, Phase.START, fields, {}, tool.start, tool.start)
            self.emit(thread, event)

    def remember(self, thread: Thread, call_id: str) -> None:
        """Notes that a tool call or a response has been told of."""
        thread.calls[call_id] = thread.latest
        if len(thread.calls) > _MOST_CALLS:
            del thread.calls[next(iter(thread.calls))]
