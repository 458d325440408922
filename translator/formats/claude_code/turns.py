"""Turns as they are built from lines: begun, filled with responses and tool calls, ended."""

from __future__ import annotations

from collections import Counter
from hashlib import blake2b

from translator.formats.claude_code import events, links
from translator.formats.claude_code.records import (
    AGENT_TOOLS,
    agent_id_in,
    blocks_of,
    content_of,
    result_text,
    said,
    table,
    text,
)
from translator.formats.claude_code.state import (
    AgentCall,
    Block,
    Chain,
    ClaudeCodeState,
    Meta,
    OpenTool,
    Response,
    Turn,
)
from translator.model import Event, Json, Line

OVER_QUIET = 2.0
"""Seconds after the last line of a turn that the log says is over."""

_MOST_SEEN, _MOST_CALLS = 500_000, 20_000


class Turns:
    """Builds turns, chain by chain.

    Args:
        state: All that is remembered.
        counts: What it counts in.

    Attributes:
        state: The same.
        out: Events that are complete.
        line: The line that is read.
        now: When it was read, in seconds.
    """

    def __init__(self, state: ClaudeCodeState, counts: Counter[str]) -> None:
        self.state = state
        self.counts = counts
        self.out: list[Event] = []
        self.line = Line(b"", "", 0)
        self.now = 0.0

    def begin(
        self, chain: Chain, record: dict[str, Json], time: int, *, lazy: bool, headless: bool = False
    ) -> Turn:
        """Opens a turn.

        Args:
            chain: Where.
            record: Its first line.
            time: When that was written, in microseconds.
            lazy: Whether it becomes a turn only once a model answers.
            headless: Whether the first line is no prompt.
        """
        turn_id = text(record.get("uuid")) or f"{chain.key} {time}"
        turn = chain.turn = Turn(turn_id, time, time, self.now)
        if not headless:
            words = said(record)
            message = {"role": "user", "content": content_of(record)}
            turn.prompt = words if chain.side and words else [message]
            chain.inputs = [message]
        chain.touched = self.now
        agent = text(record.get("attributionAgent"))
        if chain.side and agent and not chain.agent:
            chain.agent = agent
        if not chain.side:
            chain.trace_id = events.trace_of(turn_id)
        if not chain.linked:
            self.out += links.link_all(self.state)
        if not lazy:
            self.begun(chain, turn)
        return turn

    def begun(self, chain: Chain, turn: Turn) -> None:
        """Tells of the begin of a turn, once."""
        if not turn.begun:
            turn.begun = True
            chain.told = not chain.background
            if chain.told:
                self.emit(chain, events.turn_start(chain, turn, self.line))

    def touch(self, chain: Chain, turn: Turn, time: int) -> None:
        """Notes a time seen in a turn, in microseconds."""
        turn.last = max(turn.last, time)
        turn.touched = chain.touched = self.now

    def end(self, chain: Chain) -> None:
        """Ends the turn, and before it the sub-agents that it has waited for."""
        turn = chain.turn
        if turn is None:
            return
        for below in self._waited_for(chain):
            self.end(below)
        self.complete(chain, turn)
        if turn.begun:
            if turn.over is not None:
                turn.last = max(turn.last, turn.over)
            start = events.span_of(turn.turn_id)
            if chain.background and (not chain.told or links.take_start(chain, start)):
                self.emit(chain, events.whole_turn(chain, turn, self.line))
            else:
                self.emit(chain, events.turn_end(chain, turn, self.line))
        self.drop(chain)

    def drop(self, chain: Chain) -> None:
        """Forgets the open turn, and the chain with it if that is known to belong somewhere."""
        if chain.linked:
            self.out += links.release(chain)
            self.state.chains.pop(chain.key, None)
        chain.turn = None

    def give_up(self, chain: Chain) -> None:
        """Stops waiting for the tool call that started a sub-agent."""
        turn_id = chain.turn.turn_id if chain.turn is not None else chain.key
        self.out += links.give_up(self.state, chain, events.trace_of(turn_id))
        self.out += links.link_all(self.state)
        if chain.turn is None:
            self.drop(chain)

    def _waited_for(self, chain: Chain) -> list[Chain]:
        """The open chains of sub-agents that calls of this chain wait for."""
        spans = {
            call.span_id
            for call in self.state.calls.values()
            if call.chain == chain.key and not call.background
        }
        return [
            other
            for other in list(self.state.chains.values())
            if other.side and other.turn is not None and other.parent_id in spans
        ]

    def busy(self, chain: Chain) -> bool:
        """Whether a sub-agent that the turn waits for has just written."""
        return any(self.now - below.touched < OVER_QUIET for below in self._waited_for(chain))

    def respond(
        self, chain: Chain, turn: Turn, record: dict[str, Json], message_id: str, time: int
    ) -> Response | None:
        """The response that a line begins; None if it has been told of already."""
        if self.is_known("message " + message_id):
            self.counts["late_blocks"] += 1
            return None
        start = chain.times.get(text(record.get("parentUuid")), turn.last)
        response = Response(message_id, min(start, time), time, self.line.data, self.line.source)
        response.inputs, chain.inputs = chain.inputs, []
        turn.response = response
        turn.responses += 1
        return response

    def add(self, response: Response, record: dict[str, Json], message: dict[str, Json], time: int) -> None:
        """Adds a line to its response."""
        replaced = record.get("supersedesUuids")
        if type(replaced) is list:
            response.blocks = [block for block in response.blocks if block.uuid not in replaced]
        uuid = text(record.get("uuid"))
        response.blocks += [Block(uuid, content) for content in content_of(record)]
        response.fields |= events.model_fields(record, message)
        response.last = max(response.last, time)
        response.stopped = message.get("stop_reason") is not None
        request_id = text(record.get("requestId"))
        if request_id:
            response.extra["request_id"] = request_id
        status = record.get("apiErrorStatus")
        if status is not None:
            response.fields["error_type"] = str(status)

    def complete(self, chain: Chain, turn: Turn) -> None:
        """Tells of the response of the turn."""
        response, turn.response = turn.response, None
        if response is None:
            return
        usage = events.known_better(response, chain.usage) if chain.side else None
        if chain.side and usage is None and not response.stopped:
            response.extra["usage_approximate"] = True
        self.emit(chain, events.model_call(chain, turn, response, usage))

    def call_tools(self, chain: Chain, turn: Turn, record: dict[str, Json], time: int) -> bool:
        """Opens the tool calls of a line; whether there are any."""
        called = False
        for number, block in enumerate(blocks_of(record, "tool_use")):
            called = True
            uuid = text(record.get("uuid"))
            call_id = text(block.get("id")) or f"{uuid} {number}"
            if self.is_known("tool " + call_id):
                continue
            tool = OpenTool(events.span_of(call_id), text(block.get("name")) or "tool", time, uuid)
            turn.tools[call_id] = tool
            arguments = block.get("input")
            self.emit(chain, events.tool_start(chain, turn, call_id, tool, arguments, self.line))
            if tool.name in AGENT_TOOLS:
                self._call_agent(chain, turn, call_id, tool, table(arguments), text(record.get("sessionId")))
        return called

    def _call_agent(
        self, chain: Chain, turn: Turn, call_id: str, tool: OpenTool, asked: dict[str, Json], session: str
    ) -> None:
        trace_id = (chain.trace_id or events.trace_of(turn.turn_id)) if chain.linked else ""
        call = AgentCall(
            chain.key, tool.span_id, trace_id, text(asked.get("subagent_type")), text(asked.get("prompt")),
            tool.start, session, background=asked.get("run_in_background") is True,
        )  # fmt: skip
        calls = self.state.calls
        calls[call_id] = call
        if len(calls) > _MOST_CALLS:
            del calls[next(iter(calls))]
        self.out += links.link_all(self.state)

    def result(self, chain: Chain, record: dict[str, Json], block: dict[str, Json], time: int) -> None:
        """Ends the call that a result is of."""
        turn = chain.turn
        call_id = text(block.get("tool_use_id")) or (_only_tool(turn, record) if turn is not None else "")
        tool = turn.tools.pop(call_id, None) if turn is not None else None
        if turn is None or tool is None:
            self.counts["results_without_call"] += 1
            return
        self.begun(chain, turn)
        said_more = record.get("toolUseResult")
        end = max(time, tool.start)
        duration = table(said_more).get("durationMs")
        if isinstance(duration, (int, float)) and 0 < duration * 1_000 < end - tool.start:
            end = tool.start + round(duration * 1_000)
        if call_id in self.state.calls:
            self._agent_result(call_id, result_text(block), table(said_more), time)
        result = _outcome(record, block, said_more)
        self.emit(chain, events.tool_end(chain, turn, call_id, tool, end, result, self.line))

    def _agent_result(self, call_id: str, words: str, more: dict[str, Json], time: int) -> None:
        call = self.state.calls[call_id]
        if text(more.get("status")).startswith("async") or words.startswith("Async agent launched"):
            call.background = True
        else:
            call.result_at, call.usage = time, more.get("usage")
        agent_id = text(more.get("agentId")) or agent_id_in(words)
        if agent_id:
            self.meet(agent_id, call_id)
        for chain in self.state.chains.values():
            if chain.linked and chain.side and chain.parent_id == call.span_id:
                chain.result_at, chain.usage = call.result_at, call.usage
                chain.background = chain.background or call.background

    def meet(self, agent_id: str, call_id: str) -> None:
        """Notes which call started which sub-agent."""
        meta = self.state.agents.setdefault(agent_id, Meta())
        meta.call_id = meta.call_id or call_id
        if call_id in self.state.calls and not self.state.calls[call_id].agent_id:
            self.state.calls[call_id].agent_id = agent_id
        self.out += links.link_all(self.state)

    def is_known(self, native_id: str) -> bool:
        """Whether a line, a response or a call has been read before; from now on it has."""
        digest = int.from_bytes(blake2b(native_id.encode("utf-8", "surrogatepass"), digest_size=8).digest())
        seen = self.state.seen
        if digest in seen:
            return True
        seen[digest] = None
        if len(seen) > _MOST_SEEN:
            del seen[next(iter(seen))]
        return False

    def emit(self, chain: Chain, event: Event) -> None:
        """Hands out an event, or holds it until its chain belongs somewhere."""
        if chain.linked and not chain.background:
            self.out.append(event)
        else:
            chain.held.append(event)


def _only_tool(turn: Turn, record: dict[str, Json]) -> str:
    """The call that a result without an id must be of."""
    uuid = text(record.get("sourceToolAssistantUUID")) or text(record.get("parentUuid"))
    those = [call_id for call_id, tool in turn.tools.items() if tool.line_uuid == uuid] or list(turn.tools)
    return those[0] if len(those) == 1 else ""


def _outcome(record: dict[str, Json], block: dict[str, Json], more: Json) -> dict[str, Json]:
    """What a tool's result says, by the names of the log format."""
    result: dict[str, Json] = {"output": block.get("content")}
    if block.get("is_error") is True:
        refused = record.get("toolDenialKind") or more == "User rejected tool use"
        result["error_type"] = "rejected" if refused else "error"
        result["error_message"] = result_text(block) or None
    return result
