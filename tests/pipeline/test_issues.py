"""Failed spans as error events, over real HTTP to a receiver that knows Sentry's rules."""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from signal import SIGKILL, SIGTERM
from subprocess import Popen
from typing import Any

import pytest

from tests.backfill.field import backfill
from tests.cli.process import started
from tests.judges import relay_events
from tests.pipeline.program import translator
from tests.receiver import Answer, Receiver

STACK = """Traceback (most recent call last):
  File "/srv/tools.py", line 40, in get
    raise TimeoutError("too slow")
TimeoutError: too slow
"""


def write(path: Path, *records: dict[str, Any], begin: float | None = None) -> Path:
    start = (time.time() - 600) if begin is None else begin
    common = {"trace_id": "a" * 32, "conversation_id": "c1", "service": "shop", "environment": "prod"}
    lines = [
        json.dumps({"time": start + number, **common, **record}) for number, record in enumerate(records)
    ]
    path.write_text("\n".join(lines) + "\n")
    return path


FAILING = (
    {"event": "agent.start", "agent": "Planner", "span_id": "1" * 16},
    {"event": "tool.start", "tool": "get_weather", "span_id": "2" * 16, "user_id": "u7"},
    {"event": "tool.error", "tool": "get_weather", "span_id": "2" * 16,
     "error": {"type": "TimeoutError", "message": "too slow", "stack": STACK}},
    {"event": "model.start", "model": "gpt-4o", "span_id": "3" * 16},
    {"event": "model.error", "model": "gpt-4o", "span_id": "3" * 16,
     "error": {"type": "RateLimitError", "message": "429, key sk-proj-abcdefghijklmnopqrstuvwxyz123456"}},
    {"event": "agent.error", "agent": "Planner", "span_id": "1" * 16,
     "error": {"type": "TimeoutError", "message": "too slow"}},
)  # fmt: skip


def sent(receiver: Receiver, log: Path, *options: str) -> list[Any]:
    state = str(log.parent / "state")
    said = backfill(str(log), "--dsn", receiver.dsn, "--state-dir", state, *options)
    assert said.returncode == 0, said.stderr
    receiver.assert_clean()
    return receiver.events


def test_each_error_is_told_once_by_the_innermost_span(receiver: Receiver, tmp_path: Path) -> None:
    events = sent(receiver, write(tmp_path / "a.jsonl", *FAILING), "--issues")

    tool, model = sorted(events, key=lambda event: event["timestamp"])
    (exception,) = tool["exception"]["values"]
    assert (exception["type"], exception["value"]) == ("TimeoutError", "too slow")
    assert exception["stacktrace"]["frames"] == [
        {"filename": "/srv/tools.py", "lineno": 40, "function": "get"}
    ]
    assert tool["contexts"]["trace"] == {
        "trace_id": "a" * 32, "span_id": "2" * 16, "parent_span_id": "1" * 16,
        "op": "gen_ai.execute_tool", "status": "internal_error", "origin": "auto.ai.log_translator",
    }  # fmt: skip
    assert tool["tags"]["gen_ai.tool.name"] == "get_weather"
    assert tool["tags"]["gen_ai.agent.name"] == "Planner"
    assert (tool["environment"], tool["transaction"]) == ("prod", "invoke_agent Planner")
    assert model["exception"]["values"][0]["type"] == "RateLimitError"
    assert relay_events(events) == []


def test_what_is_masked_and_kept_back_in_spans_is_in_events(receiver: Receiver, tmp_path: Path) -> None:
    events = sent(receiver, write(tmp_path / "a.jsonl", *FAILING), "--issues")

    assert "abcdefghijkl" not in json.dumps(events)
    assert "u7" not in json.dumps(events)


def test_user_data_goes_where_it_may(receiver: Receiver, tmp_path: Path) -> None:
    events = sent(receiver, write(tmp_path / "a.jsonl", *FAILING), "--issues", "--send-default-pii")

    assert {"id": "u7"} in [event.get("user") for event in events]


def test_without_the_option_there_are_none(receiver: Receiver, tmp_path: Path) -> None:
    assert sent(receiver, write(tmp_path / "a.jsonl", *FAILING)) == []
    assert len(receiver.spans) == 3


def test_the_same_error_has_the_same_id_whenever_it_is_sent(receiver: Receiver, tmp_path: Path) -> None:
    log = write(tmp_path / "a.jsonl", *FAILING)
    sent(receiver, log, "--issues")
    sent(receiver, log, "--issues", "--again")

    ids = [event["event_id"] for event in receiver.events]
    assert len(ids) == 4
    assert len(set(ids)) == 2


@pytest.mark.parametrize("wire", ["span", "transaction"])
def test_spans_are_sent_as_ever(receiver: Receiver, tmp_path: Path, wire: str) -> None:
    events = sent(receiver, write(tmp_path / "a.jsonl", *FAILING), "--issues", "--wire", wire)

    assert len(events) == 2
    assert len(receiver.spans) == 3 or len(receiver.transactions) == 1


def test_what_is_only_unfinished_is_no_error(receiver: Receiver, tmp_path: Path) -> None:
    log = write(tmp_path / "a.jsonl", *FAILING[:2])

    assert sent(receiver, log, "--issues") == []


def test_a_stack_of_an_unknown_form_is_kept_as_a_text(receiver: Receiver, tmp_path: Path) -> None:
    failed = {
        "event": "tool",
        "tool": "t",
        "error": {"type": "E", "message": "m", "stack": "somewhere, somehow"},
    }
    (event,) = sent(receiver, write(tmp_path / "a.jsonl", failed), "--issues")

    assert event["extra"] == {"stack": "somewhere, somehow"}


class ErrorsLimited(Receiver):
    """A server whose quota of errors is used up; spans it takes."""

    def handle(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Refuses error events."""
        plain = gzip.decompress(body) if headers.get("content-encoding") == "gzip" else body
        if b'"type":"event"' not in plain:
            return super().handle(method, path, headers, body)
        return Answer(429, {"X-Sentry-Rate-Limits": "600:error:organization:quota"})


def follow(log: Path, dsn: str) -> AbstractContextManager[Popen[str]]:
    """A sidecar over the log, which tells of errors, too."""
    state = str(log.parent / "state")
    more = ("--issues", "--from", "beginning", "--reorder-window", "0", "--log-format", "json")
    return started("run", str(log), "--dsn", dsn, "--state-dir", state, *more)


@pytest.mark.timeout(300)
def test_a_limit_of_errors_does_not_hold_up_spans(tmp_path: Path) -> None:
    many = [
        {
            "event": "tool",
            "tool": "t",
            "span_id": f"{number:016x}",
            "error": {"type": "E", "message": str(number)},
        }
        for number in range(1, 101)
    ]
    log = write(tmp_path / "a.jsonl", *many)

    with ErrorsLimited() as receiver, follow(log, receiver.dsn) as process:
        receiver.wait_for(lambda got: len(got.latest) == 100, timeout=90)
        with log.open("a") as file:
            file.write(
                json.dumps({"time": time.time(), "event": "tool", "tool": "late", "span_id": "f" * 16}) + "\n"
            )
        receiver.wait_for(lambda got: len(got.latest) == 101, timeout=90)
        process.send_signal(SIGTERM)
        said = process.communicate()[1]

    assert process.returncode == 3
    assert "100 envelopes could not be sent" in said
    receiver.assert_clean()


@pytest.mark.timeout(300)
@pytest.mark.parametrize("number", [SIGTERM, SIGKILL], ids=["stopped", "killed"])
def test_what_was_told_before_a_restart_is_not_told_again(
    receiver: Receiver, tmp_path: Path, number: int
) -> None:
    log = write(tmp_path / "a.jsonl", *FAILING[:3])

    with follow(log, receiver.dsn) as process:
        receiver.wait_for(lambda got: got.events and not waiting(tmp_path), timeout=90)
        process.send_signal(number)
        process.communicate()
    write(tmp_path / "rest.jsonl", *FAILING)
    with log.open("a") as file:
        file.writelines((tmp_path / "rest.jsonl").read_text().splitlines(keepends=True)[3:])
    with follow(log, receiver.dsn) as process:
        receiver.wait_for(lambda got: len(got.latest) == 3 and len(got.events) == 2, timeout=90)
        process.send_signal(SIGTERM)
        process.communicate()

    assert process.returncode == 0
    assert [event["contexts"]["trace"]["span_id"] for event in receiver.events] == ["2" * 16, "3" * 16]


def waiting(directory: Path) -> int:
    """How many envelopes the sidecar has not had acknowledged."""
    told = json.loads(translator("status", "--json", "--state-dir", str(directory / "state")).stdout)
    count: int = told["destinations"][0]["outbox"]["envelopes"]
    return count
