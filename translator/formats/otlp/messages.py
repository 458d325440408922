"""What went in and came out, as each dialect writes it: to messages that `content` understands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from translator.formats.otlp.attributes import decoded, first, gathered, parsed
from translator.formats.otlp.decode import SpanRecord
from translator.model import Json

Attributes = Mapping[str, Json]
Fields = dict[str, Json]

DETAILS = "gen_ai.client.inference.operation.details"
"""The event that holds all content of a model call."""

ROLES = {
    "gen_ai.system.message": "system",
    "gen_ai.user.message": "user",
    "gen_ai.assistant.message": "assistant",
    "gen_ai.tool.message": "tool",
}
"""Events that hold one message each, and whose it is."""

CHOICE = "gen_ai.choice"


def _items(value: Json) -> list[dict[str, Json]]:
    return [item for item in value if type(item) is dict] if type(value) is list else []


def openinference_model(a: Attributes) -> Fields:
    """A model call of OpenInference."""
    asked = [_openinference_message(item) for item in _items(gathered(a, "llm.input_messages"))]
    came = [_openinference_message(item) for item in _items(gathered(a, "llm.output_messages"))]
    tools = [
        parsed(item.get("tool", {}).get("json_schema"))
        for item in _items(gathered(a, "llm.tools"))
        if type(item.get("tool")) is dict
    ]
    request, settings = parsed(a.get("input.value")), parsed(a.get("llm.invocation_parameters"))
    wanted = [said["model"] for said in (request, settings) if type(said) is dict and said.get("model")]
    fields: Fields = {
        "model": first(a, ("llm.request.model_name",)) or next(iter(wanted), a.get("llm.model_name")),
        "response_model": first(a, ("llm.response.model_name", "llm.model_name")),
        "provider": first(a, ("llm.provider", "llm.system")),
        "input": asked or request,
        "output": came or parsed(a.get("output.value")),
        "tools": tools or None,
        "finish_reason": a.get("llm.finish_reason"),
    }
    if type(settings) is dict:
        fields |= {name: settings.get(name) for name in _SETTINGS}
        fields["stop"] = first(settings, ("stop", "stop_sequences"))
    answer = parsed(a.get("output.value"))
    if type(answer) is dict and type(answer.get("id")) is str:
        fields["response_id"] = answer["id"]
    return fields


_SETTINGS = ("temperature", "max_tokens", "top_p", "top_k", "seed", "frequency_penalty", "presence_penalty",
             "stream")  # fmt: skip


def _openinference_message(item: dict[str, Json]) -> dict[str, Json]:
    said = item.get("message")
    said = said if type(said) is dict else {}
    out: dict[str, Json] = {"role": said.get("role") or "user"}
    parts = [_openinference_part(part) for part in _items(said.get("contents"))]
    parts = [part for part in parts if part is not None]
    out["content"] = said.get("content") if said.get("content") is not None else parts
    calls = []
    for call in _items(said.get("tool_calls")):
        inner = call.get("tool_call")
        if type(inner) is dict:
            calls.append({"id": inner.get("id"), "type": "function", "function": inner.get("function") or {}})
    if calls:
        out["tool_calls"] = calls
    if said.get("tool_call_id") is not None:
        out |= {"role": "tool", "tool_call_id": said["tool_call_id"]}
    return out


def _openinference_part(part: dict[str, Json]) -> dict[str, Json] | None:
    """One part of a message; calls stand beside the parts as well, and are taken from there."""
    inner = part.get("message_content")
    if type(inner) is not dict:
        return None
    image = inner.get("image")
    if type(image) is dict:
        address = image.get("image", {})
        return {
            "type": "image_url",
            "image_url": {"url": address.get("url") if type(address) is dict else None},
        }
    if inner.get("text") is None:
        return None
    kind = "thinking" if inner.get("type") in ("reasoning", "thinking") else "text"
    return {"type": kind, kind: inner["text"]}


def openllmetry(span: SpanRecord) -> Fields:
    """A model call of OpenLLMetry."""
    a = span.attributes
    asked = [_openllmetry_message(item) for item in _items(gathered(a, "gen_ai.prompt"))]
    came = _items(gathered(a, "gen_ai.completion"))
    fields: Fields = otel(span)
    reasons = [item["finish_reason"] for item in came if type(item.get("finish_reason")) is str]
    tools = [
        {**item, "parameters": parsed(item.get("parameters") or item.get("input_schema"))}
        for item in _items(gathered(a, "llm.request.functions"))
    ]
    said: Fields = {
        "input": asked,
        "output": [_openllmetry_message(item) for item in came],
        "finish_reason": reasons,
        "tools": tools,
        "stream": a.get("llm.is_streaming"),
    }
    if type(said["stream"]) is str:
        said["stream"] = said["stream"].lower() == "true"
    fields |= {
        name: value for name, value in said.items() if value not in (None, []) and not fields.get(name)
    }
    return fields


def _openllmetry_message(item: dict[str, Json]) -> dict[str, Json]:
    out: dict[str, Json] = {"role": item.get("role") or "assistant", "content": parsed(item.get("content"))}
    calls = [
        {"id": call.get("id"), "type": "function",
         "function": {"name": call.get("name"), "arguments": call.get("arguments")}}
        for call in _items(item.get("tool_calls"))
    ]  # fmt: skip
    if calls:
        out["tool_calls"] = calls
        content = out["content"]
        if type(content) is list:
            out["content"] = [
                part for part in content if type(part) is not dict or part.get("type") != "tool_use"
            ]
    if item.get("tool_call_id") is not None:
        out |= {"role": "tool", "tool_call_id": item["tool_call_id"]}
    return out


def vercel(a: Attributes) -> Fields:
    """A call of the Vercel AI SDK, of a model or of an agent."""
    asked = parsed(first(a, ("ai.prompt.messages", "ai.prompt")))
    fields: Fields = {}
    if type(asked) is dict:
        fields["system"] = asked.get("system")
        asked = asked.get("messages") or asked.get("prompt")
    came: list[Json] = []
    text = first(a, ("ai.response.text", "ai.result.text"))
    if text is not None:
        came.append({"type": "text", "text": text})
    thoughts = a.get("ai.response.reasoning")
    if thoughts is not None:
        came.insert(0, {"type": "reasoning", "text": thoughts})
    calls = _items(parsed(first(a, ("ai.response.toolCalls", "ai.result.toolCalls"))))
    came += [
        {"type": "tool-call", "toolCallId": call.get("toolCallId"), "toolName": call.get("toolName"),
         "input": parsed(call.get("input") if call.get("input") is not None else call.get("args"))}
        for call in calls
    ]  # fmt: skip
    shown = first(a, ("ai.response.object", "ai.result.object"))
    if shown is not None and not came:
        came.append({"type": "text", "text": shown})
    provider = first(a, ("gen_ai.system", "ai.model.provider"))
    tools = a.get("ai.prompt.tools")
    fields |= {
        "model": first(a, ("gen_ai.request.model", "ai.model.id")),
        "response_model": first(a, ("gen_ai.response.model", "ai.response.model")),
        "provider": provider.partition(".")[0] if type(provider) is str else None,
        "input": asked,
        "output": [{"role": "assistant", "content": came}] if came else None,
        "finish_reason": first(
            a, ("gen_ai.response.finish_reasons", "ai.response.finishReason", "ai.finishReason")
        ),
        "response_id": first(a, ("gen_ai.response.id", "ai.response.id")),
        "tools": [parsed(tool) for tool in tools] if type(tools) is list else None,
        "temperature": a.get("ai.settings.temperature"),
        "max_tokens": first(a, ("ai.settings.maxOutputTokens", "ai.settings.maxTokens")),
        "conversation_id": first(a, ("ai.telemetry.metadata.sessionId", "ai.telemetry.metadata.threadId",
                                     "ai.telemetry.metadata.conversationId",
                                     "ai.telemetry.metadata.session_id", "ai.telemetry.metadata.chatId")),
        "user": first(a, ("ai.telemetry.metadata.userId", "ai.telemetry.metadata.user_id")),
    }  # fmt: skip
    wait = first(a, ("ai.response.msToFirstChunk", "ai.stream.msToFirstChunk"))
    if type(wait) in (int, float):
        fields["time_to_first_chunk_ms"] = wait
    return fields


def embedded(a: Attributes) -> Json:
    """The texts that a call of the Vercel AI SDK embeds: JSON each."""
    values = first(a, ("ai.values", "ai.value"))
    return [decoded(value) for value in values] if type(values) is list else decoded(values)


def otel(span: SpanRecord) -> Fields:
    """The content of a span of OpenTelemetry's conventions, from its attributes and events."""
    a = span.attributes
    fields: Fields = {
        "input": parsed(first(a, _INPUTS)),
        "output": parsed(first(a, _OUTPUTS)),
        "system": parsed(a.get("gen_ai.system_instructions")),
        "tools": parsed(a.get("gen_ai.tool.definitions")),
    }
    whole = _items(parsed(first(a, ("pydantic_ai.all_messages", "all_messages_events"))))
    if whole and not fields["input"]:
        asked = _up_to_the_question(whole)
        fields["input"] = asked
        fields["output"] = first(a, ("final_result",)) or whole[max(len(asked), len(whole) - 1) :]
    events = _items(parsed(a.get("events")))
    pairs = [(event.name, event.attributes) for event in span.events]
    pairs += [(str(event.get("event.name", "")), event) for event in events]
    for name, said in from_events(pairs).items():
        if not fields.get(name):
            fields[name] = said
    return {name: value for name, value in fields.items() if value not in (None, [], {}, "")}


_INPUTS = (
    "gen_ai.input.messages", "gen_ai.request.messages", "gcp.vertex.agent.llm_request", "gen_ai.prompt",
    "input-json",
)  # fmt: skip
_OUTPUTS = (
    "gen_ai.output.messages", "gcp.vertex.agent.llm_response", "gen_ai.completion", "output-json",
)  # fmt: skip


def _up_to_the_question(whole: list[dict[str, Json]]) -> list[dict[str, Json]]:
    """The messages up to the last that a user said; what tools answered is said by users, too."""
    for number in range(len(whole), 0, -1):
        message = whole[number - 1]
        parts = _items(message.get("parts"))
        answer = parts and all(part.get("type") == "tool_call_response" for part in parts)
        if message.get("role") == "user" and not answer:
            return whole[:number]
    return whole


def from_events(events: Iterable[tuple[str, Attributes]]) -> Fields:
    """The content that events tell: names with attributes, in order."""
    asked: list[Json] = []
    came: list[Json] = []
    reasons: list[Json] = []
    fields: Fields = {}
    for name, said in events:
        if name == DETAILS:
            fields |= {
                "input": parsed(said.get("gen_ai.input.messages")),
                "output": parsed(said.get("gen_ai.output.messages")),
                "system": parsed(said.get("gen_ai.system_instructions")),
                "tools": parsed(said.get("gen_ai.tool.definitions")),
            }
        elif name in ROLES:
            asked.append(_event_message(said, ROLES[name]))
        elif name == CHOICE:
            message = parsed(said.get("message"))
            came.append(_event_message(message if type(message) is dict else said, "assistant"))
            if said.get("finish_reason") is not None:
                reasons.append(said["finish_reason"])
        elif name == "gen_ai.content.prompt":
            asked += _some(parsed(said.get("gen_ai.prompt")))
        elif name == "gen_ai.content.completion":
            came += _some(parsed(said.get("gen_ai.completion")))
    for field, value in (("input", asked), ("output", came), ("finish_reason", reasons)):
        if value and not fields.get(field):
            fields[field] = value
    return {name: value for name, value in fields.items() if value not in (None, [], "")}


def _some(value: Json) -> list[Json]:
    return value if type(value) is list else [value] if value is not None else []


def _event_message(said: Attributes, role: str) -> dict[str, Json]:
    message: dict[str, Json] = {"role": said.get("role") or role, "content": parsed(said.get("content"))}
    calls = parsed(said.get("tool_calls"))
    if calls:
        message["tool_calls"] = calls
    answered = first(said, ("id", "tool_call_id"))
    if role == "tool" and answered is not None:
        message |= {"role": "tool", "tool_call_id": answered}
    return message
