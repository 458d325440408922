"""Wakes the reading as soon as a watched directory changes."""

from __future__ import annotations

import glob
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from watchfiles import watch

from translator.files.names import expanded

DEBOUNCE_MS = 50
STEP_MS = 20


class Watcher:
    """Watches the directories of the patterns in a thread, and sets `changed` when one changes.

    It is only a wake-up: where the system has no notifications to give, or too few, the reading
    still looks by itself at every rescan.

    Args:
        patterns: Paths, directories and globs.
        changed: Set at every change.
        on_problem: Told, in that thread, why it cannot watch any more.
    """

    def __init__(
        self,
        patterns: Sequence[str],
        changed: threading.Event,
        on_problem: Callable[[str], None] = lambda _problem: None,
    ) -> None:
        self._directories = sorted({directory for pattern in patterns for directory in _roots(pattern)})
        self._changed = changed
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watch", daemon=True)
        self._on_problem = on_problem

    def __enter__(self) -> Self:
        if self._directories:
            self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout=5)

    def _watch(self) -> None:
        try:
            for _ in watch(
                *self._directories,
                watch_filter=None,
                debounce=DEBOUNCE_MS,
                step=STEP_MS,
                stop_event=self._stop,
                raise_interrupt=False,
                ignore_permission_denied=True,
            ):
                self._changed.set()
        except (OSError, RuntimeError) as error:
            # Out of watches, or a directory went away: the rescan goes on without.
            self._on_problem(str(error))


def _roots(pattern: str) -> list[str]:
    path = Path(expanded(pattern))
    if path.is_dir():
        return [str(path)]
    parts = path.parts
    fixed: list[str] = []
    for part in parts[:-1]:
        if glob.has_magic(part):
            break
        fixed.append(part)
    directory = Path(*fixed) if fixed else Path()
    return [str(directory)] if directory.is_dir() else []
