"""What single attributes are made of."""

from __future__ import annotations

from typing import Any

import pytest

from translator.envelopes.attributes import Identity, Privacy, build_attributes
from translator.model import Kind, Span

REASONS = "gen_ai.response.finish_reasons"


def attributes(
    extra: dict[str, Any] | None = None, *, content: bool = False, **fields: Any
) -> dict[str, Any]:
    span = Span("d" * 32, "a" * 16, None, "a" * 16, "", Kind.MODEL, 0, 1, fields, extra or {})
    made = build_attributes(span, Identity("translator", "1"), Privacy(content=content))
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


@pytest.mark.parametrize(
    ("logged", "whole", "without"),
    [
        ({"prompt": "a", "step": 2}, '{"prompt":"a","step":2}', '{"step":2}'),
        ({"prompt": "a"}, '{"prompt":"a"}', None),
        ([{"arguments": "a"}, 1], '[{"arguments":"a"},1]', "[1]"),
        ('{"input": "a", "n": 1}', '{"input": "a", "n": 1}', '{"n":1}'),
        ('[{"input": "a"}]', '[{"input": "a"}]', None),
        ("[INFO] input", "[INFO] input", "[INFO] input"),
        ({}, "{}", "{}"),
        (None, "null", "null"),
        (3, 3, 3),
    ],
    ids=repr,
)
def test_content_inside_of_a_value_is_told_only_with_leave(logged: Any, whole: Any, without: Any) -> None:
    assert attributes({"details": logged}, content=True)["log.details"] == whole
    assert attributes({"details": logged}).get("log.details") == without


@pytest.mark.parametrize(
    ("key", "name", "sent"),
    [
        ("auth", "log.other", '{"auth":{"n":1}}'),
        ("http.route", "http.route", '{"n":1}'),
        ("tool_calls", "log.tool_calls", None),
    ],
)
def test_content_is_left_out_wherever_a_value_goes(key: str, name: str, sent: str | None) -> None:
    assert attributes({key: {"input": "a", "n": 1}}).get(name) == sent
    assert name in attributes({key: {"input": "a", "n": 1}}, content=True)


def test_a_message_with_content_in_it_is_told_only_with_leave() -> None:
    said: dict[str, Any] = {
        "failure": "error",
        "error_message": '{"n":1}',
        "error_output": '{"n":1,"input":"a"}',
    }

    assert attributes(**said)["exception.message"] == '{"n":1}'
    assert attributes(**said, content=True)["exception.message"] == '{"n":1,"input":"a"}'
