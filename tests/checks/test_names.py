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
        ("agent.thinking", None), ("the model has started to answer", None), ("agent", None), ("", None),
    ],
)  # fmt: skip
def test_a_mistyped_event_is_known_and_a_message_is_none(name: str, event: str | None) -> None:
    assert near_event(name) == event


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
