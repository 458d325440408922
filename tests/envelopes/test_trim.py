"""Large content is cut by its structure, and what is left is whole."""

from __future__ import annotations

import json

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from translator.envelopes.attributes import TRUNCATED, Identity, Privacy
from translator.envelopes.encode import SPAN_LIMIT, SpanEncoder
from translator.envelopes.trim import trim_attributes, trim_json, trim_text
from translator.model import Kind, Span

VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(2**60), 2**60), st.text(max_size=300)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=20), st.dictionaries(st.text(max_size=20), inner, max_size=10)
    ),
    max_leaves=60,
)


@given(VALUES, st.integers(64, 3_000))
@settings(max_examples=300, deadline=None)
def test_what_is_left_fits_and_is_json(value: object, limit: int) -> None:
    left = trim_json(value, limit)

    assert len(orjson.dumps(left)) <= limit
    if len(orjson.dumps(value)) <= limit:
        assert left == value


@given(st.text(max_size=2_000), st.integers(80, 1_000))
@settings(max_examples=200, deadline=None)
def test_texts_keep_head_and_tail(text: str, limit: int) -> None:
    left = trim_text(text, limit)

    assert len(orjson.dumps(left)) <= limit
    if left != text:
        assert "characters cut" in left


def message(text: str, role: str = "user") -> dict[str, object]:
    return {"role": role, "parts": [{"type": "text", "content": text}]}


def test_the_oldest_messages_go_first() -> None:
    messages = [message(f"{number} " + "x" * 500) for number in range(20)]

    left = trim_json(messages, 3_000)

    assert left == messages[-len(left) :]
    assert 3 <= len(left) <= 6


def test_the_last_message_is_shortened_rather_than_dropped() -> None:
    left = trim_json([message("old"), message("x" * 10_000)], 2_000)

    assert len(left) == 1
    assert "characters cut" in left[0]["parts"][0]["content"]


def attribute(value: str) -> dict[str, object]:
    return {"type": "string", "value": value}


def test_the_longest_attributes_are_shortened_and_named() -> None:
    attributes = {
        "gen_ai.input.messages": attribute(json.dumps([message("y" * 400_000), message("z" * 900_000)])),
        "gen_ai.tool.call.result": attribute(json.dumps({"rows": list(range(200_000))})),
        "gen_ai.request.model": attribute("gpt-4o"),
        "log.note": attribute("n" * 300_000),
    }

    cut = trim_attributes(attributes, 500_000)

    assert cut == ["gen_ai.input.messages", "gen_ai.tool.call.result", "log.note"]
    assert len(orjson.dumps(attributes)) <= 500_000
    assert attributes["gen_ai.request.model"] == attribute("gpt-4o")
    for key in cut[:2]:
        json.loads(str(attributes[key]["value"]))


def test_what_fits_is_left_alone() -> None:
    attributes = {"a": attribute("x" * 1_000)}

    assert trim_attributes(attributes, 10_000) == []
    assert attributes == {"a": attribute("x" * 1_000)}


def test_a_hundred_megabytes_take_no_time_to_speak_of() -> None:
    attributes = {"a": attribute("x" * 100_000_000)}

    assert trim_attributes(attributes, 900_000) == ["a"]
    assert len(orjson.dumps(attributes)) <= 900_000


def trimmed_parts(parts: list[object], limit: int) -> list[dict[str, object]]:
    (left,) = trim_json([{"role": "assistant", "parts": parts}], limit)
    assert len(orjson.dumps([left])) <= limit
    assert all(type(part) is dict and type(part.get("type")) is str for part in left["parts"])
    return list(left["parts"])


def called(arguments: object) -> dict[str, object]:
    return {"type": "tool_call", "id": "c", "name": "f", "arguments": arguments}


def test_a_large_call_is_shrunk_beside_what_is_small() -> None:
    said, call = trimmed_parts(
        [{"type": "text", "content": "t"}, called({"rows": list(range(90_000))})], 50_000
    )

    assert said == {"type": "text", "content": "t"}
    assert (call["type"], call["id"], call["name"]) == ("tool_call", "c", "f")
    assert len(orjson.dumps(call)) > 45_000


def test_large_parts_share_the_room() -> None:
    left = trimmed_parts([called({"rows": list(range(9_000))}) for _ in range(5)], 50_000)

    assert [part["name"] for part in left] == ["f"] * 5
    assert len(orjson.dumps(left)) > 40_000


def test_what_stands_for_parts_that_are_cut_is_a_part() -> None:
    left = trimmed_parts([{"type": "text", "content": f"part {place}"} for place in range(20_000)], 50_000)

    (mark,) = (part for part in left if "cut]" in str(part["content"]))
    assert mark == {"type": "text", "content": f"[{20_001 - len(left)} items cut]"}
    assert left[-1]["content"] == "part 19999"
    assert len(orjson.dumps(left)) > 49_000


PARTS = VALUES.map(called) | st.text(max_size=900).map(lambda said: {"type": "text", "content": said})


@given(st.lists(PARTS, max_size=30), st.integers(400, 3_000))
@settings(max_examples=200, deadline=None)
def test_parts_stay_parts(parts: list[object], limit: int) -> None:
    trimmed_parts(parts, limit)


def test_a_name_that_is_too_long_is_shortened() -> None:
    span = Span("d" * 32, "a" * 16, None, "a" * 16, "", Kind.MODEL, 0, 1, {"model": "m" * 2_000_000}, {})
    encoder = SpanEncoder(Identity("translator", "1"), Privacy())

    made = encoder.encode(span)

    assert len(made.data) <= SPAN_LIMIT
    assert len(made.name) <= 1_000
    assert orjson.loads(made.data)["name"] == made.name
    assert "name" in json.loads(made.attributes()[TRUNCATED]["value"])
    assert encoder.counts["shortened_spans"] == 1
