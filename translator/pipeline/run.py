"""The sidecar: follow files, translate, hand on, until told to stop."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from translator.files.tail import Batch, Position
from translator.model import Checkpoint, Line
from translator.pipeline.beside import BesideFiles
from translator.pipeline.sinks import Sink, Step
from translator.pipeline.translation import Translation

RESCAN_SECONDS = 1.0
"""How often the directories are looked through whatever the notifications say."""

TICK_SECONDS = 0.25
"""How often it is looked whether a full sink has room again."""

SHORTEST_REST = 0.02
"""Seconds between two looks at windows that end one after another."""

STEP_LINES = 2_000
STEP_BYTES = 1024 * 1024
"""What is read at most before it is stored: each step costs one write to the disk."""


class Source(Protocol):
    """What is followed: files, or standard input."""

    @property
    def ended(self) -> bool:
        """Whether nothing more can come."""

    @property
    def files(self) -> int:
        """How many files are followed."""

    def scan(self) -> None:
        """Looks for files that have come or gone."""

    def poll(self) -> Iterator[Batch]:
        """What has been written since the last look."""

    def positions(self) -> Sequence[Position]:
        """How far each file has been read."""

    def forgotten(self) -> Sequence[str]:
        """Ids of files that need not be known any more, each once."""

    def close(self) -> None:
        """Lets go all files."""


class Follower:
    """Takes lines from a source through a translation to a sink, step by step.

    Args:
        source: What is read.
        translation: What turns lines into spans.
        sink: Where spans go.
        clock: Seconds, never going back.
    """

    def __init__(
        self, source: Source, translation: Translation, sink: Sink, clock: Callable[[], float]
    ) -> None:
        self._source = source
        self._translation = translation
        self._sink = sink
        self._clock = clock
        self._beside = BesideFiles()
        self._on_step: Callable[[], None] = lambda: None

    def follow(
        self,
        *,
        changed: threading.Event,
        stopping: threading.Event,
        linger: float = 0.0,
        on_scan: Callable[[], None] = lambda: None,
        on_step: Callable[[], None] = lambda: None,
    ) -> None:
        """Follows the source until `stopping` is set, or until it ends.

        Args:
            changed: Set when there may be something to read.
            stopping: Set when it is time to end.
            linger: Seconds after that for which lines are still awaited whose window is nearly over.
            on_scan: Called after each look through the directories.
            on_step: Called after each step of the reading: at least once a second while nothing holds it up.
        """
        self._on_step = on_step
        clock = self._clock
        next_scan = clock()
        while not stopping.is_set() and not self._source.ended:
            if clock() >= next_scan:
                self._scan()
                next_scan = clock() + RESCAN_SECONDS
                on_scan()
            changed.clear()
            self._read(stopping)
            changed.wait(self._rest(clock(), next_scan))
        deadline = clock() + linger
        never = threading.Event()
        while not self._source.ended:
            due = self._translation.next_due()
            if due is None or due > deadline:
                break
            never.wait(min(TICK_SECONDS, max(0.01, due - clock())))
            self._read(never)

    def read_through(self, stopping: threading.Event, hopeless: Callable[[], bool] = lambda: False) -> bool:
        """Reads all that is there now, no faster than the sink takes it.

        Args:
            stopping: Set when it is time to end.
            hopeless: Whether the sink will never take more, so that waiting is in vain.

        Returns:
            Whether all has been read.
        """
        self._scan()
        while not stopping.is_set() and not (self._sink.full and hopeless()):
            if self._sink.full:
                stopping.wait(TICK_SECONDS)
            elif not self._read(stopping):
                return True
        return False

    def finish(self, *, close_open: bool) -> None:
        """Hands on what is left.

        Args:
            close_open: Whether the input has ended, so that what is open is unfinished; if not, a
                sink that keeps what is open across restarts gets it to keep.
        """
        if close_open or not self._sink.keeps_open:
            spans = self._translation.drain(self._clock(), close_open=close_open)
            self._sink.finish(spans, ended=close_open)
        else:
            self._sink.finish([], ended=False)

    def _scan(self) -> None:
        self._source.scan()
        forgotten = self._source.forgotten()
        if forgotten:
            self._sink.put([], Step(self._clock(), forgotten=forgotten))

    def _read(self, stopping: threading.Event) -> int:
        """Reads what there is, and hands on what is finished; returns how many lines there were."""
        read = 0
        lines: list[Line] = []
        size = 0
        checkpoints: dict[str, Checkpoint] = {}
        if not self._sink.full:
            for batch in self._source.poll():
                lines += self._beside.add(batch.lines)
                size += sum(len(line.data) for line in batch.lines)
                if batch.checkpoint is not None:
                    checkpoints[batch.checkpoint.file_id] = batch.checkpoint
                if len(lines) >= STEP_LINES or size >= STEP_BYTES:
                    read += len(lines)
                    self._step(lines, checkpoints)
                    lines, size, checkpoints = [], 0, {}
                    if stopping.is_set() or self._sink.full:
                        break
        self._step(lines, checkpoints)
        return read + len(lines)

    def _rest(self, now: float, next_scan: float) -> float:
        """How many seconds there is nothing to do, if nothing comes."""
        if self._sink.full:
            return TICK_SECONDS
        due = self._translation.wake_at()
        until = next_scan if due is None else min(next_scan, max(due, now + SHORTEST_REST))
        return max(0.0, until - now)

    def _step(self, lines: list[Line], checkpoints: dict[str, Checkpoint]) -> None:
        translation = self._translation
        before = translation.steps
        now = self._clock()
        events = translation.feed(lines, now)
        spans = translation.ready(now)
        if lines or checkpoints or spans or translation.steps != before:
            self._sink.put(spans, Step(now, events, tuple(checkpoints.values())))
        self._on_step()
