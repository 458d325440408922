"""Which lines at the begin of a thread are a replay of its parent's.

A fork, and a sub-agent that is given its parent's history, begins with a copy of the parent's lines,
with their own times or with that of the copying. All of it has been told of in the parent's file.
"""

from __future__ import annotations

from translator.formats.codex.records import hashed, made_at
from translator.formats.codex.state import Thread

BURST_US = 1_000_000
"""Microseconds within which all lines of a replay are written."""


def is_own(
    thread: Thread, owners: dict[int, int], turn_id: str, started: int | None, time: int
) -> bool | None:
    """Whether a turn at the begin of a thread is the thread's own.

    Args:
        thread: The thread.
        owners: The turns of all threads.
        turn_id: The turn's id; empty where it has none.
        started: The second at which its line says that it began, in microseconds.
        time: When its line was written, in microseconds.

    Returns:
        None where all that can be said is that a replay is likely still going on.
    """
    turn_made, thread_made = made_at(turn_id), made_at(thread.thread_id)
    if turn_made is not None and thread_made is not None:
        return turn_made >= thread_made
    owner = owners.get(hashed(turn_id)) if turn_id else None
    if owner is not None and owner != hashed(thread.thread_id):
        return False
    if thread.created is not None:
        second = thread.created // 1_000_000
        if started is not None and started // 1_000_000 != second:
            return started // 1_000_000 > second
        if time < thread.created - thread.created % 1_000:
            return False
    if thread.copied is None or time - thread.copied >= BURST_US:
        return True
    return None
