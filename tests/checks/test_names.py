"""Names that somebody has mistyped are told from names of the log's own."""

from __future__ import annotations

import pytest

from tests.docs.checked import diagnostics
from translator.checks.records import near_event, near_field
from translator.formats.native.fields import ALIASES
from translator.formats.native.names import MEANINGS
from translator.model import KINDS, Kind

MISTYPED = {
    "modle": "model", "agnet": "agent", "useage": "usage", "conversaton_id": "conversation_id",
    "Duration_m": "duration_ms", "trace_ids": None, "level": None, "logger": None, "turn_id": None,
    "agents": None, "step": None, "models": None, "request": None, "caller": None,
    "input_token": "inputtokens",
}  # fmt: skip


@pytest.mark.parametrize(("key", "field"), MISTYPED.items())
def test_a_mistyped_field_is_known_and_a_key_of_the_log_s_own_is_none(key: str, field: str | None) -> None:
    assert near_field(Kind.MODEL, key) == (field if key not in ALIASES[Kind.MODEL] else None)


@pytest.mark.parametrize(
    ("name", "event"),
    [
        ("tool.strat", "tool.start"), ("Agent_Strat", "agent.start"), ("model.finnished", "model.finished"),
        ("tools.call", "tool.call"), ("cache warmed", None), ("http.request", None), ("user.login", None),
        ("agent.step", None), ("agent stats", None), ("agent.status", None), ("agent.state", None),
        ("agent restarted", None), ("model.cached", None), ("Model requests", None), ("agent.thinking", None),
        ("the model has started to answer", None), ("agent", None), ("", None),
    ],
)  # fmt: skip
def test_a_mistyped_event_is_known_and_a_message_is_none(name: str, event: str | None) -> None:
    assert near_event(name) == event


CALLS = {
    "chat": "model", "completion": "model", "embedding": "embeddings", "chat_completion": "model",
    "llm_request_completed": "model", "ChatCompletion": "model", "tool_executed": "tool",
    "agent_tool_call": "tool", "tool run succeeded": "tool", "agent_run": "agent", "run.agent": "agent",
}  # fmt: skip


@pytest.mark.parametrize(("name", "thing"), CALLS.items())
def test_a_call_under_a_name_of_its_own_is_an_error_where_its_line_has_fields_of_a_span(
    name: str, thing: str
) -> None:
    bare = f'"event":"{name}","agent":"A","ts":"2026-11-23T12:00:00.100Z"'
    (found,) = (
        one for one in diagnostics(f'{{{bare},"duration_ms":5,"model":"m"}}') if one.code.name == "E201"
    )

    assert found.hint == f"did you mean `{thing}`, `{thing}.start` or `{thing}.end`?"
    assert "E201" not in {one.code.name for one in diagnostics(f"{{{bare}}}")}


@pytest.mark.parametrize(
    "name",
    ["agent.thinking", "tool.progress", "model loaded", "llm.retry", "request completed", "run", "started"],
)
def test_an_event_of_the_log_s_own_is_none(name: str) -> None:
    line = f'{{"event":"{name}","model":"m","tool":"t","duration_ms":5,"ts":"2026-11-23T12:00:00.100Z"}}'

    assert "E201" not in {one.code.name for one in diagnostics(line)}


@pytest.mark.parametrize(
    ("key", "said", "beside"),
    [
        ("event", "chat request received", '"request_id":"r"'),
        ("event", "chat request finished", '"request_id":"r","duration_ms":60'),
        ("msg", "agent run completed", '"duration_ms":40'),
        ("msg", "tool calls received", '"call_id":"u"'),
        ("message", "chat request received", '"input":"i"'),
    ],
)
def test_a_line_of_a_server_or_a_message_is_no_call(key: str, said: str, beside: str) -> None:
    line = f'{{"{key}":"{said}",{beside},"ts":"2026-11-23T12:00:00.100Z"}}'

    assert "E201" not in {one.code.name for one in diagnostics(line)}


@pytest.mark.parametrize("kind", KINDS)
def test_no_field_is_near_another(kind: Kind) -> None:
    told = diagnostics("".join(_line(kind, name) for name in ALIASES[kind]))

    assert [one.message for one in told if one.code.name == "W204"] == []


def _line(kind: Kind, key: str) -> str:
    return f'{{"event":"{kind}","{key}":"x","duration_ms":1,"ts":"2026-11-23T12:00:00.100Z"}}\n'


def test_every_event_of_the_format_is_taken_for_itself() -> None:
    lines = "".join(
        f'{{"event":"{name}","ts":"2026-11-23T12:00:00.{number:03}Z"}}\n'
        for number, name in enumerate(MEANINGS)
    )

    assert {one.code.name for one in diagnostics(lines)} & {"E201", "E202", "N203"} == set()
