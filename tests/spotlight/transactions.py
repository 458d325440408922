"""Transaction envelopes written by hand, with both the current and the older attribute names."""

import json
from typing import Any

Json = dict[str, Any]

START = 1_790_000_000.25  # 21 September 2026
MODEL, PROVIDER = "gpt-4o-2024-08-06", "openai"
CONVERSATION = "conv-lisbon-weekend"

TRACE = "6f1c2d3e4b5a69788796a5b4c3d2e1f0"
SECOND_TRACE = "0a1b2c3d4e5f60718293a4b5c6d7e8f9"
WEATHER, TRAVEL, CLIMATE, FOLLOW_UP = (number * 8 for number in ("a1", "b2", "c3", "d4"))

QUESTION = "What will the weather in Lisbon be this weekend, and should I pack a raincoat?"
FORECAST = (
    "Saturday brings 24 °C and sun, Sunday 19 °C with showers after noon. "
    "That is two degrees warmer than usual: pack a light raincoat for Sunday."
)
NORMALS = "Late September in Lisbon usually reaches 22 °C with three rainy days."
TRIP = "I found a morning train on Saturday and a return on Sunday before the showers."
THANKS = "And in Porto?"
PORTO = "Porto stays dry, 21 °C on both days."


def dumps(value: Any) -> str:
    """JSON as it goes into an attribute."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def messages(user: str | None = None, answer: str | None = None, calls: Json | None = None) -> Json:
    """The input and output of a model or an agent, under all their names."""
    data: Json = {}
    if user is not None:
        parts = [{"type": "text", "content": user}]
        data["gen_ai.input.messages"] = dumps([{"role": "user", "parts": parts}])
        data["gen_ai.request.messages"] = dumps([{"role": "user", "content": user}])
    output: list[Json] = []
    if answer is not None:
        output.append({"type": "text", "content": answer})
        data["gen_ai.response.text"] = dumps([answer])
    if calls is not None:
        output.append({"type": "tool_call", **calls})
        data["gen_ai.response.tool_calls"] = dumps([calls])
    if output:
        data["gen_ai.output.messages"] = dumps([{"role": "assistant", "parts": output}])
    return data


def usage(read: int, written: int) -> Json:
    """Token counts, which have but one name that Spotlight reads."""
    return {
        "gen_ai.usage.input_tokens": read,
        "gen_ai.usage.output_tokens": written,
        "gen_ai.usage.total_tokens": read + written,
    }


def span(span_id: str, parent_id: str | None, begin: float, end: float, op: str, **more: Any) -> Json:
    """A span inside a transaction; its times count from the start of the trace."""
    return {
        "trace_id": more.pop("trace_id", TRACE),
        "span_id": span_id,
        "parent_span_id": parent_id,
        "op": op,
        "start_timestamp": START + begin,
        "timestamp": START + end,
        "status": "ok",
        **more,
    }


def agent(name: str, **data: Any) -> Json:
    """What is said of an agent's run."""
    return {
        "description": f"invoke_agent {name}",
        "data": {
            "gen_ai.operation.name": "invoke_agent",
            "gen_ai.agent.name": name,
            "gen_ai.conversation.id": CONVERSATION,
            "gen_ai.request.model": "gpt-4o",
            **data,
        },
    }


def model(name: str, finish: str, **data: Any) -> Json:
    """What is said of a model call of an agent."""
    return {
        "description": "chat gpt-4o",
        "data": {
            "gen_ai.operation.name": "chat",
            "gen_ai.agent.name": name,
            "gen_ai.conversation.id": CONVERSATION,
            "gen_ai.provider.name": PROVIDER,
            "gen_ai.system": PROVIDER,
            "gen_ai.request.model": "gpt-4o",
            "gen_ai.response.model": MODEL,
            "gen_ai.response.finish_reasons": [finish],
            **data,
        },
    }


def tool(name: str, owner: str, call_id: str, arguments: Json, result: Any) -> Json:
    """What is said of a tool call of an agent."""
    given, got = dumps(arguments), dumps(result)
    return {
        "description": f"execute_tool {name}",
        "data": {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.agent.name": owner,
            "gen_ai.conversation.id": CONVERSATION,
            "gen_ai.tool.name": name,
            "gen_ai.tool.type": "function",
            "gen_ai.tool.call.id": call_id,
            "gen_ai.tool.call.arguments": given,
            "gen_ai.tool.call.result": got,
            "gen_ai.tool.input": given,
            "gen_ai.tool.output": got,
        },
    }


def transaction(root: Json, *spans: Json) -> Json:
    """A transaction whose own span is `root`."""
    trace = {
        key: root[key]
        for key in ("trace_id", "span_id", "parent_span_id", "op", "status", "data")
        if root[key] is not None
    }
    return {
        "event_id": root["trace_id"][:16] + root["span_id"],
        "type": "transaction",
        "transaction": root["description"],
        "transaction_info": {"source": "custom"},
        "platform": "python",
        "sdk": {"name": "sentry.python", "version": "2.75.0"},
        "environment": "development",
        "start_timestamp": root["start_timestamp"],
        "timestamp": root["timestamp"],
        "contexts": {"trace": trace},
        "spans": list(spans),
    }


def envelope(event: Json) -> bytes:
    """The envelope of a transaction."""
    payload = json.dumps(event, ensure_ascii=False).encode()
    header = {
        "event_id": event["event_id"],
        "sent_at": "2026-10-01T12:00:00.000000Z",
        "sdk": event["sdk"],
        "trace": {
            "trace_id": event["contexts"]["trace"]["trace_id"],
            "public_key": "0" * 32,
            "transaction": event["transaction"],
        },
    }
    item = {"type": "transaction", "content_type": "application/json", "length": len(payload)}
    return b"\n".join([json.dumps(header).encode(), json.dumps(item).encode(), payload, b""])


def weather_agent() -> Json:
    """An agent with model calls, a failing tool, a sub-agent of another process and a handoff."""
    name, place = "Weather Agent", {"city": "Lisbon", "days": 2}
    radar = {"error": "TimeoutError: radar.example did not answer within 0.4 s"}
    days = {"saturday": {"high": 24, "sky": "sunny"}, "sunday": {"high": 19, "sky": "showers"}}
    call = {"id": "call_radar", "name": "get_radar", "arguments": dumps(place)}
    ask = {"id": "call_forecast", "name": "get_forecast", "arguments": dumps(place)}
    root = span(WEATHER, None, 0, 4.4, "gen_ai.invoke_agent") | agent(
        name, **messages(QUESTION, FORECAST), **usage(1311, 187)
    )
    return transaction(
        root,
        span("a100000000000001", WEATHER, 0.05, 0.9, "gen_ai.chat")
        | model(name, "tool_calls", **messages(QUESTION, calls=call), **usage(212, 31)),
        span("a100000000000002", WEATHER, 0.92, 1.32, "gen_ai.execute_tool")
        | tool("get_radar", name, "call_radar", place, radar)
        | {"status": "internal_error"},
        span("a100000000000003", WEATHER, 1.35, 1.9, "gen_ai.chat")
        | model(name, "tool_calls", **messages(QUESTION, calls=ask), **usage(287, 29)),
        span("a100000000000004", WEATHER, 1.92, 2.2, "gen_ai.execute_tool")
        | tool("get_forecast", name, "call_forecast", place, days),
        span("a100000000000005", WEATHER, 2.22, 3.5, "gen_ai.execute_tool")
        | tool("ask_climate_agent", name, "call_climate", {"month": "September"}, NORMALS),
        span("a100000000000006", WEATHER, 3.52, 4.35, "gen_ai.chat")
        | model(name, "stop", **messages(QUESTION, FORECAST), **usage(812, 127)),
        span("a100000000000007", WEATHER, 4.36, 4.37, "gen_ai.handoff")
        | {
            "description": f"handoff from {name} to Travel Agent",
            "data": {"gen_ai.operation.name": "handoff", "gen_ai.agent.name": name},
        },
    )


def climate_agent() -> Json:
    """The sub-agent: a transaction of its own below a span of the first one."""
    name = "Climate Agent"
    root = span(CLIMATE, "a100000000000005", 2.3, 3.45, "gen_ai.invoke_agent") | agent(
        name, **messages("Is that normal for September?", NORMALS), **usage(96, 24)
    )
    return transaction(
        root,
        span("c300000000000001", CLIMATE, 2.35, 3.4, "gen_ai.chat")
        | model(name, "stop", **messages("Is that normal for September?", NORMALS), **usage(96, 24)),
    )


def travel_agent() -> Json:
    """The agent that was handed to: a sibling of the first."""
    name, route = "Travel Agent", {"to": "Lisbon", "on": "2026-09-26"}
    root = span(TRAVEL, None, 4.4, 6.1, "gen_ai.invoke_agent") | agent(
        name, **messages("Plan the trip around the showers.", TRIP), **usage(402, 58)
    )
    return transaction(
        root,
        span("b200000000000001", TRAVEL, 4.45, 5.0, "gen_ai.execute_tool")
        | tool("find_trains", name, "call_trains", route, ["08:12", "09:40"]),
        span("b200000000000002", TRAVEL, 5.05, 6.05, "gen_ai.chat")
        | model(name, "stop", **messages("Plan the trip around the showers.", TRIP), **usage(402, 58)),
    )


def follow_up() -> Json:
    """The next turn of the conversation: another trace."""
    name, where = "Weather Agent", {"trace_id": SECOND_TRACE}
    root = span(FOLLOW_UP, None, 60, 61.2, "gen_ai.invoke_agent", **where) | agent(
        name, **messages(THANKS, PORTO), **usage(341, 17)
    )
    return transaction(
        root,
        span("d400000000000001", FOLLOW_UP, 60.05, 61.1, "gen_ai.chat", **where)
        | model(name, "stop", **messages(THANKS, PORTO), **usage(341, 17)),
    )


def all_transactions() -> list[Json]:
    """Everything, the sub-agent before the agent that it works for."""
    return [climate_agent(), weather_agent(), travel_agent(), follow_up()]
