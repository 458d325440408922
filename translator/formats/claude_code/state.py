"""What is remembered of transcripts between their lines.

A transcript is a chain of turns. Each sub-agent has a chain of its own, in a file of its own or among
the lines of its session; so has each side conversation of old versions.
"""

from __future__ import annotations

import msgspec

from translator.formats.seen import Seen
from translator.model import Json


class Block(msgspec.Struct, array_like=True):
    """One block of a response, and the line that it came on."""

    uuid: str
    content: Json


class Response(msgspec.Struct):
    """One response of the model, of which each block is a line.

    Attributes:
        message_id: The API's id; the first line's uuid where there is none.
        request_id: The API's id of the request; empty behind gateways that have none.
        native_id: What its span is named by.
        start: When the request began, in microseconds.
        last: When its last line was written, in microseconds.
        data: The bytes of its first line.
        source: The file.
        inputs: The messages that are new with this request.
        blocks: What came, in order.
        fields: What the lines say of it by the names of the log format; the later line wins.
        extra: What else they say.
        stopped: Whether a line said why it stopped, so that nothing more can come.
    """

    message_id: str
    request_id: str
    native_id: str
    start: int
    last: int
    data: bytes
    source: str
    inputs: list[Json] = []
    blocks: list[Block] = []
    fields: dict[str, Json] = {}
    extra: dict[str, Json] = {}
    stopped: bool = False


class OpenTool(msgspec.Struct, array_like=True):
    """A tool call whose result has not come."""

    span_id: str
    name: str
    start: int
    line_uuid: str


class Turn(msgspec.Struct):
    """One prompt, and all that the agent did about it.

    Attributes:
        turn_id: The native id of its first line.
        start: When the prompt was written, in microseconds.
        last: The latest time seen in it.
        prompt: The user's message.
        inputs: Messages that came since the last request.
        begun: Whether the model has answered, so that it is a turn; a local command never becomes one.
        told: Whether its start has been told.
        response: The one whose lines are coming in.
        tools: Tool calls without a result, by id.
        calls: The ids of those that have started sub-agents.
        answer: The last text that came out.
        done: Whether the last response called no tool, so that the turn may be over.
        over: When it ended, in microseconds, where the last response said that it was its last.
        closed: Whether the log itself has said that the turn is over.
        end_fields: What its end says.
    """

    turn_id: str
    start: int
    last: int
    prompt: Json = None
    inputs: list[Json] = []
    begun: bool = False
    told: bool = False
    response: Response | None = None
    tools: dict[str, OpenTool] = {}
    calls: list[str] = []
    answer: str = ""
    done: bool = False
    over: int | None = None
    closed: bool = False
    end_fields: dict[str, Json] = {}


class Waiting(msgspec.Struct, array_like=True):
    """A line of a sub-agent that is read once it is known where it belongs."""

    data: bytes
    source: str
    number: int


class Chain(msgspec.Struct):
    """The turns of one session, of one sub-agent, or of one side conversation.

    Attributes:
        key: Its own name.
        source: The file in which it was first seen.
        session: The session that its lines name.
        agent_id: The sub-agent's id; empty for the session itself.
        agent: The sub-agent's type.
        side: Whether it is a sub-agent's or a side conversation's.
        prompt: The fingerprint of what a sub-agent was asked first.
        start: When its first line was written, in microseconds.
        trace_id: The trace of the turn that is open; for a sub-agent, that of the tool call that started it.
        parent_id: The span id of that tool call.
        call_id: Its own id.
        conversation: The session that all belongs to.
        linked: Whether it is known where it belongs.
        waiting: Lines that wait until it is.
        since: When it was first read, in seconds.
        touched: When it was last read, in seconds.
        turn: The turn that is open.
        command: A command that was given while that one ran; it becomes a turn if the model answers it.
        times: When each of the last lines was written, by its uuid, in microseconds.
        usage: Of a sub-agent's last response, as the session's own transcript tells it.
        result_at: When the session's transcript had the sub-agent's result, in microseconds.
        background: Whether the call that started it did not wait for it.
        follows: The chain whose open turn its lines go on with, where it begins as a copy of that.
    """

    key: str
    source: str
    session: str
    agent_id: str = ""
    agent: str = ""
    side: bool = False
    prompt: str = ""
    start: int = 0
    trace_id: str = ""
    parent_id: str = ""
    call_id: str = ""
    conversation: str = ""
    linked: bool = False
    waiting: list[Waiting] = []
    since: float = 0.0
    touched: float = 0.0
    turn: Turn | None = None
    command: Turn | None = None
    times: dict[str, int] = {}
    usage: Json = None
    result_at: int | None = None
    background: bool = False
    follows: str = ""


class AgentCall(msgspec.Struct):
    """A tool call that starts a sub-agent; it is remembered after its end, for the sub-agent's file.

    Attributes:
        chain: The chain in which it was made.
        session: The session that its line names.
        conversation: The session that its chain belongs to.
        span_id: Its span.
        trace_id: Its trace.
        agent: The type of agent it asked for.
        prompt: The fingerprint of what it asked.
        start: When, in microseconds.
        since: When it was read, in seconds.
        below: The chain of the sub-agent that it started, once that is known.
        result_at: When its result came, in microseconds.
        usage: The usage in its result.
        background: Whether it does not wait for the sub-agent.
    """

    chain: str
    session: str
    conversation: str
    span_id: str
    trace_id: str
    agent: str = ""
    prompt: str = ""
    start: int = 0
    since: float = 0.0
    below: str = ""
    result_at: int | None = None
    usage: Json = None
    background: bool = False


class Meta(msgspec.Struct):
    """What is known of a sub-agent apart from its own lines.

    Attributes:
        call_id: The tool call that started it.
        agent: Its type.
        sure: Whether a file beside its own says which call that was.
    """

    call_id: str = ""
    agent: str = ""
    sure: bool = False


class ClaudeCodeState(msgspec.Struct):
    """All that is remembered.

    Attributes:
        chains: Those that may go on, by key.
        unlinked: The keys of those that wait for a tool call.
        calls: Tool calls that start sub-agents, by id.
        free: The ids of those whose sub-agent is not known.
        agents: What is known of sub-agents, by their id.
        started: Which sub-agent a tool call started, by the call's id.
        runs: Which tool call started a workflow, by the id of its run.
        seen: Hashes of the ids of lines, responses and calls that have been read.
        roots: Which side conversation a line without an agent's id belongs to, by its uuid.
        stops: Whether responses say why they stopped, as they do since version 2.1.40 or so.
    """

    chains: dict[str, Chain] = {}
    unlinked: dict[str, None] = {}
    calls: dict[str, AgentCall] = {}
    free: dict[str, None] = {}
    agents: dict[str, Meta] = {}
    started: dict[str, str] = {}
    runs: dict[str, str] = {}
    seen: Seen = {}
    roots: dict[str, str] = {}
    stops: bool = False
