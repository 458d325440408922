"""Where a backfill's time goes: processor time per line of each stage, in one process.

    python -m tests.bench.stages [--lines N]

The stages are those of the process that reads and of a worker, one after another over the same lines,
beside a bare loop of `orjson.loads`; the server is a process of its own and not counted.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import orjson

from tests.bench.generate import CYCLE, TURNS, write_log
from tests.bench.server import dsn_of, serving
from translator.backfill.lane import LaneSetup, SendingLane
from translator.backfill.orders import Batch
from translator.backfill.parts import TracePart
from translator.backfill.share import SHARES, Share
from translator.backfill.sorter import Sorter
from translator.cli.garbage import collect_seldom
from translator.cli.history import share_setup
from translator.cli.sending import outgoing_to
from translator.delivery.destination import Destination
from translator.files.inputs import Input, open_input
from translator.model import Line
from translator.pipeline.translation import ignore_skipped
from translator.settings import resolve

LATE = 5_000_000
"""Microseconds of the log's time that lines may be late."""


class Stopwatch:
    """Adds up processor time by stage, in seconds."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Counts what is done in it."""
        begun = time.process_time()
        yield
        self.seconds[name] = self.seconds.get(name, 0.0) + time.process_time() - begun


class Worker:
    """What a worker does, a stage at a time.

    Args:
        port: Where the server is.
        watch: Counts the time.
    """

    def __init__(self, port: int, watch: Stopwatch) -> None:
        dsn = dsn_of(port)
        said = {"dsn": dsn, "send_default_pii": True, "older_than_retention": "send"}
        settings = resolve(said, {})
        setup = share_setup(settings)
        outgoing = outgoing_to(settings, Destination.from_dsn(dsn))
        self._watch = watch
        self._shares = [Share(number, setup, time.time, ignore_skipped) for number in range(SHARES)]
        self._lane = SendingLane(LaneSetup(outgoing), lambda *_: None, lambda _: None)
        self._encoder, self._packer = outgoing.encoder(), outgoing.packer()

    def take(self, lines: dict[int, list[Line]], native: str, until: int) -> None:
        """Takes a batch from its lines to the acknowledgement of what is over."""
        with self._watch.stage("line to event"):
            for number, some in lines.items():
                self._shares[number].take(some, native)
        parts: list[TracePart] = []
        for share in self._shares:
            with self._watch.stage("event to span"):
                spans = share.translation.until(until)
            with self._watch.stage("until the trace is over"):
                share.collector.add(spans, until / 1e6)
                parts += share.collector.ready(until / 1e6)
        self.send(parts)

    def end(self, now: float) -> None:
        """Takes the rest."""
        for share in self._shares:
            self.send(share.drain(now))
        self._lane.close()

    def send(self, parts: list[TracePart]) -> None:
        """Encodes and sends parts, and waits for the answers."""
        with self._watch.stage("span to envelope"):
            packed = [self._packer.pack(map(self._encoder.encode, part.spans)) for part in parts]
        with self._watch.stage("compression, request, answer"):
            for envelopes in packed:
                self._lane.send(envelopes, lambda: None)
            while self._lane.busy:
                self._lane.tend(0.02)


def measure(log: Path, port: int) -> dict[str, float]:
    """Seconds of processor time by stage, for all lines of a log."""
    watch = Stopwatch()
    with watch.stage("the loop"), log.open("rb") as file:
        for line in file:
            orjson.loads(line)
    sorter = Sorter("native", resolve({}, {}).formats)
    worker = Worker(port, watch)
    encode = msgspec.msgpack.Encoder().encode
    decode = msgspec.msgpack.Decoder(Batch).decode
    batches = open_input(Input(str(log), log.stat().st_size))
    time_read = 0
    while True:
        with watch.stage("lines of a file"):
            batch = next(batches, None)
        if batch is None:
            break
        with watch.stage("which trace, so which worker"):
            shares = sorter.sort(batch.lines) or {}
            time_read = max(time_read, sorter.earliest(batch.lines) or 0)
        with watch.stage("to the worker"):
            order = decode(encode(Batch(1, shares, batch.lines[0].source)))
        worker.take(order.lines, order.native, time_read - LATE)
    worker.end(time_read / 1e6)
    return watch.seconds


def main() -> None:
    """Prints a table for small and for rich lines."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=100_000)
    lines = parser.parse_args().lines
    lines -= lines % CYCLE
    collect_seldom()
    with tempfile.TemporaryDirectory() as directory, serving() as port:
        for rich in (False, True):
            log = Path(directory) / "log.jsonl"
            size = write_log(log, lines, rich=rich, turns=TURNS)
            print(f"{'rich' if rich else 'small'} lines, {size / lines:.0f} bytes each")
            seconds = measure(log, port)
            for stage, spent in seconds.items():
                times = spent / seconds["the loop"]
                print(f"  {stage:<30}{spent / lines * 1e6:>8.2f} µs a line{times:>8.1f} x the loop")


if __name__ == "__main__":
    main()
