"""What each event of a session means: the steps by which a turn goes on."""

from __future__ import annotations

from collections.abc import Callable

from translator.formats.building import span_id_of
from translator.formats.copilot_cli.records import (
    Record,
    agent_of,
    failure_of_session,
    is_injected,
    milliseconds,
    native_id,
    prompt_in,
    result_of,
    spoken,
)
from translator.formats.copilot_cli.spans import (
    NAME,
    begin_agent,
    begin_call,
    compaction,
    end_agent,
    end_call,
)
from translator.formats.copilot_cli.state import ROOT_AGENT, Agent, Answer, Call
from translator.formats.copilot_cli.turns import Turns
from translator.formats.shapes import object_in, objects_in, text_in

_UNSELECTED = ("", "auto")


class Step(Turns):
    """One line's way through its session: what each event means."""

    # Sessions.

    def start(self) -> None:
        """A session is begun or resumed: what ran before runs no more."""
        self.close_all()
        session, data = self.session, self.data
        session.id = text_in(data, "sessionId") or session.id
        session.effort = text_in(data, "reasoningEffort") or session.effort
        self._select(text_in(data, "selectedModel"))

    def select_model(self) -> None:
        """Another model is selected."""
        if agent_of(self.record):
            self.configure()
            return
        for turn in self.session.turns:
            self.tell(turn.agents[ROOT_AGENT])
        self._select(text_in(self.data, "newModel"))
        self.session.effort = text_in(self.data, "reasoningEffort")

    def configure(self) -> None:
        """A sub-agent's model is selected."""
        place = self.place(agent_of(self.record))
        if place is not None:
            agent = place[1]
            agent.model = text_in(self.data, "newModel") or text_in(self.data, "model") or agent.model
            agent.effort = text_in(self.data, "reasoningEffort")

    def instruct(self) -> None:
        """The model has a new system prompt."""
        place = self.place(agent_of(self.record))
        if place is not None:
            place[1].system = text_in(self.data, "content")

    def _select(self, model: str) -> None:
        if model not in _UNSELECTED:
            self.session.model = model

    def fail(self) -> None:
        """The session has run into an error."""
        turn = self.open_turn()
        if turn is not None:
            turn.failure = failure_of_session(self.data)
            self.touch(turn.agents[ROOT_AGENT])

    def abort(self) -> None:
        """The user has stopped the turn."""
        turn = self.open_turn()
        if turn is not None:
            turn.failure = {"status": "cancelled"}
            for agent in turn.agents.values():
                self.tell(agent)
            root = turn.agents[ROOT_AGENT]
            turn.agents = {ROOT_AGENT: root}
            self.touch(root)

    def shut_down(self) -> None:
        """The session is over."""
        self.close_all()

    def compact_start(self) -> None:
        """What was said is being summarised."""
        self.session.compacting = self.time

    def compact_end(self) -> None:
        """What was said has been summarised, by a model."""
        started, self.session.compacting = self.session.compacting, None
        counts = object_in(self.data, "compactionTokensUsed")
        if not counts:
            return
        start = self.time - milliseconds(counts, "duration")
        if start == self.time and started is not None:
            start = started
        turn = self.open_turn()
        if turn is not None:
            self.touch(turn.agents[ROOT_AGENT])
        key = native_id(self.record)
        self.events.append(compaction(self.session, turn, key, self.data, self.line, start, self.time))

    # What is said.

    def hear(self) -> None:
        """The user, or the program in the user's name, says something."""
        said = {"role": "user", "content": self.data.get("content")}
        agent = self._spoken_to(text_in(self.data, "content"))
        if agent is not None:
            agent.inputs.append(said)
            return
        if agent_of(self.record):
            return
        turn = self.open_turn()
        if is_injected(self.data):
            heard = self.session.waiting if turn is None else turn.agents[ROOT_AGENT].inputs
            heard.append(said)
            return
        self.begin([said])

    def _spoken_to(self, text: str) -> Agent | None:
        """The sub-agent that a message is for: by its id, else by the prompt of the call that runs it."""
        key = agent_of(self.record)
        place = self.place(key) if key else None
        if place is not None:
            return place[1]
        for turn in self.session.turns:
            for key, agent in turn.agents.items():
                call = turn.calls.get(key)
                if call is not None and text and call.prompt == text and not agent.inputs and agent.calling:
                    return agent
        return None

    def ask(self) -> None:
        """A request to the model begins."""
        _, agent = self.working()
        self.tell(agent)
        agent.asked = self.time

    def answer(self) -> None:
        """The model has answered, or said a part of its answer."""
        turn, agent = self.working()
        data, key = self.data, native_id(self.record)
        call_id = text_in(data, "apiCallId") or text_in(data, "messageId")
        known = agent.answer
        if known is not None and (known.id == key or (call_id and known.call_id == call_id)):
            same = text_in(data, "messageId")
            known.messages = [m for m in known.messages if not same or text_in(m, "messageId") != same]
            known.messages.append(data)
            known.end = max(known.end, self.time)
        else:
            self.tell(agent)
            start = agent.last if agent.asked is None else agent.asked
            heard, agent.inputs = agent.inputs, []
            agent.answer = Answer(key, call_id, start, self.time, heard, [data], {})
            agent.asked = None
        answer = agent.answer
        if answer is None:
            return
        agent.calling = any(objects_in(message, "toolRequests") for message in answer.messages)
        agent.final = spoken(answer.messages)
        turn.failure = {}
        self.touch(agent)

    def count(self) -> None:
        """The tokens of a request, which stands before or after its response."""
        place = self.place(agent_of(self.record))
        if place is None:
            return
        agent = place[1]
        answer = agent.answer
        if answer is not None and not answer.usage:
            answer.usage = self.data
        else:
            agent.usage = self.data

    def answered(self) -> None:
        """A request and its tools are done."""
        place = self.place(agent_of(self.record))
        if place is None:
            return
        turn, agent = place
        self.tell(agent)
        self.touch(agent)
        if agent is turn.agents[ROOT_AGENT] and (not agent.calling or turn.failure):
            self.over(turn)

    # Tools and sub-agents.

    def call(self) -> None:
        """A tool begins."""
        turn, agent = self.working()
        if text_in(self.data, "model"):
            agent.model = text_in(self.data, "model")
        self.tell(agent)
        span_id = span_id_of(NAME, "", native_id(self.record))
        made = Call(span_id, agent_of(self.record), prompt_in(self.data))
        turn.calls[text_in(self.data, "toolCallId")] = made
        self.events.append(begin_call(turn, agent, span_id, self.data, self.line, self.time))
        self.touch(agent)

    def result(self) -> None:
        """A tool is done."""
        call_id = text_in(self.data, "toolCallId")
        for turn in reversed(self.session.turns):
            call = turn.calls.get(call_id)
            if call is not None and not turn.ended:
                break
        else:
            self.counts["results_without_call"] += 1
            return
        agent = turn.agents.get(call.agent, turn.agents[ROOT_AGENT])
        content = result_of(self.data)
        error = text_in(object_in(self.data, "error"), "message")
        agent.inputs.append(
            {"role": "tool", "tool_call_id": call_id, "content": error if content is None else content}
        )
        self.events.append(end_call(turn, call.span_id, self.data, self.line, self.time))
        self.touch(agent)

    def begin_sub(self) -> None:
        """A tool has begun an agent."""
        call_id = text_in(self.data, "toolCallId")
        key = text_in(self.record, "agentId")
        key = call_id if not key or self.place(key) is not None else key
        for turn in reversed(self.session.turns):
            call = turn.calls.get(call_id)
            if call is not None:
                break
        else:
            turn, _ = self.working()
            call = None
        span_id = span_id_of(NAME, "", f"agent {native_id(self.record)}")
        agent = turn.agents[key] = Agent(span_id, self.time, text_in(self.data, "model"))
        if call is not None:
            turn.calls[key] = call
        parent = call.span_id if call is not None else turn.agents[ROOT_AGENT].span_id
        prompt = call.prompt if call is not None else ""
        self.events.append(begin_agent(turn, agent, parent, self.data, prompt, self.line))

    def end_sub(self) -> None:
        """An agent that a tool has begun is done."""
        keys = filter(None, (text_in(self.record, "agentId"), text_in(self.data, "toolCallId")))
        place = next(filter(None, map(self.place, keys)), None)
        if place is None:
            return
        turn, agent = place
        self.tell(agent)
        self.touch(agent)
        failure: Record = {}
        if self.data.get("cancelled") is True:
            failure = {"status": "cancelled"}
        elif self.record.get("type") == "subagent.failed":
            failure = {"status": "error", "error_message": text_in(self.data, "error") or None}
        turn.agents = {key: other for key, other in turn.agents.items() if other is not agent}
        self.events.append(end_agent(turn, agent, failure, self.line))
        root = turn.agents[ROOT_AGENT]
        root.last = max(root.last, agent.last)
        if turn.over:
            self.over(turn)


HANDLERS: dict[str, Callable[[Step], None]] = {
    "session.start": Step.start,
    "session.resume": Step.start,
    "session.model_change": Step.select_model,
    "session.error": Step.fail,
    "session.shutdown": Step.shut_down,
    "session.compaction_start": Step.compact_start,
    "session.compaction_complete": Step.compact_end,
    "abort": Step.abort,
    "system.message": Step.instruct,
    "user.message": Step.hear,
    "assistant.turn_start": Step.ask,
    "assistant.message": Step.answer,
    "assistant.usage": Step.count,
    "assistant.turn_end": Step.answered,
    "tool.execution_start": Step.call,
    "tool.execution_complete": Step.result,
    "subagent.started": Step.begin_sub,
    "subagent.configured": Step.configure,
    "subagent.completed": Step.end_sub,
    "subagent.failed": Step.end_sub,
}
"""What each event means; all others say nothing of spans."""
