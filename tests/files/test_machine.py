"""Whatever is done to files, in whatever order: each line is read once."""

from __future__ import annotations

import gzip
import os
import shutil
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests.files.following import Sidecar

BACKUPS = 4


class Rotation(RuleBasedStateMachine):
    """A log that is written, rotated and mistreated, beside a tailer that is restarted."""

    pattern = "app.log*"

    def __init__(self) -> None:
        super().__init__()
        self.directory = Path(tempfile.mkdtemp(prefix="tail-"))
        self.log = self.directory / "app.log"
        self.sidecar = Sidecar(self.directory / self.pattern)
        self.sidecar.look()
        self.number = 0
        self.half = b""
        # Lines by where they are: in no file any more, or in files of these names.
        self.written: list[bytes] = []
        self.destroyed: set[bytes] = set()

    def _lines(self, count: int, size: int) -> list[bytes]:
        lines = []
        for _ in range(count):
            self.number += 1
            lines.append(b'{"event":"x","number":%07d,"pad":"%s"}' % (self.number, b"p" * size))
        return lines

    def _write(self, data: bytes) -> None:
        with self.log.open("ab") as file:
            file.write(data)

    def _whole(self, path: Path) -> list[bytes]:
        data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        return data.split(b"\n")

    def _lose(self, path: Path) -> None:
        """The content of a file goes away: what was not read of it may never be."""
        if path.exists():
            self.destroyed.update(self._whole(path))

    @rule(count=st.integers(1, 30), size=st.sampled_from([0, 50, 400]))
    def write(self, count: int, size: int) -> None:
        lines = self._lines(count, size)
        if self.half:
            self._write(b"-end\n")
            self.written.append(self.half + b"-end")
            self.half = b""
        self._write(b"".join(line + b"\n" for line in lines))
        self.written += lines

    @rule()
    def write_half(self) -> None:
        if not self.half:
            self.half = self._lines(1, 10)[0]
            self._write(self.half)

    def _shift(self) -> None:
        """Makes room at `.1`, as logrotate does."""
        for number in range(BACKUPS, 0, -1):
            for suffix in ("", ".gz"):
                old = self.directory / f"app.log.{number}{suffix}"
                if old.exists():
                    if number == BACKUPS:
                        self._lose(old)
                        old.unlink()
                    else:
                        old.rename(self.directory / f"app.log.{number + 1}{suffix}")

    def _end_half(self) -> None:
        """The unfinished line will stay as it is; it counts as a line once its file is final."""
        if self.half:
            self.written.append(self.half)
            self.half = b""

    @precondition(lambda self: self.log.exists())
    @rule(create=st.booleans())
    def rename(self, create: bool) -> None:  # noqa: FBT001
        self._end_half()
        self._shift()
        self.log.rename(self.directory / "app.log.1")
        if create:
            self.log.touch()

    @precondition(lambda self: self.log.exists())
    @rule()
    def copytruncate(self) -> None:
        self._end_half()
        self._shift()
        shutil.copyfile(self.log, self.directory / "app.log.1")
        os.truncate(self.log, 0)

    @precondition(lambda self: self.log.exists())
    @rule(looks=st.integers(1, 2))
    def copytruncate_slowly(self, looks: int) -> None:
        self._end_half()
        self._shift()
        data = self.log.read_bytes()
        copy = self.directory / "app.log.1"
        with copy.open("wb") as file:
            file.write(data[: len(data) // 2])
            file.flush()
            self.look()
            file.write(data[len(data) // 2 :])
        for _ in range(looks):
            self.look()
        os.truncate(self.log, 0)

    @precondition(lambda self: self.log.exists())
    @rule(count=st.integers(0, 40))
    def truncate_and_regrow(self, count: int) -> None:
        self._lose(self.log)
        self.half = b""
        os.truncate(self.log, 0)
        if count:
            self.write(count, 50)

    @precondition(lambda self: self.log.exists())
    @rule(count=st.integers(0, 40))
    def delete_and_recreate(self, count: int) -> None:
        self._lose(self.log)
        self.half = b""
        self.log.unlink()
        if count:
            self.write(count, 50)

    @rule()
    def compress(self) -> None:
        for number in range(1, BACKUPS + 1):
            plain = self.directory / f"app.log.{number}"
            packed = self.directory / f"app.log.{number}.gz"
            if plain.exists() and not packed.exists():
                if b"\n" not in plain.read_bytes() and self.pattern == "app.log":
                    continue  # nothing of it was ever read, and nobody named it
                packed.write_bytes(gzip.compress(plain.read_bytes()))
                plain.unlink()
                return

    @rule()
    def copy(self) -> None:
        if self.log.exists() and not self.half:
            shutil.copyfile(self.log, self.directory / "app.log.old")

    @rule()
    def poll(self) -> None:
        self.sidecar.poll()

    @rule()
    def look(self) -> None:
        self.sidecar.look()

    @rule()
    def time_passes(self) -> None:
        self.sidecar.wait(12)

    @precondition(lambda self: self.sidecar.known or self.pattern != "app.log")
    @rule()
    def restart(self) -> None:
        self.sidecar.restart()

    @invariant()
    def nothing_is_read_twice(self) -> None:
        seen = self.sidecar.data
        twice = {line for line in seen if seen.count(line) > 1} if len(set(seen)) != len(seen) else set()
        assert not twice

    def teardown(self) -> None:
        try:
            self.write(1, 0)  # what was renamed has been replaced
            self.sidecar.look()
            self.sidecar.wait(60)
            self.nothing_is_read_twice()
            read = set(self.sidecar.data)
            kept = set(self.written) - self.destroyed
            assert kept <= read, sorted(kept - read)
            assert read <= set(self.written) | self.destroyed
        finally:
            self.sidecar.tailer.close()
            shutil.rmtree(self.directory)


class OnlyTheLog(Rotation):
    """The same where only the log itself is named, and the backups are found beside it."""

    pattern = "app.log"


Rotation.TestCase.settings = OnlyTheLog.TestCase.settings = settings(
    max_examples=100, stateful_step_count=30, deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)  # fmt: skip
TestRotation = Rotation.TestCase
TestOnlyTheLog = OnlyTheLog.TestCase
