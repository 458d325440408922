"""What is remembered of Gemini CLI's chats between lines."""

from __future__ import annotations

import msgspec

from translator.formats.sessions import Sessions
from translator.model import Json

MOST_WAITING = 16_000_000
"""Bytes of a sub-agent's chat that wait for its caller."""


class Answer(msgspec.Struct):
    """A response that may be written once more, with the calls that it made.

    Attributes:
        id: Its message's id.
        message: The message as it was written last.
        start: When it was asked for, in microseconds.
        heard: What had been said to the model since its last answer.
    """

    id: str
    message: dict[str, Json]
    start: int
    heard: list[Json]


class Turn(msgspec.Struct):
    """What follows one message of the user.

    Attributes:
        key: That message's id.
        trace_id: Its trace.
        span_id: The agent's span.
        last: The end of the latest thing in it, in microseconds.
        ours: Whether this file said anything of it that no other file had said before.
        ended: Whether its end has been told.
        inputs: What has been said to the model since its last answer.
        answer: The response that is not told yet.
        final: What the latest response said; None where it only called tools.
        failure: How the turn failed, if it ends as it stands.
        due: When nothing more is expected, in seconds of the reader's clock.
    """

    key: str
    trace_id: str
    span_id: str
    last: int
    ours: bool
    ended: bool = False
    inputs: list[Json] = []
    answer: Answer | None = None
    final: str | None = None
    failure: dict[str, Json] = {}
    due: int | None = None


class Link(msgspec.Struct):
    """The tool call that a sub-agent runs in.

    Attributes:
        trace_id: Its trace.
        span_id: The call's span.
        agent: The sub-agent's name.
    """

    trace_id: str
    span_id: str
    agent: str


class Session(msgspec.Struct):
    """One file.

    Attributes:
        id: The session's id.
        inner: Whether it is a sub-agent's.
        link: Where that was called.
        turn: The latest turn.
        waiting: The lines of a sub-agent whose caller is not known yet, with their numbers.
        waiting_bytes: How many bytes those are.
        due: When they go on without it, in seconds of the reader's clock.
    """

    id: str = ""
    inner: bool = False
    link: Link | None = None
    turn: Turn | None = None
    waiting: list[tuple[int, bytes]] = []
    waiting_bytes: int = 0
    due: int | None = None


class GeminiState(Sessions[Session]):
    """All that the reader remembers; what has been seen are messages and calls.

    Attributes:
        links: By the id of the sub-agent's session.
    """

    links: dict[str, Link] = msgspec.field(default_factory=dict)
