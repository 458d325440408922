"""The program as a process: for signals, pipes, terminals and locales."""

from __future__ import annotations

import errno
import os
import pty
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import IO

SECONDS = 100.0
"""How long a process may take; only a broken one takes so long."""


@contextmanager
def started(
    *arguments: str, stdout: IO[str] | int = subprocess.PIPE, environment: Mapping[str, str] = {}
) -> Iterator[subprocess.Popen[str]]:
    """Starts a command line; kills it at the end if it has not ended."""
    process = subprocess.Popen(
        [sys.executable, "-m", "translator", *arguments],
        stdin=subprocess.PIPE, stdout=stdout, stderr=subprocess.PIPE, text=True,
        encoding="utf-8", errors="replace", env={**os.environ, **environment},
    )  # fmt: skip
    timer = threading.Timer(SECONDS, process.kill)
    timer.start()
    try:
        yield process
    finally:
        timer.cancel()
        if process.poll() is None:
            process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe is not None:
                with suppress(BrokenPipeError):
                    pipe.close()


def opened(pipe: IO[str] | None) -> IO[str]:
    """A pipe that is there."""
    assert pipe is not None
    return pipe


def lines_until(pipe: IO[str] | None, word: str) -> list[str]:
    """The lines of a pipe up to the one that has the word in it."""
    lines: list[str] = []
    for line in opened(pipe):
        lines.append(line)
        if word in line:
            return lines
    raise AssertionError(f"{word!r} is not in {lines}")


def on_a_terminal(*arguments: str, **environment: str) -> tuple[int, str]:
    """Runs a command line on a terminal; gives its exit code and all that it shows there."""
    here, there = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "translator", *arguments],
        stdin=there, stdout=there, stderr=there,
        env={**os.environ, "TERM": "xterm-256color", **environment},
    )  # fmt: skip
    os.close(there)
    timer = threading.Timer(SECONDS, process.kill)
    timer.start()
    try:
        shown = b"".join(iter(lambda: _read(here), b""))
        return process.wait(), shown.decode()
    finally:
        timer.cancel()
        os.close(here)


def _read(terminal: int) -> bytes:
    """What is shown next; nothing when the last process has left the terminal."""
    try:
        return os.read(terminal, 65_536)
    except OSError as error:
        if error.errno == errno.EIO:
            return b""
        raise
