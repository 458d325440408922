"""Lines of transcripts to events: turns, responses, tool calls, sub-agents."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from translator.formats.claude_code import links
from translator.formats.claude_code.records import (
    COMMAND,
    FINAL_STOPS,
    INTERRUPTED,
    LOCAL_OUTPUT,
    SYNTHETIC,
    TURN_ENDS,
    agent_id_of_path,
    blocks_of,
    content_of,
    notification,
    said,
    table,
    text,
)
from translator.formats.claude_code.state import (
    Chain,
    ClaudeCodeState,
    Meta,
)
from translator.formats.claude_code.turns import OVER_QUIET, Turns
from translator.formats.native.timestamps import parse_time
from translator.formats.reading import StatefulReader, storable_record
from translator.formats.records import Unreadable, parse_record
from translator.model import Event, Json, Line

IGNORED = Unreadable("ignored")
NO_TIMESTAMP = Unreadable("no_timestamp", "the line of the transcript has no timestamp that can be read")

STOPPED_QUIET = 1.0
"""Seconds after the last line of a response that has said why it stopped."""
DONE_QUIET = 120.0
"""Seconds after a response that called no tool, in versions that do not say why it stopped."""
LINK_WAIT = 600.0
"""Seconds in which a sub-agent's tool call must turn up."""
IDLE = 1_800.0
"""Seconds after which a turn is not waited for any more."""

_MOST_UUIDS = 20_000
_SPOKEN = ("user", "assistant", "system")

Handler = Callable[[Chain, dict[str, Json], int], None]


class ClaudeCodeReader(StatefulReader[ClaudeCodeState]):
    """Reads transcripts of all versions.

    Args:
        counts: Counts "copied_lines", "results_without_call" and "late_blocks".
    """

    def __init__(self, counts: Counter[str]) -> None:
        super().__init__(counts, ClaudeCodeState())
        self._turns = Turns(self.state, counts)
        self._handlers: dict[str, Handler] = {
            "user": self._on_user,
            "assistant": self._on_assistant,
            "system": self._on_system,
            "progress": self._on_other,
            "attachment": self._on_other,
        }

    def restore(self, captured: bytes) -> None:
        """Takes the state from bytes.

        Raises:
            ValueError: They are none of this reader's.
        """
        super().restore(captured)
        self._turns.state = self.state

    def read(self, line: Line, now: float) -> Sequence[Event] | Unreadable:
        """The events that are complete with a line."""
        self._turns.line, self._turns.now = line, now
        if line.beside:
            return self._read_meta(line)
        record = storable_record(line)
        if isinstance(record, Unreadable):
            return record
        kind = record.get("type")
        if kind == "queue-operation":
            return self._read_notice(text(record.get("content")))
        handler = self._handlers.get(kind) if type(kind) is str else None
        if handler is None:
            return IGNORED
        time = parse_time(record.get("timestamp"))
        if time is None:
            return NO_TIMESTAMP if kind in ("user", "assistant") else IGNORED
        chain = self._chain(record)
        uuid = text(record.get("uuid"))
        if uuid:
            if len(chain.times) > _MOST_UUIDS:
                chain.times.clear()
            chain.times[uuid] = time
        if kind in _SPOKEN and uuid and self._turns.is_known("line " + uuid):
            self.counts["copied_lines"] += 1
            self._follow_copied(chain, record, uuid)
            return ()
        handler(self._followed(chain), record, time)
        return self._taken()

    def expire(self, now: float) -> Sequence[Event]:
        """What has been quiet for long enough."""
        for chain in list(self.state.chains.values()):
            quiet = now - chain.touched
            if not chain.linked and now - chain.since >= LINK_WAIT:
                self._turns.give_up(chain)
            turn = chain.turn
            if turn is None:
                continue
            response = turn.response
            if response is not None and response.stopped and quiet >= STOPPED_QUIET:
                self._turns.complete(chain, turn)
            over = turn.over is not None or chain.result_at is not None
            if (over and quiet >= OVER_QUIET and not self._turns.busy(chain)) or (
                turn.done and quiet >= DONE_QUIET
            ):
                self._turns.end(chain)
            elif quiet >= IDLE:
                self._turns.complete(chain, turn)
                self._turns.drop(chain)
        return self._taken()

    def next_due(self) -> float | None:
        """When something has been quiet for long enough."""
        due: list[float] = []
        for chain in self.state.chains.values():
            if not chain.linked:
                due.append(chain.since + LINK_WAIT)
            turn = chain.turn
            if turn is None:
                continue
            wait = IDLE
            if turn.response is not None and turn.response.stopped:
                wait = STOPPED_QUIET
            elif (turn.over is not None or chain.result_at is not None) and not self._turns.busy(chain):
                wait = OVER_QUIET
            elif turn.done:
                wait = DONE_QUIET
            due.append(chain.touched + wait)
        return min(due, default=None)

    def finish(self) -> Sequence[Event]:
        """What is known of all that is not over: what is not, is unfinished."""
        chains = sorted(self.state.chains.values(), key=lambda chain: not chain.side)
        for chain in chains:
            if not chain.linked:
                self._turns.give_up(chain)
        for chain in chains:
            turn = chain.turn
            if turn is None:
                continue
            if turn.over is not None or turn.done or chain.result_at is not None:
                self._turns.end(chain)
            else:
                self._turns.complete(chain, turn)
                self._turns.drop(chain)
        return self._taken()

    # Lines.

    def _on_user(self, chain: Chain, record: dict[str, Json], time: int) -> None:
        results = list(blocks_of(record, "tool_result"))
        for block in results:
            self._turns.result(chain, record, block, time)
        words = said(record).lstrip()
        call_id, task = notification(words)
        if call_id or task:
            self._on_notice(call_id, task)
        turn = chain.turn
        if words.startswith(INTERRUPTED):
            if turn is not None:
                self._turns.touch(chain, turn, time)
                turn.over = time
                turn.end_fields["status"] = "cancelled"
            return
        if words.startswith(LOCAL_OUTPUT):
            return
        origin = text(table(record.get("origin")).get("kind"))
        ours = bool(results or record.get("isMeta") or record.get("isCompactSummary"))
        ours = ours or origin not in ("", "human")
        if not ours and (turn is None or not chain.side):
            if turn is not None:
                self._turns.end(chain)
            chain = self._chain(record)
            self._turns.begin(chain, record, time, lazy=words.startswith(COMMAND))
            return
        content = content_of(record)
        if content:
            chain.inputs.append({"role": "user", "content": content})
        if turn is not None:
            self._turns.touch(chain, turn, time)

    def _on_assistant(self, chain: Chain, record: dict[str, Json], time: int) -> None:
        message = table(record.get("message"))
        turn = chain.turn
        if message.get("model") == SYNTHETIC or record.get("isApiErrorMessage"):
            if turn is not None and (record.get("isApiErrorMessage") or record.get("error")):
                self._turns.begun(chain, turn)
                self._turns.touch(chain, turn, time)
                turn.end_fields |= _api_error(record)
                turn.over = time
            return
        if turn is None:
            turn = self._turns.begin(chain, record, time, lazy=False, headless=True)
        self._turns.begun(chain, turn)
        message_id = text(message.get("id")) or text(record.get("uuid"))
        response = turn.response
        if response is not None and response.message_id != message_id:
            self._turns.complete(chain, turn)
            response = None
        if response is None:
            response = self._turns.respond(chain, turn, record, message_id, time)
        if response is not None:
            self._turns.add(response, record, message, time)
        self._turns.touch(chain, turn, time)
        turn.done = not self._turns.call_tools(chain, turn, record, time) and not turn.tools
        answer = said(record)
        if answer.strip():
            turn.answer = answer
        stop = text(message.get("stop_reason"))
        turn.over = time if stop in FINAL_STOPS and turn.done else None

    def _on_system(self, chain: Chain, record: dict[str, Json], time: int) -> None:  # noqa: ARG002
        if text(record.get("subtype")) in TURN_ENDS and chain.turn is not None and not chain.turn.tools:
            chain.turn.over = chain.turn.last
            chain.touched = self._turns.now

    def _on_other(self, chain: Chain, record: dict[str, Json], time: int) -> None:  # noqa: ARG002
        data = table(record.get("data"))
        agent_id, call_id = text(data.get("agentId")), text(record.get("parentToolUseID"))
        if data.get("type") == "agent_progress" and agent_id and call_id in self.state.calls:
            self._turns.meet(agent_id, call_id)

    # Sub-agents.

    def _read_meta(self, line: Line) -> Sequence[Event] | Unreadable:
        record = parse_record(line.data)
        agent_id = agent_id_of_path(line.source)
        if isinstance(record, Unreadable) or not agent_id:
            return IGNORED
        meta = self.state.agents.setdefault(agent_id, Meta())
        meta.call_id = text(record.get("toolUseId")) or meta.call_id
        meta.agent = text(record.get("agentType")) or meta.agent
        self._turns.out += links.link_all(self.state)
        return self._taken()

    def _read_notice(self, words: str) -> Sequence[Event] | Unreadable:
        call_id, task = notification(words)
        if not call_id and not task:
            return IGNORED
        self._on_notice(call_id, task)
        return self._taken()

    def _on_notice(self, call_id: str, task: str) -> None:
        """A sub-agent in the background has ended."""
        if task and call_id in self.state.calls:
            self._turns.meet(task, call_id)
        chain = self.state.chains.get(f"agent {task}")
        if chain is not None and chain.turn is not None:
            chain.turn.over = chain.turn.last

    # Chains.

    def _chain(self, record: dict[str, Json]) -> Chain:
        source, session = self._turns.line.source, text(record.get("sessionId"))
        agent_id = text(record.get("agentId")) or agent_id_of_path(source)
        side = bool(agent_id) or record.get("isSidechain") is True
        if agent_id:
            key = f"agent {agent_id}"
        elif side:
            key = f"side {self._root(record)}"
        else:
            key = f"session {session}"
        chain = self.state.chains.get(key)
        if chain is None:
            chain = Chain(key, source, session, agent_id, side=side, linked=not side)
            chain.conversation = "" if side else session
            chain.since = chain.touched = self._turns.now
            self.state.chains[key] = chain
            if side:
                self._turns.out += links.link_all(self.state)
        return chain

    def _root(self, record: dict[str, Json]) -> str:
        """The first line of the side conversation that a line without an agent's id belongs to."""
        roots = self.state.roots
        uuid = text(record.get("uuid"))
        root = roots.get(text(record.get("parentUuid"))) or uuid
        roots[uuid] = root
        if len(roots) > _MOST_UUIDS:
            del roots[next(iter(roots))]
        return root

    def _follow_copied(self, chain: Chain, record: dict[str, Json], uuid: str) -> None:
        """Where a copy begins with a turn that is still open, its new lines go on with that turn."""
        if record.get("type") != "user" or chain.side:
            return
        for other in self.state.chains.values():
            if other is not chain and other.turn is not None and other.turn.turn_id == uuid:
                chain.follows = other.key

    def _followed(self, chain: Chain) -> Chain:
        if chain.follows and chain.turn is None:
            other = self.state.chains.get(chain.follows)
            if other is not None and other.turn is not None:
                return other
            chain.follows = ""
        return chain

    def _taken(self) -> Sequence[Event]:
        out, self._turns.out = self._turns.out, []
        return out


def _api_error(record: dict[str, Json]) -> dict[str, Json]:
    """What a failed request says, by the names of the log format."""
    kind = record.get("apiErrorStatus") or record.get("error") or "api_error"
    return {"error_type": str(kind)[:200], "error_message": said(record) or None}
