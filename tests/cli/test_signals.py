"""Interrupts, and readers that go away: the program ends as it should, and says so calmly."""

from __future__ import annotations

import json
import re
import signal
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.cli.process import lines_until, opened, started
from tests.receiver import Answer, Receiver
from translator.cli.signals import stop_on_signals

SAMPLE = Path(__file__).parents[2] / "samples" / "python" / "agent.jsonl"


AT_ONCE = ("--from", "beginning", "--reorder-window", "0", "--orphan-hold", "0")


class TestRun:
    """The sidecar ends at the first signal, says what it did, and gives exit code 0."""

    def test_it_sends_what_it_has_read(self, receiver: Receiver, tmp_path: Path) -> None:
        to = ("--dsn", receiver.dsn, "--state-dir", str(tmp_path / "state"))
        with started("run", str(SAMPLE), *AT_ONCE, *to) as process:
            receiver.wait_for(lambda received: received.latest, timeout=30.0)
            process.send_signal(signal.SIGINT)
            said = opened(process.stderr).read()
            code = process.wait()

        assert code == 0
        assert "34 lines, 34 events, 17 spans" in said
        assert "Traceback" not in said
        assert len(receiver.latest) == 17

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
    def test_it_ends_while_it_waits_for_files(self, number: signal.Signals, tmp_path: Path) -> None:
        with started("run", str(tmp_path / "*.jsonl"), "--out", str(tmp_path / "out")) as process:
            lines_until(process.stderr, '"following"')
            process.send_signal(number)
            said = opened(process.stderr).read()
            code = process.wait()

        assert code == 0
        assert "0 lines, 0 events, 0 spans" in said
        assert "Traceback" not in said

    def test_it_ends_while_standard_input_is_open(self, tmp_path: Path) -> None:
        with started("run", "-", "--out", str(tmp_path / "out")) as process:
            lines_until(process.stderr, '"following"')
            process.send_signal(signal.SIGINT)
            said = opened(process.stderr).read()
            code = process.wait()

        assert code == 0
        assert "Traceback" not in said


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_the_second_signal_ends_the_sending_at_once(
    number: signal.Signals, receiver: Receiver, tmp_path: Path
) -> None:
    record = {"event": "tool", "tool": "t", "ts": 1_795_423_737, "trace_id": "0" * 31 + "1"}
    gate = threading.Event()
    receiver.script([Answer(gate=gate)])
    to = ("--dsn", receiver.dsn, "--state-dir", str(tmp_path / "state"), "--shutdown-timeout", "1h")
    with started("run", "-", *AT_ONCE, *to) as process:
        stdin = opened(process.stdin)
        stdin.write(json.dumps(record) + "\n")
        stdin.flush()
        receiver.wait_for(lambda received: received.requests, timeout=30.0)
        process.send_signal(number)
        lines_until(process.stderr, '"stopping"')
        process.send_signal(number)
        said = opened(process.stderr).read()
        code = process.wait()
        gate.set()

    assert code == 130
    assert "Traceback" not in said


def test_what_could_not_be_sent_in_time_is_told(tmp_path: Path) -> None:
    key = "0123456789abcdef0123456789abcdef"
    to = ("--dsn", f"http://{key}@127.0.0.1:1/1", "--state-dir", str(tmp_path / "state"))
    with started("run", str(SAMPLE), *AT_ONCE, *to, "--shutdown-timeout", "100ms") as process:
        lines_until(process.stderr, '"following"')
        process.send_signal(signal.SIGINT)
        said = opened(process.stderr).read()
        code = process.wait()

    assert code == 3
    assert re.search(r"error: (1 envelope|\d+ envelopes) could not be sent", said)
    assert "hint: they are kept in the state: run again" in said
    assert key not in said
    assert "Traceback" not in said


@pytest.fixture(scope="module")
def long_log(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A log that gives more than a pipe holds."""
    path = tmp_path_factory.mktemp("long") / "a.jsonl"
    with path.open("w") as file:
        for place in range(1_000):
            record = {"event": "tool", "tool": f"t{place}", "ts": 1_795_423_737 + place, "note": "x" * 100}
            file.write(json.dumps({**record, "trace_id": f"{place:032x}"}) + "\n")
    return str(path)


@pytest.mark.parametrize(
    "arguments",
    [("preview",), ("backfill", "--out", "-")],
    ids=" ".join,
)
def test_a_reader_that_goes_after_the_first_line_is_no_mistake(
    arguments: tuple[str, ...], long_log: str
) -> None:
    with started(*arguments, long_log, "--quiet") as process:
        first = opened(process.stdout).readline()
        opened(process.stdout).close()
        said = opened(process.stderr).read()
        process.wait()

    assert first
    assert said == ""


def test_the_schema_may_be_read_in_part() -> None:
    with started("schema") as process:
        assert opened(process.stdout).readline() == "{\n"
        opened(process.stdout).close()
        assert opened(process.stderr).read() == ""


def test_a_signal_may_come_while_the_lock_of_an_event_is_held() -> None:
    """As it does when it comes in the middle of `clear`: the handler must not wait for that lock."""
    stopping, wake = threading.Event(), threading.Event()
    with stop_on_signals(stopping, wake):
        lock: Any = vars(wake)["_cond"]
        with lock:
            signal.raise_signal(signal.SIGINT)
        assert wake.wait(10)
        assert stopping.is_set()
