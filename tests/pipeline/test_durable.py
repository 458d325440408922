"""The state after any step is enough to go on from: nothing is lost, changed or counted twice."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from tests.spans.test_snapshot import LIVE, Step, any_steps
from translator.envelopes.attributes import Identity, Privacy
from translator.envelopes.encode import SpanEncoder
from translator.envelopes.pack import Packer, Sender, SpanPacker
from translator.envelopes.transaction import TransactionPacker
from translator.errors import StateError
from translator.model import Checkpoint, Line
from translator.pipeline import durable
from translator.pipeline.durable import DurableSink
from translator.pipeline.sinks import Step as Read
from translator.pipeline.translation import Translation
from translator.state.failures import DamagedStateError
from translator.state.sqlite import SqliteStore
from translator.state.store import Commit

IDENTITY = Identity("test", "1")
START = 1_800_000_000.0


class Sidecar:
    """What a process makes of its state, from start to end."""

    def __init__(self, directory: Path, wall: float, *, transactions: bool) -> None:
        self.store = SqliteStore(directory, clock=lambda: wall)
        self.translation = Translation(LIVE)
        sender = Sender("k" * 32, ("test", "1"))
        packer: Packer = TransactionPacker(sender, IDENTITY, {}) if transactions else SpanPacker(sender)
        self.sink = DurableSink(
            self.translation, SpanEncoder(IDENTITY, Privacy(content=True)), packer, self.store,
            sdk={"name": "test", "version": "1"}, wall=lambda: wall, wait=lambda _seconds: True,
        )  # fmt: skip
        self.now = self.sink.recover()

    def take(self, now: float, lines: list[Line]) -> None:
        before = self.translation.steps
        self.translation.feed(lines, now)
        spans = self.translation.ready(now)
        if lines or spans or self.translation.steps != before:
            self.sink.put(spans, Read(now, lines))

    def end(self, now: float) -> None:
        self.sink.finish(self.translation.drain(now), ended=True)


def played(directory: Path, steps: list[Step], kills: set[int], *, transactions: bool) -> tuple[object, ...]:
    """What is in the outbox in the end, and what was counted."""
    sidecar = Sidecar(directory, START, transactions=transactions)
    for number, (now, lines) in enumerate(steps):
        if number in kills:
            sidecar.store.close()
            sidecar = Sidecar(directory, START, transactions=transactions)
        sidecar.take(now, lines)
    sidecar.end(steps[-1][0])
    sent = [(stored.envelope.payload, stored.envelope.span_ids) for stored in sidecar.store.take(10_000)]
    totals = sidecar.sink.totals()
    sidecar.store.close()
    return sent, totals


@given(
    st.integers(0, 2**32), st.sets(st.integers(0, 19), min_size=1, max_size=4),
    st.sampled_from([0, 500, 10**6]),
    st.booleans(),
)  # fmt: skip
@settings(max_examples=40, deadline=None)
def test_killed_anywhere_it_sends_and_counts_the_same(
    seed: int, kills: set[int], journal_bytes: int, transactions: bool  # noqa: FBT001
) -> None:  # fmt: skip
    steps = any_steps(Random(seed))  # noqa: S311
    with pytest.MonkeyPatch.context() as patch, TemporaryDirectory() as scratch:
        patch.setattr(durable, "JOURNAL_BYTES", journal_bytes)
        whole = played(Path(scratch, "whole"), steps, set(), transactions=transactions)
        killed = played(Path(scratch, "killed"), steps, kills, transactions=transactions)

    assert killed == whole


def line(name: str, at: float, **fields: object) -> Line:
    record = {"event": name, "ts": 1_795_423_737 + at, "trace_id": "t", **fields}
    return Line(json.dumps(record).encode(), "a.log", 1)


def test_the_clock_of_the_windows_goes_on_with_the_time_between(tmp_path: Path) -> None:
    first = Sidecar(tmp_path, START, transactions=False)
    first.take(7.0, [line("agent.start", 0, agent="A")])
    first.store.close()

    second = Sidecar(tmp_path, START + 100, transactions=False)
    assert second.now == 107.0
    second.take(108.0, [])
    second.store.close()

    backwards = Sidecar(tmp_path, START - 5_000, transactions=False)
    assert backwards.now == 108.0
    backwards.store.close()


def test_a_late_end_completes_an_unfinished_span_after_a_restart(tmp_path: Path) -> None:
    first = Sidecar(tmp_path, START, transactions=False)
    first.take(0.0, [line("agent.start", 0, agent="A"), line("tool.start", 1, tool="t")])
    first.take(2.0, [])
    first.take(30.0, [])
    first.store.close()

    second = Sidecar(tmp_path, START + 30, transactions=False)
    second.take(31.0, [line("tool.end", 60, tool="t"), line("agent.end", 61, agent="A")])
    second.take(40.0, [])
    items = [
        span for stored in second.store.take(100) for span in json.loads(stored.envelope.payload)["items"]
    ]
    second.store.close()

    unfinished, complete = items[:2], items[2:]
    assert {span["status"] for span in unfinished} == {"error"}
    assert {span["status"] for span in complete} == {"ok"}
    for key in ("span_id", "start_timestamp", "trace_id"):
        assert {span[key] for span in unfinished} == {span[key] for span in complete}


def test_a_snapshot_that_cannot_be_read_is_told_and_reading_goes_on(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path, clock=lambda: START)
    checkpoint = Checkpoint("f", "a.log", "a.log", 1, 2, 10, 1, 10, "h", 4, "t", 4)
    store.commit(Commit(checkpoints=[checkpoint], snapshot=b"\xc1 nothing"))
    store.close()

    sidecar = Sidecar(tmp_path, START, transactions=False)

    assert [known.offset for known in sidecar.store.checkpoints()] == [10]
    sidecar.take(1.0, [line("tool", 0, tool="t")])
    sidecar.end(2.0)
    assert sidecar.store.pending == 1
    sidecar.store.close()


def test_a_damaged_state_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sidecar = Sidecar(tmp_path, START, transactions=False)

    def damaged(_step: Commit) -> None:
        raise DamagedStateError("the state file is damaged", where="here", hint="start again")

    monkeypatch.setattr(sidecar.store, "commit", damaged)
    monkeypatch.setattr(sidecar.sink, "_wait", lambda _seconds: pytest.fail("waiting mends nothing"))
    with pytest.raises(DamagedStateError):
        sidecar.take(0.0, [line("agent.start", 0, agent="A")])
    sidecar.store.close()


def test_a_full_disk_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sidecar = Sidecar(tmp_path, START, transactions=False)
    commit, tries = sidecar.store.commit, []

    def failing(step: Commit) -> None:
        tries.append(step)
        if len(tries) < 3:
            raise StateError("the disk is full", where="here", hint="make room")
        commit(step)

    monkeypatch.setattr(sidecar.store, "commit", failing)
    monkeypatch.setattr(sidecar.sink, "_wait", lambda _seconds: False)
    sidecar.take(0.0, [line("agent.start", 0, agent="A")])

    assert len(tries) == 3
    assert len(sidecar.store.recover().journal) == 1
    sidecar.store.close()


def test_steps_that_cannot_be_read_are_told_and_the_others_count(tmp_path: Path) -> None:
    first = Sidecar(tmp_path, START, transactions=False)
    first.take(1.0, [line("agent.start", 0, agent="A")])
    first.store.commit(Commit(journal=b"\xc1 nothing"))
    first.store.commit(Commit(journal=msgspec.msgpack.encode([1.0, 2.0, [{"data": 1}]])))
    first.take(2.0, [line("agent.start", 1, agent="B", trace_id="u")])
    first.store.close()

    with capture_logs() as logs:
        second = Sidecar(tmp_path, START + 1, transactions=False)
    assert [(said["event"], said["steps"]) for said in logs] == [("open_spans_lost", 2)]
    assert second.now == 3.0
    second.take(4.0, [line("agent.end", 2, agent="A"), line("agent.end", 3, agent="B", trace_id="u")])
    second.end(5.0)
    assert sum(stored.envelope.spans for stored in second.store.take(10)) == 2
    second.store.close()
    with capture_logs() as logs:
        Sidecar(tmp_path, START + 2, transactions=False).store.close()
    assert logs == []
