"""Runs agents of the real SDK and writes what it exports, as docs/formats/openai_agents.md shows.

    python record.py http://127.0.0.1:PORT/v1 recorded.jsonl

Needs openai-agents 0.24; the server is tests/formats/otlp/recordings/server.py.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from agents import Agent, OpenAIChatCompletionsModel, RunConfig, Runner, function_tool, set_trace_processors
from agents.tracing import TracingProcessor
from openai import AsyncOpenAI


class Lines(TracingProcessor):
    """Writes traces and spans as lines."""

    def __init__(self, path: str) -> None:
        self.file = open(path, "a", buffering=1, encoding="utf-8")  # noqa: PTH123, SIM115 - as long as the process

    def write(self, item: Any) -> None:
        """Writes one."""
        self.file.write(json.dumps(item.export(), default=str) + "\n")

    on_trace_start = on_span_end = write

    def on_trace_end(self, trace: Any) -> None:
        """Nothing more is to be told."""

    def on_span_start(self, span: Any) -> None:
        """It is told of when it ends."""

    def shutdown(self) -> None:
        """Lines are whole at any time."""

    def force_flush(self) -> None:
        """The same."""


@function_tool
def get_weather(city: str) -> str:
    """The weather of a city."""
    return f"sunny in {city}"


@function_tool(failure_error_function=None)
def broken(city: str) -> str:
    """A tool that fails."""
    raise RuntimeError(f"no weather in {city}")


def main() -> None:
    """One run that goes well, one whose model fails."""
    set_trace_processors([Lines(sys.argv[2])])
    server = AsyncOpenAI(base_url=sys.argv[1], api_key="none", max_retries=0)
    config = RunConfig(workflow_name="Weather", group_id="chat_1")
    for model in ("gpt-5-mini", "gpt-nope"):
        helper = Agent("Helper", model=OpenAIChatCompletionsModel("gpt-5-mini", server))
        tools = [get_weather, helper.as_tool("ask_helper", "Asks the helper")]
        agent = Agent("Forecaster", model=OpenAIChatCompletionsModel(model, server), tools=tools)
        try:
            Runner.run_sync(agent, "What is the weather in Paris and Rome?", run_config=config)
        except Exception as error:  # noqa: BLE001 - it shall fail
            print(type(error).__name__, file=sys.stderr)


main()
