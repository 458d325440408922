"""Whole requests and responses on a line of the log format: what is in them is on the span."""

from __future__ import annotations

import json
from typing import Any

import pytest

from translator.content.messages import input_messages, output_messages
from translator.content.usage import Usage
from translator.formats.native.reader import NativeReader
from translator.model import Event, Line

ASKED = [{"role": "user", "content": "Rain?"}]
REQUEST = {"model": "gpt-4o", "messages": ASKED}
RESPONSE = {
    "id": "r1",
    "model": "gpt-4o-2024-08-06",
    "choices": [{"message": {"role": "assistant", "content": "Yes."}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 3, "completion_tokens": 4},
}


def read(**fields: Any) -> Event:
    record = {"event": "model", "ts": 1_795_423_737, "duration_ms": 5, **fields}
    found = NativeReader().read(Line(json.dumps(record).encode(), "a.log", 1))
    assert isinstance(found, Event), found
    return found


@pytest.mark.parametrize(
    "request_",
    [
        {"messages": ASKED},
        {"contents": [{"role": "user", "parts": [{"text": "Rain?"}]}]},
        {"prompt": "Rain?"},
        {"model": "gpt-5", "input": "Rain?", "store": False},
        {"input": "Rain?", "stream": True},
        {"messages": ASKED, "temperature": "0.5"},
        ASKED,
        "Rain?",
        json.dumps(REQUEST),
        json.dumps({"prompt": "Rain?"}),
        json.dumps(ASKED),
    ],
    ids=str,
)
def test_messages_of_a_request_are_read_whatever_else_it_states(request_: Any) -> None:
    event = read(request=request_)

    (message,) = input_messages(event.fields["input"]).messages
    assert message == {"role": "user", "parts": [{"type": "text", "content": "Rain?"}]}
    assert event.extra == {}


def test_a_request_that_nobody_recognises_is_shown_as_it_is() -> None:
    assert read(request={"input": "Rain?", "city": 1}).fields["input"] == {"input": "Rain?", "city": 1}


def test_a_request_beside_an_input_is_kept() -> None:
    event = read(request={"messages": ASKED}, input="Sun?")

    assert event.fields["input"] == "Sun?"
    assert event.extra == {"request": {"messages": ASKED}}


@pytest.mark.parametrize("name", ["request", "input"])
def test_what_a_request_in_a_text_states_counts(name: str) -> None:
    assert read(**{name: json.dumps(REQUEST)}).fields["model"] == "gpt-4o"


@pytest.mark.parametrize("logged", [RESPONSE, json.dumps(RESPONSE)], ids=["object", "text"])
def test_what_a_response_states_counts(logged: Any) -> None:
    fields = read(response=logged).fields

    assert fields["usage"] == Usage(3, 4)
    assert fields["response_id"] == "r1"
    assert fields["response_model"] == "gpt-4o-2024-08-06"
    assert fields["finish_reason"] == "stop"
    (message,) = output_messages(fields["output"]).messages
    assert message["parts"] == [{"type": "text", "content": "Yes."}]


@pytest.mark.parametrize("text", ['{"answer": 42}', "{no JSON", "{}", "[1, 2]"])
def test_an_answer_in_json_is_an_answer(text: str) -> None:
    fields = read(output=text).fields

    assert fields == {"output": text}


@pytest.mark.parametrize(
    ("line", "usage"),
    [
        ({"usage": {"in": 10, "out": 5}}, Usage(10, 5)),
        ({"usage": {"prompt": 4, "completion": 5, "total": 9}}, Usage(4, 5)),
        ({"usage": {}, "input_tokens": 10, "output_tokens": 5}, Usage(10, 5)),
        ({"usage": {"input_tokens": 10}, "output_tokens": 5}, Usage(10, 5)),
        ({"usage": {"input_tokens": 10, "output_tokens": 5}, "cached_tokens": 4}, Usage(10, 5, 4)),
        ({"usage": {"input_tokens": 10}, "output_tokens": None}, Usage(10)),
        ({"usage": '{"input_tokens": 10}', "tokensOut": 5}, Usage(10, 5)),
        ({"usage": None, "input_tokens": 10}, Usage(10)),
    ],
    ids=str,
)
def test_counts_of_the_line_fill_in_what_the_object_lacks(line: dict[str, Any], usage: Usage) -> None:
    event = read(**line)

    assert event.fields["usage"] == usage
    assert event.extra == {}


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ({"usage": {"total_tokens": 5}}, {"usage": {"total_tokens": 5}}),
        ({"token_usage": {"words": 5}}, {"token_usage": {"words": 5}}),
        ({"usage": "none"}, {"usage": "none"}),
        ({"tokens": 15}, {"tokens": 15}),
        ({"total_tokens": 15, "input_tokens": None}, {"total_tokens": 15}),
        ({"usage": "{}", "tokens_in": None}, {}),
        ({"usage": {"prompt_tokens": None}}, {}),
        ({"response": {**RESPONSE, "usage": {"words": 3}}}, {"usage": {"words": 3}}),
    ],
    ids=str,
)
def test_usage_that_gives_no_count_is_kept_under_its_own_key(
    line: dict[str, Any], kept: dict[str, Any]
) -> None:
    event = read(**line)

    assert "usage" not in event.fields
    assert event.extra == kept


def test_counts_that_the_object_has_are_kept_beside_it() -> None:
    event = read(usage={"prompt_tokens": 10, "completion_tokens": 5}, input_tokens=9, total_tokens=99)

    assert event.fields["usage"] == Usage(10, 5)
    assert event.extra == {"input_tokens": 9, "total_tokens": 99}


def test_a_count_that_cannot_be_is_not_kept() -> None:
    assert read(usage={"input_tokens": -1}).extra == {}


@pytest.mark.parametrize(
    ("line", "cost"),
    [
        ({"usage": {"prompt_tokens": 10, "cost": 0.0012}}, 0.0012),
        ({"usage": {"prompt_tokens": 10, "total_cost": "0.5"}}, 0.5),
        ({"usage": {"prompt_tokens": 10, "cost": 0.0012}, "cost_usd": 2}, 2),
        ({"usage": {"prompt_tokens": 10, "cost": {"total": 1}}}, None),
        ({"response": {**RESPONSE, "usage": {"prompt_tokens": 3, "cost": 0.1}}}, 0.1),
    ],
    ids=str,
)
def test_a_cost_in_the_usage_counts(line: dict[str, Any], cost: float | None) -> None:
    assert read(**line).fields.get("cost") == cost


@pytest.mark.parametrize("stop", ["END", "\n\n", ["a", "b"], []], ids=repr)
def test_sequences_to_stop_at_are_texts(stop: Any) -> None:
    assert read(stop=stop).fields["stop"] == stop


@pytest.mark.parametrize("stop", [True, 7, [1, {"a": 1}], {"a": 1}, ""], ids=repr)
def test_what_is_no_sequence_to_stop_at_is_kept(stop: Any) -> None:
    reader = NativeReader()
    record = {"event": "model", "ts": 1_795_423_737, "stop": stop}
    event = reader.read(Line(json.dumps(record).encode(), "a.log", 1))

    assert isinstance(event, Event)
    assert "stop" not in event.fields
    assert event.extra == {"stop": stop}
    assert reader.counts == {"invalid_values": 1}


@pytest.mark.parametrize(
    ("tool", "fields"),
    [
        (
            {"type": "tool_use", "id": "c1", "name": "search", "input": {"q": 1}},
            {"tool": "search", "call_id": "c1", "arguments": {"q": 1}, "tool_type": "tool_use"},
        ),
        (
            {"type": "function", "id": "c1", "function": {"name": "search", "arguments": "{}"}},
            {"tool": "search", "call_id": "c1", "arguments": "{}", "tool_type": "function"},
        ),
        ({"type": "tool_call", "name": "search", "args": {}, "id": "c1"},
         {"tool": "search", "call_id": "c1", "arguments": {}, "tool_type": "tool_call"}),
        ({"name": "search", "arguments": "a", "input": "b"}, {"tool": "search", "arguments": "a"}),
        ({"name": "search", "function": {"name": "other", "arguments": 1}}, {"tool": "search"}),
    ],
    ids=str,
)  # fmt: skip
def test_a_call_as_providers_write_it_says_its_name_and_arguments(
    tool: dict[str, Any], fields: dict[str, Any]
) -> None:
    event = read(event="tool", tool=tool)

    assert event.fields == fields
    assert event.extra == {}


@pytest.mark.parametrize("tool", [{"function": {"arguments": "{}"}}, {"function": "search"}, {"input": 1}])
def test_an_object_without_a_name_is_no_tool(tool: dict[str, Any]) -> None:
    event = read(event="tool", tool=tool)

    assert "tool" not in event.fields
    assert event.extra == {"tool": tool}
