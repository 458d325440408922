"""SIGTERM and SIGINT: the first asks to end, the second ends at once; SIGHUP asks to read settings anew."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

EXIT_INTERRUPTED = 130

_STOP, _RELOAD, _END = b"s", b"r", b"e"

Handler = Callable[[int, FrameType | None], None]


@contextmanager
def stop_on_signals(
    stopping: threading.Event, wake: threading.Event, reloading: threading.Event | None = None
) -> Iterator[None]:
    """While it lasts, the first signal sets both events, and the second ends the process.

    SIGHUP, where there is an event for it, sets that and `wake`.

    A thread sets them: a handler runs in the middle of whatever the main thread does, and if that is
    holding the lock of an event, the handler would wait for it for ever.
    """
    reading, writing = os.pipe()
    asked = False

    def set_events() -> None:
        while (said := os.read(reading, 1)) != _END:
            if said == _STOP:
                stopping.set()
            elif reloading is not None:
                reloading.set()
            wake.set()

    def handle_reload(_number: int, _frame: FrameType | None) -> None:
        os.write(writing, _RELOAD)

    def handle(_number: int, _frame: FrameType | None) -> None:
        nonlocal asked
        if asked:
            os._exit(EXIT_INTERRUPTED)
        asked = True
        os.write(writing, _STOP)

    setter = threading.Thread(target=set_events, name="signals", daemon=True)
    setter.start()
    handlers: dict[int, Handler] = {signal.SIGTERM: handle, signal.SIGINT: handle}
    if reloading is not None:
        handlers[signal.SIGHUP] = handle_reload
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        os.write(writing, _END)
        setter.join()
        os.close(reading)
        os.close(writing)
