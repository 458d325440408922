"""How long a transcript is waited for: by its own times while lines come, by the clock while none do."""

from __future__ import annotations

from translator.formats.claude_code.state import Response, Turn

STOPPED = 1.0
"""Seconds after the last line of a response that has said why it stopped."""

STREAMING = 60.0
"""Seconds for another block of a response, in versions that do not say why it stopped."""

SILENT = 900.0
"""The same in versions that do: then more is coming, unless the agent was killed."""

CLOSED, OVER, DONE = 2.0, 10.0, 120.0
"""Seconds in which a turn may go on after its end was logged; after a response that said it was the last;
after a response that called no tool."""

LINK = 600.0
"""Seconds in which a sub-agent's tool call must turn up."""

IDLE = 86_400.0
"""Seconds after which a turn is not waited for any more."""


def of_response(response: Response, *, stops: bool) -> float:
    """Seconds in which another block of a response may come."""
    if response.stopped:
        return STOPPED
    return SILENT if stops else STREAMING


def of_turn(turn: Turn, *, answered: bool) -> float:
    """Seconds in which a turn may go on.

    Args:
        turn: The turn.
        answered: Whether the tool call that it is below has its result.
    """
    if turn.closed or answered:
        return CLOSED
    if turn.over is not None:
        return OVER
    return DONE if turn.done else IDLE


def is_over(turn: Turn, time: int) -> bool:
    """Whether a line of this time, in microseconds, comes too late for the turn to go on with it."""
    wait = of_turn(turn, answered=False)
    return wait < IDLE and time - turn.last > wait * 1e6
