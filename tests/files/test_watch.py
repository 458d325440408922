"""Notifications of the system, and none."""

from __future__ import annotations

import errno
import os
import queue
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from translator.files import watch
from translator.files.watch import Watcher

SECONDS = 30.0


def test_it_wakes_when_something_changes(tmp_path: Path) -> None:
    changed = threading.Event()
    with Watcher([str(tmp_path)], changed):
        for number in range(100):
            (tmp_path / f"{number}.log").touch()
            if changed.wait(SECONDS / 100):
                break
    assert changed.is_set()


def test_that_there_are_none_is_told_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_more(*_paths: str, **_options: object) -> Iterator[object]:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    monkeypatch.setattr(watch, "watch", no_more)
    told: queue.Queue[str] = queue.Queue()
    with Watcher([str(tmp_path)], threading.Event(), told.put):
        assert "Too many open files" in told.get(timeout=SECONDS)
