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
    """While it lasts, the first signal sets both events, and the second ends the process.

    A thread sets them: a handler runs in the middle of whatever the main thread does, and if that is
    holding the lock of an event, the handler would wait for it for ever.
    """
    reading, writing = os.pipe()
    asked = False

    def set_both() -> None:
        if os.read(reading, 1) == b"s":
            stopping.set()
            wake.set()

    def handle(_number: int, _frame: FrameType | None) -> None:
        nonlocal asked
        if asked:
            os._exit(EXIT_INTERRUPTED)
        asked = True
        os.write(writing, b"s")

    setter = threading.Thread(target=set_both, name="signals", daemon=True)
    setter.start()
    before = {number: signal.signal(number, handle) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        os.write(writing, b"e")
        setter.join()
        os.close(reading)
        os.close(writing)
