"""Standard error that cannot be written keeps nothing from being sent."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.receiver import Receiver

SECONDS = 60.0


@contextmanager
def full_disk() -> Iterator[int]:
    descriptor = os.open("/dev/full", os.O_WRONLY)
    yield descriptor
    os.close(descriptor)


@contextmanager
def gone_reader() -> Iterator[int]:
    reading, writing = os.pipe()
    os.close(reading)
    yield writing
    os.close(writing)


@contextmanager
def slow_reader() -> Iterator[int]:
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    try:
        while True:
            os.write(writing, b"x")
    except BlockingIOError:
        yield writing
    os.close(reading)
    os.close(writing)


BAD = {"full disk": full_disk, "gone reader": gone_reader, "slow reader": slow_reader}


def write_log(path: Path) -> None:
    with path.open("w") as file:
        for place in range(3):
            record = {"event": "tool", "tool": "t", "ts": 1_795_423_737 + place}
            file.write(json.dumps({**record, "trace_id": f"{place + 1:032x}"}) + "\n")
        file.write("{broken\n")


RUN = ("run", "--from", "beginning", "--reorder-window", "0")
BACKFILL = ("backfill", "--older-than-retention", "send")


@pytest.mark.parametrize(
    ("arguments", "bad"),
    [
        *((RUN, bad) for bad in BAD),
        (("run", "--once"), "full disk"),
        (BACKFILL, "full disk"),
        ((*BACKFILL, "--workers", "2"), "full disk"),
    ],
    ids=str,
)
def test_all_is_sent(arguments: tuple[str, ...], bad: str, receiver: Receiver, tmp_path: Path) -> None:
    write_log(tmp_path / "a.jsonl")
    to = ("--dsn", receiver.dsn, "--state-dir", str(tmp_path / "state"))
    with BAD[bad]() as descriptor:
        process = subprocess.Popen(
            [sys.executable, "-m", "translator", *arguments, str(tmp_path / "a.jsonl"), *to],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=descriptor,
        )  # fmt: skip
        try:
            receiver.wait_for(lambda got: len(got.latest) == 3, SECONDS)
            if arguments is RUN:
                process.send_signal(signal.SIGTERM)
            assert process.wait(SECONDS) == 0
        finally:
            process.kill()
            process.wait()


def test_it_may_be_closed(receiver: Receiver, tmp_path: Path) -> None:
    write_log(tmp_path / "a.jsonl")
    to = ("--dsn", receiver.dsn, "--state-dir", str(tmp_path / "state"))
    line = [sys.executable, "-m", "translator", "run", "--once", str(tmp_path / "a.jsonl"), *to]
    done = subprocess.run(["/bin/sh", "-c", 'exec "$@" 2>&-', "sh", *line], timeout=SECONDS, check=False)

    assert done.returncode == 0
    assert len(receiver.latest) == 3
