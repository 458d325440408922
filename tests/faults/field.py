"""Where a scenario takes place: a directory of logs, numbered lines, and a program that follows."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.subject import Subject

T0 = 1_795_423_737.0
COMPLETE_SECONDS = 60.0
QUIET_SECONDS = 3.0
LOOK_SECONDS = 0.05


ROW = "fault_row"
FIGURES = "figures"
"""What tests record, to be printed after them: a row of the table, and other figures."""

HEAD = f"| {'what happens':<60} | {'lines':>7} | {'lost':>7} | {'twice':>7} |"


@dataclass(frozen=True)
class Result:
    """What became of the lines of one scenario.

    Attributes:
        scenario: Its name.
        lines: How many lines were there to be read.
        lost: How many did not arrive.
        duplicated: How often one arrived again as another.
    """

    scenario: str
    lines: int
    lost: int
    duplicated: int

    def row(self) -> str:
        """Its row in the table."""
        return f"| {self.scenario:<60} | {self.lines:>7,} | {self.lost:>7,} | {self.duplicated:>7,} |"


@dataclass
class Field:
    """A directory in which logs are written while a program follows them.

    Attributes:
        subject: The program.
        logs: The directory of the logs.
        written: How many lines have been written so far; also the number of the next one.
        destroyed: The lines that were gone before anyone could read them.
        again: How often a line was written once more, so that it may arrive again.
    """

    subject: Subject
    logs: Path
    written: int = 0
    destroyed: set[int] = field(default_factory=set)
    again: Counter[int] = field(default_factory=Counter)

    @property
    def log(self) -> Path:
        """The log that most scenarios write to."""
        return self.logs / "app.log"

    def line(self, pad: int = 0, width: int = 8) -> bytes:
        """The next line, of equal length whatever its number."""
        number = self.written
        self.written += 1
        record = {
            "event": "tool", "tool": f"{number:0{width}d}", "ts": T0 + number / 1_000, "duration_ms": 1,
            "trace_id": f"run-{number // 50}",
        }  # fmt: skip
        if pad:
            record["note"] = "x" * pad
        return json.dumps(record).encode() + b"\n"

    def lines(self, count: int) -> bytes:
        """The next lines."""
        return b"".join(self.line() for _ in range(count))

    def write(self, count: int, path: Path | None = None) -> None:
        """Appends lines to a log."""
        with (path or self.log).open("ab") as file:
            file.write(self.lines(count))

    def start(self, *patterns: str) -> None:
        """Starts the program on the log, or on other patterns."""
        self.subject.start([str(self.logs / pattern) for pattern in patterns] or [str(self.log)])

    def wait_for(self, condition: Callable[[], bool], seconds: float = COMPLETE_SECONDS) -> bool:
        """Waits until something is true; returns whether it came true in time."""
        waiting = threading.Event()
        for _ in range(int(seconds / LOOK_SECONDS)):
            if condition():
                return True
            waiting.wait(LOOK_SECONDS)
        return condition()

    def settle(self) -> bool:
        """Waits until all lines so far have arrived; false when they have not in time."""
        expected = set(range(self.written)) - self.destroyed
        return self.wait_for(lambda: expected <= set(self.subject.arrived()))

    def quiet(self) -> None:
        """Waits until no more lines arrive."""
        arrived = self.subject.arrived()
        while self.wait_for(lambda before=arrived: self.subject.arrived() != before, QUIET_SECONDS):  # type: ignore[misc]
            arrived = self.subject.arrived()

    def result(self, scenario: str) -> Result:
        """What has become of all lines."""
        if self.settle():
            self.quiet()
        arrived = self.subject.arrived()
        expected = set(range(self.written)) - self.destroyed
        lost = sum(1 for number in expected if not arrived[number])
        duplicated = sum((arrived - self.again - Counter(dict.fromkeys(arrived, 1))).values())
        return Result(scenario, len(expected), lost, duplicated)


def copytruncate(log: Path, copy: Path) -> None:
    """What logrotate's `copytruncate` does."""
    copy.write_bytes(log.read_bytes())
    with log.open("r+b") as file:
        file.truncate(0)


def remove(path: Path) -> None:
    """Removes a file, if it is there."""
    with suppress(FileNotFoundError):
        path.unlink()
