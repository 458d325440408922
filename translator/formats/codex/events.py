"""Turns, responses and tool calls of rollouts as events."""

from __future__ import annotations

from collections.abc import Mapping

from translator.content.usage import Usage
from translator.formats.building import ROOT, make_event, span_id_of, trace_id_of
from translator.formats.codex.state import Response, Thread, Turn
from translator.model import Event, Json, Kind, Line, Phase

FORMAT = "codex"
AGENT = "codex"
PROVIDER = "openai"
"""Who serves the model where the log does not say it."""


def trace_of(thread_id: str, turn_id: str) -> str:
    """The trace of a turn that nobody but a user asked for."""
    return trace_id_of(FORMAT, thread_id, turn_id)


def span_of(thread_id: str, *native_ids: str) -> str:
    """The span of a turn, or of what lies in it."""
    return span_id_of(FORMAT, thread_id, "\n".join(native_ids))


def _line(thread: Thread) -> Line:
    return Line(b"", thread.source, 0)


def turn_event(thread: Thread, turn: Turn, phase: Phase) -> Event:
    """The begin, the end, or all of a turn.

    The place of a sub-agent's is put in later, see `links`.
    """
    fields: dict[str, Json] = {
        "trace_id": trace_of(thread.thread_id, turn.turn_id),
        "span_id": turn.span_id,
        "parent_id": ROOT,
        "agent": thread.agent or AGENT,
        "conversation_id": thread.conversation or thread.thread_id,
    }
    fields["input"] = turn.prompt or None
    extra = {"codex.version": thread.version or None, "codex.turn_id": turn.turn_id}
    if phase is Phase.START:
        return make_event(Kind.AGENT, phase, _line(thread), fields, extra=extra, time=turn.start)
    end = max(turn.last, turn.start)
    fields |= {"output": turn.answer or None, **turn.failure}
    return make_event(
        Kind.AGENT, phase, _line(thread), fields, extra=extra, time=end, start=turn.start, end=end
    )


def model_call(
    thread: Thread, turn: Turn, response: Response, end: int, failure: Mapping[str, Json]
) -> Event:
    """A request to the model; `end` in microseconds."""
    fields: dict[str, Json] = {
        "trace_id": trace_of(thread.thread_id, turn.turn_id),
        "span_id": span_of(thread.thread_id, turn.turn_id, "response", str(turn.responses)),
        "parent_id": turn.span_id,
        "model": thread.model or None,
        "provider": thread.provider or PROVIDER,
        "reasoning_effort": thread.effort or None,
        "response_id": response.response_id or None,
        "input": response.inputs or None,
        "output": response.items or None,
        "usage": _usage(response.usage),
        **failure,
    }
    return make_event(Kind.MODEL, Phase.WHOLE, _line(thread), fields, start=response.start, end=end)


def _usage(counts: list[int] | None) -> Usage | None:
    if counts is None:
        return None
    read, cached, written, out, reasoning = counts
    return Usage(read, out, cached, written, reasoning)


def tool_event(
    thread: Thread,
    turn: Turn,
    phase: Phase,
    fields: Mapping[str, Json],
    extra: Mapping[str, Json],
    start: int,
    end: int,
) -> Event:
    """A tool call, or its begin or end; `start` and `end` in microseconds."""
    all_fields = {"trace_id": trace_of(thread.thread_id, turn.turn_id), "parent_id": turn.span_id, **fields}
    extra = {**_mcp(fields.get("tool")), **extra}
    if phase is Phase.START:
        return make_event(Kind.TOOL, phase, _line(thread), all_fields, extra=extra, time=start)
    return make_event(
        Kind.TOOL, phase, _line(thread), all_fields, extra=extra, time=end, start=start, end=end
    )


def _mcp(name: Json) -> dict[str, Json]:
    """The server's own name of a tool that is called `mcp__server__tool`."""
    parts = name.split("__", 2) if type(name) is str else []
    if len(parts) == 3 and parts[0] == "mcp":
        return {"mcp.server.name": parts[1], "mcp.tool.name": parts[2]}
    return {}
