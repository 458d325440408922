"""A program that follows logs, told to start and stop, and what of the lines has arrived."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Protocol

from tests.receiver import Receiver
from tests.span_rules import attribute

STOP_SECONDS = 30.0


class Subject(Protocol):
    """What is put to the test."""

    def start(self, patterns: list[str]) -> None:
        """Starts following."""

    def stop(self) -> None:
        """Asks it to end, and waits."""

    def kill(self) -> None:
        """Ends it without a word (SIGKILL)."""

    def arrived(self) -> Counter[int]:
        """How often each line has arrived, by its number."""

    def close(self) -> None:
        """Ends it, and lets go what it used."""


class Process:
    """A child process that can be started again and again."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, command: list[str], limit_files: int | None = None) -> None:
        if limit_files is not None:
            command = ["sh", "-c", f'ulimit -n {limit_files}; exec "$@"', "sh", *command]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=dict(os.environ)
            )

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def end(self, number: signal.Signals) -> int | None:
        if self._process is None:
            return None
        if self._process.poll() is None:
            self._process.send_signal(number)
        code = self._process.wait(STOP_SECONDS)
        self._process = None
        return code

    def said(self) -> str:
        return self._log.read_text(errors="replace") if self._log.exists() else ""


class TranslatorSubject:
    """The sidecar, sending to a receiver that enforces Sentry's rules."""

    def __init__(self, directory: Path, *options: str) -> None:
        self.receiver = Receiver()
        self.receiver.start()
        self.directory = directory
        self.options = options
        self.limit_files: int | None = None
        self.process = Process(directory / "translator.log")

    def start(self, patterns: list[str]) -> None:
        command = [
            sys.executable, "-m", "translator", "run", *patterns, "--dsn", self.receiver.dsn,
            "--state-dir", str(self.directory / "state"), "--from", "beginning",
            "--reorder-window", "0.2s", "--orphan-hold", "0.2s", *self.options,
        ]  # fmt: skip
        self.process.start(command, self.limit_files)

    def stop(self) -> None:
        code = self.process.end(signal.SIGTERM)
        assert code in (0, 3, None), self.process.said()

    def kill(self) -> None:
        self.process.end(signal.SIGKILL)

    def arrived(self) -> Counter[int]:
        names = (attribute(span, "gen_ai.tool.name") for span in list(self.receiver.latest.values()))
        return Counter(int(name) for name in names if isinstance(name, str) and name.isdigit())

    def close(self) -> None:
        self.process.end(signal.SIGKILL)
        self.receiver.stop()
        self.receiver.assert_clean()


class CommandSubject:
    """Any program that writes the lines that it has followed to a file.

    Args:
        command: Its command line, in which `{patterns}`, `{state}` and `{out}` are filled in.
        directory: Where its state and output go.
    """

    def __init__(self, command: str, directory: Path) -> None:
        self._command = command
        self._out = directory / "out.txt"
        self._state = directory / "state"
        self._state.mkdir()
        self._process = Process(directory / "subject.log")

    def start(self, patterns: list[str]) -> None:
        filled = self._command.format(
            patterns=" ".join(map(shlex.quote, patterns)), state=self._state, out=self._out
        )
        self._process.start(["sh", "-c", f"exec {filled}"])

    def stop(self) -> None:
        self._process.end(signal.SIGTERM)

    def kill(self) -> None:
        self._process.end(signal.SIGKILL)

    def arrived(self) -> Counter[int]:
        if not self._out.exists():
            return Counter()
        return Counter(int(found) for found in re.findall(rb'"tool": ?\\?"(\d+)', self._out.read_bytes()))

    def close(self) -> None:
        self._process.end(signal.SIGKILL)
