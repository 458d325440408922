"""The values of fields: cleaned to their types, and put into one form where logs have many."""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite

import orjson

from translator.content.failures import read_failure
from translator.content.plain import plain
from translator.content.responses import read_request, read_response
from translator.formats.native.fields import Type
from translator.model import Json, Kind

LONGEST_ID = 1_024
"""Characters of an id that are kept."""

_LONGEST_NUMBER = 40

FLAGS = {"true": True, "false": False, "1": True, "0": False, "yes": True, "no": False}

PROVIDERS = frozenset({
    "openai", "anthropic", "google", "gcp.vertex_ai", "gcp.gemini", "gcp.gen_ai", "gemini", "vertex_ai",
    "vertexai", "aws.bedrock", "bedrock", "azure", "azure.ai.openai", "azure.ai.inference", "azure_openai",
    "cohere", "mistral", "mistral_ai", "mistralai", "groq", "deepseek", "xai", "x_ai", "perplexity",
    "ollama", "ibm.watsonx.ai", "watsonx", "openrouter", "together", "together_ai", "fireworks",
    "fireworks_ai", "huggingface", "cerebras", "meta", "moonshot", "qwen", "alibaba", "zai",
})  # fmt: skip
"""Words that, as the value of `system`, name a provider; any other value is a system prompt."""

ERROR_STATUSES = {
    "error": "error",
    "failed": "error",
    "failure": "error",
    "exception": "error",
    "timeout": "timeout",
    "timedout": "timeout",
    "cancelled": "cancelled",
    "canceled": "cancelled",
    "aborted": "cancelled",
}
"""Values of `status` that make an error, with the `error.type` where the line has no better."""


def _id(value: Json) -> str | None:
    if type(value) is str:
        value = value.strip()
        return value[:LONGEST_ID] or None
    return str(value) if type(value) is int else None


def _text(value: Json) -> str | None:
    return (value.strip() or None) if type(value) is str else None


def _number(value: Json) -> float | None:
    if type(value) is str and len(value) <= _LONGEST_NUMBER:
        try:
            value = float(value)
        except ValueError:
            return None
    if type(value) is int or (type(value) is float and isfinite(value)):
        return value if -1e15 < value < 1e15 else None
    return None


def _amount(value: Json) -> float | None:
    number = _number(value)
    return number if number is not None and number >= 0 else None


def _integer(value: Json) -> int | None:
    number = _number(value)
    return int(number) if number is not None and number == int(number) else None


def _flag(value: Json) -> bool | None:
    if type(value) is bool:
        return value
    return FLAGS.get(str(value).lower()) if type(value) in (str, int) else None


def _json(value: Json) -> Json:
    return value


def _texts(value: Json) -> Json:
    if type(value) is list:
        return value if all(type(item) is str for item in value) else None
    # White space may be all that it is.
    return (value or None) if type(value) is str else None


def _named(value: Json) -> Json:
    if type(value) is dict:
        inner = value.get("function")
        # A tool call as OpenAI writes it has its name and arguments one level down.
        if type(inner) is dict and "name" not in value:
            value = {**value, **inner}
        return value if type(value.get("name")) is str else None
    return _text(value)


CLEANERS: dict[Type, Callable[[Json], Json]] = {
    Type.ID: _id,
    Type.TEXT: _text,
    Type.NUMBER: _number,
    Type.AMOUNT: _amount,
    Type.INTEGER: _integer,
    Type.FLAG: _flag,
    Type.JSON: _json,
    Type.TEXTS: _texts,
    Type.NAMED: _named,
}
"""Per type, what makes a value of it from JSON, or None where the value is none."""


def _opentelemetry_trace(value: Json) -> str | None:
    said = _id(value)
    return NO_TRACE if said == "0" else said


def _datadog_trace(value: Json) -> str | None:
    said = _opentelemetry_trace(value)
    if said and said.isascii() and said.isdigit() and len(said) <= _LONGEST_DECIMAL:
        return f"{int(said):032x}"
    return said


NO_TRACE = ""
"""The trace id of a line that says that it has none."""

_LONGEST_DECIMAL = 20

BY_KEY: dict[str, Callable[[Json], Json]] = {
    "ddtraceid": _datadog_trace,
    "oteltraceid": _opentelemetry_trace,
}
"""What makes a value of what stands under a key that says, by its squashed name, who wrote it."""


_TOOL_OBJECT = (("tool_description", "description", _text), ("tool_type", "type", _text),
                ("call_id", "id", _id), ("arguments", "arguments", _json), ("arguments", "input", _json),
                ("arguments", "args", _json))  # fmt: skip
_USER_OBJECT = (("user_id", "id", _id), ("user_email", "email", _text), ("user_name", "name", _text),
                ("user_name", "username", _text))  # fmt: skip
_NAMED_FIELDS = ("agent", "model", "service", "from_agent", "to_agent")

MANIFOLD = frozenset((
    "tool", "user", "system", "request", "input", "output", "time_to_first_chunk_ms",
    "time_to_first_chunk_s", "weak_id", "thread_id", "failure", "status", "success", "error_type", "error",
    "error_message", "error_stack",
))  # fmt: skip
"""The fields besides those names that may have several forms: most lines have none of them."""


def settle(kind: Kind, fields: dict[str, Json], extra: dict[str, Json]) -> None:
    """Puts the fields that have several forms into one, in place.

    Afterwards names are strings, a user is `user_id`, `user_email` and `user_name`, and an error is
    `failure` (its type), `error_message`, `error_stack`, and `error_output` where the message holds content.
    """
    for name in _NAMED_FIELDS:
        if type(fields.get(name)) is dict:
            fields[name] = fields[name]["name"]
    if MANIFOLD.isdisjoint(fields):
        return
    if type(fields.get("tool")) is dict:
        _spread(fields.pop("tool") | {}, _TOOL_OBJECT, fields, name="tool")
    if "user" in fields:
        _settle_user(fields, extra)
    if "system" in fields and "provider" not in fields:
        system = fields["system"]
        if type(system) is str and system.lower() in PROVIDERS:
            fields["provider"] = fields.pop("system")
    if kind is Kind.MODEL or kind is Kind.AGENT:
        _settle_bodies(fields, extra)
    for unit in ("time_to_first_chunk_ms", "time_to_first_chunk_s"):
        if unit in fields:
            fields["time_to_first_chunk"] = fields.pop(unit)
    if "weak_id" in fields or "thread_id" in fields:
        _settle_ids(fields, extra)
    _settle_error(fields, extra)


def _spread(
    value: dict[str, Json],
    table: tuple[tuple[str, str, Callable[[Json], Json]], ...],
    fields: dict[str, Json],
    name: str | None = None,
) -> None:
    if name is not None:
        fields[name] = value["name"]
    for field, key, clean in table:
        if field not in fields and (cleaned := clean(value.get(key))) is not None:
            fields[field] = cleaned


def _settle_ids(fields: dict[str, Json], extra: dict[str, Json]) -> None:
    """Decides what the names that loggers use for two things stand for."""
    weak_id = fields.pop("weak_id", None)
    if weak_id is not None and "span_id" in fields:
        extra["id"] = weak_id
    elif weak_id is not None:
        fields |= {"span_id": weak_id, "weak_id": True}
    thread_id = _id(fields.pop("thread_id", None))
    if thread_id is not None:
        fields.setdefault("thread" if thread_id.isdigit() else "conversation_id", thread_id)


def _settle_user(fields: dict[str, Json], extra: dict[str, Json]) -> None:
    user = fields.pop("user")
    if type(user) is dict:
        _spread(user, _USER_OBJECT, fields)
    elif (user_id := _id(user)) is not None:
        fields.setdefault("user_id", user_id)
    else:
        extra["user"] = user


def _settle_bodies(fields: dict[str, Json], extra: dict[str, Json]) -> None:
    """Takes what whole request and response objects state; what the line itself says wins."""
    logged = fields.pop("request", None)
    request = _body(logged)
    if request is None:
        stated = read_request(_body(fields.get("input")))
    else:
        stated = read_request(request)
        if "input" not in fields:
            fields["input"] = request if request is logged else plain(request)
        elif not stated:
            extra["request"] = logged
    stated |= read_response(_body(fields.get("output")))
    for name, value in stated.items():
        fields.setdefault(name, value)


def _body(value: Json) -> Json:
    """The value, or the object that its text is the JSON of: some loggers keep nothing but texts."""
    if type(value) is dict or not may_hold_body(value):
        return value
    try:
        return orjson.loads(value)
    except orjson.JSONDecodeError:
        return value


def may_hold_body(value: Json) -> bool:
    """Whether the value is an object, or a text that may be the JSON of one."""
    return type(value) is dict or (type(value) is str and value.startswith("{"))


def _settle_error(fields: dict[str, Json], extra: dict[str, Json]) -> None:
    failure: str | None = fields.pop("failure", None)
    if "status" in fields:
        status = fields.pop("status")
        implied = ERROR_STATUSES.get(status.lower().replace("_", ""))
        if implied is None:
            extra["status"] = status
        failure = failure or implied
    if "success" in fields and not fields.pop("success"):
        failure = failure or "error"
    error_type = fields.pop("error_type", None)
    found = read_failure(fields.pop("error", None))
    if found is not None:
        failure = found.type or error_type or failure or "error"
        if found.output is not None and "error_message" not in fields:
            fields["error_output"] = found.output
        if found.message is not None:
            fields.setdefault("error_message", found.message)
        if found.stack is not None:
            fields.setdefault("error_stack", found.stack)
    elif error_type is not None:
        failure = error_type
    elif "error_message" in fields:
        failure = failure or "error"
    if failure is not None:
        fields["failure"] = failure
    elif "error_stack" in fields:
        extra["stack"] = fields.pop("error_stack")
