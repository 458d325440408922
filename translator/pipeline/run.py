"""The sidecar: follow files, translate, hand on, until told to stop."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Protocol

from translator.files.tail import Batch
from translator.pipeline.sinks import Sink
from translator.pipeline.translation import Translation

RESCAN_SECONDS = 1.0
"""How often the directories are looked through whatever the notifications say."""

TICK_SECONDS = 0.25
"""How often windows are looked after while something waits."""


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

    def close(self) -> None:
        """Lets go all files."""


def follow(
    source: Source,
    translation: Translation,
    sink: Sink,
    *,
    clock: Callable[[], float],
    changed: threading.Event,
    stopping: threading.Event,
    on_scan: Callable[[], None] = lambda: None,
) -> None:
    """Follows the files until `stopping` is set; then what is finished goes out, open spans stay.

    Args:
        source: What is read.
        translation: What turns lines into spans.
        sink: Where spans go.
        clock: Seconds, never going back.
        changed: Set when there may be something to read.
        stopping: Set when it is time to end.
        on_scan: Called after each look through the directories.
    """
    next_scan = clock()
    while not stopping.is_set() and not source.ended:
        if clock() >= next_scan:
            source.scan()
            next_scan = clock() + RESCAN_SECONDS
            on_scan()
        changed.clear()
        if not sink.full:
            read_once(source, translation, sink, clock=clock, stopping=stopping)
        sink.put(translation.ready(clock()), {})
        changed.wait(min(TICK_SECONDS, max(0.0, next_scan - clock())))
    sink.put(translation.drain(clock(), close_open=source.ended), {})
    sink.drain()


def read_once(
    source: Source,
    translation: Translation,
    sink: Sink,
    *,
    clock: Callable[[], float],
    stopping: threading.Event,
) -> None:
    """Reads what there is, and hands on what is finished."""
    for batch in source.poll():
        now = clock()
        translation.feed(batch.lines, now)
        sink.put(translation.ready(now), {batch.file_id: batch.offset})
        if stopping.is_set() or sink.full:
            return
