"""A weather and travel agent that logs what it does with structlog.

    python agent.py [LOGFILE]

The log goes to the end of LOGFILE, or to standard output. Models and tools are make-believe (they
play a script and wait); the agents and their log calls are not. AGENT_SPEED divides the waits: 2 is
twice as fast, 0 does not wait at all.
"""

import asyncio
import json
import os
import sys
import traceback
from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from itertools import cycle
from typing import Any
from uuid import uuid4

import structlog
from structlog.typing import FilteringBoundLogger as Log

SPEED = float(os.environ.get("AGENT_SPEED") or 1)
GPT = {"model": "gpt-4o", "provider": "openai"}
CLAUDE = {"model": "claude-sonnet-4-5", "provider": "anthropic"}
GEMINI = {"model": "gemini-2.5-pro", "provider": "google"}

Json = dict[str, Any]
Tool = Callable[..., Awaitable[Any]]

# What an agent logs: an agent run, a model call, a tool call (and, below, a handoff).


async def run_agent(log: Log, name: str, text: str, work: Callable[..., Awaitable[str]]) -> str:
    log = log.bind(agent=name)
    span_id = uuid4().hex[:16]
    log.info("agent.start", span_id=span_id, input=text)
    output = await work(log, text)
    log.info("agent.end", span_id=span_id, output=output)
    return output


async def call_model(log: Log, model: Json, messages: list[Json], **params: Any) -> Json:
    log = log.bind(**model)
    log.info("model.start", messages=messages, **params)
    if params.get("stream"):
        await pause(0.09)
        log.info("model.chunk")
    reply = await think()
    log.info("model.end", **reply)
    messages.append(reply["output"])
    return reply["output"]


async def call_tool(log: Log, call_id: str, tool: Tool, arguments: Json) -> Any:
    log = log.bind(tool=tool.__name__, call_id=call_id)
    log.info("tool.start", arguments=arguments)
    try:
        result = await tool(**arguments)
    except Exception as error:
        kind, stack = type(error).__name__, traceback.format_exc()
        log.error("tool.end", error={"type": kind, "message": str(error), "stack": stack})
        return {"error": f"{kind}: {error}"}
    log.info("tool.end", result=result)
    return result


async def call_tools(log: Log, messages: list[Json], *tools: Tool) -> None:
    """Runs the tools that the last message asks for, all at once."""
    known = {tool.__name__: tool for tool in tools}

    async def answer(call_id: str, function: Json) -> Json:
        tool, arguments = known[function["name"]], json.loads(function["arguments"])
        result = await call_tool(log, call_id, tool, arguments)
        return {"role": "tool", "tool_call_id": call_id, "content": json.dumps(result)}

    calls = messages[-1]["tool_calls"]
    messages += await asyncio.gather(*(answer(call["id"], call["function"]) for call in calls))


# The agents.


async def weather_agent(log: Log, question: str) -> str:
    async def summarize(text: str) -> str:
        return await run_agent(log, "Summary Agent", text, summary_agent)

    messages = chat("You are a weather assistant. Answer briefly.", question)
    await call_model(log, GPT, messages, temperature=0.2)
    await call_tools(log, messages, get_weather, get_air_quality)
    report = {"text": "11 °C, light rain; air quality unknown"}
    summary = await call_tool(log, new_id("call"), summarize, report)
    messages.append({"role": "user", "content": f"Summary: {summary}"})
    answer = await call_model(log, GPT, messages, temperature=0.2, stream=True)
    log.info("handoff", from_agent="Weather Agent", to_agent="Travel Agent")
    return answer["content"]


async def summary_agent(log: Log, text: str) -> str:
    answer = await call_model(log, CLAUDE, chat("Summarize in one sentence.", text))
    return answer["content"]


async def travel_agent(log: Log, text: str) -> str:
    messages = chat("You find and book flights.", text)
    await call_model(log, GEMINI, messages)
    await call_tools(log, messages, search_flights, book_flight)
    answer = await call_model(log, GEMINI, messages)
    return answer["content"]


def chat(system: str, user: str) -> list[Json]:
    return [{"role": "system", "content": system}, {"role": "user", "content": user}]


async def converse() -> None:
    conversation = structlog.get_logger().bind(conversation_id=new_id("conv"))
    question = "What is the weather in Paris, and can I fly there tomorrow?"
    log = conversation.bind(trace_id=str(uuid4()))
    await run_agent(log, "Weather Agent", question, weather_agent)
    await run_agent(log, "Travel Agent", question, travel_agent)
    await pause(0.15)
    log = conversation.bind(trace_id=str(uuid4()))
    await run_agent(log, "Travel Agent", "Book the first one.", travel_agent)


# Make-believe: the tools, and what the models answer.


async def get_weather(city: str, unit: str) -> Json:
    await pause(0.12)
    return {"city": city, "temperature": 11, "unit": unit, "conditions": "light rain"}


async def get_air_quality(city: str) -> Json:
    await pause(0.2)
    raise TimeoutError("air quality service timed out after 2 s")


async def search_flights(**query: str) -> list[Json]:
    await pause(0.13)
    return [
        {"flight": "AF1735", "departs": "07:10", "price_eur": 129},
        {"flight": "LH1052", "departs": "09:45", "price_eur": 154},
    ]


class BookingError(Exception):
    pass


async def book_flight(flight: str) -> Json:
    await pause(0.09)
    raise BookingError("no seats left")


def gpt(prompt: int, completion: int, cached: int) -> Json:
    usage = {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": {"cached_tokens": cached},
        "completion_tokens_details": {"reasoning_tokens": 0},
    }
    return {"response_model": "gpt-4o-2024-08-06", "usage": usage, "finish_reason": "stop"}


def claude(fresh: int, output: int, read: int, written: int) -> Json:
    usage = {
        "input_tokens": fresh,
        "cache_read_input_tokens": read,
        "cache_creation_input_tokens": written,
        "output_tokens": output,
    }
    version = "claude-sonnet-4-5-20250929"
    return {"response_model": version, "usage": usage, "finish_reason": "end_turn"}


def gemini(prompt: int, candidates: int, thoughts: int, cached: int = 0) -> Json:
    usage = {
        "promptTokenCount": prompt,
        "cachedContentTokenCount": cached,
        "candidatesTokenCount": candidates,
        "thoughtsTokenCount": thoughts,
        "totalTokenCount": prompt + candidates + thoughts,
    }
    return {"response_model": "gemini-2.5-pro", "usage": usage, "finish_reason": "STOP"}


PARIS = {"city": "Paris", "unit": "celsius"}
SCRIPT = cycle(
    [
        (0.25, {"get_weather": PARIS, "get_air_quality": {"city": "Paris"}}, gpt(412, 46, 256)),
        (0.18, "Cool with light rain, air quality unknown.", claude(38, 27, 1024, 120)),
        (
            0.16,
            "It is 11 °C with light rain in Paris. The Travel Agent will look for flights.",
            gpt(538, 31, 384),
        ),
        (
            0.22,
            {"search_flights": {"from": "BER", "to": "CDG", "day": "tomorrow"}},
            gemini(655, 18, 64),
        ),
        (
            0.20,
            "Two flights tomorrow: AF1735 at 07:10 for 129 EUR, LH1052 at 09:45 for 154 EUR.",
            gemini(812, 42, 35),
        ),
        (0.18, {"book_flight": {"flight": "AF1735"}}, gemini(905, 21, 28, 640)),
        (
            0.16,
            "AF1735 has no seats left. Shall I book LH1052 at 09:45 instead?",
            gemini(968, 33, 12),
        ),
    ]
)


async def think() -> Json:
    seconds, answer, reply = next(SCRIPT)
    await pause(seconds)
    if isinstance(answer, str):
        return reply | {"output": {"role": "assistant", "content": answer}}
    functions = [{"name": name, "arguments": json.dumps(args)} for name, args in answer.items()]
    calls = [{"id": new_id("call"), "type": "function", "function": f} for f in functions]
    if reply["finish_reason"] == "stop":
        reply = reply | {"finish_reason": "tool_calls"}
    return reply | {"output": {"role": "assistant", "content": None, "tool_calls": calls}}


def new_id(prefix: str) -> str:
    return f"{prefix}_{uuid4().hex[:12]}"


async def pause(seconds: float) -> None:
    await asyncio.sleep(seconds / SPEED if SPEED > 0 else 0)


def main(path: str | None = None) -> None:
    with open(path, "a", encoding="utf-8") if path else nullcontext(sys.stdout) as file:
        structlog.configure(
            processors=[
                structlog.processors.add_log_level,
                structlog.processors.TimeStamper(fmt="iso"),
                structlog.processors.JSONRenderer(),
            ],
            wrapper_class=structlog.make_filtering_bound_logger("info"),
            logger_factory=structlog.WriteLoggerFactory(file=file),
        )
        asyncio.run(converse())


if __name__ == "__main__":
    main(*sys.argv[1:2])
