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
