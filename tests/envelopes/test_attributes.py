"""What single attributes are made of."""

from __future__ import annotations

from typing import Any

import pytest

from translator.envelopes.attributes import Identity, Privacy, build_attributes
from translator.model import Kind, Span

REASONS = "gen_ai.response.finish_reasons"


def attributes(**fields: Any) -> dict[str, Any]:
    span = Span("d" * 32, "a" * 16, None, "a" * 16, "", Kind.MODEL, 0, 1, fields, {})
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
