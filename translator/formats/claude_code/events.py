"""Turns, responses and tool calls of a transcript as events."""

from __future__ import annotations

from translator.content.usage import Usage, read_usage
from translator.formats.building import ROOT, make_event, span_id_of, trace_id_of
from translator.formats.claude_code.records import table, text
from translator.formats.claude_code.state import Chain, OpenTool, Response, Turn
from translator.model import Event, Json, Kind, Line, Phase

FORMAT = "claude_code"
AGENT = "claude-code"
PROVIDER = "anthropic"
SUBAGENT = "subagent"


def trace_of(turn_id: str) -> str:
    """The trace of a session's turn. Claude Code's ids are unique everywhere."""
    return trace_id_of(FORMAT, "", turn_id)


def span_of(native_id: str) -> str:
    """The span of a turn, a response or a tool call."""
    return span_id_of(FORMAT, "", native_id)


def turn_fields(chain: Chain, turn: Turn) -> dict[str, Json]:
    """What places the span of a turn."""
    return {
        "trace_id": chain.trace_id or trace_of(turn.turn_id),
        "span_id": span_of(turn.turn_id),
        "parent_id": chain.parent_id or ROOT,
        **whose(chain),
    }


def whose(chain: Chain) -> dict[str, Json]:
    """Whose span it is; its children say it too, for they may be sent long before it ends."""
    return {
        "agent": (chain.agent or SUBAGENT) if chain.side else AGENT,
        "conversation_id": chain.conversation or chain.session,
    }


def turn_start(chain: Chain, turn: Turn, line: Line) -> Event:
    """The begin of a turn."""
    fields = {**turn_fields(chain, turn), "input": turn.prompt}
    return make_event(Kind.AGENT, Phase.START, line, fields, time=turn.start)


def turn_end(chain: Chain, turn: Turn, line: Line) -> Event:
    """The end of a turn."""
    fields = {**turn_fields(chain, turn), "output": turn.answer or None, **turn.end_fields}
    return make_event(Kind.AGENT, Phase.END, line, fields, time=max(turn.last, turn.start))


def whole_turn(chain: Chain, turn: Turn, line: Line) -> Event:
    """A turn of a sub-agent that nobody waited for, once it is over."""
    fields = {
        **turn_fields(chain, turn), "input": turn.prompt, "output": turn.answer or None, **turn.end_fields,
    }  # fmt: skip
    return make_event(Kind.AGENT, Phase.WHOLE, line, fields, start=turn.start, end=turn.last)


def model_call(chain: Chain, turn: Turn, response: Response, usage: Usage | None) -> Event:
    """A response of the model.

    Args:
        chain: Where it belongs.
        turn: Its turn.
        response: What came.
        usage: Its tokens, if they are known better than from its own lines.
    """
    content = [block.content for block in response.blocks]
    reason = response.fields.get("finish_reason")
    if reason is None and any(table(block).get("type") == "tool_use" for block in content):
        reason = "tool_use"
    fields = {
        **response.fields,
        "trace_id": chain.trace_id or trace_of(turn.turn_id),
        "span_id": span_of(response.native_id),
        "parent_id": span_of(turn.turn_id),
        **whose(chain),
        "provider": PROVIDER,
        "finish_reason": reason,
        "input": response.inputs or None,
        "output": [{"role": "assistant", "content": content}] if content else None,
    }
    if usage is not None:
        fields["usage"] = usage
    line = Line(response.data, response.source, 0)
    return make_event(
        Kind.MODEL, Phase.WHOLE, line, fields, start=response.start, end=response.last, extra=response.extra
    )


def tool_start(chain: Chain, turn: Turn, call_id: str, tool: OpenTool, arguments: Json, line: Line) -> Event:
    """The begin of a tool call."""
    fields: dict[str, Json] = {
        "trace_id": chain.trace_id or trace_of(turn.turn_id),
        "span_id": tool.span_id,
        "parent_id": span_of(turn.turn_id),
        **whose(chain),
        "tool": tool.name,
        "call_id": call_id,
        "arguments": arguments,
    }
    return make_event(Kind.TOOL, Phase.START, line, fields, time=tool.start, extra=_mcp(tool.name))


def _mcp(name: str) -> dict[str, Json]:
    """The server's own name of a tool that is called `mcp__server__tool`."""
    parts = name.split("__", 2)
    if len(parts) == 3 and parts[0] == "mcp":
        return {"mcp.server.name": parts[1], "mcp.tool.name": parts[2]}
    return {}


def tool_end(
    chain: Chain, turn: Turn, call_id: str, tool: OpenTool, end: int, result: dict[str, Json], line: Line
) -> Event:
    """The end of a tool call.

    Args:
        chain: Where it belongs.
        turn: Its turn.
        call_id: The API's id of it.
        tool: What is known of it.
        end: When, in microseconds.
        result: What came out and what went wrong, by the names of the log format.
        line: The line of the result.
    """
    fields = {
        "trace_id": chain.trace_id or trace_of(turn.turn_id),
        "span_id": tool.span_id,
        "call_id": call_id,
        "tool": tool.name,
        **result,
    }
    return make_event(Kind.TOOL, Phase.END, line, fields, time=end)


def known_better(response: Response, told: Json) -> Usage | None:
    """The usage of a sub-agent's last response as its session tells it, if it is of that response.

    The lines of sub-agents have the output of the moment at which the response began.
    """
    own, other = table(response.fields.get("usage")), table(told)
    same = ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
    if not other or any(own.get(key) != other.get(key) for key in same):
        return None
    usage, _ = read_usage(other, PROVIDER)
    return usage


def model_fields(record: dict[str, Json], message: dict[str, Json]) -> dict[str, Json]:
    """What a line says of the response, by the names of the log format."""
    fields: dict[str, Json] = {
        "model": text(message.get("model")) or None,
        "response_id": text(message.get("id")) or None,
        "usage": table(message.get("usage")) or None,
        "finish_reason": text(message.get("stop_reason")) or None,
        "reasoning_effort": text(record.get("effort")) or None,
        "cost": cost if isinstance(cost := record.get("costUSD"), (int, float)) else None,
    }
    return {name: value for name, value in fields.items() if value is not None}
