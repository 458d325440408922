"""The sidecar as a process: it follows files, sends while they grow, and ends as it is told."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.receiver import Answer, Receiver

QUICK = ("--reorder-window", "0.2s", "--orphan-hold", "0.5s")


class Sidecar:
    """A running `translator run`."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.log: list[dict[str, object]] = []
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            with self._changed:
                self.log.append(json.loads(line) if line.startswith("{") else {"text": line.rstrip()})
                self._changed.notify_all()

    def wait_for_log(self, event: str, timeout: float = 45.0) -> None:
        """Waits until the sidecar's own log tells of something."""
        with self._changed:
            found = self._changed.wait_for(
                lambda: any(entry.get("event") == event for entry in self.log), timeout
            )
        assert found, self.log

    def terminate(self) -> int:
        """Sends SIGTERM and waits for the end."""
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(20)
        self._thread.join(5)
        return code

    @property
    def said(self) -> str:
        """What it printed that is no log entry."""
        return "\n".join(str(entry["text"]) for entry in self.log if "text" in entry)


@contextmanager
def sidecar(*arguments: str, stdin: int | None = subprocess.DEVNULL) -> Iterator[Sidecar]:
    """Runs the sidecar; kills it at the end if it has not ended."""
    process = subprocess.Popen(
        [sys.executable, "-m", "translator", "run", *arguments, *QUICK],
        stdin=stdin, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=dict(os.environ),
    )  # fmt: skip
    try:
        yield Sidecar(process)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(10)
        for stream in (process.stderr, process.stdin):
            if stream is not None:
                stream.close()


def event(name: str, at: float, **fields: object) -> str:
    """A line of the log format."""
    return json.dumps({"event": name, "ts": 1_795_423_737.0 + at, **fields}) + "\n"


def append(path: Path, *lines: str) -> None:
    with path.open("a") as file:
        file.writelines(lines)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "logs" / "agent.jsonl"
    path.parent.mkdir()
    return path


@pytest.fixture
def options(receiver: Receiver, tmp_path: Path) -> tuple[str, ...]:
    return "--dsn", receiver.dsn, "--state-dir", str(tmp_path / "state")


def test_spans_are_sent_while_the_file_grows(log: Path, receiver: Receiver, options: tuple[str, ...]) -> None:
    with sidecar(str(log.parent), *options) as running:
        running.wait_for_log("following")
        append(log, event("agent.start", 0, agent="A"), event("tool.start", 1, tool="t"))
        append(log, event("tool.end", 2, tool="t"))
        receiver.wait_for(lambda r: len(r.named("execute_tool t")) == 1, timeout=15)
        assert not receiver.named("invoke_agent A")
        append(log, event("agent.end", 3, agent="A"))
        receiver.wait_for(lambda r: len(r.named("invoke_agent A")) == 1, timeout=15)

        assert running.terminate() == 0
    tool, agent = receiver.named("execute_tool t")[0], receiver.named("invoke_agent A")[0]
    assert tool["parent_span_id"] == agent["span_id"]


def test_half_a_line_waits_for_its_rest(log: Path, receiver: Receiver, options: tuple[str, ...]) -> None:
    with sidecar(str(log), *options) as running:
        running.wait_for_log("following")
        line = event("tool", 1, tool="whole", duration_ms=5)
        append(log, event("tool", 0, tool="before", duration_ms=5), line[:20])
        receiver.wait_for(lambda r: len(r.named("execute_tool before")) == 1, timeout=15)
        append(log, line[20:])
        receiver.wait_for(lambda r: len(r.named("execute_tool whole")) == 1, timeout=15)
        assert running.terminate() == 0


def test_a_renamed_file_is_read_to_its_end_and_its_successor_from_its_beginning(
    log: Path, receiver: Receiver, options: tuple[str, ...]
) -> None:
    with sidecar(str(log), *options) as running:
        running.wait_for_log("following")
        append(log, event("tool", 0, tool="first", duration_ms=5))
        receiver.wait_for(lambda r: len(r.named("execute_tool first")) == 1, timeout=15)
        with log.open("a") as writer:
            log.rename(log.with_suffix(".jsonl.1"))
            writer.write(event("tool", 1, tool="late", duration_ms=5))
        append(log, event("tool", 2, tool="second", duration_ms=5))
        receiver.wait_for(lambda r: len(r.latest) == 3, timeout=15)
        assert running.terminate() == 0


def test_sigterm_sends_what_is_finished_and_keeps_what_is_open(
    log: Path, receiver: Receiver, options: tuple[str, ...]
) -> None:
    with sidecar(str(log), *options, "--reorder-window", "1h") as running:
        running.wait_for_log("following")
        append(log, event("agent.start", 0, agent="A"), event("tool", 1, tool="t", duration_ms=5))
        running.wait_for_log("following")
        code = running.terminate()

    assert code == 0
    assert {span["name"] for span in receiver.spans} <= {"execute_tool t"}


def test_an_unavailable_server_is_tried_again_and_nothing_is_lost(
    log: Path, receiver: Receiver, options: tuple[str, ...]
) -> None:
    receiver.script([503, "reset", Answer(429, {"Retry-After": "1"}, b"{}")])
    with sidecar(str(log), *options) as running:
        running.wait_for_log("following")
        append(log, event("tool", 0, tool="t", duration_ms=5))
        receiver.wait_for(lambda r: len(r.latest) == 1, timeout=30)
        assert running.terminate() == 0
    assert len(receiver.requests) >= 4


def test_standard_input_is_followed_to_its_end(receiver: Receiver, options: tuple[str, ...]) -> None:
    with sidecar("-", *options, stdin=subprocess.PIPE) as running:
        assert running.process.stdin is not None
        running.process.stdin.write(event("agent.start", 0, agent="A") + event("tool.start", 1, tool="t"))
        running.process.stdin.write(event("tool.end", 2, tool="t") + event("agent.end", 3).rstrip())
        running.process.stdin.close()
        assert running.process.wait(20) == 0

    assert {span["name"] for span in receiver.spans} == {"execute_tool t", "invoke_agent A"}


def test_a_refused_key_is_said_loudly(log: Path, receiver: Receiver, options: tuple[str, ...]) -> None:
    receiver.script([Answer(403, {}, b'{"detail":"event submission rejected with_reason: ProjectId"}')])
    with sidecar(str(log), *options) as running:
        running.wait_for_log("following")
        append(log, event("tool", 0, tool="t", duration_ms=5))
        receiver.wait_for(lambda r: len(r.requests) == 1, timeout=15)
        assert running.terminate() == 3
    assert "rejected" in running.said
    assert receiver.dsn.split("@")[0].removeprefix("http://") not in running.said
