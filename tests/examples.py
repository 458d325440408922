"""Hand-written data that Sentry takes as it is: a span of every kind, envelopes, a transaction."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from tests.rules import SPAN_CONTENT_TYPE

if TYPE_CHECKING:
    from tests.strict import Json

TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
AGENT_ID = "a000000000000001"
OTHER_AGENT_ID = "a000000000000002"
CHAT_ID = "b000000000000001"
SECOND_CHAT_ID = "b000000000000002"
EMBEDDINGS_ID = "b000000000000003"
TOOL_ID = "c000000000000001"
FAILED_TOOL_ID = "c000000000000002"
HANDOFF_ID = "d000000000000001"
WRAPPER_ID = "e000000000000001"
START = 1_700_000_000.0

# The places of the spans in `trace_spans()`.
AGENT, CHAT, TOOL, FAILED_TOOL, SECOND_CHAT, WRAPPER, HANDOFF, OTHER_AGENT, EMBEDDINGS = range(9)


def attr(value: Any) -> Json:
    """An attribute in its typed form."""
    match value:
        case bool():
            kind = "boolean"
        case int():
            kind = "integer"
        case float():
            kind = "double"
        case list():
            kind = "array"
        case _:
            kind = "string"
    return {"type": kind, "value": value}


def messages(*pairs: tuple[str, Json]) -> str:
    """Messages of one part each, as the JSON string that Sentry reads."""
    return json.dumps([{"role": role, "parts": [part]} for role, part in pairs])


def text(content: str) -> Json:
    """A part of text."""
    return {"type": "text", "content": content}


def span(
    span_id: str,
    name: str,
    op: str,
    start: float,
    end: float,
    parent: str | None = None,
    **more: Any,
) -> Json:
    """A span with the attributes that every span carries.

    Args:
        span_id: 16 hex digits.
        name: The name of the span.
        op: Its `sentry.op`; for `gen_ai.` it gives the operation name as well.
        start: Seconds after the start of the trace.
        end: Seconds after the start of the trace.
        parent: The parent's id; without one the span is a segment.
        more: Attributes by key with `__` for `.`; `segment` is the id and name of the segment.

    Returns:
        The span in the span v2 shape.
    """
    segment_id, segment_name = more.pop("segment", (span_id, name))
    attributes = {
        "sentry.op": op,
        "sentry.origin": "auto.ai.log_translator",
        "sentry.segment.id": segment_id,
        "sentry.segment.name": segment_name,
        "sentry.sdk.name": "sentry.python.translator",
        "sentry.sdk.version": "1.0.0",
        "sentry.environment": "production",
        "gen_ai.conversation.id": "conversation-1",
    }
    if parent is None:
        attributes |= {"sentry.segment.name.source": "custom", "sentry.platform": "python"}
    if op.startswith("gen_ai."):
        attributes["gen_ai.operation.name"] = op.removeprefix("gen_ai.")
    attributes |= {key.replace("__", "."): value for key, value in more.items()}
    failed = "error.type" in attributes
    if failed:
        attributes["sentry.status"] = "internal_error"
    result = {
        "trace_id": TRACE_ID,
        "span_id": span_id,
        "name": name,
        "status": "error" if failed else "ok",
        "is_segment": parent is None,
        "start_timestamp": START + start,
        "end_timestamp": START + end,
        "attributes": {key: attr(value) for key, value in attributes.items()},
    }
    return result if parent is None else result | {"parent_span_id": parent}


def _chat(span_id: str, start: float, end: float, heard: str, said: str, **more: Any) -> Json:
    return span(
        span_id,
        "chat gpt-4o",
        "gen_ai.chat",
        start,
        end,
        AGENT_ID,
        segment=(AGENT_ID, "invoke_agent Triage"),
        gen_ai__agent__name="Triage",
        gen_ai__provider__name="openai",
        gen_ai__request__model="gpt-4o",
        gen_ai__response__model="gpt-4o-2024-08-06",
        gen_ai__input__messages=heard,
        gen_ai__output__messages=said,
        gen_ai__usage__input_tokens=100,
        gen_ai__usage__output_tokens=20,
        gen_ai__usage__total_tokens=120,
        **more,
    )


def _tool(span_id: str, name: str, start: float, end: float, **more: Any) -> Json:
    return span(
        span_id,
        f"execute_tool {name}",
        "gen_ai.execute_tool",
        start,
        end,
        AGENT_ID,
        segment=(AGENT_ID, "invoke_agent Triage"),
        gen_ai__agent__name="Triage",
        gen_ai__tool__name=name,
        gen_ai__tool__call__arguments='{"city":"Paris"}',
        **more,
    )


def trace_spans() -> list[Json]:
    """A trace with a span of every kind, fresh at each call, in the order of the log.

    An agent asks a model, runs two tools of which one fails, asks again, hands off to another
    agent that embeds a text; a wrapper that is none of Sentry's kinds lies between.
    """
    question = ("user", text("How is the weather?"))
    call = {"type": "tool_call", "id": "call-1", "name": "weather", "arguments": {"city": "Paris"}}
    answer = {"type": "tool_call_response", "id": "call-1", "result": "rainy"}
    asked = messages(question)
    answered = messages(question, ("assistant", call), ("tool", answer))
    segment = (AGENT_ID, "invoke_agent Triage")
    other = (OTHER_AGENT_ID, "invoke_agent Billing")
    return [
        span(
            AGENT_ID,
            "invoke_agent Triage",
            "gen_ai.invoke_agent",
            0.0,
            6.0,
            gen_ai__agent__name="Triage",
            gen_ai__request__model="gpt-4o",
        ),
        _chat(
            CHAT_ID,
            0.5,
            1.5,
            asked,
            messages(("assistant", call)),
            gen_ai__usage__cache_read__input_tokens=40,
            gen_ai__usage__cache_creation__input_tokens=10,
            gen_ai__usage__reasoning__output_tokens=5,
            gen_ai__response__finish_reasons='["tool_calls"]',
        ),
        _tool(
            TOOL_ID,
            "weather",
            1.5,
            2.0,
            gen_ai__tool__call__id="call-1",
            gen_ai__tool__call__result='"rainy"',
        ),
        _tool(FAILED_TOOL_ID, "search", 2.0, 2.5, error__type="TimeoutError"),
        _chat(SECOND_CHAT_ID, 2.5, 4.0, answered, messages(("assistant", text("It rains.")))),
        span(
            WRAPPER_ID,
            "cleanup",
            "function",
            4.0,
            4.5,
            AGENT_ID,
            segment=segment,
            gen_ai__agent__name="Triage",
        )
        | {"links": [{"trace_id": TRACE_ID, "span_id": CHAT_ID}]},
        span(
            HANDOFF_ID,
            "handoff from Triage to Billing",
            "gen_ai.handoff",
            5.0,
            5.0,
            AGENT_ID,
            segment=segment,
            gen_ai__agent__name="Triage",
        ),
        span(
            OTHER_AGENT_ID,
            "invoke_agent Billing",
            "gen_ai.invoke_agent",
            6.0,
            9.0,
            gen_ai__agent__name="Billing",
        ),
        span(
            EMBEDDINGS_ID,
            "embeddings text-embedding-3-small",
            "gen_ai.embeddings",
            6.5,
            7.0,
            OTHER_AGENT_ID,
            segment=other,
            gen_ai__agent__name="Billing",
            gen_ai__provider__name="openai",
            gen_ai__request__model="text-embedding-3-small",
            gen_ai__response__model="text-embedding-3-small",
            gen_ai__embeddings__input='["rain"]',
            gen_ai__usage__input_tokens=3,
            gen_ai__usage__total_tokens=3,
        ),
    ]


def transaction() -> Json:
    """A transaction event with one child, fresh at each call."""
    return {
        "event_id": "f" * 32,
        "type": "transaction",
        "transaction": "invoke_agent Triage",
        "transaction_info": {"source": "custom"},
        "platform": "python",
        "start_timestamp": START,
        "timestamp": START + 6.0,
        "contexts": {
            "trace": {
                "trace_id": TRACE_ID,
                "span_id": AGENT_ID,
                "op": "gen_ai.invoke_agent",
                "status": "ok",
                "data": {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "Triage"},
            }
        },
        "spans": [
            {
                "trace_id": TRACE_ID,
                "span_id": TOOL_ID,
                "parent_span_id": AGENT_ID,
                "op": "gen_ai.execute_tool",
                "description": "execute_tool weather",
                "status": "internal_error",
                "start_timestamp": START + 1.5,
                "timestamp": START + 2.0,
                "data": {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "weather"},
            }
        ],
    }


def envelope_headers(dsn: str, now: float) -> Json:
    """The header of an envelope sent to a DSN at a time in Unix seconds."""
    return {
        "sent_at": datetime.fromtimestamp(now, UTC).isoformat().replace("+00:00", "Z"),
        "dsn": dsn,
        "sdk": {"name": "sentry.python.translator", "version": "1.0.0"},
        "trace": {
            "trace_id": TRACE_ID,
            "public_key": urlsplit(dsn).username,
            "sample_rate": "1",
            "sampled": "true",
            "environment": "production",
        },
    }


def span_item(spans: list[Json]) -> tuple[Json, Json]:
    """The header (without its length) and the payload of a span item."""
    header = {"type": "span", "content_type": SPAN_CONTENT_TYPE, "item_count": len(spans)}
    return header, {"version": 2, "items": spans}


def encode(headers: Json, *items: tuple[Json, Any]) -> bytes:
    """An envelope in bytes, each item with its right length unless its header has one."""
    lines = [json.dumps(headers).encode()]
    for header, payload in items:
        body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        lines += [json.dumps({**header, "length": header.get("length", len(body))}).encode(), body]
    return b"\n".join(lines) + b"\n"


def request_headers(dsn: str) -> dict[str, str]:
    """The header fields of a request with a gzipped envelope, names in lower case."""
    key = urlsplit(dsn).username
    return {
        "x-sentry-auth": f"Sentry sentry_key={key}, sentry_version=7, sentry_client=translator/1",
        "content-encoding": "gzip",
    }


def compress(envelope: bytes) -> bytes:
    """The body of such a request."""
    return gzip.compress(envelope, 1)
