"""What each type of line means for the turns of its chain."""

from __future__ import annotations

from collections.abc import Callable

from translator.formats.claude_code import waits
from translator.formats.claude_code.records import (
    COMMAND,
    FINAL_STOPS,
    GOES_ON,
    INTERRUPTED,
    LOCAL_OUTPUT,
    SYNTHETIC,
    TURN_ENDS,
    blocks_of,
    content_of,
    is_injected,
    notification,
    said,
    table,
    text,
)
from translator.formats.claude_code.state import Chain, Turn
from translator.formats.claude_code.turns import Turns
from translator.model import Json

Handler = Callable[[Chain, dict[str, Json], int], None]


class Lines:
    """Takes lines that have not been read before, of chains that belong somewhere.

    Args:
        turns: What turns are built with.
        end: Ends the turn of a chain, and all that it has waited for.

    Attributes:
        handlers: What takes the lines of each type: the chain, the record, its time in microseconds.
    """

    def __init__(self, turns: Turns, end: Callable[[Chain], None]) -> None:
        self._turns = turns
        self._end = end
        self.handlers: dict[str, Handler] = {
            "user": self._on_user,
            "assistant": self._on_assistant,
            "system": self._on_system,
            "progress": self._on_progress,
            "attachment": self._on_attachment,
        }

    def _on_user(self, chain: Chain, record: dict[str, Json], time: int) -> None:
        results = list(blocks_of(record, "tool_result"))
        for block in results:
            self._turns.result(chain, record, block, time)
        words = said(record).lstrip()
        call_id, task = notification(words)
        if call_id or task:
            self.on_notice(call_id, task)
        turn = chain.turn
        if words.startswith(INTERRUPTED):
            if turn is not None:
                self._turns.begun(chain, turn)
                self._turns.touch(chain, turn, time)
                turn.over = time
                turn.end_fields["status"] = "cancelled"
        elif words.startswith(LOCAL_OUTPUT):
            return
        elif not results and self._begins(chain, turn, record, words, time):
            self._begin(chain, record, words, time)
        elif turn is not None:
            self._go_on(chain, turn, record, words, time, answered=bool(results))

    def _begins(
        self, chain: Chain, turn: Turn | None, record: dict[str, Json], words: str, time: int
    ) -> bool:
        """Whether a user line is the first of a turn."""
        if turn is None:
            return bool(content_of(record))
        if chain.side:
            return turn.done and not record.get("isMeta")
        if not is_injected(record, words):
            return True
        return (
            turn.done and not record.get("isMeta")
            if notification(words) != ("", "")
            else waits.is_over(turn, time)
        )

    def _begin(self, chain: Chain, record: dict[str, Json], words: str, time: int) -> None:
        turn, new = chain.turn, self._turns.open(chain, record, time)
        if turn is not None and words.startswith(COMMAND) and turn.begun and not turn.done:
            # It may be one that the agent itself answers, while this turn goes on.
            chain.command = new
            return
        if turn is not None and turn.begun:
            self._end_one(chain)
        self._turns.put(self._turns.own, new)

    def _go_on(
        self, chain: Chain, turn: Turn, record: dict[str, Json], words: str, time: int, *, answered: bool
    ) -> None:
        message = {"role": "user", "content": content_of(record)}
        if chain.command is not None and not answered:
            chain.command.inputs.append(message)
            return
        turn.inputs.append(message)
        if words.startswith(GOES_ON):
            turn.over, turn.done, turn.closed = None, False, False
        if answered or turn.over is None:
            self._turns.touch(chain, turn, time)

    def _on_assistant(self, chain: Chain, record: dict[str, Json], time: int) -> None:
        turns = self._turns
        message = table(record.get("message"))
        turn = self._answering(chain, message, time)
        if message.get("model") == SYNTHETIC or record.get("isApiErrorMessage"):
            if turn is not None and (record.get("isApiErrorMessage") or record.get("error")):
                turns.begun(chain, turn)
                turns.touch(chain, turn, time)
                turn.end_fields |= _api_error(record)
                turn.over, turn.done = time, not turn.tools
            return
        if turn is None:
            chain = turns.own
            turn = turns.open(chain, record, time)
            turns.put(chain, turn)
        message_id = text(message.get("id")) or text(record.get("uuid"))
        request_id = text(record.get("requestId"))
        response = turn.response
        if response is not None and (
            response.message_id != message_id or (request_id and response.request_id not in ("", request_id))
        ):
            turns.complete(chain, turn)
            response = None
        if response is None:
            response = turns.respond(chain, turn, record, message_id, time)
        if response is not None:
            turns.add(response, record, message, time)
        turns.touch(chain, turn, time)
        turn.done = not turns.call_tools(chain, turn, record, time) and not turn.tools
        answer = said(record)
        if answer.strip():
            turn.answer = answer
        stop = text(message.get("stop_reason"))
        turn.over = time if stop in FINAL_STOPS and turn.done else None
        turn.closed = False

    def _answering(self, chain: Chain, message: dict[str, Json], time: int) -> Turn | None:
        """The turn that a response belongs to, if it is open."""
        turn, command = chain.turn, chain.command
        if turn is None:
            return None
        response = turn.response
        if response is not None and response.message_id == message.get("id"):
            return turn
        if command is not None:
            chain.command = None
            if turn.last <= command.start and not chain.side:
                self._end_one(chain)
                self._turns.state.chains[chain.key] = chain
                self._turns.put(chain, command)
                return command
        if turn.begun and not chain.side and waits.is_over(turn, time):
            self._end_one(chain)
            return None
        return turn

    def _end_one(self, chain: Chain) -> None:
        """Ends a turn after which another one begins."""
        self._end(chain)
        if chain is self._turns.own:
            self._turns.state.chains[chain.key] = chain
        chain.result_at = chain.usage = None

    def _on_system(self, chain: Chain, record: dict[str, Json], time: int) -> None:  # noqa: ARG002
        turn = chain.turn
        if text(record.get("subtype")) in TURN_ENDS and turn is not None and turn.begun and not turn.tools:
            turn.over, turn.closed, turn.done = turn.last, True, True
            chain.touched = self._turns.now

    def _on_progress(self, chain: Chain, record: dict[str, Json], time: int) -> None:  # noqa: ARG002
        data = table(record.get("data"))
        agent_id, call_id = text(data.get("agentId")), text(record.get("parentToolUseID"))
        if data.get("type") == "agent_progress" and agent_id and call_id in self._turns.state.calls:
            self._turns.meet(agent_id, call_id)

    def _on_attachment(self, chain: Chain, record: dict[str, Json], time: int) -> None:  # noqa: ARG002
        """What the user says while the agent works is attached to the next request."""
        attached = table(record.get("attachment"))
        if attached.get("type") != "queued_command" or chain.turn is None:
            return
        prompt, uuid = attached.get("prompt"), text(record.get("uuid"))
        if prompt and not (uuid and self._turns.is_known("line", uuid)):
            content = prompt if type(prompt) is list else [{"type": "text", "text": str(prompt)}]
            chain.turn.inputs.append({"role": "user", "content": content})

    def on_notice(self, call_id: str, task: str) -> None:
        """A sub-agent in the background, or all of a workflow, has ended."""
        call = self._turns.state.calls.get(call_id)
        if task and call is not None and not call.below.startswith("workflow "):
            self._turns.meet(task, call_id)
        for chain in self._turns.state.chains.values():
            if chain.turn is not None and chain.side and (chain.call_id == call_id or chain.agent_id == task):
                chain.turn.over, chain.turn.closed = chain.turn.last, True


def _api_error(record: dict[str, Json]) -> dict[str, Json]:
    """What a failed request says, by the names of the log format."""
    kind = record.get("apiErrorStatus") or record.get("error") or "api_error"
    return {"error_type": str(kind)[:200], "error_message": said(record) or None}
