"""What is remembered of Copilot CLI's sessions between lines."""

from __future__ import annotations

import msgspec

from translator.formats.sessions import Sessions
from translator.model import Json

ROOT_AGENT = ""
"""The key of the agent that the user speaks to."""


class Answer(msgspec.Struct):
    """A response of which more may come: some are written in several messages.

    Attributes:
        id: Its first event's id.
        call_id: The provider's id of the request, or the message's own.
        start: When it was asked for, in microseconds.
        end: When its latest message was written.
        heard: What had been said to the model since its last answer.
        messages: What it says.
        usage: The tokens of its request, where the log has them.
    """

    id: str
    call_id: str
    start: int
    end: int
    heard: list[Json]
    messages: list[dict[str, Json]]
    usage: dict[str, Json]


class Agent(msgspec.Struct):
    """An agent at work.

    Attributes:
        span_id: Its span.
        last: The end of the latest thing it did, in microseconds.
        model: Its model, as far as it is known.
        effort: How much that is asked to think.
        system: The system prompt of its next request, where that is a new one.
        asked: When its running request began.
        inputs: What has been said to the model since its last answer.
        answer: The response that is not told yet.
        usage: The tokens of a request whose response has not come.
        calling: Whether its latest response calls tools.
        final: What its latest response said.
    """

    span_id: str
    last: int
    model: str = ""
    effort: str = ""
    system: str = ""
    asked: int | None = None
    inputs: list[Json] = []
    answer: Answer | None = None
    usage: dict[str, Json] = {}
    calling: bool = True
    final: str | None = None


class Call(msgspec.Struct):
    """A tool call.

    Attributes:
        span_id: Its span.
        agent: The key of the agent that makes it.
        prompt: What it says to the agent that it runs.
    """

    span_id: str
    agent: str
    prompt: str


class Turn(msgspec.Struct):
    """What follows one message of the user.

    Attributes:
        trace_id: Its trace.
        agents: The agents at work in it, by their ids; the one that the user speaks to as `ROOT_AGENT`.
        calls: Its tool calls, by their ids.
        over: Whether it is, but for sub-agents that go on.
        ended: Whether its end has been told.
        failure: How it failed, if it ends as it stands.
    """

    trace_id: str
    agents: dict[str, Agent]
    calls: dict[str, Call] = {}
    over: bool = False
    ended: bool = False
    failure: dict[str, Json] = {}


class Session(msgspec.Struct):
    """One file.

    Attributes:
        id: The session's id.
        model: The model that is selected.
        effort: How much it is asked to think.
        waiting: What has been said to the model outside a turn.
        turns: The latest turn, and before it those whose sub-agents go on.
        compacting: When the running compaction began, in microseconds.
    """

    id: str = ""
    model: str = ""
    effort: str = ""
    waiting: list[Json] = []
    turns: list[Turn] = []
    compacting: int | None = None


class CopilotState(Sessions[Session]):
    """All that the reader remembers; what has been seen are events that were told."""
