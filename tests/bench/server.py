"""The server of the benchmarks, as a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
KEY = "0123456789abcdef0123456789abcdef"


@contextmanager
def serving() -> Iterator[int]:
    """Runs a server that acknowledges every envelope, and gives its port."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.bench.sink"], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as server:
        try:
            yield int(server.stdout.readline()) if server.stdout else 0
        finally:
            server.terminate()


def dsn_of(port: int) -> str:
    """The DSN of a project on it."""
    return f"http://{KEY}@127.0.0.1:{port}/1"


def spans_received(port: int) -> int:
    """How many spans it has acknowledged."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/") as answer:
        return int(json.load(answer)["spans"])


def backfill_command(log: Path, port: int, state: Path) -> list[str]:
    """The command that sends a whole log to it, whatever its age and whether it has been sent before."""
    return [
        sys.executable, "-m", "translator", "backfill", str(log), "--dsn", dsn_of(port),
        "--state-dir", str(state), "-q", "--again", "--older-than-retention", "send",
    ]  # fmt: skip
