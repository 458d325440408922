"""Which thread a line is of, what that is, and which of its turns are its own."""

from __future__ import annotations

from typing import TypeVar

from translator.formats.codex.records import hashed, id_in_path, is_unique, table, text
from translator.formats.codex.replay import BURST_US, is_own
from translator.formats.codex.state import CodexState, Reading, Thread
from translator.formats.codex.turns import Turns
from translator.formats.native.timestamps import parse_time
from translator.model import Json, Line

_MOST_FILES = 50_000

Value = TypeVar("Value")


def of_line(state: CodexState, line: Line, kind: str, payload: dict[str, Json]) -> Thread | None:
    """The thread that a line is of; None if the line has been read, in this file or in a copy of it."""
    reading = state.files.get(line.source)
    thread_id = text(payload.get("id")) if kind == "session_meta" else ""
    if reading is None:
        reading = Reading(thread_id or id_in_path(line.source) or line.source)
        _add(state.files, line.source, reading)
    elif thread_id == reading.thread_id and line.number == 0:
        reading.base = reading.lines = 0
    number = reading.lines = _number(reading, line)
    thread = state.threads.get(reading.thread_id)
    if thread is not None and number - reading.base <= thread.lines:
        return None
    begun = thread is None or thread.turns or not thread.replaying
    if thread_id and thread_id != reading.thread_id and begun:
        # Files that have been put one behind the other.
        reading.thread_id, reading.base = thread_id, number - 1
        thread = state.threads.get(thread_id)
    if thread is None:
        thread = Thread(reading.thread_id)
        _add(state.threads, reading.thread_id, thread)
    if number - reading.base <= thread.lines:
        return None
    thread.lines = number - reading.base
    return thread


def skip_line(state: CodexState, line: Line) -> None:
    """Counts a line that cannot be read."""
    reading = state.files.get(line.source)
    if reading is not None:
        reading.lines = _number(reading, line)
        thread = state.threads.get(reading.thread_id)
        if thread is not None:
            thread.lines = max(thread.lines, reading.lines - reading.base)


def _number(reading: Reading, line: Line) -> int:
    return line.number or reading.lines + 1


def _add(known: dict[str, Value], key: str, value: Value) -> None:
    known[key] = value
    if len(known) > _MOST_FILES:
        del known[next(iter(known))]


def describe(thread: Thread, meta: dict[str, Json], time: int) -> None:
    """Takes what the first line of a thread says of it; a copy of its parent's follows at times."""
    if text(meta.get("id")) != thread.thread_id:
        if thread.replaying and thread.copied is None:
            thread.copied = time
        return
    if thread.created is not None:
        return
    thread.created = parse_time(meta.get("timestamp")) or time
    thread.provider = text(meta.get("model_provider"))
    thread.version = text(meta.get("cli_version"))
    source = meta.get("source")
    below = table(source).get("subagent")
    spawn = table(table(below).get("thread_spawn"))
    forked_from = text(meta.get("forked_from_id"))
    thread.spawned = bool(spawn)
    thread.below = below is not None or meta.get("thread_source") == "subagent"
    thread.parent = text(meta.get("parent_thread_id")) or text(spawn.get("parent_thread_id")) or forked_from
    thread.spawned = thread.spawned or (thread.below and below is None)
    thread.forked = bool(thread.parent or thread.below)
    thread.replaying = thread.forked
    if thread.below:
        root = text(meta.get("session_id"))
        thread.conversation = root if root != thread.thread_id else ""
        thread.agent = _agent(meta, below, spawn)


def _agent(meta: dict[str, Json], below: Json, spawn: dict[str, Json]) -> str:
    for key in ("agent_nickname", "agent_role"):
        name = text(spawn.get(key)) or text(meta.get(key))
        if name:
            return name
    path = text(spawn.get("agent_path")) or text(meta.get("agent_path"))
    label = below if type(below) is str else text(table(below).get("other"))
    return path.rsplit("/", 1)[-1] or label


def opens(state: CodexState, thread: Thread, turn_id: str, started: int | None, time: int) -> bool:
    """Whether a replay is over with a turn that begins."""
    own = is_own(thread, state.owners, turn_id, started, time)
    # A person needs longer to go on with a fork than its replay takes; a sub-agent begins at once.
    thread.trial = own is None and thread.spawned
    return own is True or thread.trial


def settle(turns: Turns, thread: Thread, time: int | None) -> None:
    """Takes the first turn of a sub-agent for its own, once the replay must be over."""
    if thread.trial and (time is None or thread.copied is None or time - thread.copied >= BURST_US):
        thread.trial = False
        turns.links.settle()


def enter(
    turns: Turns, thread: Thread, turn_id: str, event: dict[str, Json], time: int, *, explicit: bool
) -> bool:
    """Goes into the turn that a line names.

    Returns:
        Whether the line is of the thread's own: neither replayed from its parent nor repeated.
    """
    turn = thread.turn
    if turn is not None and (turn.given == turn_id or not turn_id):
        turn.explicit = turn.explicit or explicit
        return True
    state = turns.state
    started = parse_time(event.get("started_at")) if explicit else None
    if thread.forked and (thread.replaying or thread.trial):
        thread.has_ids = thread.has_ids or bool(turn_id)
        if thread.trial:
            turns.drop(thread)
        thread.replaying = not opens(state, thread, turn_id, started, time)
        if thread.replaying:
            turns.counts["replayed_turns"] += explicit
            return False
    elif is_unique(turn_id) and state.owners.get(hashed(turn_id)) == hashed(thread.thread_id):
        turns.leave(thread)
        thread.replaying = True
        turns.counts["replayed_turns"] += explicit
        return False
    elif thread.replaying:
        thread.replaying = False
    if turn_id or explicit:
        asked = thread.asked if thread.prompt and thread.asked is not None else time
        parent_turn = text(table(event.get("turn_attribution")).get("parent_turn_id"))
        turns.begin(thread, turn_id, min(asked, time), explicit=explicit, parent_turn=parent_turn)
    elif thread.prompt:
        turns.open_turn(thread, time)
    return True
