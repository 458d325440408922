"""What is remembered of Pi's sessions between lines."""

from __future__ import annotations

import msgspec

from translator.formats.sessions import Sessions
from translator.model import Json


class Turn(msgspec.Struct):
    """What follows one message of the user.

    Attributes:
        trace_id: Its trace.
        span_id: The agent's span.
        last: The end of the latest thing in it, in microseconds.
        ours: Whether this file said anything of it that no other file had said before.
        ended: Whether its end has been told.
        inputs: What has been said to the model since its last answer.
        calls: The spans of tool calls without a result, by the call's id.
        closing: What its end will say, once it is sure that nothing follows.
    """

    trace_id: str
    span_id: str
    last: int
    ours: bool
    ended: bool = False
    inputs: list[Json] = []
    calls: dict[str, str] = {}
    closing: dict[str, Json] = {}


class Session(msgspec.Struct):
    """One file.

    Attributes:
        id: The session's id.
        effort: How much the model is asked to think.
        turn: The latest turn.
        waiting: What extensions have said to the model outside a turn.
    """

    id: str = ""
    effort: str = ""
    turn: Turn | None = None
    waiting: list[Json] = []


class PiState(Sessions[Session]):
    """All that the reader remembers; what has been seen are entries."""
