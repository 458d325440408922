"""The events of a turn: its agents, their responses, their tool calls."""

from __future__ import annotations

from translator.formats.building import ROOT, make_event, span_id_of, trace_id_of
from translator.formats.copilot_cli.records import (
    AGENT,
    PROVIDER,
    Record,
    failure_of_tool,
    milliseconds,
    output_of,
    result_of,
    usage_of,
    usage_of_answer,
)
from translator.formats.copilot_cli.state import ROOT_AGENT, Agent, Session, Turn
from translator.formats.shapes import object_in, text_in
from translator.model import Event, Json, Kind, Line, Phase

NAME = "copilot_cli"


def begin_turn(session: Session, key: str, line: Line, time: int, inputs: list[Json]) -> Event:
    """Begins the session's next turn.

    Args:
        session: Its file.
        key: The id of the event that begins it.
        line: Its line.
        time: When, in microseconds.
        inputs: What was said to the model.
    """
    trace_id = trace_id_of(NAME, "", key)
    root = Agent(span_id_of(NAME, "", f"turn {key}"), time, inputs=list(inputs))
    session.turns.append(Turn(trace_id, {ROOT_AGENT: root}))
    fields = {
        "trace_id": trace_id,
        "span_id": root.span_id,
        "parent_id": ROOT,
        "agent": AGENT,
        "conversation_id": session.id or None,
        "input": root.inputs or None,
    }
    return make_event(Kind.AGENT, Phase.START, line, fields, time=time)


def begin_agent(turn: Turn, agent: Agent, parent_id: str, data: Record, prompt: str, line: Line) -> Event:
    """Begins a sub-agent below the call that runs it."""
    fields = {
        "trace_id": turn.trace_id,
        "span_id": agent.span_id,
        "parent_id": parent_id,
        "agent": text_in(data, "agentName") or text_in(data, "agentDisplayName") or None,
        "input": [{"role": "user", "content": prompt}] if prompt else None,
    }
    return make_event(Kind.AGENT, Phase.START, line, fields, time=agent.last)


def end_agent(turn: Turn, agent: Agent, failure: Record, line: Line) -> Event:
    """Ends an agent."""
    fields = {"trace_id": turn.trace_id, "span_id": agent.span_id, "output": agent.final, **failure}
    return make_event(Kind.AGENT, Phase.END, line, fields, time=agent.last)


def tell_answer(session: Session, turn: Turn, agent: Agent, line: Line) -> Event | None:
    """The response that has waited for the rest of it, if there is one."""
    answer = agent.answer
    if answer is None:
        return None
    agent.answer = None
    counts, agent.usage = answer.usage or agent.usage, {}
    if text_in(counts, "apiCallId") not in (
        "",
        *(text_in(message, "apiCallId") for message in answer.messages),
    ):
        counts = {}
    model = next(filter(None, [text_in(message, "model") for message in answer.messages]), "")
    finish = text_in(counts, "finishReason") or ("tool_calls" if agent.calling else "stop")
    system, agent.system = agent.system, ""
    effort = agent.effort or (session.effort if agent is turn.agents[ROOT_AGENT] else "")
    fields = {
        "trace_id": turn.trace_id,
        "span_id": span_id_of(NAME, "", answer.id),
        "parent_id": agent.span_id,
        "model": model or text_in(counts, "model") or agent.model or session.model or None,
        "provider": PROVIDER,
        "response_id": answer.call_id or None,
        "finish_reason": finish,
        "reasoning_effort": text_in(counts, "reasoningEffort") or effort or None,
        "system": system or None,
        "usage": usage_of_answer(counts, answer.messages),
        "time_to_first_chunk_ms": milliseconds(counts, "timeToFirstTokenMs") / 1000 or None,
        "input": answer.heard or None,
        "output": output_of(answer.messages),
    }
    return make_event(
        Kind.MODEL, Phase.WHOLE, line, fields, start=min(answer.start, answer.end), end=answer.end
    )


def begin_call(turn: Turn, agent: Agent, span_id: str, data: Record, line: Line, time: int) -> Event:
    """Begins a tool call."""
    fields = {
        "trace_id": turn.trace_id,
        "span_id": span_id,
        "parent_id": agent.span_id,
        "tool": text_in(data, "toolName") or None,
        "call_id": text_in(data, "toolCallId") or None,
        "tool_description": text_in(object_in(data, "toolDescription"), "description") or None,
        "arguments": data.get("arguments"),
    }
    # Sentry orders by ends: a call that never ends must not end with the response that asked for it.
    return make_event(Kind.TOOL, Phase.START, line, fields, time=time + 1)


def end_call(turn: Turn, span_id: str, data: Record, line: Line, time: int) -> Event:
    """Ends a tool call."""
    fields = {
        "trace_id": turn.trace_id,
        "span_id": span_id,
        "call_id": text_in(data, "toolCallId") or None,
        "output": result_of(data),
        **failure_of_tool(data),
    }
    return make_event(Kind.TOOL, Phase.END, line, fields, time=time + 1)


def compaction(
    session: Session, turn: Turn | None, key: str, data: Record, line: Line, start: int, end: int
) -> Event:
    """The model call that summarises what was said, in the running turn or by itself."""
    counts = object_in(data, "compactionTokensUsed")
    instructions = text_in(data, "customInstructions")
    fields = {
        "trace_id": turn.trace_id if turn is not None else trace_id_of(NAME, "", key),
        "span_id": span_id_of(NAME, "", key),
        "parent_id": turn.agents[ROOT_AGENT].span_id if turn is not None else ROOT,
        "conversation_id": session.id or None,
        "model": text_in(counts, "model") or session.model or None,
        "provider": PROVIDER,
        "usage": usage_of(counts),
        "input": [{"role": "user", "content": instructions or "/compact"}],
        "output": text_in(data, "summaryContent") or None,
        "success": data.get("success") is not False,
        "error_message": text_in(data, "error") or None,
    }
    return make_event(Kind.MODEL, Phase.WHOLE, line, fields, start=min(start, end), end=end)
