"""What single attributes are made of."""

from __future__ import annotations

from typing import Any

import pytest

from translator.envelopes.attributes import Identity, Privacy, build_attributes
from translator.model import Kind, Span

REASONS = "gen_ai.response.finish_reasons"


def attributes(extra: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    span = Span("d" * 32, "a" * 16, None, "a" * 16, "", Kind.MODEL, 0, 1, fields, extra or {})
    made = build_attributes(span, Identity("translator", "1"), Privacy())
    return {key: attribute["value"] for key, attribute in made.items()}


@pytest.mark.parametrize(
    ("logged", "sent"),
    [
        ("stop", '["stop"]'),
        (["stop", "length"], '["stop","length"]'),
        (["stop", None, "", " ", {}], '["stop"]'),
        (3, "[3]"),
        (0, "[0]"),
        ({"type": "stop"}, '[{"type":"stop"}]'),
    ],
    ids=repr,
)
def test_finish_reasons_are_a_list_without_empty_ones(logged: Any, sent: str) -> None:
    assert attributes(finish_reason=logged)[REASONS] == sent


@pytest.mark.parametrize("logged", ["", " ", [], [None, ""], {}], ids=repr)
def test_where_no_finish_reason_is_left_there_is_no_attribute(logged: Any) -> None:
    assert REASONS not in attributes(finish_reason=logged)


@pytest.mark.parametrize(
    ("key", "value", "name", "sent"),
    [
        ("gen_ai.cost.total_tokens", 0.25, "gen_ai.cost.total_tokens", 0.25),
        ("gen_ai.cost.total_tokens", 0, "gen_ai.cost.total_tokens", 0),
        ("gen_ai.cost.total_tokens", -1, "log.other", '{"gen_ai.cost.total_tokens":-1}'),
        ("gen_ai.cost.input_tokens", "-0.5", "log.other", '{"gen_ai.cost.input_tokens":"-0.5"}'),
        ("gen_ai.request.presence_penalty", -1.5, "gen_ai.request.presence_penalty", -1.5),
    ],
)
def test_tokens_and_costs_under_a_conventions_name_are_not_negative(
    key: str, value: Any, name: str, sent: Any
) -> None:
    made = attributes({key: value})

    assert made[name] == sent
    assert name == key or key not in made
