"""Every name of every field, in every spelling, lands in its field."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from translator.content.private import is_content
from translator.formats.native.fields import ALIASES, DURATION_UNITS_US, FIELDS, Field, Type, squash
from translator.formats.native.reader import NativeReader
from translator.model import KINDS, Event, Kind, Line

SPELLINGS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "upper case": str.upper,
    "dashes": lambda key: key.replace("_", "-"),
    "dots": lambda key: key.replace("_", "."),
    "camel case": lambda key: "".join(
        part[:1].upper() + part[1:] if place else part for place, part in enumerate(key.split("_"))
    ),
}
VALUES = {
    Type.TIME: 1_795_423_737_123,
    Type.DURATION: 250,
    Type.ID: "id-1",
    Type.TEXT: "words",
    Type.NUMBER: 0.5,
    Type.AMOUNT: 0.5,
    Type.INTEGER: 7,
    Type.FLAG: True,
    Type.JSON: {"any": ["thing"]},
    Type.TEXTS: ["one", "two"],
    Type.NAMED: "a name",
}
NAMES = [
    (field, alias, kind)
    for field in FIELDS
    for alias in (field.name, *field.aliases)
    for kind in sorted(field.kinds)
    if ALIASES[kind][squash(alias)][0] is field
]
SETTLED = {
    "weak_id": "span_id", "thread_id": "", "request": "", "usage": "", "status": "", "success": "",
    "error": "error_message", "error_type": "failure", "error_stack": "", "user": "",
    "time_to_first_chunk_ms": "time_to_first_chunk", "time_to_first_chunk_s": "time_to_first_chunk",
    "timestamp": "", "start_time": "", "end_time": "", "pid": "", "thread": "", "duration": "",
}  # fmt: skip
"""Fields that are put into another form after they have been read; empty: tested by themselves."""


def read(record: dict[str, object]) -> Event:
    event = NativeReader().read(Line(json.dumps(record).encode(), "a.log", 1))
    assert isinstance(event, Event), event
    return event


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize(
    ("field", "alias", "kind"), NAMES, ids=lambda value: str(getattr(value, "name", value))
)
def test_it_is_understood(field: Field, alias: str, kind: Kind, spelling: str) -> None:
    value = "boom" if field.name == "error" else VALUES[field.type]
    key = SPELLINGS[spelling](alias)
    written = {} if field.name == "timestamp" else {"ts": 1_795_423_737}
    event = read({"event": kind.value, **written, key: value})
    target = SETTLED.get(field.name, field.name)

    assert key not in event.extra or field.name in ("status", "request", "usage", "error_stack", "user")
    if target and field.name not in DURATION_UNITS_US:
        assert event.fields[target] == value


def test_an_alias_means_one_field_for_one_kind() -> None:
    for kind in KINDS:
        for alias, (field, _) in ALIASES[kind].items():
            assert alias == squash(alias)
            assert kind in field.kinds


EXAMPLES = (
    "time", "ts", "@timestamp", "@t", "datetime", "timeUnixNano", "asctime", "started_at", "duration_s",
    "duration_ns", "duration", "latency_ms", "elapsed_ms", "traceId", "trace_id", "trace.id", "run_id",
    "dd.trace_id", "otelTraceID", "logging.googleapis.com/trace", "traceparent", "sentry_trace", "baggage",
    "span_id", "parent_id", "parent_span_id", "parentId", "id", "invocation_id", "call_id", "tool_call_id",
    "tool_use_id", "request_id", "conversation_id", "session_id", "thread_id", "chat_id", "agent",
    "agent_name", "from", "error", "err", "exception", "exc_info", "status", "user", "user_id",
    "service", "environment", "release", "version", "env", "service.name",
)  # fmt: skip


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_documented_names_are_known_for_models(name: str) -> None:
    assert squash(name) in ALIASES[Kind.MODEL]


def test_the_first_name_wins_and_the_other_is_kept() -> None:
    event = read({"event": "agent.start", "ts": 1_795_423_737, "agent_name": "A", "from": "B"})

    assert event.fields["agent"] == "A"
    assert event.extra == {"from": "B"}


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
@pytest.mark.parametrize("value", [[], {}, "", -1, 1e300, True, "x" * 5_000, [[[1]]], {"name": 5}])
def test_a_wrong_type_never_loses_the_line(field: Field, value: object) -> None:
    for kind in field.kinds:
        record = {
            "event": f"{kind.value}.start" if kind is not Kind.HANDOFF else "handoff",
            field.name: value,
        }

        assert read({**record, "@timestamp": 1_795_423_737}).kind is kind


def test_every_name_of_content_is_known_as_one() -> None:
    content = {"input", "request", "system", "output", "arguments", "user", "user_email", "user_name"}
    names = {name for kind in KINDS for name, (field, _) in ALIASES[kind].items() if field.name in content}

    assert set(map(squash, content)) <= names
    assert [name for name in sorted(names) if not is_content(name)] == []


@pytest.mark.parametrize(
    "key", ["level", "cabin", "user_agent.original", "model", "tokens", "prompt_id", "x" * 500]
)
def test_other_names_are_none_of_content(key: str) -> None:
    assert not is_content(key)
