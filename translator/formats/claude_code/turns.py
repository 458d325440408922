"""Turns as they are built from lines: begun, filled with responses and tool calls, ended."""

from __future__ import annotations

from collections import Counter

from translator.formats.building import failed_output
from translator.formats.claude_code import events, links
from translator.formats.claude_code.records import (
    AGENT_TOOLS,
    agent_id_in,
    blocks_of,
    content_of,
    fingerprint,
    result_text,
    run_in,
    said,
    table,
    text,
)
from translator.formats.claude_code.state import (
    AgentCall,
    Block,
    Chain,
    ClaudeCodeState,
    OpenTool,
    Response,
    Turn,
)
from translator.formats.seen import first_time
from translator.model import Event, Json, Line


class Turns:
    """Builds turns, chain by chain.

    Args:
        state: All that is remembered.
        counts: What it counts in.

    Attributes:
        state: The same.
        out: Events that are complete.
        linkable: Chains of sub-agents of which something new is known.
        line: The line that is read.
        own: The chain that it stands in; new turns begin there, whichever it goes on with.
        now: When it was read, in seconds.
    """

    def __init__(self, state: ClaudeCodeState, counts: Counter[str]) -> None:
        self.state = state
        self.counts = counts
        self.out: list[Event] = []
        self.linkable: list[Chain] = []
        self.line = Line(b"", "", 0)
        self.own = Chain("", "", "")
        self.now = 0.0

    def open(self, chain: Chain, record: dict[str, Json], time: int) -> Turn:
        """A turn that a line may begin: it has begun once a model answers."""
        turn_id = text(record.get("uuid")) or f"{chain.key} {time}"
        turn = Turn(turn_id, time, time)
        content = content_of(record)
        if record.get("type") == "user" and content:
            message = {"role": "user", "content": content}
            turn.prompt = said(record) if chain.side and said(record) else [message]
            turn.inputs = [message]
        return turn

    def put(self, chain: Chain, turn: Turn) -> None:
        """Makes a turn the open one of its chain; what was said before an answer is said in it."""
        before = chain.turn
        if before is not None and not before.begun:
            turn.inputs = before.inputs + turn.inputs
        chain.turn, chain.command, chain.touched = turn, None, self.now
        if not chain.side:
            chain.trace_id = events.trace_of(turn.turn_id)

    def begun(self, chain: Chain, turn: Turn) -> None:
        """Tells of the begin of a turn, once; of one in the background only with its end."""
        if turn.begun:
            return
        turn.begun = True
        if not chain.call_id and chain.side:
            chain.trace_id = events.trace_of(turn.turn_id)
        if not chain.background:
            self._tell(chain, turn)

    def _tell(self, chain: Chain, turn: Turn) -> None:
        turn.told = True
        self.out.append(events.turn_start(chain, turn, self.line))

    def touch(self, chain: Chain, turn: Turn, time: int) -> None:
        """Notes a time seen in a turn, in microseconds."""
        turn.last = max(turn.last, time)
        chain.touched = self.now

    def end(self, chain: Chain) -> None:
        """Ends the turn."""
        turn = chain.turn
        if turn is None:
            return
        self.complete(chain, turn, last=True)
        if turn.begun:
            if turn.over is not None:
                turn.last = max(turn.last, turn.over)
            made = events.turn_end if turn.told else events.whole_turn
            self.out.append(made(chain, turn, self.line))
        self.drop(chain)

    def leave(self, chain: Chain, turn: Turn) -> None:
        """Forgets the open turn, of which the end is not known."""
        self.complete(chain, turn, last=True)
        if turn.begun and not turn.told:
            self._tell(chain, turn)
        self.drop(chain)

    def drop(self, chain: Chain) -> None:
        """Forgets the open turn, and the chain with it."""
        self.state.chains.pop(chain.key, None)
        chain.turn = None

    def waited_for(self, turn: Turn) -> list[Chain]:
        """The open chains of sub-agents that calls of this turn wait for."""
        found = []
        for call_id in turn.calls:
            call = self.state.calls.get(call_id)
            below = self.state.chains.get(call.below) if call is not None and not call.background else None
            if below is not None:
                found.append(below)
        return found

    def respond(
        self, chain: Chain, turn: Turn, record: dict[str, Json], message_id: str, time: int
    ) -> Response | None:
        """The response that a line begins; None if it has been told of already."""
        request_id = text(record.get("requestId"))
        known = self.is_known("message", message_id)
        # A side conversation may begin with copies of what its session asked, under other requests' ids.
        again = bool(request_id) and self.is_known("message", message_id, request_id)
        if known and (again or chain.side or not request_id):
            self.counts["late_blocks"] += 1
            turn.inputs = []
            return None
        self.begun(chain, turn)
        start = min(chain.times.get(text(record.get("parentUuid")), turn.last), time)
        native_id = f"{message_id} {request_id}" if known else message_id
        response = Response(message_id, request_id, native_id, start, time, self.line.data, self.line.source)
        response.inputs, turn.inputs = turn.inputs, []
        turn.response = response
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
        self.state.stops = self.state.stops or response.stopped
        if response.request_id:
            response.extra["request_id"] = response.request_id
        status = record.get("apiErrorStatus")
        if status is not None:
            response.fields["error_type"] = str(status)

    def complete(self, chain: Chain, turn: Turn, *, last: bool = False) -> None:
        """Tells of the response of the turn; the usage of a sub-agent's last one is told by its session."""
        response, turn.response = turn.response, None
        if response is None:
            return
        usage = events.known_better(response, chain.usage) if last else None
        if chain.side and usage is None and not response.stopped:
            response.extra["usage_approximate"] = True
        self.out.append(events.model_call(chain, turn, response, usage))

    def call_tools(self, chain: Chain, turn: Turn, record: dict[str, Json], time: int) -> bool:
        """Opens the tool calls of a line; whether there are any."""
        called = False
        for number, block in enumerate(blocks_of(record, "tool_use")):
            called = True
            uuid = text(record.get("uuid"))
            call_id = text(block.get("id")) or f"{uuid} {number}"
            if self.is_known("tool", call_id):
                continue
            self.begun(chain, turn)
            tool = OpenTool(events.span_of(call_id), text(block.get("name")) or "tool", time, uuid)
            turn.tools[call_id] = tool
            arguments = block.get("input")
            self.out.append(events.tool_start(chain, turn, call_id, tool, arguments, self.line))
            if tool.name in AGENT_TOOLS:
                asked = table(arguments)
                call = self._agent_call(chain, tool, text(record.get("sessionId")))
                call.agent, call.prompt = (
                    text(asked.get("subagent_type")),
                    fingerprint(text(asked.get("prompt"))),
                )
                call.background = asked.get("run_in_background") is True
                turn.calls.append(call_id)
                self.linkable += links.add_call(self.state, call_id, call)
        return called

    def _agent_call(self, chain: Chain, tool: OpenTool, session: str) -> AgentCall:
        call = AgentCall(
            chain.key, session, chain.conversation or session, tool.span_id, chain.trace_id, start=tool.start
        )
        call.since = self.now
        return call

    def result(self, chain: Chain, record: dict[str, Json], block: dict[str, Json], time: int) -> None:
        """Ends the call that a result is of."""
        turn = chain.turn
        call_id = text(block.get("tool_use_id")) or (_only_tool(turn, record) if turn is not None else "")
        tool = turn.tools.pop(call_id, None) if turn is not None else None
        if turn is None or tool is None:
            self.counts["results_without_call"] += 1
            return
        said_more = record.get("toolUseResult")
        end = max(time, tool.start)
        duration = table(said_more).get("durationMs")
        if isinstance(duration, (int, float)) and 0 < duration * 1_000 < end - tool.start:
            end = tool.start + round(duration * 1_000)
        words = result_text(block)
        if call_id in self.state.calls:
            self._agent_result(call_id, words, table(said_more), time)
        elif tool.name == "Workflow":
            self._workflow(chain, call_id, tool, text(table(said_more).get("runId")) or run_in(words))
        result = _outcome(record, block, said_more)
        self.out.append(events.tool_end(chain, turn, call_id, tool, end, result, self.line))

    def _agent_result(self, call_id: str, words: str, more: dict[str, Json], time: int) -> None:
        call = self.state.calls[call_id]
        if text(more.get("status")).startswith("async") or words.startswith("Async agent launched"):
            call.background = True
        else:
            call.result_at, call.usage = time, more.get("usage")
        agent_id = text(more.get("agentId")) or agent_id_in(words)
        if agent_id:
            self.meet(agent_id, call_id)
        below = self.state.chains.get(call.below)
        if below is not None:
            below.result_at, below.usage = call.result_at, call.usage
            below.background = below.background or call.background
            self.linkable.append(below)

    def _workflow(self, chain: Chain, call_id: str, tool: OpenTool, run_id: str) -> None:
        """A workflow has been started: its sub-agents run in the background."""
        if not run_id:
            return
        call = self._agent_call(chain, tool, "")
        call.background, call.below = True, "workflow " + run_id
        self.linkable += links.add_call(self.state, call_id, call)
        self.linkable += links.add_run(self.state, run_id, call_id)

    def meet(self, agent_id: str, call_id: str) -> None:
        """Notes which call started which sub-agent."""
        self.linkable += links.meet(self.state, agent_id, call_id)

    def is_known(self, kind: str, *ids: str) -> bool:
        """Whether a line, a response or a call has been read before; from now on it has."""
        return not first_time(self.state.seen, kind, *ids)


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
        result |= failed_output(result_text(block))
    return result
