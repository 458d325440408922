"""What each type of exported span is, and which of its data become which fields."""

from __future__ import annotations

from collections.abc import Callable

from translator.formats.native.fields import Type
from translator.formats.native.timestamps import parse_time
from translator.formats.native.values import CLEANERS
from translator.model import Json, Kind

Fields = dict[str, Json]
Data = dict[str, Json]

STRUCTURAL = frozenset({"task", "turn"})
"""Custom spans of the SDK that only group others; what is below them goes to the next span above."""


def table(value: Json) -> Data:
    """The value if it is an object, else an empty one."""
    return value if type(value) is dict else {}


def text(value: Json) -> str | None:
    """The value if it is a text that is not empty."""
    return value if type(value) is str and value else None


def is_structural(data: Data) -> bool:
    """Whether a span only groups others."""
    kind = text(data.get("type")) or ""
    said = table(data.get("data")).get("sdk_span_type")
    named = {text(said), text(data.get("name"))}
    return kind in STRUCTURAL or (kind == "custom" and not STRUCTURAL.isdisjoint(named))


def _agent(data: Data) -> Fields:
    return {"agent": text(data.get("name")) or "agent"}


def _generation(data: Data) -> Fields:
    config = table(data.get("model_config"))
    return {
        "model": text(data.get("model")),
        "input": data.get("input"),
        "output": data.get("output"),
        "usage": table(data.get("usage")) or None,
        "provider": "openai"
        if (text(data.get("model")) or "").startswith(("gpt-", "o1", "o3", "o4"))
        else None,
        **{name: clean(config.get(name)) for name, clean in _SETTINGS.items()},
    }


_SETTINGS: dict[str, Callable[[Json], Json]] = {
    "temperature": CLEANERS[Type.NUMBER],
    "top_p": CLEANERS[Type.NUMBER],
    "max_tokens": CLEANERS[Type.INTEGER],
    "frequency_penalty": CLEANERS[Type.NUMBER],
    "presence_penalty": CLEANERS[Type.NUMBER],
}


def _response(data: Data) -> Fields:
    whole = table(data.get("response")) or table(data.get("_response"))
    usage = table(data.get("usage")) or table(whole.get("usage"))
    return {
        "model": text(data.get("model")) or text(whole.get("model")),
        "response_id": text(data.get("response_id")) or text(whole.get("id")),
        "input": data.get("input") if data.get("input") is not None else data.get("_input"),
        "output": whole.get("output"),
        "usage": usage or None,
        "provider": "openai",
    }


def _function(data: Data) -> Fields:
    return {
        "tool": text(data.get("name")) or "function",
        "arguments": data.get("input"),
        "output": data.get("output"),
    }


def _handoff(data: Data) -> Fields:
    return {"from_agent": text(data.get("from_agent")), "to_agent": text(data.get("to_agent"))}


MEANINGS: dict[str, tuple[Kind, Callable[[Data], Fields]]] = {
    "agent": (Kind.AGENT, _agent),
    "generation": (Kind.MODEL, _generation),
    "response": (Kind.MODEL, _response),
    "function": (Kind.TOOL, _function),
    "handoff": (Kind.HANDOFF, _handoff),
}
"""By `span_data.type`; every other type is a span of no kind of its own."""


def meaning_of(data: Data) -> tuple[Kind, Fields]:
    """What a span is, and its fields."""
    kind = text(data.get("type")) or "span"
    found = MEANINGS.get(kind)
    if found is not None:
        return found[0], found[1](data)
    return Kind.OTHER, {"other": text(data.get("name")) or kind}


def failure(error: Json) -> Fields:
    """What went wrong, of the export's `error`."""
    if error is None:
        return {}
    message = text(table(error).get("message")) or (text(error) or "error")
    more = table(table(error).get("data"))
    detail = text(more.get("error")) or text(more.get("message"))
    return {"success": False, "error_message": f"{message}: {detail}" if detail else message}


def times(record: Data) -> tuple[int, int] | None:
    """Begin and end, in microseconds."""
    start, end = parse_time(record.get("started_at")), parse_time(record.get("ended_at"))
    if start is None or end is None:
        return None
    return start, max(start, end)
