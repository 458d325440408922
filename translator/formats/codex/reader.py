"""Lines of rollouts to events: turns, model calls, tool calls, sub-agents."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from zlib import crc32

from translator.formats.codex import threads, tokens, tools
from translator.formats.codex.records import (
    ANSWERS,
    HARNESS,
    OLD_ITEMS,
    OUTPUTS,
    content_text,
    is_old_meta,
    is_prompt,
    table,
    text,
)
from translator.formats.codex.state import CodexState, Thread, Turn
from translator.formats.codex.turns import Turns
from translator.formats.native.timestamps import parse_time
from translator.formats.reading import StatefulReader, storable_record
from translator.formats.records import Unreadable
from translator.model import Event, Json, Line

IGNORED = Unreadable("ignored")
NO_TIMESTAMP = Unreadable("no_timestamp", "the line of the rollout has no timestamp that can be read")

OPENING_WAIT = 30.0
"""Seconds for which a turn's first model call waits for its end, which says when the first token came."""
DONE_QUIET = 120.0
"""Seconds after which a turn is over, in versions that do not say when it is."""
LINK_WAIT = 600.0
"""Seconds in which the tool call that started a sub-agent must turn up."""
IDLE = 1_700.0
"""Seconds after which nothing is awaited in a turn any more."""

_Handler = Callable[[Thread, dict[str, Json], int], None]


class CodexReader(StatefulReader[CodexState]):
    """Reads rollouts of all versions.

    Args:
        counts: Counts "copied_lines", "replayed_turns", "results_without_call" and "repeated_calls".
    """

    def __init__(self, counts: Counter[str]) -> None:
        super().__init__(counts, CodexState())
        self._turns = Turns(self.state, counts)
        self._lines: dict[str, _Handler] = {
            "session_meta": self._on_meta,
            "turn_context": self._on_context,
            "token_usage_record": self._on_record,
            "response_item": self._on_item,
            "event_msg": self._on_event,
        }
        self._events: dict[str, _Handler] = {
            "task_started": self._on_started,
            "turn_started": self._on_started,
            "task_complete": self._on_complete,
            "turn_complete": self._on_complete,
            "turn_aborted": self._on_aborted,
            "error": self._on_error,
            "token_count": self._on_count,
            "item_completed": self._on_completed_item,
            "collab_agent_spawn_end": self._on_spawned,
            "sub_agent_activity": self._on_activity,
        }

    def restore(self, captured: bytes) -> None:
        """Takes the state from bytes."""
        super().restore(captured)
        self._turns = Turns(self.state, self.counts)

    def read(self, line: Line, now: float) -> Sequence[Event] | Unreadable:
        """The events that are complete with a line."""
        turns = self._turns
        turns.now = now
        record = storable_record(line)
        if isinstance(record, Unreadable):
            threads.skip_line(self.state, line)
            return record
        kind = text(record.get("type"))
        payload = table(record.get("payload"))
        if "payload" not in record and (kind in OLD_ITEMS or is_old_meta(record)):
            kind, payload = ("response_item" if kind in OLD_ITEMS else "session_meta"), record
        thread = threads.of_line(self.state, line, kind, payload)
        if thread is None:
            self.counts["copied_lines"] += 1
            return ()
        time = parse_time(record.get("timestamp"))
        if time is None:
            time = line.written if line.written is not None else thread.clock
        if time is None:
            return NO_TIMESTAMP
        handler = self._lines.get(kind)
        digest = crc32(line.data)
        if handler is None or digest == thread.latest:
            return IGNORED
        thread.clock, thread.touched, thread.source, thread.latest = time, now, line.source, digest
        handler(thread, payload, time)
        threads.settle(turns, thread, time)
        return self._taken()

    def expire(self, now: float) -> Sequence[Event]:
        """What has been quiet for long enough."""
        turns = self._turns
        turns.now = now
        for thread in turns.links.active():
            turn, quiet = thread.turn, now - thread.touched
            if turn is not None:
                if turn.opening is not None and now - turn.opening_at >= OPENING_WAIT:
                    turns.let_open(thread, turn)
                if _is_over(thread) and quiet >= DONE_QUIET:
                    turns.end(thread)
                elif quiet >= IDLE:
                    self._rest(thread)
            for ended in list(thread.ended):
                if now - ended.since >= LINK_WAIT and ended in thread.ended:
                    turns.links.give_up(thread, ended)
        return self._taken()

    def next_due(self) -> float | None:
        """When `expire` has something to give."""
        due: list[float] = []
        for thread in self._turns.links.active():
            due += [ended.since + LINK_WAIT for ended in thread.ended]
            turn = thread.turn
            if turn is None:
                continue
            if turn.opening is not None:
                due.append(turn.opening_at + OPENING_WAIT)
            if _is_over(thread):
                due.append(thread.touched + DONE_QUIET)
            elif (
                thread.below
                or turn.response is not None
                or any(not tool.begun for tool in turn.tools.values())
            ):
                due.append(thread.touched + IDLE)
        return min(due, default=None)

    def finish(self) -> Sequence[Event]:
        """All that still waits."""
        every = self._turns.links.active()
        for thread in every:
            threads.settle(self._turns, thread, None)
            self._turns.leave(thread)
        # A sub-agent's place may depend on that of the sub-agent which started it: that comes first.
        links = self._turns.links
        for thread in sorted(every, key=links.depth):
            for ended in list(thread.ended):
                if ended in thread.ended:
                    links.give_up(thread, ended)
        return self._taken()

    def _rest(self, thread: Thread) -> None:
        turn = thread.turn
        if turn is not None:
            self._turns.rest(thread, turn)
            if thread.below:
                self._turns.leave(thread)
                turn.over, thread.late = True, turn

    def _taken(self) -> Sequence[Event]:
        out = self._turns.out
        if not out:
            return ()
        taken = list(out)
        out.clear()
        return taken

    # Lines, by their type.

    def _on_meta(self, thread: Thread, meta: dict[str, Json], time: int) -> None:
        threads.describe(thread, meta, time)

    def _on_context(self, thread: Thread, context: dict[str, Json], time: int) -> None:
        if not self._enter(thread, text(context.get("turn_id")), context, time, explicit=False):
            return
        settings = table(table(context.get("collaboration_mode")).get("settings"))
        thread.model = text(context.get("model")) or text(settings.get("model")) or thread.model
        effort = context.get("effort") or settings.get("reasoning_effort")
        thread.effort = text(effort)
        self._turns.boundary(thread)
        self._turns.ask(thread, time)

    def _on_record(self, thread: Thread, record: dict[str, Json], time: int) -> None:
        tokens.on_record(self._turns, thread, record, time)

    def _on_item(self, thread: Thread, item: dict[str, Json], time: int) -> None:
        kind = item.get("type")
        if kind is None and "role" in item:
            kind = "message"
            item = {**item, "type": kind}
        if kind == "message" and item.get("role") == "user":
            self._on_user(thread, item, time)
        elif thread.replaying or type(kind) is not str:
            return
        elif (kind == "message" and item.get("role") == "assistant") or kind == "reasoning":
            self._turns.item(thread, item, time)
        elif kind in ANSWERS:
            self._turns.call(thread, item, time)
        elif kind in OUTPUTS:
            self._turns.output(thread, item, time)
            if kind == "tool_search_output":
                item = {
                    "type": "function_call_output",
                    "call_id": item.get("call_id"),
                    "output": item.get("tools"),
                }
            self._turns.give(thread, item, time)
        elif kind == "agent_message":
            content = item.get("content")
            words = content_text(content)
            message: Json = {"type": "message", "role": "user", "content": words}
            turn = thread.turn
            if turn is not None and not turn.begun:
                turn.prompt.append(message)
            self._turns.give(thread, message, time)

    def _on_user(self, thread: Thread, item: dict[str, Json], time: int) -> None:
        words = content_text(item.get("content"))
        if words.startswith(HARNESS):
            return
        prompt = is_prompt(words)
        turns = self._turns
        if thread.replaying:
            if not prompt or thread.has_ids or not threads.opens(self.state, thread, "", None, time):
                return
            thread.replaying = False
        turn = thread.turn
        if (
            prompt
            and turn is not None
            and not turn.explicit
            and (turn.responses or turn.response is not None)
        ):
            turns.leave(thread)
            turn = None
        turns.boundary(thread)
        message: Json = {**item, "type": "message"}
        turns.give(thread, message, time)
        if prompt and turn is None:
            thread.prompt.append(message)
        elif prompt and turn is not None and not turn.begun:
            turn.prompt.append(message)

    def _on_event(self, thread: Thread, event: dict[str, Json], time: int) -> None:
        kind = event.get("type")
        handler = self._events.get(kind) if type(kind) is str else None
        if handler is not None:
            handler(thread, event, time)
        elif not thread.replaying and type(kind) is str:
            known = tools.of_end(kind, event, time)
            if known is not None:
                self._turns.know(thread, text(event.get("call_id")), known, time)

    # Events, by their type.

    def _on_started(self, thread: Thread, event: dict[str, Json], time: int) -> None:
        if self._enter(thread, text(event.get("turn_id")), event, time, explicit=True):
            self._turns.boundary(thread)

    def _on_complete(self, thread: Thread, event: dict[str, Json], time: int) -> None:
        turn = self._ending(thread, event, time)
        if turn is None:
            return
        if event.get("error"):
            self._turns.fail(thread, _error_of(table(event.get("error"))), time)
        turn.answer = text(event.get("last_agent_message")) or turn.answer
        wait = event.get("time_to_first_token_ms")
        first = round(wait * 1_000) if isinstance(wait, (int, float)) and 0 < wait < 1e9 else None
        self._turns.end(thread, first_token=first)

    def _on_aborted(self, thread: Thread, event: dict[str, Json], time: int) -> None:
        if self._ending(thread, event, time) is not None:
            reason = text(event.get("reason")) or "aborted"
            self._turns.end(thread, {"error_type": "cancelled", "error_message": reason})

    def _on_error(self, thread: Thread, event: dict[str, Json], time: int) -> None:
        if not thread.replaying and (thread.turn is not None or thread.prompt):
            self._turns.fail(thread, _error_of(event), time)

    def _on_count(self, thread: Thread, event: dict[str, Json], time: int) -> None:
        tokens.on_count(self._turns, thread, table(event.get("info")), time)

    def _on_completed_item(self, thread: Thread, event: dict[str, Json], time: int) -> None:
        item = table(event.get("item"))
        if thread.replaying:
            return
        call_id = text(item.get("id"))
        if item.get("type") == "SubAgentActivity":
            if item.get("kind") == "started":
                self._turns.started(thread, text(item.get("agent_thread_id")), call_id)
            return
        known = tools.of_item(event)
        if known is not None:
            self._turns.know(thread, call_id, known, time)
        if item.get("type") == "CollabAgentToolCall" and text(item.get("tool")).startswith("spawn"):
            receivers = item.get("receiver_thread_ids")
            for child in receivers if type(receivers) is list else ():
                self._turns.started(thread, text(child), call_id)

    def _on_spawned(self, thread: Thread, event: dict[str, Json], time: int) -> None:  # noqa: ARG002
        if not thread.replaying:
            self._turns.started(thread, text(event.get("new_thread_id")), text(event.get("call_id")))

    def _on_activity(self, thread: Thread, event: dict[str, Json], time: int) -> None:  # noqa: ARG002
        if not thread.replaying and event.get("kind") in ("started", "spawned", None):
            self._turns.started(thread, text(event.get("agent_thread_id")), text(event.get("event_id")))

    def _enter(
        self, thread: Thread, turn_id: str, event: dict[str, Json], time: int, *, explicit: bool
    ) -> bool:
        """Goes into the turn that a line names; whether the line is the thread's own."""
        return threads.enter(self._turns, thread, turn_id, event, time, explicit=explicit)

    def _ending(self, thread: Thread, event: dict[str, Json], time: int) -> Turn | None:
        """The turn that an event ends."""
        turn = thread.turn
        turn_id = text(event.get("turn_id"))
        if thread.replaying:
            return None
        if turn is None and (thread.prompt or thread.inputs):
            turn = self._turns.open_turn(thread, time)
        if turn is None or (turn_id and turn.explicit and turn.given != turn_id):
            return None
        if not turn.over:
            turn.last = max(turn.last, time)
        return turn


def _is_over(thread: Thread) -> bool:
    """Whether a turn of a version that does not say so may be over."""
    turn = thread.turn
    return turn is not None and not turn.explicit and turn.done and not turn.tools


def _error_of(error: dict[str, Json]) -> dict[str, Json]:
    """An error of Codex by the names of the log format."""
    info = error.get("codex_error_info")
    kind = next(iter(info), "") if type(info) is dict else text(info)
    return {
        "error_type": "error" if kind in ("", "other") else kind,
        "error_message": text(error.get("message")) or None,
    }
