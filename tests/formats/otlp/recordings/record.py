"""Runs a small agent under real instrumentation and writes what it exports as OTLP-JSON lines.

    python record.py NAME http://127.0.0.1:PORT/v1 > NAME.jsonl

NAME is one of `RECORDINGS`; what each needs is in README.md. The server is `server.py`.
"""

from __future__ import annotations

import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from google.protobuf.json_format import MessageToDict
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter, SpanExportResult

QUESTION = "What is the weather in Paris and Rome?"
TOOL = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather of a city",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
    },
}


class Lines(SpanExporter):
    """Writes each batch as one line."""

    def export(self, spans: Any) -> SpanExportResult:
        """Writes the spans as protocol buffers are written as JSON."""
        print(json.dumps(MessageToDict(encode_spans(spans))), flush=True)
        return SpanExportResult.SUCCESS


def client() -> Any:
    """The real client, at the server that plays."""
    from openai import OpenAI

    return OpenAI(base_url=sys.argv[2], api_key="none", max_retries=0)


def plain_agent() -> None:
    """An agent of one loop: a call, two tools beside each other, a streamed call, and one that fails."""
    from openai import OpenAIError

    openai = client()
    asked: list[dict[str, Any]] = [{"role": "user", "content": QUESTION}]
    first = openai.chat.completions.create(model="gpt-5-mini", messages=asked, tools=[TOOL], temperature=0.2)
    asked.append(first.choices[0].message.model_dump(exclude_none=True))
    with ThreadPoolExecutor() as pool:
        for call in first.choices[0].message.tool_calls:
            pool.submit(lambda: None).result()
            asked.append({"role": "tool", "tool_call_id": call.id, "content": "sunny"})
    options = {"stream": True, "stream_options": {"include_usage": True}}
    for _ in openai.chat.completions.create(model="gpt-5-mini", messages=asked, **options):
        pass
    try:
        openai.chat.completions.create(model="gpt-nope", messages=asked[:1])
    except OpenAIError as error:
        print(type(error).__name__, file=sys.stderr)


def openinference() -> None:
    """OpenInference's instrumentor of the OpenAI client."""
    from openinference.instrumentation.openai import OpenAIInstrumentor

    OpenAIInstrumentor().instrument()
    plain_agent()


def openllmetry() -> None:
    """OpenLLMetry's."""
    from opentelemetry.instrumentation.openai import OpenAIInstrumentor

    OpenAIInstrumentor().instrument()
    plain_agent()


def opentelemetry() -> None:
    """OpenTelemetry's own."""
    from opentelemetry.instrumentation.openai_v2 import OpenAIInstrumentor

    OpenAIInstrumentor().instrument()
    plain_agent()


def pydantic_ai() -> None:
    """Agents of Pydantic AI, with its own instrumentation."""
    from pydantic_ai import Agent
    from pydantic_ai.models.instrumented import InstrumentationSettings
    from pydantic_ai.models.openai import OpenAIChatModel
    from pydantic_ai.providers.openai import OpenAIProvider

    model = OpenAIChatModel("gpt-5-mini", provider=OpenAIProvider(base_url=sys.argv[2], api_key="none"))
    Agent.instrument_all(InstrumentationSettings(include_content=True))
    agent = Agent(model, name="weather")

    @agent.tool_plain
    def get_weather(city: str) -> str:
        return f"sunny in {city}"

    agent.run_sync(QUESTION)


def openai_agents() -> None:
    """The OpenAI Agents SDK under OpenInference."""
    from agents import Agent, OpenAIChatCompletionsModel, Runner, function_tool
    from openai import AsyncOpenAI
    from openinference.instrumentation.openai_agents import OpenAIAgentsInstrumentor

    OpenAIAgentsInstrumentor().instrument()

    @function_tool
    def get_weather(city: str) -> str:
        return f"sunny in {city}"

    server = AsyncOpenAI(base_url=sys.argv[2], api_key="none")
    agent = Agent("Weather", model=OpenAIChatCompletionsModel("gpt-5-mini", server), tools=[get_weather])
    Runner.run_sync(agent, QUESTION)


RECORDINGS = {
    run.__name__: run for run in (openinference, openllmetry, opentelemetry, pydantic_ai, openai_agents)
}

if __name__ == "__main__":
    os.environ["OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"] = "true"
    provider = TracerProvider(resource=Resource.create({"service.name": "weather-service"}))
    provider.add_span_processor(SimpleSpanProcessor(Lines()))
    trace.set_tracer_provider(provider)
    if sys.argv[1] in ("openinference", "openllmetry", "opentelemetry"):
        with trace.get_tracer("weather").start_as_current_span("handle question"):
            RECORDINGS[sys.argv[1]]()
    else:
        RECORDINGS[sys.argv[1]]()
    provider.shutdown()
