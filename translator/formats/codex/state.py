"""What is remembered of rollouts between their lines.

A rollout is the file of one thread: of a session, or of a sub-agent, which has a thread of its own. A
thread is a series of turns, a turn a series of requests to the model and of tool calls.
"""

from __future__ import annotations

import msgspec

from translator.model import Event, Json


class Response(msgspec.Struct):
    """A request to the model, and what has come of it so far.

    Attributes:
        start: When it was sent, in microseconds.
        last: When its last item was written, in microseconds.
        inputs: The messages that are new with it.
        items: What came.
        usage: Its tokens in the order of `USAGE_KEYS`, once they have been told.
        counted: When they were, in microseconds.
        answered: Whether a tool call has been answered since its last item.
        response_id: The provider's id of it.
    """

    start: int
    last: int
    inputs: list[Json] = []
    items: list[Json] = []
    usage: list[int] | None = None
    counted: int = 0
    answered: bool = False
    response_id: str = ""


class Tool(msgspec.Struct):
    """A tool call whose output has not come.

    Attributes:
        span_id: Its span.
        name: The tool.
        arguments: What it was called with.
        start: When, in microseconds.
        begun: Whether its begin has been told.
    """

    span_id: str
    name: str
    arguments: Json
    start: int
    begun: bool = False


class Known(msgspec.Struct):
    """What an event tells of a tool call besides the call and its output.

    Attributes:
        name: The tool.
        arguments: What it was called with.
        output: What it returned.
        start: When it began, in microseconds.
        end: When it ended.
        failure: What went wrong, by the names of the log format.
        extra: What else is known.
        alone: Whether it is a call even if the model's items know none of its id.
    """

    name: str = ""
    arguments: Json = None
    output: Json = None
    start: int | None = None
    end: int | None = None
    failure: dict[str, Json] = {}
    extra: dict[str, Json] = {}
    alone: bool = False


class Turn(msgspec.Struct):
    """One task that was given to the agent, and all that it did about it.

    Attributes:
        turn_id: Codex's id of it; a made one where it has none that is unique.
        given: The id as it stands in the log; empty where there is none.
        span_id: Its span.
        start: When it began, in microseconds.
        last: The latest time seen in it.
        explicit: Whether the log says when it begins and ends.
        begun: Whether its begin has been told.
        over: Whether its end has been told; lines of it may follow all the same.
        first: Whether it is the first of its thread.
        parent_turn: The turn of the parent thread in which it was asked for.
        prompt: What was asked.
        answer: The last text that came out.
        response: The one that is coming in.
        responses: How many have come.
        settled: When the last of them ended, in microseconds.
        done: Whether the last of them called no tool.
        tools: Tool calls without an output, by id.
        known: What events tell of tool calls, by id.
        after: Tool calls that have ended before the response that made them was complete.
        opening: The first model call, until the turn's end says when its first token came.
        opening_at: Since when that waits, in seconds.
        failure: What went wrong, by the names of the log format.
    """

    turn_id: str
    given: str
    span_id: str
    start: int
    last: int
    explicit: bool = False
    begun: bool = False
    over: bool = False
    first: bool = False
    parent_turn: str = ""
    prompt: list[Json] = []
    answer: str = ""
    response: Response | None = None
    responses: int = 0
    settled: int = 0
    done: bool = False
    tools: dict[str, Tool] = {}
    known: dict[str, Known] = {}
    after: list[Event] = []
    opening: Event | None = None
    opening_at: float = 0.0
    failure: dict[str, Json] = {}


class Ended(msgspec.Struct):
    """A turn of a sub-agent that waits for its place.

    Attributes:
        turn_id: The turn.
        first: Whether it is the first of its thread.
        parent_turn: The turn in which it was asked for.
        since: Since when it waits, in seconds.
        events: All of it.
    """

    turn_id: str
    first: bool
    parent_turn: str
    since: float
    events: list[Event]


class Thread(msgspec.Struct):
    """One thread, whichever files tell of it.

    Attributes:
        thread_id: Its id.
        source: The file that told of it last.
        lines: How many of its lines have been read.
        latest: A hash of the last of them.
        clock: The time of the last line that had one, in microseconds.
        touched: When that was read, in seconds.
        created: When it was created, in microseconds.
        conversation: The id of the session's root thread.
        parent: The thread that started it or that it was forked from.
        agent: What its agent is called.
        below: Whether it is a sub-agent's.
        spawned: Whether a tool call started it.
        provider: Who serves the model.
        version: The version of Codex.
        model: The model that is asked.
        effort: How much it may think.
        replaying: Whether its lines are its parent's.
        forked: Whether it may begin with a replay of its parent.
        trial: Whether its first turn may yet turn out to be of the replay.
        copied: When the copy of its parent's first line was written, in microseconds.
        has_ids: Whether its turns have ids.
        turns: How many have begun.
        turn: The one that is open.
        late: The one that was open last.
        inputs: Messages that came since the last request.
        prompt: Those of them that a user wrote.
        asked: When the last of them was written, in microseconds.
        total: The tokens of all requests as they were told last.
        told: The tokens of the last request.
        recorded: Whether a record of its own has told them, and not a count of all.
        calls: Per id of a tool call or a response that has been told of, a hash of its line.
        held: Events of a sub-agent's open turn.
        ended: Turns of a sub-agent that wait for their place.
        traces: Per turn of a sub-agent, the trace that it lies in.
    """

    thread_id: str
    source: str = ""
    lines: int = 0
    latest: int = 0
    clock: int | None = None
    touched: float = 0.0
    created: int | None = None
    conversation: str = ""
    parent: str = ""
    agent: str = ""
    below: bool = False
    spawned: bool = False
    provider: str = ""
    version: str = ""
    model: str = ""
    effort: str = ""
    replaying: bool = False
    forked: bool = False
    trial: bool = False
    copied: int | None = None
    has_ids: bool = False
    turns: int = 0
    turn: Turn | None = None
    late: Turn | None = None
    inputs: list[Json] = []
    prompt: list[Json] = []
    asked: int | None = None
    total: list[int] | None = None
    told: list[int] | None = None
    recorded: bool = False
    calls: dict[str, int] = {}
    held: list[Event] = []
    ended: list[Ended] = []
    traces: dict[str, str] = {}


class Reading(msgspec.Struct):
    """How far a file has been read.

    Attributes:
        thread_id: The thread that its lines are of now.
        base: How many lines lie before the first of that thread.
        lines: How many have been read.
    """

    thread_id: str
    base: int = 0
    lines: int = 0


class Link(msgspec.Struct):
    """The tool call that started a sub-agent.

    Attributes:
        thread_id: The thread in which it was made.
        turn_id: The turn.
        span_id: Its span.
    """

    thread_id: str
    turn_id: str
    span_id: str


class CodexState(msgspec.Struct):
    """All that is remembered.

    Attributes:
        files: By source.
        threads: By id.
        active: The ids of those in which something is open or waits.
        links: By the id of the sub-agent's thread.
        owners: Hashes of the ids of all turns, each with that of the thread it is of.
    """

    files: dict[str, Reading] = {}
    threads: dict[str, Thread] = {}
    active: dict[str, None] = {}
    links: dict[str, Link] = {}
    owners: dict[int, int] = {}
