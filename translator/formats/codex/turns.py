"""Turns as they are built from lines: begun, filled with responses and their calls, ended."""

from __future__ import annotations

from collections.abc import Mapping

from translator.formats.codex import events, tools
from translator.formats.codex.calls import Calls
from translator.formats.codex.records import HOSTED, content_text, hashed, is_unique, text
from translator.formats.codex.state import Ended, Response, Thread, Tool, Turn
from translator.model import Event, Json, Phase

_MOST_OWNERS = 500_000


class Turns(Calls):
    """Builds turns, thread by thread."""

    # Turns.

    def begin(
        self, thread: Thread, turn_id: str, start: int, *, explicit: bool, parent_turn: str = ""
    ) -> Turn:
        """Opens a turn, and leaves one that is still open.

        Args:
            thread: Its thread.
            turn_id: Codex's id of it; empty where it has none.
            start: When it began, in microseconds.
            explicit: Whether the log says so.
            parent_turn: The turn in which it was asked for.
        """
        self.leave(thread)
        thread.late = None
        thread.turns += 1
        given = turn_id
        if not is_unique(turn_id):
            turn_id = f"{turn_id} {start} {thread.turns}"
        owners = self.state.owners
        owners[hashed(given or turn_id)] = hashed(thread.thread_id)
        if len(owners) > _MOST_OWNERS:
            del owners[next(iter(owners))]
        span_id = events.span_of(thread.thread_id, turn_id)
        turn = thread.turn = Turn(
            turn_id, given, span_id, start, start, explicit=explicit, first=thread.turns == 1
        )
        turn.parent_turn = parent_turn
        turn.prompt, thread.prompt = thread.prompt, []
        self.state.active[thread.thread_id] = None
        if thread.below:
            self.links.enter(thread, turn)
        return turn

    def open_turn(self, thread: Thread, time: int) -> Turn:
        """The turn that a line belongs to; in versions that do not say so it begins with its prompt."""
        turn = thread.turn
        if turn is None and not thread.prompt and thread.late is not None:
            turn, thread.late = thread.late, None
            thread.turn = turn
            self.state.active[thread.thread_id] = None
        if turn is None or (thread.prompt and not turn.explicit and turn.responses):
            asked = thread.asked if thread.prompt and thread.asked is not None else time
            turn = self.begin(thread, "", min(asked, time), explicit=False)
        turn.last = max(turn.last, time)
        return turn

    def end(self, thread: Thread, failure: Mapping[str, Json] = {}, first_token: int | None = None) -> None:
        """Ends the turn.

        Args:
            thread: Its thread.
            failure: What went wrong, by the names of the log format.
            first_token: How long its first response took to begin, in microseconds.
        """
        turn = thread.turn
        if turn is None:
            return
        self._complete(thread, turn)
        if turn.opening is not None and first_token is not None:
            _tell_first_token(turn, turn.opening, first_token)
        self.let_open(thread, turn)
        if failure:
            open_tools, turn.tools = turn.tools, {}
            for call_id, tool in open_tools.items():
                self.finish_tool(thread, turn, call_id, tool, None, turn.last, failure)
        self.begin_tools(thread, turn)
        turn.tools = {}
        turn.failure = {**turn.failure, **failure}
        self.show(thread, turn)
        self._close(thread, turn, Phase.WHOLE if thread.below else Phase.END)
        turn.over = True
        thread.late = turn

    def leave(self, thread: Thread) -> None:
        """Leaves the turn as it is: ended where the log would not say more, else unfinished."""
        turn = thread.turn
        if turn is None:
            return
        self.rest(thread, turn)
        if not turn.over and not turn.explicit and turn.responses and turn.done and not turn.tools:
            self.end(thread)
        else:
            self._close(thread, turn, Phase.START if thread.below else None)

    def rest(self, thread: Thread, turn: Turn) -> None:
        """Tells of all that is known of a turn that has been quiet for long."""
        self.show(thread, turn)
        self._complete(thread, turn)
        self.let_open(thread, turn)
        self.begin_tools(thread, turn)

    def let_open(self, thread: Thread, turn: Turn) -> None:
        """Tells of the first model call, whether it is known when its first token came or not."""
        if turn.opening is not None:
            self.emit(thread, turn.opening)
            turn.opening = None

    def drop(self, thread: Thread) -> None:
        """Forgets the turns of a sub-agent that have turned out to be a replay."""
        turn_ids = [ended.turn_id for ended in thread.ended]
        if thread.turn is not None:
            turn_ids += [thread.turn.turn_id, thread.turn.given]
        for turn_id in turn_ids:
            self.state.owners.pop(hashed(turn_id), None)
            thread.traces.pop(turn_id, None)
        thread.turn, thread.late, thread.turns = None, None, 0
        thread.held, thread.ended, thread.calls = [], [], {}
        thread.inputs, thread.prompt, thread.asked = [], [], None

    def _close(self, thread: Thread, turn: Turn, phase: Phase | None) -> None:
        thread.turn = None
        told = [] if phase is None or turn.over else [events.turn_event(thread, turn, phase)]
        if not thread.below:
            self.out.extend(told)
            return
        held, thread.held = [*told, *thread.held], []
        if held:
            thread.ended.append(Ended(turn.turn_id, turn.first, turn.parent_turn, self.now, held))
            self.links.settle()

    # Requests to the model.

    def give(self, thread: Thread, message: Json, time: int) -> None:
        """Notes a message that goes into the next request."""
        thread.inputs.append(message)
        self.ask(thread, time)

    def ask(self, thread: Thread, time: int) -> None:
        """Notes that the next request was not sent before this time."""
        thread.asked = time if thread.asked is None else max(thread.asked, time)

    def boundary(self, thread: Thread) -> None:
        """Ends a response whose tokens have been told: what follows is of the next."""
        turn = thread.turn
        if turn is not None and turn.response is not None and turn.response.usage is not None:
            self._complete(thread, turn)

    def item(self, thread: Thread, item: dict[str, Json], time: int) -> Turn:
        """Adds an item to the response that is coming in."""
        turn = self.open_turn(thread, time)
        response = turn.response
        if response is not None and response.answered and response.usage is None:
            self._complete(thread, turn)
            response = None
        if response is None:
            response = self._open(thread, turn, time)
        response.items.append(item)
        response.last = max(response.last, time)
        kind = item.get("type")
        turn.done = kind in ("message", "reasoning") and (turn.done or len(response.items) == 1)
        if kind == "message":
            turn.answer = content_text(item.get("content")) or turn.answer
        return turn

    def count(
        self, thread: Thread, usage: list[int], time: int, *, response_id: str = "", ends: bool = False
    ) -> None:
        """Adds the tokens to the response that they are of.

        Args:
            thread: Its thread.
            usage: In the order of `USAGE_KEYS`.
            time: When they were told, in microseconds.
            response_id: The provider's id of the response.
            ends: Whether nothing of it can follow. In old versions its items do.
        """
        turn = self.open_turn(thread, time)
        self.boundary(thread)
        response = turn.response
        if response is None:
            response = self._open(thread, turn, time)
        response.usage, response.counted, response.response_id = usage, time, response_id
        if response.items or ends:
            self._complete(thread, turn)

    def fail(self, thread: Thread, failure: dict[str, Json], time: int) -> None:
        """Notes an error of the turn; where a request had not been answered, it is the request's, too."""
        turn = self.open_turn(thread, time)
        self.boundary(thread)
        if turn.response is None and thread.inputs:
            self._open(thread, turn, time)
        self._complete(thread, turn, failure, time)
        turn.failure = failure

    def _open(self, thread: Thread, turn: Turn, time: int) -> Response:
        asked = turn.start if thread.asked is None else max(thread.asked, turn.start)
        response = turn.response = Response(min(asked, time), min(asked, time), thread.inputs)
        thread.inputs = []
        turn.done = False
        return response

    def _complete(
        self, thread: Thread, turn: Turn, failure: Mapping[str, Json] = {}, time: int | None = None
    ) -> None:
        response, turn.response = turn.response, None
        if response is None:
            return
        end = response.last if response.answered else max(response.last, response.counted)
        end = time or end
        event = events.model_call(thread, turn, response, end, failure)
        turn.responses += 1
        turn.settled = end
        if turn.responses == 1 and turn.explicit:
            turn.opening, turn.opening_at = event, self.now
        else:
            self.emit(thread, event)
        after, turn.after = turn.after, []
        for ended in after:
            self.emit_tool(thread, turn, ended)

    # Tool calls.

    def call(self, thread: Thread, item: dict[str, Json], time: int) -> None:
        """Opens the tool call of an item, or tells of it if the provider has answered it itself."""
        before = thread.turn.response.last if thread.turn and thread.turn.response else time
        turn = self.item(thread, item, time)
        call_id = text(item.get("call_id")) or text(item.get("id")) or f"{time} {len(turn.tools)}"
        native_ids = [call_id]
        if call_id in thread.calls:
            if thread.calls[call_id] == thread.latest:
                self.counts["repeated_calls"] += 1
                return
            # Some servers number the calls of each response anew.
            native_ids.append(str(time))
        before_it = turn.tools.pop(call_id, None)
        if before_it is not None:
            turn.tools[f"{call_id} {before_it.start}"] = before_it
        self.remember(thread, call_id)
        name = tools.tool_name(item)
        span_id = events.span_of(thread.thread_id, turn.turn_id, "call", *native_ids)
        tool = Tool(span_id, name, tools.arguments_of(item), time)
        if item.get("type") in HOSTED:
            tool.start = min(before, time)
            output = item.get("result") or item.get("results") or {"status": item.get("status")}
            self.finish_tool(thread, turn, call_id, tool, output, time, tools.status_failure(item))
            return
        turn.tools[call_id] = tool
        if name == tools.CODE:
            self.begin_tool(thread, turn, call_id, tool)


def _tell_first_token(turn: Turn, opening: Event, wait: int) -> None:
    """Adds when the first token came; it is counted from the begin of the turn, just before the request."""
    start, end = opening.start or turn.start, opening.end or turn.start
    if wait > end - start:
        wait -= start - turn.start
    if 0 < wait <= end - start:
        opening.fields["time_to_first_chunk"] = wait
