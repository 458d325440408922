"""SIGTERM and SIGINT: the first asks to end, the second ends at once."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

EXIT_INTERRUPTED = 130


@contextmanager
def stop_on_signals(stopping: threading.Event, wake: threading.Event) -> Iterator[None]:
    """While it lasts, the first signal sets both events, and the second ends the process."""

    def handle(_number: int, _frame: FrameType | None) -> None:
        if stopping.is_set():
            os._exit(EXIT_INTERRUPTED)
        stopping.set()
        wake.set()

    before = {number: signal.signal(number, handle) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
