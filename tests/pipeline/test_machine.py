"""Whatever is done to the log, the process and the server: what arrives is what was written."""

from __future__ import annotations

import gzip
import json
import shutil
import tempfile
import threading
from datetime import datetime
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from tests.faults.field import copytruncate
from translator.envelopes.attributes import Identity, Privacy
from translator.envelopes.encode import SpanEncoder
from translator.envelopes.pack import Sender, SpanPacker, split_spans
from translator.files.tail import Tailer
from translator.model import Acknowledged, Answer, Envelope, Line, Refused, Retry, Span
from translator.pipeline.durable import DurableSink
from translator.pipeline.run import Follower
from translator.pipeline.translation import Translation, Windows
from translator.state.sqlite import SqliteStore

WINDOWS = Windows(idle=1e9, reorder=0.0, orphan=1e9)
ANSWERS: dict[str, Answer] = {
    "fine": Acknowledged(),
    "failing": Retry(None, "server_error", "503"),
    "silent": Retry(None, "network", "no answer"),
    "small": Refused("too_large", "413", 413),
    "closed": Refused("unauthorized", "403", 403),
}

SpanIdentity = tuple[str, str, str | None, float]


def identity(span: Span) -> SpanIdentity:
    return span.trace_id, span.span_id, span.parent_id, span.start / 1e6


class Process:
    """All that one process holds in memory."""

    def __init__(self, logs: Path, state: Path) -> None:
        self.store = SqliteStore(state, clock=lambda: 1.8e9)
        self.translation = Translation(WINDOWS)
        self.sink = DurableSink(
            self.translation, SpanEncoder(Identity("t", "1"), Privacy(content=True)),
            SpanPacker(Sender("k" * 32, ("t", "1"))), self.store,
            sdk={}, wall=lambda: 1.8e9, wait=lambda _seconds: True,
        )  # fmt: skip
        self.now = self.sink.recover()
        self.tailer = Tailer(
            [str(logs / "agent.log*")], start=lambda _path, _stat: 0, known=self.store.checkpoints(),
            clock=lambda: self.now,
        )  # fmt: skip
        self.follower = Follower(self.tailer, self.translation, self.sink, lambda: self.now)

    def close(self) -> None:
        self.tailer.close()
        self.store.close()


class Machine(RuleBasedStateMachine):
    """A log, the processes that follow it one after another, and a server."""

    def __init__(self) -> None:
        super().__init__()
        self.directory = Path(tempfile.mkdtemp())
        self.logs = self.directory / "logs"
        self.logs.mkdir()
        self.log = self.logs / "agent.log"
        self.log.touch()
        self.written: list[bytes] = []
        self.half = b""
        self.runs = 0
        self.generation = 0
        self.arrived: dict[tuple[str, str], SpanIdentity] = {}
        self.mode = "fine"
        self.process = Process(self.logs, self.directory / "state")

    # What the agent does.

    def _append(self, data: bytes) -> None:
        with self.log.open("ab") as file:
            file.write(data)

    def _lines(self, with_ids: bool) -> list[bytes]:  # noqa: FBT001
        self.runs += 1
        at, ids = 1_795_423_737 + self.runs * 10, {"call_id": f"c{self.runs}"} if with_ids else {}
        records = [
            {"event": "agent.start", "agent": "A", "ts": at},
            {"event": "tool.start", "tool": "t", "ts": at + 1, **ids},
            {"event": "tool.end", "tool": "t", "ts": at + 2, **ids},
            {"event": "tool", "tool": "whole", "ts": at + 3, "duration_ms": 500},
            {"event": "agent.end", "agent": "A", "ts": at + 4},
        ]
        return [json.dumps({**record, "trace_id": f"run {self.runs}"}).encode() for record in records]

    @precondition(lambda self: not self.half)
    @rule(with_ids=st.booleans(), runs=st.integers(1, 4))
    def write(self, with_ids: bool, runs: int) -> None:  # noqa: FBT001
        for _ in range(runs):
            lines = self._lines(with_ids)
            self._append(b"".join(line + b"\n" for line in lines))
            self.written += lines

    @precondition(lambda self: not self.half)
    @rule(with_ids=st.booleans(), whole=st.integers(0, 4), cut=st.integers(1, 60))
    def write_half(self, with_ids: bool, whole: int, cut: int) -> None:  # noqa: FBT001
        lines = self._lines(with_ids)
        rest = b"\n".join(lines[whole:]) + b"\n"
        self._append(b"".join(line + b"\n" for line in lines[:whole]) + rest[:cut])
        self.half = rest[cut:]
        self.written += lines

    @precondition(lambda self: self.half)
    @rule()
    def write_the_rest(self) -> None:
        self._append(self.half)
        self.half = b""

    # What is done to the log.

    def _rotated(self) -> Path:
        self.generation += 1
        return self.logs / f"agent.log.{self.generation}"

    @precondition(lambda self: not self.half)
    @rule()
    def rename(self) -> None:
        self.log.rename(self._rotated())
        self.log.touch()

    @precondition(lambda self: not self.half)
    @rule()
    def copy_and_truncate(self) -> None:
        self.read()
        copytruncate(self.log, self._rotated())

    @precondition(lambda self: not self.half)
    @rule()
    def delete_and_recreate(self) -> None:
        self.read()
        self.log.unlink()
        self.log.touch()

    @rule()
    def compress(self) -> None:
        for path in self.logs.glob("agent.log.*[0-9]"):
            packed = path.with_name(path.name + ".gz")
            packed.write_bytes(gzip.compress(path.read_bytes()))
            path.unlink()

    # What happens to the process and the server.

    @rule()
    def read(self) -> None:
        self.process.now += 1
        self.process.follower.read_through(threading.Event())

    @rule(mode=st.sampled_from(sorted(ANSWERS)))
    def the_server_is(self, mode: str) -> None:
        self.mode = mode

    @rule(envelopes=st.integers(1, 5))
    def send(self, envelopes: int) -> None:
        store = self.process.store
        for stored in store.take(envelopes):
            match self._answer(stored.envelope, datetime.now().astimezone()):
                case Acknowledged():
                    store.acknowledge(stored.row)
                case Refused(reason="too_large"):
                    store.replace(stored.row, split_spans(stored.envelope))
                case _:
                    store.defer(stored.row)

    @rule(acknowledged=st.booleans())
    def kill_while_it_sends(self, acknowledged: bool) -> None:  # noqa: FBT001
        """The server may have taken what the process does not know of."""
        taken = self.process.store.take(1)
        if taken and acknowledged and self.mode == "fine":
            self._arrive(taken[0].envelope)
        self._restart()

    @rule()
    def kill(self) -> None:
        self._restart()

    def _restart(self) -> None:
        self.process.close()
        self.process = Process(self.logs, self.directory / "state")

    def _answer(self, envelope: Envelope, _sent_at: datetime) -> Answer:
        if self.mode == "small" and envelope.spans < 2:
            return Retry(None, "server_error", "503")
        answer = ANSWERS[self.mode]
        if isinstance(answer, Acknowledged):
            self._arrive(envelope)
        return answer

    def _arrive(self, envelope: Envelope) -> None:
        for span in json.loads(envelope.payload)["items"]:
            key = (span["trace_id"], span["span_id"])
            found = (*key, span.get("parent_span_id"), span["start_timestamp"])
            assert self.arrived.setdefault(key, found) == found

    def teardown(self) -> None:
        """Lets all end well, and compares."""
        try:
            if self.half:
                self.write_the_rest()
            self._restart()
            self.read()
            self.process.now += 60
            self.read()
            self.process.follower.finish(close_open=True)
            self.mode = "fine"
            while self.process.store.pending:
                self.send(100)
            model = Translation(WINDOWS.of_whole_input())
            model.feed([Line(line, "agent.log", 0) for line in self.written], 0.0)
            assert set(self.arrived.values()) == {identity(span) for span in model.drain(0.0)}
        finally:
            self.process.close()
            shutil.rmtree(self.directory)


TestMachine = Machine.TestCase
TestMachine.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)
