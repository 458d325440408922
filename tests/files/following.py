"""A sidecar's reading in miniature: a tailer, a clock that tests turn, and restarts."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from translator.files.tail import Tailer
from translator.model import Checkpoint, Line

Start = Callable[[str, os.stat_result], int]


def from_beginning(_path: str, _stat: os.stat_result) -> int:
    return 0


def at_end(_path: str, stat: os.stat_result) -> int:
    return stat.st_size


_running: list[Sidecar] = []


def close_all() -> None:
    """Ends all sidecars of a test."""
    for sidecar in _running:
        sidecar.tailer.close()
    _running.clear()


def open_files() -> int:
    """How many files this process has open."""
    return len(list(Path("/proc/self/fd").iterdir()))


class Sidecar:
    """Reads what patterns name; all that it keeps over a restart are the checkpoints."""

    def __init__(self, *patterns: Path | str, start: Start = from_beginning, **options: object) -> None:
        self.patterns = [str(pattern) for pattern in patterns]
        self.options: dict[str, object] = {"start": start, **options}
        self.now = 1000.0
        self.known: dict[str, Checkpoint] = {}
        self.lines: list[Line] = []
        self.problems: list[tuple[str, OSError]] = []
        self.begun: list[tuple[str, int]] = []
        self.tailer = self._made()
        _running.append(self)

    def _made(self) -> Tailer:
        return Tailer(
            self.patterns,
            known=list(self.known.values()),
            clock=lambda: self.now,
            on_problem=lambda path, error: self.problems.append((path, error)),
            on_file=lambda path, offset: self.begun.append((path, offset)),
            **self.options,  # type: ignore[arg-type]
        )

    def restart(self, **options: object) -> None:
        """A new process that knows the checkpoints."""
        self.tailer.close()
        self.options.update(options)
        self.tailer = self._made()

    def poll(self) -> list[bytes]:
        """Reads what there is; the lines that came."""
        new: list[Line] = []
        for batch in self.tailer.poll():
            assert batch.checkpoint is not None
            self.known[batch.checkpoint.file_id] = batch.checkpoint
            new += batch.lines
        self.lines += new
        for file_id in self.tailer.forgotten():
            self.known.pop(file_id, None)
        return [line.data for line in new]

    def look(self) -> list[bytes]:
        """Looks through the directories, and reads."""
        self.now += 1
        self.tailer.scan()
        return self.poll()

    def wait(self, seconds: float = 30.0) -> list[bytes]:
        """Looks every few seconds for a while."""
        lines: list[bytes] = []
        for _ in range(int(seconds / 3)):
            self.now += 2
            lines += self.look()
        return lines

    @property
    def data(self) -> list[bytes]:
        return [line.data for line in self.lines]


def texts(first: int, count: int, size: int = 0) -> list[bytes]:
    """Lines that are all different, and of equal length."""
    return [b'{"n":%08d,"pad":"%s"}' % (number, b"x" * size) for number in range(first, first + count)]


def write(path: Path, lines: Sequence[bytes], *, end: bytes = b"\n") -> None:
    with path.open("ab") as file:
        file.write(b"\n".join(lines) + end)


def copytruncate(path: Path, copy: Path) -> None:
    shutil.copyfile(path, copy)
    os.truncate(path, 0)
