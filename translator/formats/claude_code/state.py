"""What is remembered of transcripts between their lines.

A transcript is a chain of turns. Each sub-agent has a chain of its own, in a file of its own or among
the lines of its session; so has each side conversation of old versions.
"""

from __future__ import annotations

import msgspec

from translator.model import Event, Json


class Block(msgspec.Struct, array_like=True):
    """One block of a response, and the line that it came on."""

    uuid: str
    content: Json


class Response(msgspec.Struct):
    """One response of the model, of which each block is a line.

    Attributes:
        message_id: The API's id; the first line's uuid where there is none.
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
        touched: When a line of it was last read, in seconds.
        prompt: The user's message.
        begun: Whether its start has been told; a local command becomes a turn only when a model answers.
        response: The one whose lines are coming in.
        tools: Tool calls without a result, by id.
        answer: The last text that came out.
        done: Whether the last response called no tool, so that the turn may be over.
        over: When it ended, in microseconds, once the log has said that it did.
        end_fields: What its end says.
        responses: How many have come.
    """

    turn_id: str
    start: int
    last: int
    touched: float
    prompt: Json = None
    begun: bool = False
    response: Response | None = None
    tools: dict[str, OpenTool] = {}
    answer: str = ""
    done: bool = False
    over: int | None = None
    end_fields: dict[str, Json] = {}
    responses: int = 0


class Chain(msgspec.Struct):
    """The turns of one session, of one sub-agent, or of one side conversation.

    Attributes:
        key: Its own name.
        source: The file in which it was first seen.
        session: The session that its lines name.
        agent_id: The sub-agent's id; empty for the session itself.
        agent: The sub-agent's type.
        side: Whether it is a sub-agent's or a side conversation's.
        trace_id: The trace of the turn that is open; for a sub-agent, that of the tool call that started it.
        parent_id: The span id of that tool call.
        conversation: The session that all belongs to.
        linked: Whether it is known where it belongs.
        held: Events that wait until it is.
        since: When it was first read, in seconds.
        touched: When it was last read, in seconds.
        turn: The turn that is open.
        inputs: Messages that came since the last request.
        times: When each line of the turn was written, by its uuid, in microseconds.
        usage: Of a sub-agent's last response, as the session's own transcript tells it.
        result_at: When the session's transcript had the sub-agent's result, in microseconds.
        background: Whether the call that started it did not wait for it.
        told: Whether the start of the open turn has been told, or waits to be.
        follows: The chain whose open turn its lines go on with, where it begins as a copy of that.
    """

    key: str
    source: str
    session: str
    agent_id: str = ""
    agent: str = ""
    side: bool = False
    trace_id: str = ""
    parent_id: str = ""
    conversation: str = ""
    linked: bool = False
    held: list[Event] = []
    since: float = 0.0
    touched: float = 0.0
    turn: Turn | None = None
    inputs: list[Json] = []
    times: dict[str, int] = {}
    usage: Json = None
    result_at: int | None = None
    background: bool = False
    told: bool = False
    follows: str = ""


class AgentCall(msgspec.Struct):
    """A tool call that starts a sub-agent; it is remembered after its end, for the sub-agent's file.

    Attributes:
        chain: The chain in which it was made.
        span_id: Its span.
        trace_id: Its trace; empty while that is not known.
        agent: The type of agent it asked for.
        prompt: What it asked.
        start: When, in microseconds.
        session: The session that its line names.
        agent_id: The sub-agent that it started, once that is known.
        result_at: When its result came, in microseconds.
        usage: The usage in its result.
        background: Whether it does not wait for the sub-agent.
    """

    chain: str
    span_id: str
    trace_id: str
    agent: str
    prompt: str
    start: int
    session: str
    agent_id: str = ""
    result_at: int | None = None
    usage: Json = None
    background: bool = False


class Meta(msgspec.Struct):
    """What is known of a sub-agent apart from its own lines.

    Attributes:
        call_id: The tool call that started it.
        agent: Its type.
    """

    call_id: str = ""
    agent: str = ""


class ClaudeCodeState(msgspec.Struct):
    """All that is remembered.

    Attributes:
        chains: Those that may go on, by key.
        calls: Tool calls that start sub-agents, by id.
        agents: What is known of sub-agents, by their id.
        seen: Hashes of the ids of lines and responses that have been read.
        roots: Which side conversation a line without an agent's id belongs to, by its uuid.
    """

    chains: dict[str, Chain] = {}
    calls: dict[str, AgentCall] = {}
    agents: dict[str, Meta] = {}
    seen: dict[int, None] = {}
    roots: dict[str, str] = {}
